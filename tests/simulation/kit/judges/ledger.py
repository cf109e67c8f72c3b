"""The rules once more, as plainly as possible: what rows are worth, what periods mean, what conditions say."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from laurel.domain.ledger.commissions import Commission
from laurel.domain.rules.rules import Rule

_ADJUSTED: Final = {"adjusted sale", "adjusted action", "adjusted recurring", "adjusted recurrence"}
_RECURRING: Final = {"recurring", "recurrence", "adjusted recurring", "adjusted recurrence"}
_BY_HAND: Final = {"adjusted click", "adjusted granted action"}
_EARNING: Final = {"sale", "action", "granted action", "click", *_RECURRING, *_ADJUSTED, *_BY_HAND}
_TYPES: Final[Mapping[str, set[str]]] = {
    "sales_count": {"sale", "adjusted sale"},
    "actions_count": {"action", "granted action", "adjusted action", "adjusted granted action"},
    "commission_value": _EARNING,
    "sale_commission_value": {"sale", "adjusted sale"},
    "action_commission_value": {"action", "granted action", "adjusted action", "adjusted granted action"},
    "sales_total": {"sale", "action", "recurring"},
    "conversions": {"sale", "action", "recurring", "adjusted sale", "adjusted action", "adjusted recurring"},
    "clicks": {"click", "tally", "adjusted click"},
    "recurring_count": _RECURRING,
    "clicks_count": {"click", "tally", "adjusted click"},
    "click_commission_value": {"click", "adjusted click"},
}
_NUMBERS: Final[Mapping[str, str]] = {
    "commission_value": "amount",
    "sale_commission_value": "amount",
    "action_commission_value": "amount",
    "click_commission_value": "amount",
    "sales_total": "sales",
}
OF_ORDER: Final = frozenset({"order_amount", "first_order"})


class Counted(NamedTuple):
    """One row as it is counted."""

    member: str
    offer: str | None
    day: date
    type: str
    action: str
    tier: int
    state: str
    quantity: int
    amount: int
    sales: int


class Days(NamedTuple):
    """Half-open; None is without end."""

    first: date | None
    until: date | None


def half_up(exact: Fraction) -> int:
    """The nearest whole number, halves away from zero."""
    rounded = int(abs(exact) + Fraction(1, 2))
    return rounded if exact >= 0 else -rounded


def contribution(row: Commission) -> list[Any]:
    """What a row is worth to its member, as `counted` stores it."""
    state = "paid" if row.payout == "paid" else row.status
    if row.adjusts is not None:
        kind = f"adjusted {row.adjusts.kind}"
        bucket = [row.payout_option_id or "", kind, _name(row), row.tier, state]
        return [*bucket, row.adjusts.quantity, row.amount, 0]
    sales = _sales(row)
    bucket = [row.payout_option_id or "", _kind(row), _name(row), row.tier, state]
    own = [True] if row.own_terms else []
    return [*bucket, row.clicks if row.type == "click" else 1, row.amount, sales, *own]


def _name(row: Commission) -> str:
    """The action that it counts as: those that nobody knows are one. Which they are is judged in `orders`."""
    return row.action_code if row.action_code is not None and row.by_name else ""


def _sales(row: Commission) -> int:
    order = row.order
    if order is None or row.tier != 1 or order.state == "cancelled" or order.money == "void":
        return 0
    return 0 if order.taken.whole else max(0, order.amount - order.taken.goods)


def _kind(row: Commission) -> str:
    if row.type == "click" and row.payout is None:
        return "tally"
    if row.type == "sale" and row.order and row.order.subscription and row.order.amount == 0:
        return "trial"
    if (row.type, row.origin) == ("action", "manual"):
        return "granted action"
    is_made = row.origin == "schedule" or (row.renewal is not None and row.renewal.base is not None)
    return "recurrence" if is_made else row.type


def earned(terms: Mapping[str, Any], order: Mapping[str, Any], amount: int) -> int:
    """What terms give for what is left of an order or action. `order`: where it says which action it is."""
    if "action_code" in order:
        terms = terms.get("actions", {}).get(order["action_code"], {})
    elif terms["type"] == "per_click":
        return 0
    percent = Fraction(terms.get("percent") or 0)
    return int(terms.get("amount") or 0) + half_up(amount * percent / 100)


def counted(row: Commission) -> Counted:
    """The row as rules see it."""
    return Counted(row.member_id or "", row.offer_id, row.day, *contribution(row)[1:8])


def start_of(day: date, zone: str) -> datetime:
    """The first instant of a local day."""
    return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)


def day_of(at: datetime, zone: str) -> date:
    """The local day: the last one that has begun, also where the clock was set back since."""
    tomorrow = at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return max(day for day in (tomorrow, tomorrow - timedelta(days=1)) if start_of(day, zone) <= at)


def days_of(period: Any, day: date) -> Days:
    """What a period means on a day."""
    match period.type.split("_", 1):
        case ["current", unit]:
            return _unit(unit, day)
        case ["last", "n_days"]:
            return Days(day - timedelta(period.days - 1), day + timedelta(1))
        case ["last", unit]:
            this = _unit(unit, day).first
            assert this is not None
            return _unit(unit, this - timedelta(1))
        case ["since"]:
            return Days(period.date, None)
        case ["all", _]:
            return Days(None, None)
    raise AssertionError(period)


def _unit(unit: str, day: date) -> Days:
    quarter = (day.month - 1) // 3 * 3 + 1
    match unit:
        case "day":
            return Days(day, day + timedelta(1))
        case "week":
            monday = day - timedelta(day.isocalendar().weekday - 1)
            return Days(monday, monday + timedelta(7))
        case "month":
            return Days(day.replace(day=1), _following(day.year, day.month))
        case "quarter":
            return Days(date(day.year, quarter, 1), _following(day.year, quarter + 2))
        case "year":
            return Days(date(day.year, 1, 1), date(day.year + 1, 1, 1))
    raise AssertionError(unit)


def _following(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)


def period_key(period: Any, days: Days, last_payout: str | None = None) -> str:
    """How a marker names it; what is unpaid, by the member's last payout."""
    if period.type == "all_unpaid" and last_payout is not None:
        return f"all_unpaid:{last_payout}"
    return str(period.type) if days.first is None else f"{period.type}:{days.first}"


def marker_key(period: Any, days: Days, last_payout: str | None = None) -> str:
    """What the marker is known by: a rolling window by its last day, which an edit of its length leaves as it is."""
    if period.type != "last_n_days" or days.until is None:
        return period_key(period, days, last_payout)
    return f"last_n_days..{days.until - timedelta(1)}"


def closing_keys(period: Any, days: Days, last_payout: str | None = None) -> set[str]:
    """The keys of markers that close this period too: of rolling windows those that share a day with it."""
    if period.type != "last_n_days" or days.until is None:
        return {period_key(period, days, last_payout)}
    return {f"last_n_days..{days.until - timedelta(1) + timedelta(by)}" for by in range(1 - period.days, period.days)}


def waits_for_close(rule: Rule) -> bool:
    """Whether orders do not decide it, since more of them could undo it until its period is over."""
    leading = rule.conditions[0]
    if leading.metric in {"user_field", "commission_group", "days_since_approval", *OF_ORDER}:
        return False
    if leading.operator[0] != "l":
        return False
    return leading.period.type.startswith("current_") or leading.period.type == "last_n_days"


def day_before(day: date, zone: str) -> date:
    """The last day before it: a day that begins when the next one does never was."""
    before = day - timedelta(1)
    return before if start_of(before, zone) < start_of(day, zone) else day_before(before, zone)


def asked_on(rule: Rule, begun: date, zone: str) -> date | None:
    """As of which day a rule is asked as `begun` begins; None: it is not."""
    if any(condition.metric in OF_ORDER for condition in rule.conditions):
        return None
    over = day_before(begun, zone)
    ends = {begun - timedelta(n) for n in range((begun - over).days)}
    if waits_for_close(rule):
        return over if days_of(rule.conditions[0].period, over).until in ends else None
    for condition in rule.conditions:
        kind = condition.period.type
        if condition.metric == "days_since_approval":
            return begun
        if kind == "last_n_days":
            return over
        if kind.startswith("last_") and days_of(condition.period, begun).until in ends:
            return begun
    return None


def had_ended(days: Days, zone: str, at: datetime) -> bool:
    """Whether the period was over when `at` was."""
    return days.until is not None and start_of(days.until, zone) <= at


def total(rows: Iterable[Counted], metric: str, condition: Any, rule: Rule, day: date) -> int:
    """A metric over the rows of one member that are in the condition's scope and period."""
    days = days_of(condition.period, day)
    offers = rule.offers if condition.offers is None else condition.offers
    states = {*condition.statuses, *(("paid",) if "approved" in condition.statuses else ())}
    states -= {"paid"} if condition.period.type == "all_unpaid" else set()
    found = [
        row
        for row in rows
        if row.type in _TYPES[metric]
        and row.state in states
        and (days.first is None or days.first <= row.day)
        and (days.until is None or row.day < days.until)
        and condition.tier in {"any", row.tier}
        and (offers == "all" or row.offer in offers)
        and (condition.action_code is None or row.action == condition.action_code)
    ]
    return sum(getattr(row, _NUMBERS.get(metric, "quantity")) for row in found)


def base(rows: Iterable[Counted], rule: Rule, day: date) -> int:
    """What percentages are of: the commission value in the leading condition's scope, whatever its metric."""
    leading = rule.conditions[0].model_copy(update={"action_code": None})
    return total(rows, "commission_value", leading, rule, day)


class Person(NamedTuple):
    """A member as conditions see it; `options`: offer -> the payout option that it is in; `links`: offers by link.

    `order`: the row that rules are asked for; `first`: the member's first sale.
    """

    fields: Mapping[str, str] = {}
    options: Mapping[str, str] = {}
    approved_on: date | None = None
    links: Collection[str] = ()
    order: Commission | None = None
    first: str | None = None


def holds(condition: Any, rule: Rule, day: date, rows: list[Counted], person: Person) -> bool:
    """Whether a condition holds."""
    match condition.metric:
        case "days_since_approval":
            approved_on = person.approved_on
            return approved_on is not None and compare((day - approved_on).days, condition)
        case "order_amount" | "first_order":
            value = of_order(condition, rule, person)
            return value is not None and compare(value, condition)
        case "user_field":
            value = person.fields.get(condition.field)
            said: dict[str, bool] = {
                "eq": value == condition.value,
                "ne": value != condition.value,
                "is_set": bool(value),
            }
            return said[condition.operator]
        case "commission_group":
            offers = rule.offers if condition.offers is None else condition.offers
            mine = {option for offer, option in person.options.items() if offers == "all" or offer in offers}
            is_in = condition.value in mine
            return {"eq": is_in, "ne": not is_in, "is_set": bool(mine)}[condition.operator]
        case "conversion_rate":
            there = [row for row in rows if row.offer in person.links]
            clicks = total(there, "clicks", condition, rule, day)
            converted = total(there, "conversions", condition, rule, day)
            return bool(clicks) and compare(Decimal(100 * converted) / clicks, condition)
        case metric:
            return compare(total(rows, metric, condition, rule, day), condition)


def of_order(condition: Any, rule: Rule, person: Person) -> int | bool | None:
    """The order's amount as it stands, or whether it is the first sale; None for what is no such order."""
    row, offers = person.order, rule.offers if condition.offers is None else condition.offers
    if row is None or row.order is None or row.tier != 1 or _kind(row) not in {"sale", "recurring"}:
        return None
    states = {*condition.statuses, *(("paid",) if "approved" in condition.statuses else ())}
    is_free = row.action_code is None and row.order.subscription is not None and row.order.amount == 0
    if is_free or contribution(row)[4] not in states or not (offers == "all" or row.offer_id in offers):
        return None
    return row.commission_id == person.first if condition.metric == "first_order" else _sales(row)


def is_good_sale(row: Commission) -> bool:
    """Whether it is a sale of its member that was not declined."""
    return row.tier == 1 and row.adjusts is None and _kind(row) == "sale" and row.status != "declined"


def times(rule: Rule, day: date, rows: list[Counted]) -> int:
    """How many multiples of its value the leading condition has come to."""
    leading: Any = rule.conditions[0]
    return total(rows, leading.metric, leading, rule, day) // int(leading.value)


def compare(value: Any, condition: Any) -> bool:
    """`gt` and `lt` are strict."""
    sign: int = (value > condition.value) - (value < condition.value)
    said: dict[str, bool] = {
        "gt": sign > 0,
        "gte": sign >= 0,
        "lt": sign < 0,
        "lte": sign <= 0,
        "eq": sign == 0,
        "ne": sign != 0,
    }
    return said[condition.operator]
