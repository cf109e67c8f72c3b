"""The account transition by example: when rules fire, for which period, and only once."""

from datetime import timedelta

import pytest

from tests.unit.kit.builders import (
    ANNA,
    GOLD,
    SATURDAY,
    at,
    bonus,
    commission,
    condition,
    mails,
    period,
    program,
    rule,
    sets,
)
from tests.unit.kit.ledger import Ledger, folded

MONDAY, SUNDAY = at("2026-11-16 00:00"), at("2026-11-22 23:59")


def test_180_this_week_and_30_more_pay_2_percent_of_210_once() -> None:
    ledger = folded(rule())
    assert ledger.fold(commission("a", 18000, when=MONDAY)) == []
    assert ledger.fold(commission("b", 3000)) == [420]
    assert ledger.fold(commission("c", 4000, when=SUNDAY)) == []  # at 250 nothing more
    [row] = ledger.bonuses
    assert (row.type, row.origin, row.amount, row.currency) == ("extra_bonus", "rule", 420, "USD")
    assert (row.status, row.payout, row.tier, row.offer_id) == ("approved", "unpaid", 1, None)
    assert (row.occurred_at, str(row.day), row.member_id) == (SATURDAY, "2026-11-21", ANNA)
    assert row.period == "current_week:2026-11-16"
    assert row.evidence is not None
    assert (row.evidence.base, row.evidence.value, row.evidence.rule_version) == (21000, "21000", 1)


def test_the_next_week_begins_anew() -> None:
    ledger = folded(rule())
    ledger.fold(commission("a", 21000))
    assert ledger.fold(commission("b", 20000, when=at("2026-11-23"))) == []
    assert ledger.fold(commission("c", 1, when=at("2026-11-29 23:59"))) == [400]


def test_exactly_200_is_not_greater_than_200() -> None:
    assert folded(rule()).fold(commission("a", 20000)) == []
    assert folded(rule(when=[condition(operator="gte")])).fold(commission("a", 20000)) == [400]


@pytest.mark.parametrize(
    ("operator", "fires"),
    [("gt", [201]), ("gte", [200, 201]), ("eq", [200]), ("ne", [199, 201]), ("lt", [199]), ("lte", [199, 200])],
)
def test_each_operator_compares_as_it_says(operator: str, fires: list[int]) -> None:
    asks = rule(
        bonus(amount=1),
        when=[condition("commission_group", operator="ne", value=GOLD), condition(operator=operator, value=200)],
    )
    assert [amount for amount in (199, 200, 201) if folded(asks).fold(commission("a", amount))] == fires


def test_the_commission_that_crosses_counts_and_later_ones_of_the_batch_do_not() -> None:
    batch = [commission("a", 18000), commission("b", 3000), commission("c", 50000)]
    assert folded(rule()).fold(*batch) == [420]


def test_a_late_order_counts_in_its_own_week() -> None:
    ledger = folded(rule())
    ledger.fold(commission("a", 18000, when=at("2026-11-10")))
    ledger.fold(commission("b", 18000))
    assert ledger.fold(commission("late", 3000, when=at("2026-11-15 23:59"))) == [420]
    assert [row.period for row in ledger.bonuses] == ["current_week:2026-11-09"]


def test_a_week_is_that_of_the_programs_zone() -> None:
    new_york = program(timezone="America/New_York")
    ledger = Ledger([rule()], new_york)
    last_minute, first_minute = at("2026-11-16 04:59"), at("2026-11-16 05:00")
    ledger.fold(commission("a", 18000, when=first_minute, zone=new_york))
    assert ledger.fold(commission("b", 3000, when=last_minute, zone=new_york)) == []
    assert ledger.fold(commission("c", 3000, when=at("2026-11-23 04:59"), zone=new_york)) == [420]


def test_an_approval_can_cross_the_threshold() -> None:
    ledger = folded(rule())
    held = commission("a", 21000, status="pending")
    assert ledger.fold(held) == []
    assert ledger.fold(held.revised(SATURDAY + timedelta(days=30), status="approved")) == [420]


def test_a_bonus_stays_when_the_metric_falls_and_climbing_again_pays_nothing() -> None:
    ledger = folded(rule())
    row = commission("a", 21000)
    assert ledger.fold(row) == [420]
    declined = row.revised(SATURDAY, status="declined", reason="fraud")
    assert ledger.fold(declined) == []
    assert ledger.fold(commission("b", 30000)) == []
    assert [row.amount for row in ledger.bonuses] == [420]


def test_a_rule_made_after_the_threshold_was_passed_fires_at_the_next_commission() -> None:
    ledger = folded()
    ledger.fold(commission("a", 25000))
    ledger.rules = [rule(created_at=SATURDAY)]
    assert ledger.fold(commission("b", 0)) == [500]


def test_editing_a_rule_cannot_pay_twice() -> None:
    ledger = folded(rule())
    ledger.fold(commission("a", 21000))
    ledger.rules = [rule(bonus(percent="50"), version=2)]
    assert ledger.fold(commission("b", 30000)) == []


@pytest.mark.parametrize(
    ("made", "fires"),
    [("2026-11-22 23:59:59", True), ("2026-11-23 00:00:00", False), ("2026-11-24", False), ("2026-11-18", True)],
)
def test_a_rule_never_fires_for_a_period_that_ended_before_it_was_made(made: str, fires: bool) -> None:
    paying = folded(rule(created_at=at(made)))
    assert bool(paying.fold(commission("a", 21000))) is fires
    state_only = folded(rule(sets("level", "gold"), created_at=at(made)))
    state_only.fold(commission("a", 21000))
    assert bool(state_only.member.fields) is fires


def test_for_all_time_no_period_ever_ended() -> None:
    ledger = folded(rule(when=[condition(period=period("all_time"))], created_at=at("2030-01-01")))
    assert ledger.fold(commission("a", 21000)) == [420]
    assert [row.period for row in ledger.bonuses] == ["all_time"]


def test_deleting_a_marker_makes_the_rule_fire_again_mail_included() -> None:
    ledger = folded(rule(bonus(percent="2"), mails()))
    ledger.fold(commission("a", 21000))
    ledger.delete_marker(ledger.bonuses[0])
    assert ledger.fold(commission("b", 1000)) == [440]
    assert len({mail.mail_id for mail in ledger.mails}) == 2


def test_a_declined_bonus_is_not_a_deleted_one() -> None:
    ledger = folded(rule())
    ledger.fold(commission("a", 21000))
    ledger.fold(ledger.bonuses[0].revised(SATURDAY, status="declined"))
    assert ledger.fold(commission("b", 1000)) == []


def test_a_switched_off_rule_does_nothing() -> None:
    assert folded(rule(enabled=False)).fold(commission("a", 21000)) == []
