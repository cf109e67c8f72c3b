"""The cost of drafting and confirming payouts, by row and by line, and of letting rows go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from laurel.domain.payouts.payouts import NewPayout, Payout, PayoutState
from laurel.store import payout_keys, payouts
from laurel.workflows.payouts import confirming, drafting, lines, releasing
from tools.bench import samples
from tools.bench.capacity import Cost
from tools.bench.report import NO_TARGET, Row, Table, Target, figures
from tools.bench.transitions import fold_new
from tools.bench.world import Lab, World, world

_ROWS: Final = 85
_MEMBERS: Final = 20
_LINES: Final = confirming.MOST_PAGES
"""As many as one page of the job sends."""
_AIM: Final = 5
"""Table units a row for draft and confirmation together, if a day holds 20: 2 each time for itself, and its part."""


def table(lab: Lab) -> Table:
    """The cost per row, per line, and per member to whom nothing is due."""
    rows = [*_paid(lab, days=4), *_paid(lab, days=30), *_lines(lab), _idle(lab), _freed(lab), _taken_back(lab)]
    return Table("Payouts", rows, _NOTES)


_NOTES: Final = (
    "Pages of the jobs with all that they read; WRU/K and trips/K are per row, per line, or per member.",
    "A transaction takes up to 85 rows. Drafting writes them, their page, the line, the payout and the head;",
    "confirming them, the totals that they count in, the head and the line.",
)


def _paid(lab: Lab, days: int) -> list[Row]:
    shop, payout = _with_rows(lab, days)
    draft, confirm = drafted(shop, payout), confirmed(shop, payout)
    both = draft + confirm
    is_met = both.wru / _ROWS <= _AIM
    target = Target(f"<= {_AIM} WRU/K", is_met) if days < _ROWS // 20 + 1 else NO_TARGET
    of = f"{_ROWS} rows of {days} days"
    return [
        _row(f"draft: {of}", draft, _ROWS),
        _row(f"confirm: {of}", confirm, _ROWS),
        _row(f"both: {of}", both, _ROWS, target),
    ]


def _lines(lab: Lab) -> list[Row]:
    shop = world(lab, samples.template())
    for _ in range(_LINES):
        fold_new(shop, shop.seller(), 1)
    payout = begun(shop)
    draft, confirm = drafted(shop, payout), confirmed(shop, payout)
    of = f"{_LINES} lines of one row"
    return [_row(f"draft: {of}", draft, _LINES), _row(f"confirm: {of}", confirm, _LINES)]


def _idle(lab: Lab) -> Row:
    shop = world(lab, samples.template())
    for _ in range(_MEMBERS):
        shop.seller()
    return _row(f"draft: {_MEMBERS} members, nothing due", drafted(shop, begun(shop)), _MEMBERS)


def _freed(lab: Lab) -> Row:
    shop, payout = _with_rows(lab, days=4)
    drafted(shop, payout)
    _turned(shop, payout, "cancelled")
    cursor = {"payout_id": payout.payout_id, "member_id": None}
    cost = _cost(shop, lambda: releasing.free(shop.lab.table, shop.program_id, cursor))
    return _row(f"cancel: {_ROWS} rows of 4 days", cost, _ROWS)


def _taken_back(lab: Lab) -> Row:
    shop, payout = _with_rows(lab, days=4)
    drafted(shop, payout)
    confirmed(shop, payout)
    partition = payout_keys.payout_line(shop.program_id, payout.payout_id, "").pk
    (line,) = map(payouts.parse_line, shop.lab.quiet.query(partition, begins_with=payout_keys.PAYOUT_LINES))
    shop.lab.load([payouts.line(shop.program_id, line, line.failed("closed")).item])
    cursor = {"payout_id": payout.payout_id, "member_id": line.member_id}
    cost = _cost(shop, lambda: releasing.take_back(shop.lab.table, shop.rulebook, cursor, samples.NOW))
    return _row(f"fail: {_ROWS} rows of 4 days", cost, _ROWS)


def _with_rows(lab: Lab, days: int) -> tuple[World, Payout]:
    shop = world(lab, samples.template())
    fold_new(shop, shop.seller(), _ROWS, days)
    return shop, begun(shop)


def begun(shop: World) -> Payout:
    """A payout of all that is due to everybody."""
    at, ids = samples.NOW, {"payout_id": samples.new_id("pay"), "job_id": samples.new_id("job")}
    calendar = shop.rulebook.program.calendar
    new = NewPayout(until=calendar.day_of(at + timedelta(days=1)))
    payout = Payout.of(new, calendar, **ids, currency="USD", actor="system", created_at=at)
    shop.lab.load([payouts.payout(shop.program_id, payout)])
    return payout


def drafted(shop: World, payout: Payout) -> Cost:
    """The cost of a page of its draft."""
    cursor = lines.first_cursor(payout.payout_id)
    return _cost(shop, lambda: drafting.page(shop.lab.table, shop.rulebook, cursor, samples.NOW))


def confirmed(shop: World, payout: Payout) -> Cost:
    """The cost of a page of its confirmation."""
    _turned(shop, payout, "confirming")
    cursor = {"payout_id": payout.payout_id}
    return _cost(shop, lambda: confirming.page(shop.lab.table, shop.rulebook, cursor, samples.NOW))


def _turned(shop: World, payout: Payout, state: PayoutState) -> None:
    """The payout is in another state."""
    stored = shop.lab.quiet.get(payout_keys.payout(shop.program_id, payout.payout_id)) or {}
    at = payouts.parse_payout(stored).model_copy(update={"state": state, "confirmed_at": samples.NOW})
    shop.lab.load([payouts.payout(shop.program_id, at)])


def _cost(shop: World, page: Callable[[], object]) -> Cost:
    with shop.lab.meter.measure() as bill:
        page()
    return bill.cost


def _row(name: str, cost: Cost, count: int, target: Target = NO_TARGET) -> Row:
    per = {"WRU/K": cost.wru / count, "index WRU/K": cost.index_wru / count, "trips/K": cost.trips / count}
    return Row(name, {"K": count, **figures(cost), **per}, target)
