"""What a condition counts, and what the base of a percentage is."""

from typing import Any

import pytest

from tests.unit.kit.builders import (
    AUTUMN,
    SATURDAY,
    SPRING,
    at,
    bonus,
    commission,
    condition,
    enrollment,
    mails,
    period,
    rule,
)
from tests.unit.kit.ledger import folded


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"payout": "paid"}, True),
        ({"status": "pending"}, False),
        ({"status": "declined"}, False),
        ({"tier": 2}, False),
        ({"type": "action", "action_code": "signup"}, True),
        ({"type": "action", "action_code": "signup", "origin": "rule"}, True),
        ({"type": "click"}, True),
        ({"type": "recurring"}, True),
        ({"type": "recurring", "origin": "schedule"}, True),
        ({"type": "extra_bonus"}, False),
        ({"type": "adjustment"}, False),
    ],
)
def test_by_default_approved_tier_1_earnings_count(changes: dict[str, Any], counts: bool) -> None:
    assert bool(folded(rule()).fold(commission("a", 21000, **changes))) is counts


@pytest.mark.parametrize(
    ("narrowed", "changes"),
    [
        ({"tier": 2}, {"tier": 2}),
        ({"tier": "any"}, {"tier": 3}),
        ({"statuses": ["pending"]}, {"status": "pending"}),
        ({"statuses": ["declined", "pending"]}, {"status": "declined"}),
        ({"statuses": ["paid"]}, {"payout": "paid"}),
        ({"offers": [AUTUMN]}, {"offer_id": AUTUMN}),
        ({"metric": "sale_commission_value"}, {}),
        ({"metric": "click_commission_value"}, {"type": "click"}),
        ({"metric": "action_commission_value", "action_code": "x"}, {"type": "action", "action_code": "x"}),
        ({"metric": "action_commission_value"}, {"type": "action", "action_code": "x", "origin": "rule"}),
    ],
)
def test_a_condition_counts_what_it_names_and_only_that(narrowed: dict[str, Any], changes: dict[str, Any]) -> None:
    asks = condition(**narrowed)
    assert folded(rule(when=[asks])).fold(commission("a", 21000, **changes)) == [420]
    other = {"type": "recurring", "tier": 1, "offer_id": SPRING, "status": "approved", "payout": "unpaid"}
    if narrowed != {"tier": "any"}:
        assert folded(rule(when=[asks])).fold(commission("a", 21000, **other)) == []


def test_sales_are_counted_net_of_refunds() -> None:
    asks = rule(bonus(percent="10"), when=[condition("sales_total", value=50000)])
    ledger = folded(asks)
    first = commission("a", 3000, sale=30000)
    ledger.fold(first)
    assert first.order is not None
    refunded = first.order.model_copy(update={"refunded_sale": 10000})
    ledger.fold(first.revised(SATURDAY, amount=2000, order=refunded))
    assert ledger.fold(commission("b", 3000, sale=30000)) == []
    assert ledger.fold(commission("c", 1, sale=1)) == [500]  # 10 % of the commissions, 50.01, whatever the metric


@pytest.mark.parametrize("kind", ["sale", "action", "recurring"])
def test_sales_actions_and_recurring_payments_are_conversions(kind: str) -> None:
    code = "signup" if kind == "action" else None
    rate = rule(bonus(amount=1), when=[condition("conversion_rate", operator="gte", value="100")])
    clicked = folded(rate)
    clicked.fold(commission("click", type="click"))
    assert clicked.fold(commission("a", type=kind, action_code=code)) == [1]
    total = rule(bonus(amount=1), when=[condition("sales_total", operator="gte", value=500)])
    assert folded(total).fold(commission("a", sale=500, type=kind, action_code=code)) == [1]


@pytest.mark.parametrize("origin", ["conversion", "schedule"])
def test_recurring_commissions_are_counted_whoever_made_them(origin: str) -> None:
    asks = condition("recurring_count", operator="gte", value=2)
    ledger = folded(rule(bonus(amount=5), when=[asks]))
    assert ledger.fold(commission("a", 100, type="recurring")) == []
    assert ledger.fold(commission("b", 100, type="recurring", origin=origin)) == [5]


@pytest.mark.parametrize("origin", ["rule", "manual"])
def test_an_action_that_was_given_is_an_action_and_no_conversion(origin: str) -> None:
    given = commission("a", 100, type="action", origin=origin, action_code="loyal")
    for metric in ("actions_count", "action_commission_value", "commission_value"):
        asks = rule(bonus(amount=1), when=[condition(metric, operator="gte", value=1)])
        assert folded(asks).fold(given) == [1]
    rate = rule(bonus(amount=1), when=[condition("conversion_rate", operator="gt", value="0")])
    clicked = folded(rate)
    clicked.fold(commission("click", type="click"))
    assert clicked.fold(given) == []


@pytest.mark.parametrize("kind", ["sale", "action", "recurring"])
def test_what_an_adjustment_takes_off_is_taken_off_where_its_row_counts(kind: str) -> None:
    code = "signup" if kind == "action" else None
    paid = commission("a", 300, type=kind, action_code=code, payout="paid", sale=3000)
    less = {"commission_id": paid.commission_id, "kind": kind, "quantity": -1}
    adjustment = commission("b", -300, type="adjustment", action_code=code, adjusts=less)
    counts = {"sale": "sales_count", "action": "actions_count", "recurring": "recurring_count"}
    for metric in (counts[kind], "commission_value"):
        ledger = folded(rule(bonus(amount=1), when=[condition(metric, operator="eq", value=0)]))
        assert ledger.fold(paid) == []
        assert ledger.fold(adjustment) == [1]


def test_a_commission_that_the_program_makes_by_itself_is_no_conversion() -> None:
    rate = rule(bonus(amount=1), when=[condition("conversion_rate", operator="gt", value="0")])
    clicked = folded(rate)
    clicked.fold(commission("click", type="click"))
    assert clicked.fold(commission("a", 100, type="recurring", origin="schedule")) == []


def test_the_base_of_an_action_count_is_all_commissions_of_its_scope() -> None:
    asks = condition("actions_count", value=1, action_code="signup")
    ledger = folded(rule(bonus(percent="10"), when=[asks]))
    ledger.fold(commission("a", 7000), commission("b", 250, type="action", action_code="signup"))
    assert ledger.fold(commission("c", 250, type="action", action_code="signup")) == [750]


def test_the_conversion_rate_is_conversions_per_hundred_clicks() -> None:
    asks = condition("conversion_rate", operator="gte", value="33.3")
    ledger = folded(rule(bonus(amount=100), mails(), when=[asks]))
    ledger.fold(*[commission(f"click {n}", 0, type="click") for n in range(3)])
    assert ledger.fold(commission("a", 1000)) == [100]
    assert ledger.bonuses[0].evidence is not None
    assert (ledger.bonuses[0].evidence.value, ledger.mails[0].value) == ("33.33", "33.33")


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte", "eq", "ne"])
def test_without_clicks_there_is_no_conversion_rate_to_compare(operator: str) -> None:
    further = [condition("sales_count", operator="gte", value=1), condition("conversion_rate", operator=operator)]
    ledger = folded(rule(bonus(amount=100), when=further))
    assert ledger.fold(commission("a", 1000)) == []
    assert ledger.fold(commission("b", 1000, type="click", offer_id=AUTUMN)) == []  # no offer by link


def test_who_was_clicked_on_by_nobody_does_not_convert_too_seldom() -> None:
    seldom = rule(bonus(amount=5), when=[condition("conversion_rate", operator="lt", value="1")])
    for clicks, paid in ((0, []), (1, [5])):
        ledger = folded(seldom, enrollments={SPRING: enrollment()})
        ledger.fold(*(commission(f"click {n}", type="click") for n in range(clicks)), commission("a", offer_id=AUTUMN))
        assert ledger.begin(at("2026-11-23 00:00").date()) == paid


@pytest.mark.parametrize(
    ("scope", "rate", "paid"),
    [
        ({}, "50", 9_920),
        ({"offers": [SPRING]}, "50", 20),
        ({"offers": [SPRING, AUTUMN]}, "50", 9_920),
        ({"tier": 2}, "25", 10),
    ],
)
def test_sales_with_codes_are_no_conversions_of_clicks_and_are_in_the_base(
    scope: dict[str, Any], rate: str, paid: int
) -> None:
    ledger = folded(rule(bonus(percent="10"), when=[condition("conversion_rate", operator="eq", value=rate, **scope)]))
    by_code = [commission(f"code {n}", 1000, offer_id=AUTUMN) for n in range(99)]
    clicks = [commission(f"click {n}", type="click") for n in range(4)]
    by_link = [commission("a", 100), commission("b", 100), commission("c", 100, tier=2)]
    assert ledger.fold(*by_code, *clicks, *by_link) == [paid]


def test_a_rule_is_evaluated_for_commissions_of_its_offers_only() -> None:
    asks = rule(offers=[SPRING], when=[condition(offers="all")])
    ledger = folded(asks)
    assert ledger.fold(commission("a", 21000, offer_id=AUTUMN)) == []
    assert ledger.fold(commission("b", 100)) == [422]


def test_the_offers_of_a_rule_limit_its_conditions_unless_they_name_their_own() -> None:
    ledger = folded(rule(offers=[SPRING]))
    ledger.fold(commission("a", 21000, offer_id=AUTUMN))
    assert ledger.fold(commission("b", 100)) == []


def test_a_further_condition_looks_at_its_own_period() -> None:
    further = condition("sales_count", value=1, period=period("current_month"))
    ledger = folded(rule(when=[condition(), further]))
    assert ledger.fold(commission("a", 21000)) == []
    assert (
        ledger.fold(commission("b", 1000, when=at("2026-11-02"))) == []
    )  # another week: the leading one does not hold
    assert ledger.fold(commission("c", 0)) == [420]


def test_extra_bonuses_never_feed_conditions_or_bases() -> None:
    generous = rule(bonus(amount=50000), name="generous", when=[condition(value=100)])
    percent = rule(bonus(percent="10"), name="percent", priority=2, when=[condition(value=101)])
    ledger = folded(generous, percent)
    assert ledger.fold(commission("a", 101)) == [50000]
    assert ledger.fold(commission("b", 101)) == [20]


def test_a_percentage_of_less_than_nothing_pays_nothing() -> None:
    asks = rule(bonus(percent="10"), when=[condition("sales_count", operator="gte", value=1)])
    ledger = folded(asks)
    assert ledger.fold(commission("a", -500)) == [0]
