"""The grounds of rows beside themselves: their offers, the rules that made them, the rows that they correct."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.accounts import Head
from laurel.domain.offers.offers import Offer
from laurel.domain.rules.rules import Rule
from laurel.store import accounts, items, keys
from laurel.store.keys import Key
from laurel.store.table import Table


@dataclass(frozen=True, slots=True)
class Grounds:
    """By id, as far as they are there: a rule may have been deleted. `head`: of the account whose rows they are."""

    offers: Mapping[str, Offer] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    rows: Mapping[str, Commission] = field(default_factory=dict)
    head: Head = field(default_factory=Head)


def of(table: Table, program_id: str, member_id: str, rows: Iterable[Commission]) -> Grounds:
    """The grounds of one member's rows, in one batched read."""
    head = keys.head(program_id, member_id)
    stored = table.batch_get([head, *dict.fromkeys(key for row in rows for key in _named(program_id, row))])
    found = list(stored.values())
    beside = [items.parse(Commission, item) for item in found if item["kind"] == "commission"]
    return Grounds(
        {item["sk"]: items.parse(Offer, item) for item in found if item["kind"] == "offer"},
        {item["sk"]: items.parse(Rule, item) for item in found if item["kind"] == "rule"},
        {row.commission_id: row for row in beside if row.member_id == member_id},
        accounts.head(stored.get(head)),
    )


def _named(program_id: str, row: Commission) -> Iterator[Key]:
    if row.offer_id is not None:
        yield keys.offer(program_id, row.offer_id)
    if row.rule_id is not None:
        yield keys.rule(program_id, row.rule_id)
    before = row.adjusts.commission_id if row.adjusts else row.renewal.conversion_id if row.renewal else None
    if before is not None and row.tier == 1:
        yield keys.commission(program_id, before)
