"""Every counter metric, over every period, with every operator, against the slow obvious answer."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from laurel.domain.ledger.commissions import Commission
from laurel.domain.rules.conditions import METRICS
from laurel.domain.rules.schedule import Payday
from tests.kit.oracle import Oracle
from tests.unit.kit.builders import (
    ANNA,
    BASIC,
    LINKS,
    LONG_AGO,
    SPRING,
    an_id,
    an_order,
    bonus,
    enrollment,
    member,
    program,
    rule,
)
from tests.unit.kit.judged import require_same
from tests.unit.kit.ledger import Ledger

FIRST, LAST = date(2026, 10, 20), date(2026, 11, 17)
MEMBER = member(approved_at=LONG_AGO)
SUMS = sorted(METRICS.keys() - {"conversions_count"})
METRIC_NAMES = [*SUMS, "conversion_rate", "average_order_value", "days_since_approval"]
PERIODS: list[dict[str, Any]] = [
    *({"type": f"current_{unit}"} for unit in ("day", "week", "month", "quarter", "year")),
    *({"type": f"last_{unit}"} for unit in ("week", "month", "quarter", "year")),
    *({"type": "last_n_days", "days": days} for days in (1, 3, 10, 70)),
    {"type": "since", "date": "2026-10-25"},
    {"type": "all_time"},
    {"type": "all_unpaid"},
]
ENDLESS = {"since", "all_time", "all_unpaid"}
PAYDAYS = (date(2026, 10, 25), date(2026, 11, 3), date(2026, 11, 4))
KINDS = ["sale", "action", "click", "recurring", "sale", "click", "click"]


def rows() -> list[Commission]:
    """A row every few days, of every kind, the weeks unlike each other, and one each a year and a quarter ago."""
    days = [date(2025, 11, 16), date(2026, 7, 1)]
    days += [FIRST + timedelta(days=n * n % 27) for n in range(14)]
    return [row(number, day) for number, day in enumerate(sorted(days))]


def row(number: int, day: date) -> Commission:
    when, kind = datetime.combine(day, time(12), UTC), KINDS[number % len(KINDS)]
    order = None if kind == "click" else an_order(str(number), 1_000 + number)
    return Commission(
        commission_id=an_id("com", str(number)),
        type=kind,
        action_code="signup" if kind == "action" else None,
        origin="conversion",
        member_id=ANNA,
        offer_id=SPRING,
        payout_option_id=BASIC,
        amount=100 + number,
        currency="USD",
        status="approved",
        payout="unpaid",
        order=order,
        occurred_at=when,
        day=day,
        created_at=when,
        updated_at=when,
    )


ROWS = rows()


JOINED = [date(2025, 11, 16), date(2026, 7, 1), *(FIRST + timedelta(days=n) for n in (2, 2, 9, 12, 20, 25))]
"""When those whom Anna brought joined."""


def thresholds(metric: str) -> list[Any]:
    if metric == "days_since_approval":
        return [2_500]
    if metric == "conversion_rate":
        return ["0", "100"]
    return [0, 1, 2] if metric.endswith("_count") else [0, 150, 2_020]


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte", "eq", "ne", "every"])
@pytest.mark.parametrize("period", PERIODS, ids=lambda period: "-".join(map(str, period.values())))
@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_a_condition_holds_when_the_bare_list_says_so(metric: str, period: dict[str, Any], operator: str) -> None:
    endless = operator in {"lt", "lte"} and period["type"] in ENDLESS and metric != "days_since_approval"
    asks = [{"metric": metric, "operator": operator, "value": v, "period": period} for v in thresholds(metric)]
    if operator == "every":
        repeated = [each for each in asks if Decimal(each["value"]) > 0]
        asks = [{**each, "operator": "gte", "every": True} for each in repeated]
    # what can never be known is refused as a leading condition: there it stands behind one that always holds
    ready = {"metric": "commission_group", "operator": "is_set", "period": {"type": "current_day"}}
    asked = [
        rule(bonus(percent="10"), name=f"{each['value']}", when=[ready, each] if endless else [each]) for each in asks
    ]
    ledger = Ledger(asked, program(), MEMBER, {SPRING: enrollment()})
    oracle = Oracle(program(), asked, MEMBER, {SPRING: BASIC}, links=LINKS)
    for number, day in enumerate(FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)):
        for each in [row for row in ROWS if row.day == day or (number == 0 and row.day < FIRST)]:
            ledger.fold(each)
            oracle.fold(each)
        joined = [each for each in JOINED if each == day or (number == 0 and each < FIRST)]
        ledger.refer(*joined)
        oracle.joined += joined
        if day in PAYDAYS:
            payday = Payday(day, datetime.combine(day, time(18), UTC), an_id("pay", str(day)))
            ledger.pay(payday)
            oracle.pay(payday.payout_id, payday.day, payday.occurred_at)
        ledger.begin(day + timedelta(days=1))
        oracle.begin(day + timedelta(days=1))
    require_same(ledger, oracle)
