"""Retroactive moves: what was earned before is priced anew, each row once, and never what is paid or set by hand."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.earnings.repricing import repriced
from laurel.domain.ledger.recalculations import MOST_AT_WORK, Recalculation
from laurel.domain.offers.terms import Recurring
from laurel.domain.rules.rules import RuleSettings
from tests.unit.kit.builders import (
    ANNA,
    AUTUMN,
    BASIC,
    GOLD,
    SATURDAY,
    SPRING,
    an_id,
    at,
    bonus,
    commission,
    condition,
    enrollment,
    rule,
    steady,
    terms,
)
from tests.unit.kit.shop_ledger import PRICES, SILVER, ShopLedger

LAST_MONTH = at("2026-10-20 10:00")


def back(payout_option_id: str = GOLD, offer_id: str = SPRING) -> dict[str, Any]:
    kind = "put_into_commission_group_retroactively"
    return {"type": kind, "offer_id": offer_id, "payout_option_id": payout_option_id}


def above(value: int, period: str = "all_time", metric: str = "sales_count", **changes: Any) -> dict[str, Any]:
    return condition(metric, operator="gt", value=value, period={"type": period}, **changes)


def shop(*rules: Any, **changes: Any) -> ShopLedger:
    return ShopLedger(rules=rules, **changes)


def test_two_hundred_and_one_sales_are_paid_by_the_better_group() -> None:
    anna = shop(rule(back(), when=[above(200)]))
    anna.sell(201)
    assert (anna.total, anna.head.outstanding) == (201 * 500, {f"{SPRING}#1": 201})
    anna.end()
    assert (anna.total, anna.head.balances, anna.head.outstanding) == (160_800, {"approved": 160_800}, {})


def test_what_is_paid_stays_as_it_was_paid() -> None:
    anna = shop(rule(back(), when=[above(200)]))
    for row_id in anna.sell(100):
        anna.change(row_id, payout="paid")
    anna.sell(101)
    anna.end()
    assert anna.total == 130_800
    assert anna.head.balances == {"paid": 50_000, "approved": 80_800}


def test_of_the_current_month_only_that_month_is_recalculated() -> None:
    anna = shop(rule(back(), when=[above(1, "current_month")]))
    before = anna.sell(3, LAST_MONTH)
    now = anna.sell(2, at("2026-11-01 00:00"))
    anna.end()
    # October fired too, for its own sales: November's is the later move, and each row goes by the last that concerns it
    assert [anna.rows[each].amount for each in (*before, *now)] == [800] * 5
    other = shop(rule(back(), when=[above(1, "current_month")], created_at=at("2026-11-01 00:00")))
    before = other.sell(3, LAST_MONTH)
    now = other.sell(2, at("2026-11-30 23:59"))
    other.end()
    assert [other.rows[each].amount for each in (*before, *now)] == [500] * 3 + [800] * 2


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({"status": "pending"}, 800),
        ({"status": "declined"}, 500),
        ({"payout": "paid"}, 500),
        ({"origin": "manual"}, 500),
        ({"type": "adjustment"}, 500),
        ({"offer_id": AUTUMN}, 500),
        ({"type": "action", "action_code": "signup"}, 0),
    ],
)
def test_only_open_rows_of_the_offer_by_payout_terms_are_repriced(changes: dict[str, Any], amount: int) -> None:
    anna = shop(rule(back(), when=[above(0)]))
    if changes.get("origin") == "manual":
        changes = {**changes, "payout_option_id": None}
    other = anna.record("other", **changes)
    anna.sell(2)
    anna.end()
    assert anna.rows[other.commission_id].amount == amount


def test_a_declined_row_is_repriced_if_it_is_approved_later() -> None:
    anna = shop(rule(back(), when=[above(1)]))
    declined = anna.record("declined", status="declined").commission_id
    anna.sell(2)
    anna.end()
    anna.change(declined, status="approved")
    anna.end()
    assert anna.rows[declined].amount == 800


def test_a_row_that_is_counted_after_the_move_is_repriced_by_its_own_fold() -> None:
    anna = shop(rule(back(), when=[above(1)]))
    late = anna.record("late")
    anna.waiting.clear()
    anna.sell(2)
    anna.waiting.append(late.commission_id)
    anna.fold()
    assert (anna.rows[late.commission_id].amount, anna.head.outstanding) == (800, {f"{SPRING}#1": 2})


def test_what_is_recorded_after_the_move_has_the_new_group_at_once() -> None:
    anna = shop(rule(back(), when=[above(1)]))
    anna.sell(2)
    after = anna.record("after")
    assert (after.amount, after.move) == (800, 1)


def test_who_is_in_the_group_already_is_not_recalculated() -> None:
    anna = shop(rule(back(BASIC), bonus(amount=7), when=[above(0)]))
    anna.sell(1)
    assert (anna.begun, [row.amount for row in anna.bonuses]) == ([], [7])


def test_later_rules_of_the_pass_see_the_totals_as_they_were_and_are_asked_again_at_the_end() -> None:
    rich = rule(bonus(percent="10"), name="rich", when=[above(1500, metric="commission_value")], priority=2)
    anna = shop(rule(back(), when=[above(1)]), rich)
    anna.sell(2)
    assert anna.bonuses == []
    anna.end()
    [paid] = anna.bonuses
    assert (paid.amount, paid.evidence and paid.evidence.base, paid.day) == (160, 1600, SATURDAY.date())


def test_two_rules_that_move_a_member_to_and_fro_end() -> None:
    up = rule(back(GOLD), name="up", when=[above(1)])
    down = rule(back(SILVER), name="down", when=[above(1500, metric="commission_value")], priority=2)
    anna = shop(up, down)
    anna.sell(2)
    anna.end()
    assert anna.enrollments[SPRING].payout_option_id == SILVER
    assert [each.chain for each in anna.enrollments[SPRING].recalculations] == [
        (an_id("rul", "up"),),
        (an_id("rul", "up"), an_id("rul", "down")),
    ]
    assert anna.total == 2 * 650


def test_a_rule_moves_a_member_once_in_a_chain_also_where_it_undid_what_another_did() -> None:
    first = rule(back(GOLD), name="first", when=[above(1)], priority=2)
    second = rule(back(SILVER), name="second", when=[above(1500, metric="commission_value")])
    third = rule(back(BASIC), name="third", when=[above(1500, metric="commission_value")], priority=3)
    anna = shop(first, second, third)
    anna.sell(2)
    assert [each.chain for each in anna.enrollments[SPRING].recalculations] == [(an_id("rul", "first"),)]
    anna.end()  # second: to silver, first: back to gold, third: to basic
    chains = [each.chain for each in anna.enrollments[SPRING].recalculations]
    assert chains == [(an_id("rul", "first"),), (an_id("rul", "first"), an_id("rul", "third"))]
    assert (anna.enrollments[SPRING].payout_option_id, anna.enrollments[SPRING].move) == (BASIC, 2)


def test_a_rule_that_repeats_moves_once_and_rewards_each_multiple_that_the_better_group_brings() -> None:
    steps = condition("commission_value", operator="gte", value=1_000, every=True, period={"type": "all_time"})
    anna = shop(rule(back(), bonus(percent="10"), name="steps", when=[steps]))
    anna.sell(2)  # 2 x 5.00: the first
    assert [row.amount for row in anna.bonuses] == [100]
    anna.sell(2)  # 5.00 + 5.00 + 8.00 + 8.00: the second
    assert [row.amount for row in anna.bonuses] == [100, 260]
    anna.end()  # 4 x 8.00: the third, on the base as it stands then
    assert [row.amount for row in anna.bonuses] == [100, 260, 320]
    assert [row.evidence and row.evidence.multiple for row in anna.bonuses] == [1_000, 2_000, 3_000]
    anna.end()
    anna.sell(1)  # 40.00
    assert [row.amount for row in anna.bonuses] == [100, 260, 320, 400]
    assert (anna.enrollments[SPRING].payout_option_id, anna.enrollments[SPRING].move) == (GOLD, 1)


def test_a_partly_refunded_row_is_priced_on_what_is_left_of_it() -> None:
    percent = {"type": "percent_of_sale", "percent": "10"}
    anna = shop(rule(back(), when=[above(1)]))
    options = [each.model_dump() | {"terms": percent} for each in anna.offers[SPRING].payout_options if each]
    anna.offers = {
        SPRING: type(anna.offers[SPRING]).model_validate(
            {**anna.offers[SPRING].model_dump(), "payout_options": options}
        )
    }
    row = anna.record("refunded")
    assert row.order is not None
    left = row.order.model_copy(update={"refunded_sale": 7_500})
    anna.change(row.commission_id, order=left, amount=250)
    anna.sell(1)
    anna.end()
    assert anna.rows[row.commission_id].amount == 250


def test_a_rule_whose_option_has_gone_is_not_carried_out() -> None:
    anna = shop(rule(back(SILVER), bonus(amount=7), when=[above(0)]))
    anna.record("sale")
    anna.offers = {SPRING: anna.offers[SPRING].without_option(SILVER, SATURDAY, ())}
    anna.fold()
    assert (anna.bonuses, anna.begun) == ([], [])
    anna.record("another")
    anna.offers = {}
    anna.fold()
    assert (anna.bonuses, anna.begun) == ([], [])


def test_nobody_has_too_many_recalculations_at_work() -> None:
    anna = shop(rule(back(), when=[above(0)]))
    for _ in range(MOST_AT_WORK + 3):
        anna.sell(1)
        anna.move(BASIC)
    assert len(anna.begun) == MOST_AT_WORK
    anna.end()
    anna.sell(1)
    anna.end()
    assert {row.amount for row in anna.rows.values()} == {800}


def test_a_fixed_member_is_not_moved() -> None:
    anna = shop(rule(back(), when=[above(0)]), enrollments={SPRING: enrollment(fixed=True)})
    anna.sell(2)
    anna.end()
    assert anna.total == 1_000


def test_a_rule_moves_a_member_once_in_an_offer() -> None:
    with pytest.raises(ValueError, match="moves the member once in an offer"):
        RuleSettings.model_validate({"name": "r", "conditions": [above(0)], "actions": [back(), back(BASIC)]})


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.sampled_from([0, 0, 1, 25, 40])),
        st.tuples(st.just("fold"), st.integers(1, 4)),
        st.tuples(st.just("move"), st.sampled_from([BASIC, GOLD, SILVER])),
        st.tuples(st.just("walk"), st.integers(0, 30)),
        st.tuples(st.just("pay"), st.integers(0, 30)),
        st.tuples(st.just("decline"), st.integers(0, 30)),
        st.tuples(st.just("approve"), st.integers(0, 30)),
        st.tuples(st.just("finish"), st.just(0)),
    ),
    min_size=5,
    max_size=60,
)
RULES = st.tuples(
    st.sampled_from(["all_time", "current_month", "current_day"]), st.integers(0, 4), st.sampled_from([GOLD, SILVER])
)


@steady
@given(st.lists(RULES, min_size=1, max_size=3), STEPS, st.sampled_from([9, 12, 100]))
def test_every_open_row_ends_at_the_price_of_the_last_retroactive_move_that_concerns_it(
    drawn: Any, steps: Any, budget: int
) -> None:
    rules = [
        rule(back(option), name=str(number), when=[above(value, period)], priority=number + 1)
        for number, (period, value, option) in enumerate(drawn)
    ]
    anna = shop(*rules, budget=budget)
    anna.now = SATURDAY
    told: dict[str, tuple[int, int]] = {}  # row -> price and number when it was recorded
    kept: dict[str, int] = {}  # what is paid or declined keeps its price
    for number, (what, value) in enumerate(steps):
        step(anna, what, value, number, told)
        closed = {each: row.amount for each, row in anna.rows.items() if row.state == "paid"}
        assert {each: amount for each, amount in kept.items() if closed.get(each) != amount} == {}
        kept = closed
    anna.end()
    moves = anna.enrollments[SPRING].move
    assert len(anna.enrollments[SPRING].recalculations) <= moves
    assert anna.head.outstanding == {}
    for row_id, row in anna.rows.items():
        if row.state in {"pending", "approved"}:
            assert row.amount == slow_price(anna, row_id, *told[row_id])
    assert sum(anna.head.balances.values()) == anna.total


def step(anna: ShopLedger, what: str, value: Any, number: int, told: dict[str, tuple[int, int]]) -> None:
    match what:
        case "record":
            row = anna.record(f"sale {number}", SATURDAY - timedelta(days=value))
            told[row.commission_id] = (row.amount, row.move)
        case "fold":
            anna.fold(value)
        case "move":
            anna.move(value)
        case "finish":
            for each in anna.begun:
                if anna.head.outstanding[each.key] == 0:
                    anna.finish(each)
        case _ if anna.rows:
            touch(anna, what, value % len(anna.rows))


def touch(anna: ShopLedger, what: str, place: int) -> None:
    ids = list(anna.rows)
    if what == "walk":
        anna.reprice(ids[place:][:3])
    else:
        edit(anna, what, ids[place])


def edit(anna: ShopLedger, what: str, row_id: str) -> None:
    row = anna.rows[row_id]
    if row.payout == "paid":
        return
    if what == "pay" and row.status == "approved":
        anna.change(row_id, payout="paid")
    elif what in {"decline", "approve"}:
        anna.change(row_id, status=f"{what.removesuffix('e')}ed")


def slow_price(anna: ShopLedger, row_id: str, price: int, number: int) -> int:
    """By the list of all moves: the last retroactive one after the row was recorded whose days contain it."""
    for begun in anna.history:
        if begun.number > number and in_days(begun, anna.rows[row_id].day):
            price = PRICES[begun.payout_option_id]
    return price


def in_days(begun: Any, day: Any) -> bool:
    return (begun.first is None or begun.first <= day) and (begun.until is None or day < begun.until)


BETTER = terms(type="percent_of_sale", percent="20", actions={"signup": {"amount": 300}, "trial": {"amount": 1}})
ON_PAYMENT = {"interval": "month", "mode": "on_payment", "limit": 2}


def begun(by: Any, number: int = 2) -> Recalculation:
    about = {"member_id": ANNA, "offer_id": SPRING, "payout_option_id": GOLD, "option_version": 3, "period": "all_time"}
    return Recalculation(**about, number=number, terms=by, day=SATURDAY.date(), chain=(), at=SATURDAY)


def test_an_action_is_paid_its_own_rate_and_keeps_no_other() -> None:
    row = commission("a", 100, type="action", action_code="signup", sale=5_000, terms=terms(type="none"))
    after = repriced(row, [begun(BETTER)], SATURDAY)
    assert (after.amount, after.payout_option_id, after.option_version, after.move) == (300, GOLD, 3, 2)
    assert after.terms is not None
    assert list(after.terms.actions) == ["signup"]


@pytest.mark.parametrize(("number", "amount"), [(2, 1_000), (3, 0)])
def test_a_later_payment_earns_what_the_new_terms_give_for_later_payments(number: int, amount: int) -> None:
    renewal = {"conversion_id": an_id("com", "first"), "number": number}
    row = commission("a", 500, type="recurring", sale=5_000, renewal=renewal, terms=terms(type="none"))
    recurring = BETTER.model_copy(update={"recurring": Recurring.model_validate(ON_PAYMENT)})
    assert repriced(row, [begun(recurring)], SATURDAY).amount == amount
    assert repriced(row, [begun(BETTER)], SATURDAY).amount == 0  # these pay for no later payments


def test_a_commission_that_the_program_made_earns_on_what_it_was_made_of() -> None:
    renewal = {"conversion_id": an_id("com", "first"), "number": 4, "base": 5_000}
    row = commission("a", 500, type="recurring", origin="schedule", renewal=renewal, terms=terms(type="none"))
    assert repriced(row, [begun(BETTER)], SATURDAY).amount == 1_000


@pytest.mark.parametrize("mode", ["automatic", "on_payment"])
def test_whatever_moves_came_between_later_payments_are_made_by_whom_they_were(mode: str) -> None:
    def recurs(mode: str) -> Any:
        return BETTER.model_copy(update={"recurring": Recurring.model_validate({**ON_PAYMENT, "mode": mode})})

    row = commission("a", 500, sale=5_000, terms=recurs(mode))
    moved = [begun(BETTER), begun(recurs("automatic"), 3), begun(recurs("on_payment"), 4)]
    by_steps = repriced(repriced(repriced(row, moved[:1], SATURDAY), moved[:2], SATURDAY), moved, SATURDAY)
    assert by_steps.terms is not None
    assert by_steps.terms.recurring is not None
    assert by_steps.terms == repriced(row, moved, SATURDAY).terms
    assert by_steps.terms.recurring.mode == mode


def test_clicks_earn_by_their_number_or_nothing() -> None:
    row = commission("a", 30, type="click", clicks=3, terms=terms(type="per_click", amount=10))
    assert repriced(row, [begun(terms(type="per_click", amount=25))], SATURDAY).amount == 75
    assert repriced(row, [begun(BETTER)], SATURDAY).amount == 0
    tally = commission("b", type="click", clicks=3, payout=None)
    assert repriced(tally, [begun(terms(type="per_click", amount=25))], SATURDAY) is tally


def test_a_row_that_was_priced_under_that_move_or_a_later_one_stays() -> None:
    row = commission("a", 500, sale=5_000, move=2, terms=terms(type="none"))
    assert repriced(row, [begun(BETTER), begun(BETTER, 1)], SATURDAY) is row
    assert repriced(row, [begun(BETTER, 3), begun(terms(type="none"), 4)], SATURDAY).move == 4


@pytest.mark.parametrize("priorities", [(1, 2), (2, 1)])
def test_groups_of_two_levels_end_at_the_level_that_was_reached_last(priorities: tuple[int, int]) -> None:
    silver = rule(back(SILVER), when=[above(3)], name="silver", priority=priorities[0])
    gold = rule(back(GOLD), when=[above(7)], name="gold", priority=priorities[1])
    anna = shop(silver, gold)
    groups = []
    for _ in range(11):
        anna.sell(1)
        anna.end()
        groups.append(anna.enrollments[SPRING].payout_option_id)
    last = GOLD if priorities == (1, 2) else SILVER  # the last rule of a pass decides
    assert groups == [BASIC] * 3 + [SILVER] * 4 + [last] * 4
    assert anna.total == 11 * PRICES[last]
    assert anna.enrollments[SPRING].move == len({SILVER, last}), "nobody is moved to and fro"
