"""Reading payouts: with their lines, with the rows behind a line, and the rows of a payout as a list."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.views import CommissionView
from laurel.domain.members.members import Member
from laurel.domain.payouts.lines import LeftOutView, Line, LineView, PayoutDetail, Statement
from laurel.domain.payouts.payouts import Payout, PayoutView
from laurel.domain.program.jobs import Job
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Absent
from laurel.store import items, keys, payout_keys, payouts
from laurel.store.keys import LAST
from laurel.store.payout_keys import PAYOUT_LINES
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.commissions import list_page
from laurel.workflows.ledger.wanted import Wanted, require_in_order
from laurel.workflows.payouts import lines
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page

MOST_ROWS: Final = 1_000
"""Rows of a statement in one answer."""
_READ_FOR_FILTER: Final = 2_000
"""Rows that one answer of a list reads at most: bounds the cost of a filter that matches little."""
_PAGES_AT_ONCE: Final = 4


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[PayoutView]:
    """A page of the program's payouts, newest first."""
    found = listing.page(
        table, [payout_keys.payout(program_id, "").pk], payouts.parse_payout, limit=limit, cursor=cursor
    )
    known = table.batch_get(keys.job(program_id, payout.job_id) for payout in found.items)
    of = {key.sk: items.parse(Job, item) for key, item in known.items()}
    return found.of(lambda payout: payout.shown(of.get(payout.job_id)))


def get(table: Table, program_id: str, payout_id: str) -> PayoutView:
    """A payout without its lines. Raises Absent."""
    return shown(table, program_id, lines.payout(table, program_id, payout_id))


def shown(table: Table, program_id: str, payout: Payout) -> PayoutView:
    """A payout as it is shown, failed if its job is."""
    item = table.get(keys.job(program_id, payout.job_id))
    return payout.shown(None if item is None else items.parse(Job, item))


def detail(table: Table, program_id: str, payout_id: str, limit: int, cursor: str | None) -> PayoutDetail:
    """A payout with a page of the members that it pays or leaves out. Raises Absent."""
    view = get(table, program_id, payout_id)
    found = listed_lines(table, program_id, payout_id, limit, cursor)
    paid, out = [each for each in found.items if each.state != "left"], [e for e in found.items if e.state == "left"]
    views = _views(table, program_id, paid)
    left_out = [LeftOutView(member_id=each.member_id, amount=each.amount, reason=str(each.reason)) for each in out]
    return PayoutDetail(**dict(view), lines=views, left_out=left_out, next_cursor=found.next_cursor)


def line_views(table: Table, program_id: str, payout_id: str, limit: int, cursor: str | None) -> Page[LineView]:
    """A page of a payout's lines, without members that are left out."""
    found = listed_lines(table, program_id, payout_id, limit, cursor)
    paid = [each for each in found.items if each.state != "left"]
    return Page(items=_views(table, program_id, paid), next_cursor=found.next_cursor)


def listed_lines(table: Table, program_id: str, payout_id: str, limit: int, cursor: str | None) -> Page[Line]:
    """A page of a payout's lines, with those that left it."""
    between = (PAYOUT_LINES, PAYOUT_LINES + LAST)
    partition = payout_keys.payout_line(program_id, payout_id, "").pk
    return listing.page(table, [partition], payouts.parse_line, limit=limit, cursor=cursor, between=between)


def _views(table: Table, program_id: str, found: list[Line]) -> list[LineView]:
    wanted = {each.member_id: keys.member(program_id, each.member_id) for each in found}
    stored = table.batch_get(wanted.values())
    known = {member_id: items.parse(Member, stored[key]) for member_id, key in wanted.items() if key in stored}
    return [LineView.of(each, known.get(each.member_id)) for each in found]


def line(table: Table, program_id: str, payout_id: str, member_id: str) -> Line:
    """A member's line. Raises Absent for a member whom the payout does not pay."""
    found = lines.find(table, program_id, payout_id, member_id)
    if found is None:
        raise Absent("line_not_found", "this payout has no line of such a member")
    return found


def line_view(table: Table, program_id: str, of: Line) -> LineView:
    """A line as it is shown."""
    return _views(table, program_id, [of])[0]


def statement(table: Table, program_id: str, payout_id: str, member_id: str, cursor: str | None) -> Statement:
    """A member's line with the rows behind it. Raises Absent."""
    payout = lines.payout(table, program_id, payout_id)
    of = line(table, program_id, payout_id, member_id)
    rows = behind(table, program_id, of, payout, MOST_ROWS, cursor)
    fields = {"payout_id": payout_id, "member_id": member_id, "amount": of.amount, "currency": payout.currency}
    return Statement(**fields, status=of.state, commissions=rows.items, next_cursor=rows.next_cursor)


def statement_rows(
    table: Table, program_id: str, payout_id: str, member_id: str, limit: int, cursor: str | None
) -> Page[CommissionView]:
    """A page of the rows behind a line. Raises Absent."""
    payout = lines.payout(table, program_id, payout_id)
    return behind(table, program_id, line(table, program_id, payout_id, member_id), payout, limit, cursor)


def behind(
    table: Table, program_id: str, of: Line, payout: Payout, limit: int, cursor: str | None
) -> Page[CommissionView]:
    """A page of the rows behind a line that was read, with the payout that it is of."""

    def told(each: _Listed) -> CommissionView | None:
        if each.paid is not None:
            return each.as_paid(of, payout)
        return each.view() if each.is_named_by(payout.payout_id) else None

    return _page(_walk(table, program_id, payout.payout_id, of.member_id, cursor, limit), told, limit)


def commissions(
    table: Table, program: Program, payout_id: str | None, wanted: Wanted, limit: int, cursor: str | None
) -> Page[CommissionView]:
    """A page of the wanted rows: of those that name a payout, member by member, or of all. Raises Absent, Invalid."""
    if payout_id is None:
        return list_page(table, program, wanted, CommissionView.of, limit, cursor)
    require_in_order(wanted.first, wanted.last)
    lines.payout(table, program.program_id, payout_id)

    def told(each: _Listed) -> CommissionView | None:
        is_wanted = each.is_named_by(payout_id) and _is_wanted(wanted, lines.row(each.item or {}))
        return each.view() if is_wanted else None

    return _page(_walk(table, program.program_id, payout_id, wanted.member_id, cursor, limit), told, limit)


def _is_wanted(wanted: Wanted, row: Commission) -> bool:
    is_in_time = (wanted.first is None or row.day >= wanted.first) and (wanted.last is None or row.day <= wanted.last)
    return is_in_time and wanted.is_met_by(row)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A row that a page lists, at a place of the walk; `item` None: it was deleted since. `paid`: what was paid."""

    place: str
    row_id: str
    item: Item | None
    paid: int | None

    def is_named_by(self, payout_id: str) -> bool:
        return self.item is not None and lines.names(self.item, payout_id)

    def view(self) -> CommissionView | None:
        return CommissionView.of(lines.row(self.item)) if self.item else None

    def as_paid(self, of: Line, payout: Payout) -> CommissionView:
        """With the amount that was paid. Only a row that a rule made can be deleted, once its line has failed."""
        if (view := self.view()) is not None:
            return view.model_copy(update={"amount": self.paid})
        made = {"type": "extra_bonus", "origin": "rule", "tier": 1, "currency": payout.currency, "version": 1}
        at = dict.fromkeys(("occurred_at", "created_at", "updated_at"), payout.created_at)
        known = {"commission_id": self.row_id, "member_id": of.member_id, "amount": self.paid, "reason": "deleted"}
        return CommissionView.model_validate({**made, **at, **known})


def _walk(
    table: Table, program_id: str, payout_id: str, member_id: str | None, cursor: str | None, at_once: int
) -> Iterator[_Listed]:
    """The rows after `cursor` that the pages of a payout, or of one line, list, `at_once` read together."""
    low, skipped = (None, 0) if cursor is None else _place_of(cursor)
    is_over = False
    while not is_over:
        found = lines.pages(table, program_id, payout_id, member_id, low, _PAGES_AT_ONCE)
        is_over = len(found) < _PAGES_AT_ONCE
        listed = [
            _Listed(f"{at}#{number}", row_id, None, rows.paid.get(row_id))
            for at, rows in found
            for number, row_id in enumerate(rows.row_ids, 1)
        ]
        for start in range(skipped, len(listed), at_once):
            part = listed[start : start + at_once]
            stored = lines.rows_of(table, program_id, [each.row_id for each in part])
            yield from (replace(each, item=stored.get(each.row_id)) for each in part)
        low, skipped = (found[-1][0] + LAST, 0) if found else (low, 0)


def _place_of(cursor: str) -> tuple[str, int]:
    """The page in which a walk goes on, and how many of its rows are passed. Raises Invalid `invalid_cursor`."""
    sort_key, _, number = listing.place_of(cursor).rpartition("#")
    if not (number.isascii() and number.isdigit()):
        raise listing.bad_cursor()
    return sort_key, int(number)


def _page(
    walk: Iterator[_Listed], told: Callable[[_Listed], CommissionView | None], limit: int
) -> Page[CommissionView]:
    views: list[CommissionView] = []
    for number, each in enumerate(walk, 1):
        view = told(each)
        if view is not None:
            views.append(view)
        if len(views) == limit or number == _READ_FOR_FILTER:
            return Page(items=views, next_cursor=listing.cursor_at(each.place))
    return Page(items=views, next_cursor=None)
