"""Summaries of a range of days, read from the totals: they cost by its member-days, not by its rows."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from laurel.domain.ledger.summaries import Figures, GroupBy, MemberDay, Summary, summarize
from laurel.domain.ledger.totals import NO_OFFER, DayRow, from_stored
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Invalid
from laurel.store import indexes, items, keys, ledger, totals_keys
from laurel.store.indexes import BY_OWNER
from laurel.store.keys import LAST
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.wanted import require_in_order
from laurel.workflows.offers.reading import MOST_OFFERS, require_few
from laurel.workflows.requests import stretches
from laurel.workflows.requests.stretches import Stretch

MOST_MEMBER_DAYS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a summary of the local days `first` to `last`, both included; None does not narrow."""

    group_by: GroupBy = "day"
    offer_id: str | None = None
    member_id: str | None = None
    first: date | None = None
    last: date | None = None

    @property
    def is_about_all(self) -> bool:
        """Whether it names neither an offer nor a member."""
        return self.offer_id is None and self.member_id is None


@dataclass(frozen=True, slots=True)
class Counted:
    """The totals of member-days that were read once, to be summed up in several ways. `links`: the offers by link."""

    member_days: Sequence[MemberDay]
    currency: str
    links: Collection[str]

    def by(self, group_by: GroupBy) -> Summary:
        """Their sums."""
        return summarize(self.member_days, group_by, self.currency, self.links)

    def over(self, starts: Sequence[date]) -> list[Figures]:
        """The sums of the days from each of `starts`, which are in their order, up to the next."""
        parts: list[list[MemberDay]] = [[] for _ in starts]
        for member_day in self.member_days:
            parts[bisect_right(starts, member_day.row.day) - 1].append(member_day)
        return [summarize(part, "day", self.currency, self.links).totals for part in parts]

    def parted(self, day: date) -> "tuple[Counted, Counted]":
        """The days from `day` on, and those before it."""
        since = [member_day for member_day in self.member_days if member_day.row.day >= day]
        before = [member_day for member_day in self.member_days if member_day.row.day < day]
        return replace(self, member_days=since), replace(self, member_days=before)


def summary(table: Table, program: Program, asked: Asked) -> Summary:
    """The figures of all rows counted so far; unknown offers and members have none. Raises Invalid as `counted`."""
    return counted(table, program, asked).by(asked.group_by)


def counted(table: Table, program: Program, asked: Asked) -> Counted:
    """The totals of all rows counted so far, by day and member, read side by side.

    Raises Invalid: `invalid_range`, or `range_too_large` above MOST_MEMBER_DAYS days of members in offers, and for all
    offers of a program that has more than MOST_OFFERS.
    """
    if (found := _counted(table, program, asked, MOST_MEMBER_DAYS)) is None:
        raise _too_large()
    return found


def compared(table: Table, program: Program, asked: Asked, since: date) -> tuple[Counted, Counted | None]:
    """`asked`, which has a first day, and the days from `since` up to it, read as one; None where those are too many.

    Raises Invalid as `counted`.
    """
    both = _counted(table, program, replace(asked, first=since), 2 * MOST_MEMBER_DAYS)
    if both is None or asked.first is None:
        return counted(table, program, asked), None
    now, before = both.parted(asked.first)
    if len(now.member_days) > MOST_MEMBER_DAYS:
        raise _too_large()
    return now, before


def _counted(table: Table, program: Program, asked: Asked, most: int) -> Counted | None:
    """None for more than `most` member-days."""
    require_in_order(asked.first, asked.last)
    every = _every_offer(table, program.program_id) if asked.is_about_all else []
    found = stretches.read(table, _stretches(program.program_id, asked, every), most)
    if found is None:
        return None
    member_days = (_member_day(item) for item in found if not ledger.is_referrals(item))
    wanted = [member_day for member_day in member_days if asked.offer_id in {None, member_day.row.offer_id}]
    offers = every or _offers_of(table, program.program_id, wanted)
    return Counted(wanted, program.currency, items.links(offers))


def _stretches(program_id: str, asked: Asked, every: Iterable[Item]) -> Iterator[Stretch]:
    """`every`: the program's offers, where no offer and no member is named; rows of none are counted apart."""
    first, last = asked.first or date.min, asked.last or date.max
    if asked.member_id is not None:
        own = keys.account(program_id, asked.member_id)
        yield Stretch(own, (totals_keys.day_totals(first, ""), totals_keys.day_totals(last, LAST)))
        return
    days = first.isoformat(), f"{last.isoformat()}#{LAST}"
    for offer_id in [asked.offer_id] if asked.offer_id is not None else [NO_OFFER, *(item["sk"] for item in every)]:
        yield Stretch(indexes.offer_totals(program_id, offer_id), days, BY_OWNER)


def _offers_of(table: Table, program_id: str, member_days: Iterable[MemberDay]) -> Iterable[Item]:
    named = {member_day.row.offer_id for member_day in member_days} - {NO_OFFER}
    return table.batch_get(keys.offer(program_id, offer_id) for offer_id in named).values()


def _every_offer(table: Table, program_id: str) -> list[Item]:
    found = table.query(keys.offer(program_id, "").pk, limit=MOST_OFFERS + 1)
    require_few(len(found), MOST_OFFERS, "name an offer_id or a member_id")
    return found


def _member_day(item: Item) -> MemberDay:
    row = ledger.totals_row(item["sk"])
    assert isinstance(row, DayRow), "only days are listed by offer"  # noqa: S101
    return MemberDay(item["pk"].partition("#")[2], row, from_stored(item["body"]))


def _too_large() -> Invalid:
    return Invalid(
        "range_too_large",
        f"the range holds more than {MOST_MEMBER_DAYS} days of members in offers: choose fewer days",
        "?from",
    )
