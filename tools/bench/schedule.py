"""The cost of a local midnight for each member, and of a commission that the program makes by itself."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from laurel.domain.earnings.recurrences import started
from laurel.domain.offers.terms import PercentOfSale
from laurel.domain.rules.conditions import CounterCondition
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import STARTS_AFTER, Midnight
from laurel.domain.rules.scoped import RulePeriod
from laurel.domain.values.periods import CurrentDay, CurrentYear
from laurel.store import items
from laurel.workflows.earnings import recurrences
from laurel.workflows.kernel import closing
from tools.bench import history, samples
from tools.bench.capacity import Cost
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Figure, Row, Table, Target, figures
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

_HISTORY: Final = 60
_MONTHS: Final = 12
_BEGUN: Final = samples.TODAY + timedelta(days=1)
_TERMS: Final = PercentOfSale.model_validate(
    {"type": "percent_of_sale", "percent": "10", "recurring": {"interval": "month", "mode": "automatic"}}
)


def table(lab: Lab) -> Table:
    """The cost per member asked, and per commission made."""
    none_fires = Target("<= 3 trips, 0 WRU")
    rows = [
        *(
            _asked(lab, f"asked by {count} rule(s), none holds", _less_than(0, count), none_fires)
            for count in (1, 10, 100)
        ),
        _asked(lab, "asked by a rule, which pays a bonus", _less_than(samples.NEVER, 1)),
        _undecided(lab),
        _recurring(lab),
    ]
    return Table("The schedule", rows, _NOTES)


_NOTES: Final = (
    f"A page of the close asks {closing.MOST_MEMBERS} members with {_HISTORY} days of one sale each; what the page",
    "reads is shared among them. A recurring commission is then counted like an order, by a transition.",
)


def _asked(lab: Lab, name: str, rules: Sequence[Rule], target: Target = NO_TARGET) -> Row:
    shop = world(lab, samples.template(), rules)
    for _ in range(closing.MOST_MEMBERS):
        history.load(shop, shop.seller(), _HISTORY, days=_HISTORY)
    cost = _page(shop).cost
    met = None if target is NO_TARGET else cost.wru == 0 and cost.trips <= 3 * closing.MOST_MEMBERS + 1
    return Row(f"a member {name}", _shared(cost, closing.MOST_MEMBERS), Target(target.says, met))


def _undecided(lab: Lab) -> Row:
    shop = world(lab, samples.template(), _less_than(0, 100, CurrentYear()))
    return Row("a midnight that decides nothing", figures(_page(shop).cost), Target("asks no member"))


def _less_than(threshold: int, count: int, period: RulePeriod = CurrentDay()) -> list[Rule]:  # noqa: B008 - frozen
    """Rules that a midnight decides: less commission than `threshold` in the period that is over."""
    leading = CounterCondition(metric="commission_value", operator="lt", value=threshold, period=period)
    return [samples.rule(period, threshold).model_copy(update={"conditions": (leading,)}) for _ in range(count)]


def _page(shop: World) -> Bill:
    """The bill of one page of the close of today."""
    now = Midnight.of(shop.rulebook.program.calendar, _BEGUN).occurred_at + STARTS_AFTER
    with shop.lab.meter.measure() as bill:
        closing.page(shop.lab.table, shop.rulebook, closing.first_cursor(_BEGUN), now)
    return bill


def _recurring(lab: Lab) -> Row:
    """The cost of a subscription of which a year is due at once, so that all its commissions share one reading."""
    shop = world(lab, samples.template(), offer=samples.link_offer(_TERMS))
    seller = shop.seller()
    first = shop.shop.sale(seller)
    shop.record([first])
    recurrence = started(shop.rulebook.program, first, samples.NOW)
    item = items.recurrence(shop.program_id, recurrence)
    lab.load([item])
    late = samples.NOW.replace(year=samples.NOW.year + 1)
    with lab.meter.measure() as bill:
        made = recurrences.make_due(lab.table, shop.rulebook.program, item, late)
    if made != _MONTHS:
        raise ToolError(f"{made} commissions recurred, not {_MONTHS}")
    return Row("a recurring commission made, of 12", _shared(bill.cost, made), NO_TARGET)


def _shared(cost: Cost, count: int) -> dict[str, Figure]:
    return {
        "trips": cost.trips / count,
        "RRU": cost.rru / count,
        "WRU": cost.wru / count,
        "index WRU": cost.index_wru / count,
    }
