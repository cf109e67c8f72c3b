"""Summaries of a range of days, read from the totals: they cost by its member-days, not by its rows."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final, NamedTuple

from laurel.concurrency import MOST_CALLS, Run, in_turn
from laurel.domain.ledger.summaries import Figures, GroupBy, MemberDay, Summary, summarize
from laurel.domain.ledger.totals import NO_OFFER, DayRow, from_stored
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Invalid
from laurel.store import indexes, items, keys, ledger, totals_keys
from laurel.store.indexes import BY_OWNER, Index
from laurel.store.keys import LAST
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.wanted import require_in_order
from laurel.workflows.offers.offers import MOST_OFFERS, require_few

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


class _Stretch(NamedTuple):
    """Totals of days that lie side by side in the table or an index; `before`: those after it have been read."""

    partition: str
    between: tuple[str, str]
    source: Index | None = None
    before: str | None = None

    def read(self, table: Table, limit: int) -> list[Item]:
        """The last of them, at most `limit`."""
        return table.query(
            self.partition,
            between=self.between,
            before=self.before,
            limit=limit,
            newest_first=True,
            index=self.source,
        )

    def after(self, entries: Sequence[Item], limit: int) -> Iterator["_Stretch"]:
        """The rest of it, if there may be one."""
        if len(entries) == limit:
            yield self._replace(before=entries[-1]["sk" if self.source is None else self.source.sk])


def summary(table: Table, program: Program, asked: Asked) -> Summary:
    """The figures of all rows counted so far; unknown offers and members have none. Raises Invalid as `counted`."""
    return counted(table, program, asked).by(asked.group_by)


def counted(table: Table, program: Program, asked: Asked, run: Run = in_turn) -> Counted:
    """The totals of all rows counted so far, by day and member. `run`: how the parts of it are read.

    Raises Invalid: `invalid_range`, or `range_too_large` above MOST_MEMBER_DAYS days of members in offers, and for all
    offers of a program that has more than MOST_OFFERS.
    """
    require_in_order(asked.first, asked.last)
    every = _every_offer(table, program.program_id) if asked.is_about_all else []
    found = _read(table, _stretches(program.program_id, asked, every), run)
    member_days = (_member_day(item) for item in found if not ledger.is_referrals(item))
    wanted = [member_day for member_day in member_days if asked.offer_id in {None, member_day.row.offer_id}]
    offers = every or _offers_of(table, program.program_id, wanted)
    return Counted(wanted, program.currency, items.links(offers))


def _read(table: Table, stretches: Iterable[_Stretch], run: Run) -> list[Item]:
    """All of them, several at a time, and never more than one entry too many."""
    found: list[Item] = []
    left = list(stretches)
    while left:
        most = MOST_MEMBER_DAYS + 1 - len(found)
        now, later = left[: min(MOST_CALLS, most)], left[min(MOST_CALLS, most) :]
        limit = most // len(now)
        read = run(partial(_Stretch.read, table=table, limit=limit), now)
        found += [item for entries in read for item in entries]
        _require_few(len(found))
        rest = [each for stretch, entries in zip(now, read, strict=True) for each in stretch.after(entries, limit)]
        left = [*rest, *later]
    return found


def _require_few(count: int) -> None:
    if count > MOST_MEMBER_DAYS:
        raise Invalid(
            "range_too_large",
            f"the range holds more than {MOST_MEMBER_DAYS} days of members in offers: choose fewer days",
            "?from",
        )


def _stretches(program_id: str, asked: Asked, every: Iterable[Item]) -> Iterator[_Stretch]:
    """`every`: the program's offers, where no offer and no member is named; rows of none are counted apart."""
    first, last = asked.first or date.min, asked.last or date.max
    if asked.member_id is not None:
        own = keys.account(program_id, asked.member_id)
        yield _Stretch(own, (totals_keys.day_totals(first, ""), totals_keys.day_totals(last, LAST)))
        return
    days = first.isoformat(), f"{last.isoformat()}#{LAST}"
    for offer_id in [asked.offer_id] if asked.offer_id is not None else [NO_OFFER, *(item["sk"] for item in every)]:
        for shard in indexes.offer_totals(program_id, offer_id):
            yield _Stretch(shard, days, BY_OWNER)


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
