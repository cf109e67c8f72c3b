"""Periods and readings of rules in words to a member."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, assert_never

from laurel.domain.rules.conditions import Condition
from laurel.domain.rules.gauges import Unit
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.periods import (
    AllTime,
    AllUnpaid,
    CurrentDay,
    DayRange,
    LastDays,
    Period,
    Since,
    months_later,
)
from laurel.pages.words import Words

_COUNTED: Final = {
    "sales_count": ("sale", "sales"),
    "actions_count": ("action", "actions"),
    "recurring_count": ("later payment", "later payments"),
    "clicks_count": ("click", "clicks"),
    "referred_members_count": ("member whom you brought", "members whom you brought"),
    "days_since_approval": ("day since you were approved", "days since you were approved"),
}
_SUMMED: Final = {
    "commission_value": "commission",
    "sale_commission_value": "commission on sales",
    "action_commission_value": "commission on actions",
    "click_commission_value": "commission on clicks",
    "sales_total": "of sales",
    "conversion_rate": "of your clicks becoming sales",
    "average_order_value": "a sale on average",
}
_LENGTHS: Final = {"week": timedelta(days=6), "day": timedelta()}
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def of_key(key: str, words: Words) -> str:
    """The period of a marker in words: `current_week:2026-11-16` is 16 Nov 2026 to 22 Nov 2026; empty if ever."""
    kind, _, told = key.partition(":")
    try:
        first = date.fromisoformat(told)
    except ValueError:
        return "all that was unpaid" if kind == "all_unpaid" else ""
    unit = kind.rpartition("_")[2]
    if unit == "day":
        return words.day(first)
    if unit in _LENGTHS:
        return f"{words.day(first)} to {words.day(first + _LENGTHS[unit])}"
    if unit in _MONTHS:
        return f"{words.day(first)} to {words.day(months_later(first, _MONTHS[unit]) - ONE_DAY)}"
    return f"the days from {words.day(first)} on"


def now(period: Period, words: Words) -> str:
    """The period as somebody is in it: this week. Of a last period, which is looked at once it is over, the next."""
    match period:
        case LastDays(days=days):
            return f"within {words.count(days, 'day', 'days')}"
        case Since(date=first):
            return f"since {words.day(first)}"
        case AllTime():
            return "in all"
        case AllUnpaid():
            return "since your last payout"
        case CurrentDay():
            return "today"
        case _:
            return f"this {period.type.rpartition('_')[2]}"


def until(days: DayRange, words: Words) -> str:
    """The last day of a range, as the end of a sentence; empty for one without end."""
    return "" if days.until is None else f"until {words.day(days.until - ONE_DAY)}"


def measured(condition: Condition, value: object, words: Words) -> tuple[str, str]:
    """A reading of a condition: a number with its unit, and the noun of what is counted; empty where there is none."""
    try:
        number = Decimal(str(value or 0))
    except InvalidOperation:
        return str(value), ""
    if condition.metric in _COUNTED:
        one, many = _COUNTED[condition.metric]
        noun = one if number == 1 else many
        return words.number(number), noun if condition.action_code is None else f"\u201c{condition.action_code}\u201d"
    return _with_unit(number, condition.unit, words), _SUMMED.get(condition.metric, "")


def _with_unit(number: Decimal, unit: Unit, words: Words) -> str:
    match unit:
        case "money":
            return words.money(round(number))
        case "percent":
            return words.percent(round(number, 2))
        case "days" | "count" | "text":
            return words.number(number)
        case _:
            assert_never(unit)
