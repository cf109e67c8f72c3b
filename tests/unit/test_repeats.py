"""Rules that repeat: at each multiple of a value in a period, once."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.multiples import MOST_MULTIPLES, Multiples
from laurel.domain.rules.rules import Rule, RuleSettings
from laurel.domain.rules.schedule import Payday
from laurel.domain.values.errors import Invalid
from tests.unit.kit.builders import (
    SATURDAY,
    SPRING,
    an_id,
    at,
    bonus,
    commission,
    condition,
    mails,
    period,
    program,
    rule,
    sets,
    steady,
)
from tests.unit.kit.ledger import Ledger, folded

WEEK = 7 * timedelta(days=1)


def every(value: int, metric: str = "sales_count", kind: Any = "all_time", **changes: Any) -> dict[str, Any]:
    when = kind if isinstance(kind, dict) else period(kind)
    return condition(metric, operator="gte", value=value, every=True, period=when, **changes)


def rewards(*leading: dict[str, Any], **pays: Any) -> Rule:
    return rule(bonus(**(pays or {"amount": 500})), when=leading)


def sale(name: Any, amount: int = 100, **changes: Any) -> Commission:
    return commission(f"sale {name}", amount, **changes)


def multiples(ledger: Ledger) -> list[int | None]:
    return [row.evidence.number for row in ledger.bonuses if row.evidence]


def test_a_hundred_sales_are_rewarded_and_two_and_three_hundred_and_no_number_between() -> None:
    ledger = folded(rewards(every(100)))
    paid = {n: made for n in range(1, 351) if (made := ledger.fold(sale(n)))}
    assert paid == {100: [500], 200: [500], 300: [500]}
    assert multiples(ledger) == [1, 2, 3]
    assert [row.evidence.multiple for row in ledger.bonuses if row.evidence] == [100, 200, 300]
    assert len({row.commission_id for row in ledger.bonuses}) == 3


def test_one_commission_that_passes_several_multiples_pays_each_of_them_on_the_base_as_it_stands_then() -> None:
    ledger = folded(rewards(every(10000, "commission_value"), percent="1"))
    assert ledger.fold(sale("small", 4000)) == []
    assert ledger.fold(sale("bulk", 21000)) == [250, 250]
    assert multiples(ledger) == [1, 2]
    assert {row.evidence.value for row in ledger.bonuses if row.evidence} == {"25000"}


def test_each_multiple_has_its_own_mail() -> None:
    ledger = folded(rule(mails(), when=[every(1)]))
    ledger.fold(sale(1), sale(2))
    assert len({mail.mail_id for mail in ledger.mails}) == 2
    assert [mail.marker_id for mail in ledger.mails] == [row.commission_id for row in ledger.bonuses]


def test_what_was_reached_stays_paid_when_a_refund_falls_below_it_and_is_not_paid_again() -> None:
    ledger = folded(rewards(every(2)))
    sales = [sale(n) for n in range(4)]
    assert ledger.fold(*sales) == [500, 500]
    gone = sales[3].revised(SATURDAY, status="declined", amount=0)
    assert ledger.fold(gone) == []
    assert ledger.fold(sale("anew")) == []
    assert multiples(ledger) == [1, 2]
    assert ledger.fold(sale(5), sale(6)) == [500]


def test_a_deleted_marker_lets_its_own_multiple_fire_again_and_no_other() -> None:
    ledger = folded(rewards(every(1)))
    ledger.fold(*(sale(n) for n in range(4)))
    ledger.delete_marker(ledger.bonuses[1])
    assert ledger.fold(sale("next")) == [500, 500]
    assert multiples(ledger) == [1, 3, 4, 2, 5]
    assert ledger.fold(sale("next").revised(SATURDAY)) == []


def test_a_new_week_begins_with_the_first_multiple_and_a_late_order_counts_in_its_own() -> None:
    ledger = folded(rewards(every(1, kind="current_week")))
    ledger.fold(sale(1), sale(2))
    ledger.fold(sale("later", when=SATURDAY + WEEK))
    assert ledger.fold(sale("late")) == [500]
    told = [(row.period, row.evidence.number) for row in ledger.bonuses if row.evidence]
    this, following = "current_week:2026-11-16", "current_week:2026-11-23"
    assert told == [(this, 1), (this, 2), (following, 1), (this, 3)]


def test_in_a_rolling_window_each_multiple_rests_for_the_length_of_the_window_by_itself() -> None:
    ledger = folded(rewards(every(2, kind={"type": "last_n_days", "days": 3})))
    days = [SATURDAY + n * timedelta(days=1) for n in range(4)]
    assert ledger.fold(sale("a", when=days[0]), sale("b", when=days[0])) == [500]
    assert ledger.fold(sale("c", when=days[1]), sale("d", when=days[1])) == [500]
    assert ledger.fold(sale("e", when=days[2])) == []
    # three days after the first multiple it is paid again; the second was paid a day later, and rests
    assert ledger.fold(sale("f", when=days[3]), sale("g", when=days[3])) == [500]
    assert multiples(ledger) == [1, 2, 1]


def test_after_a_payout_what_is_unpaid_begins_with_the_first_multiple() -> None:
    ledger = folded(rewards(every(200, "commission_value", "all_unpaid")))
    assert ledger.fold(sale(1), sale(2), sale(3), sale(4)) == [500, 500]
    ledger.pay(Payday(SATURDAY.date(), SATURDAY, an_id("pay")))
    assert ledger.fold(sale(5), sale(6)) == [500]
    assert multiples(ledger) == [1, 2, 1]


def test_a_rule_that_begins_to_repeat_does_not_pay_what_it_has_paid() -> None:
    once = rewards(condition("sales_count", operator="gte", value=1, period=period("all_time")))
    ledger = folded(once)
    assert ledger.fold(sale(1), sale(2)) == [500]
    ledger.rules = [rewards(every(1))]
    assert ledger.fold(sale(3)) == [500, 500]
    assert multiples(ledger) == [None, 2, 3]
    ledger.rules = [once]
    assert ledger.fold(sale(4)) == []


def test_a_refund_below_a_multiple_takes_nothing_back_and_the_same_multiple_is_not_paid_twice() -> None:
    ledger = folded(rewards(every(2)))
    ledger.fold(*(sale(n) for n in range(4)))
    assert multiples(ledger) == [1, 2]
    ledger.fold(sale(3).revised(SATURDAY, status="declined", reason="refund"))
    assert ledger.fold(sale(4)) == []  # four again
    assert ledger.fold(sale(5)) == []
    assert ledger.fold(sale(6)) == [500]  # six
    assert multiples(ledger) == [1, 2, 3]


def test_what_does_not_fit_into_one_transaction_follows_in_the_next() -> None:
    ledger = folded(rewards(every(100, "commission_value")), budget=20)
    assert ledger.fold(sale("bulk", 1200)) == [500] * 12
    assert multiples(ledger) == [*range(1, 13)]
    assert len(ledger.transitions) > 2


def test_a_value_that_is_too_small_ends_somewhere() -> None:
    ledger = folded(rewards(every(1, "commission_value"), amount=0))
    ledger.fold(sale("bulk", MOST_MULTIPLES + 7))
    assert len(ledger.bonuses) == MOST_MULTIPLES
    assert [held.ranges for held in ledger.multiples.values()] == [((1, MOST_MULTIPLES),)]


def test_however_many_were_fired_nothing_is_read_until_the_next_and_then_as_much_as_before() -> None:
    ledger = folded(rewards(every(2)))
    costs = []
    for number in range(40):
        before = ledger.readings
        ledger.fold(sale(number))
        costs.append(ledger.readings - before)
    assert costs[0] == 0
    assert set(costs[2::2]) == {0}  # between two multiples the note of the last says it all
    assert set(costs[3::2]) == {1}  # at each: the multiples so far, whatever their number
    assert len(ledger.multiples) == 1


def test_late_orders_of_another_period_cost_one_reading_however_many_were_fired() -> None:
    ledger = folded(rewards(every(1, kind="current_week")))
    ledger.fold(*(sale(n) for n in range(30)))
    ledger.fold(sale("other week", when=SATURDAY - WEEK))
    before = ledger.readings
    ledger.fold(sale(0).revised(SATURDAY))
    assert ledger.readings == before + 1


def settings(*leading: dict[str, Any], actions: Any = None, offers: Any = "all") -> RuleSettings:
    made = {"name": "r", "conditions": [*leading], "actions": actions or [bonus(amount=1)], "offers": offers}
    return RuleSettings.model_validate(made)


@pytest.mark.parametrize("operator", ["gt", "lt", "lte", "eq", "ne"])
def test_only_at_least_so_many_can_repeat(operator: str) -> None:
    with pytest.raises(ValueError, match="every needs the operator gte"):
        settings({**every(1), "operator": operator})


@pytest.mark.parametrize("value", [0, -1])
def test_nothing_has_multiples(value: int) -> None:
    with pytest.raises(ValueError, match="a value above 0"):
        settings(every(value))


@pytest.mark.parametrize(
    "asked",
    [
        {"metric": "user_field", "field": "level", "operator": "is_set"},
        {"metric": "commission_group", "operator": "is_set"},
        {"metric": "order_amount", "operator": "gte", "value": 100},
        {"metric": "first_order", "operator": "eq", "value": True},
    ],
)
def test_what_is_no_number_of_a_period_cannot_repeat(asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        settings({**asked, "every": True})


def test_only_the_leading_condition_can_repeat() -> None:
    with pytest.raises(Invalid, match="nothing_to_repeat") as refused:
        settings(every(1), every(2)).require_fit_for(program())
    assert refused.value.pointer == "/conditions/1/every"


SHARE = {"type": "add_bonus_to_original_referrer", "percent": "5", "frequency": "every_sale"}


@pytest.mark.parametrize("action", [sets("level", "gold"), SHARE])
def test_what_has_no_row_for_a_multiple_cannot_repeat(action: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match="nothing_to_repeat") as refused:
        settings(every(1), actions=[action]).require_fit_for(program(features={"forced_matrix": {"active": True}}))
    assert refused.value.pointer == "/conditions/0/every"


GRANTS = {"type": "add_action_commission_bonus", "action_code": "vip", "amount": 5_000}
ACTIONS_ON = {"features": {"action_commissions": True}, "action_codes": ["vip", "signup"]}


@pytest.mark.parametrize(
    ("asked", "offers"),
    [
        (every(5_000, "commission_value"), "all"),
        (every(5_000, "action_commission_value"), "all"),
        (every(1, "actions_count"), "all"),
        (every(1, "actions_count", action_code="signup"), "all"),  # one that counts vip and pays signup would feed it
        (every(1, "actions_count", kind={"type": "last_n_days", "days": 3}), "all"),
        (every(1, "recurring_count"), [SPRING]),  # there its action may recur
    ],
)
def test_an_action_bonus_cannot_repeat_on_what_it_counts_in(asked: dict[str, Any], offers: Any) -> None:
    with pytest.raises(Invalid, match="repeats_itself") as refused:
        settings(asked, actions=[GRANTS], offers=offers).require_fit_for(program(**ACTIONS_ON))
    assert refused.value.pointer == "/conditions/0/every"


@pytest.mark.parametrize(
    ("asked", "action"),
    [
        *((every(1, metric), GRANTS) for metric in ("sales_count", "sales_total", "sale_commission_value")),
        *((every(1, metric), GRANTS) for metric in ("clicks_count", "recurring_count", "referred_members_count")),
        (every(5_000, "commission_value") | {"every": False}, GRANTS),
        (every(5_000, "commission_value"), bonus(amount=5_000)),
        (every(1, "actions_count"), mails()),
    ],
)
def test_what_counts_in_nothing_that_the_rule_repeats_on_can_be_paid(asked: Any, action: Any) -> None:
    settings(asked, actions=[action]).require_fit_for(program(**ACTIONS_ON))


def test_a_bonus_counts_in_no_metric_so_that_a_rule_which_repeats_ends_by_itself() -> None:
    ledger = folded(rewards(every(100, "commission_value"), amount=100_000))
    assert ledger.fold(sale("one", 250)) == [100_000] * 2
    assert ledger.fold(*ledger.bonuses) == []


@steady
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=20))
def test_multiples_are_a_set_however_they_came(steps: list[tuple[bool, int]]) -> None:
    kept, truth = Multiples(), set[int]()
    for is_made, number in steps:
        kept = kept.having(number) if is_made else kept.without(number)
        truth = truth | {number} if is_made else truth - {number}
    assert {number for number in range(1, 20) if number in kept} == truth
    assert [*kept.missing(15)] == [number for number in range(1, 16) if number not in truth]
    assert kept.through == next(number for number in range(1, 20) if number not in truth) - 1
    assert Multiples.parsed(kept.text()) == kept
    assert all(last + 1 < first for (_, last), (first, _) in zip(kept.ranges, kept.ranges[1:], strict=False))


def test_days_since_approval_repeat_too() -> None:
    leading = {"metric": "days_since_approval", "operator": "gte", "value": 365, "every": True}
    ledger = folded(rule(bonus(amount=500), when=[leading]))
    ledger.member = ledger.member.model_copy(update={"approved_at": at("2024-11-01")})
    ledger.fold(sale(1))
    assert multiples(ledger) == [1, 2]
