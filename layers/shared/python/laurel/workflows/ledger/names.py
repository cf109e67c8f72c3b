"""Names behind the ids of rows, for tables: each is read once, however many rows have it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from laurel.domain.ledger.summaries import GroupBy
from laurel.domain.ledger.tables import Names, Person
from laurel.domain.ledger.views import CommissionView, ConversionView
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.store import indexes, items, keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.offers.reading import MOST_OFFERS
from laurel.workflows.requests.listing import Page

Row = TypeVar("Row", ConversionView, CommissionView)


class KnownNames:
    """The names that were read so far; `names` grows with them."""

    def __init__(self, table: Table, program_id: str) -> None:
        self._table = table
        self._program_id = program_id
        self._people: dict[str, Person] = {}
        self._offers: dict[str, str] = {}
        self._options: dict[str, str] = {}
        self._rules: dict[str, str] = {}
        self._asked: set[Key] = set()
        self.names: Final = Names(self._people, self._offers, self._options, self._rules)

    def along(self, read: Callable[[int, str | None], Page[Row]]) -> Callable[[int, str | None], Page[Row]]:
        """Reads as `read` (limit, cursor) does, and the names behind the ids of each page."""

        def reading(limit: int, cursor: str | None) -> Page[Row]:
            page = read(limit, cursor)
            self._learn(key for row in page.items for key in self._keys_of(row))
            return page

        return reading

    def learn(self, members: Iterable[str], offers: Iterable[str]) -> None:
        """Reads the names of members and offers together."""
        self._learn(
            [
                *(keys.member(self._program_id, member_id) for member_id in members),
                *(keys.offer(self._program_id, offer_id) for offer_id in offers),
            ]
        )

    def named_by(self, entry: Item) -> Iterator[Key]:
        """The keys of the names behind a row's entry in a list that were not read yet."""
        row = entry["body"]
        offer_id, rule_id = indexes.offer_of_row(entry), row.get("rule_id")
        return self._new(self._keys(row.get("member_id"), row.get("earned_by"), offer_id, rule_id))

    def learn_from(self, asked: Iterable[Key], stored: Mapping[Key, Item]) -> None:
        """Keeps the names among what was read."""
        for key in self._new(asked):
            self._asked.add(key)
            if key in stored:
                self._keep(stored[key])

    def learn_groups(self, group_by: GroupBy, group_keys: Iterable[str]) -> None:
        """Reads the names of a summary's groups."""
        match group_by:
            case "member":
                self._learn(keys.member(self._program_id, key) for key in group_keys)
            case "offer":
                self._learn(keys.offer(self._program_id, key) for key in group_keys)
            case "payout_option":
                for item in self._table.query(keys.offer(self._program_id, "").pk, limit=MOST_OFFERS):
                    self._keep(item)
            case "day":
                pass

    def _keys_of(self, row: ConversionView | CommissionView) -> Iterator[Key]:
        rule_id, earned_by = (row.rule_id, row.earned_by) if isinstance(row, CommissionView) else (None, None)
        return self._keys(row.member_id, earned_by, row.offer_id, rule_id)

    def _keys(
        self, member_id: str | None, earned_by: str | None, offer_id: str | None, rule_id: str | None
    ) -> Iterator[Key]:
        named = ((keys.member, member_id), (keys.member, earned_by), (keys.offer, offer_id), (keys.rule, rule_id))
        return (key(self._program_id, identity) for key, identity in named if identity is not None)

    def _new(self, wanted: Iterable[Key]) -> Iterator[Key]:
        return (key for key in dict.fromkeys(wanted) if key not in self._asked)

    def _learn(self, wanted: Iterable[Key]) -> None:
        new = list(self._new(wanted))
        self.learn_from(new, self._table.batch_get(new))

    def _keep(self, item: Item) -> None:
        match item["kind"]:
            case "member":
                member = items.parse(Member, item)
                self._people[member.member_id] = Person(member.full_name, member.email)
            case "offer":
                offer = items.parse(Offer, item)
                self._offers[offer.offer_id] = offer.name
                options = (*offer.payout_options, *offer.removed_options)
                self._options.update({option.payout_option_id: option.name for option in options})
            case "rule":
                from laurel.domain.rules.rules import Rule  # few rows are of rules

                rule = items.parse(Rule, item)
                self._rules[rule.rule_id] = rule.name
