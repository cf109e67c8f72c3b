"""Conversions: what an order is recorded as, and what its storefront is told of it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from laurel.domain.ledger.commissions import Commission, FirstAnswer
from laurel.domain.ledger.orders import Taken
from laurel.domain.program.programs import Approval, AttributionPolicy, Program
from laurel.domain.tracking.attribution import Outcome, attribute
from laurel.domain.tracking.claims import Claim
from laurel.domain.tracking.conversions import ConversionReport, Received, first_status, record, sale_in
from laurel.domain.tracking.subscriptions import Subscription, renewed
from laurel.domain.values.errors import Invalid
from tests.unit.kit.builders import (
    ANNA,
    BASIC,
    GOLD,
    INSTANTS,
    LONG_AGO,
    SATURDAY,
    SHOP,
    SPRING,
    an_id,
    at,
    candidate,
    enrollment,
    offer,
    option,
    program,
    received,
    report,
    steady,
    terms,
)

NOBODY = Outcome(None, "no_match", ())


def won(**changes: Any) -> Outcome:
    return attribute([candidate(**changes)], AttributionPolicy(), SATURDAY, None)


def recorded(given_: Received | None = None, outcome: Outcome | None = None, **settings: Any) -> Commission:
    return record(program(**settings), given_ or received(), outcome or won())


def paying(**plain: Any) -> Outcome:
    return won(offer=offer(payout_options=(option(terms=terms(**plain)),)))


def test_an_order_with_a_members_code_earns_that_member_a_commission() -> None:
    row = recorded()
    assert (row.member_id, row.offer_id, row.payout_option_id) == (ANNA, SPRING, BASIC)
    assert (row.type, row.origin, row.tier, row.amount, row.currency) == ("sale", "conversion", 1, 3000, "USD")
    assert (row.status, row.payout, row.hold_until, row.reason) == ("approved", "unpaid", None, None)
    assert row.attribution is not None
    assert (row.attribution.by, row.attribution.promo_code, row.attribution.reason) == ("promo_code", "ANNA10", None)
    assert row.order is not None
    assert (row.order.order_id, row.order.storefront_id, row.order.sale) == ("1001", SHOP, 30000)


@pytest.mark.parametrize(
    ("plain", "earned"),
    [
        ({"type": "percent_of_sale", "percent": "7.5"}, 2250),
        ({"type": "flat_per_sale", "amount": 500}, 500),
        ({"type": "flat_plus_percent", "amount": 500, "percent": "5"}, 2000),
        ({"type": "per_click", "amount": 10}, 0),
        ({"type": "none"}, 0),
    ],
)
def test_the_commission_is_what_the_terms_pay(plain: dict[str, Any], earned: int) -> None:
    row = recorded(outcome=paying(**plain))
    assert row.amount == earned
    assert row.terms == terms(**plain)


def test_an_action_earns_by_its_code_and_keeps_only_its_own_rate() -> None:
    actions = {"signup": {"amount": 250}, "trial": {"percent": "1"}}
    outcome = paying(type="percent_of_sale", percent="10", actions=actions)
    row = recorded(received(type="action", action_code="signup"), outcome)
    assert (row.type, row.action_code, row.amount) == ("action", "signup", 250)
    assert row.terms == terms(type="percent_of_sale", percent="10", actions={"signup": {"amount": 250}})
    assert recorded(received(type="action", action_code="other"), outcome).amount == 0


def test_an_action_that_follows_a_trial_earns_by_its_own_rate() -> None:
    outcome = paying(type="flat_per_sale", amount=500, actions={"signup": {"percent": "20"}, "trial": {"amount": 1}})
    trial = recorded(received(amount=0, subscription_id="box"), outcome)
    assert (trial.is_trial, trial.amount) == (True, 0)
    held = Subscription(Claim("subscription", "box", SHOP), trial, offer(), payments=0)
    paid = received(order_id="2", type="action", action_code="signup", amount=10_000, subscription_id="box")
    row = renewed(program(), recorded(paid, NOBODY), held)
    assert (row.type, row.amount) == ("action", 2_000)
    assert row.terms == terms(type="flat_per_sale", amount=500, actions={"signup": {"percent": "20"}})


def test_the_row_stores_the_terms_of_the_members_own_option() -> None:
    gold = option(payout_option_id=GOLD, default=False, version=3, terms=terms(type="flat_per_sale", amount=800))
    outcome = won(offer=offer(payout_options=(option(), gold)), enrollment=enrollment(payout_option_id=GOLD, move=2))
    row = recorded(outcome=outcome)
    assert (row.payout_option_id, row.option_version, row.move, row.amount) == (GOLD, 3, 2, 800)


def test_an_order_that_nobody_won_is_stored_with_its_reason_and_earns_nothing() -> None:
    row = recorded(outcome=NOBODY)
    assert (row.amount, row.member_id, row.offer_id, row.status, row.payout) == (0, None, None, None, None)
    assert row.attribution is not None
    assert (row.attribution.by, row.attribution.reason) == (None, "no_match")
    assert row.contribution() is None
    assert row.order is not None
    assert row.order.sale == 30000


@pytest.mark.parametrize(
    ("approval", "status", "days"),
    [
        ({"mode": "immediate"}, "approved", None),
        ({"mode": "immediate", "hold_days": 30}, "approved", None),
        ({"mode": "hold", "hold_days": 0}, "approved", None),
        ({"mode": "hold", "hold_days": 30}, "pending", 30),
        ({"mode": "manual"}, "pending", None),
        ({"mode": "manual", "hold_days": 30}, "pending", None),
    ],
)
def test_a_program_approves_at_once_after_a_hold_or_by_hand(
    approval: dict[str, Any], status: str, days: int | None
) -> None:
    ordered = SATURDAY - timedelta(days=3)
    row = recorded(received(occurred_at=ordered), approval=approval)
    assert row.status == status
    assert row.hold_until == (None if days is None else ordered + timedelta(days=days))
    assert first_status(Approval.model_validate(approval), ordered) == (row.status, row.hold_until)


def test_a_foreign_order_without_a_rate_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        recorded(received(currency="EUR"))
    assert (refused.value.code, refused.value.pointer) == ("currency_mismatch", "/currency")


def test_a_foreign_order_keeps_both_amounts_and_the_rate() -> None:
    row = recorded(received(currency="EUR", amount=10000, exchange_rate="1.0855"))
    assert row.order is not None
    assert (row.order.amount, row.order.currency, row.order.sale) == (10000, "EUR", 10855)
    assert str(row.order.exchange_rate) == "1.0855"
    assert (row.amount, row.currency) == (1086, "USD")  # 1085.5, rounded once, on the commission line


def test_a_rate_beside_the_programs_own_currency_changes_nothing() -> None:
    row = recorded(received(exchange_rate="2"))
    assert row.order is not None
    assert (row.order.sale, row.order.exchange_rate, row.amount) == (30000, None, 3000)


def test_yen_and_dinars_are_exchanged_by_their_decimals() -> None:
    yen = program(currency="JPY")
    assert sale_in(yen, report(currency="USD", amount=1050, exchange_rate="150")) == 1575
    assert sale_in(program(), report(currency="KWD", amount=1000, exchange_rate="3.25")) == 325


def test_an_order_counts_in_its_own_local_day_not_in_that_of_its_arrival() -> None:
    ordered = at("2026-11-16 03:00")
    row = recorded(received(occurred_at=ordered), timezone="America/New_York")
    assert (row.occurred_at, str(row.day)) == (ordered, "2026-11-15")
    assert (row.created_at, row.updated_at) == (SATURDAY, SATURDAY)


def test_without_a_time_of_its_own_an_order_happened_when_it_was_first_reported() -> None:
    assert recorded().occurred_at == SATURDAY


@steady
@given(INSTANTS, st.timezones())
def test_every_order_that_a_storefront_may_report_can_be_recorded_and_read_again(when: Any, zone: Any) -> None:
    wanted = program(timezone=zone.key, approval={"mode": "hold", "hold_days": 1})
    row = record(wanted, received(arrived=LONG_AGO, occurred_at=when), won())
    if row.hold_until is None or row.hold_until.year <= 2100:
        assert Commission.model_validate(row.model_dump(mode="json")) == row


@pytest.mark.parametrize(("ahead", "fits"), [("2026-11-21 10:05", True), ("2026-11-21 10:05:00.001", False)])
def test_an_order_may_lie_5_minutes_ahead_and_no_more(ahead: str, fits: bool) -> None:
    given_ = report(occurred_at=at(ahead))
    if fits:
        given_.require_not_ahead(SATURDAY)
        return
    with pytest.raises(Invalid) as refused:
        given_.require_not_ahead(SATURDAY)
    assert (refused.value.code, refused.value.pointer) == ("occurred_in_future", "/occurred_at")


def test_a_winner_by_click_keeps_the_click_and_one_by_code_the_code() -> None:
    click = an_id("clk")
    named = received(click_id=click)
    by_code = recorded(named).attribution
    by_click = recorded(named, won(by="click", code=None)).attribution
    by_member = recorded(named, won(by="member", code=None)).attribution
    assert by_code is not None
    assert by_click is not None
    assert by_member is not None
    assert (by_code.promo_code, by_code.click_id) == ("ANNA10", None)
    assert (by_click.promo_code, by_click.click_id) == (None, click)
    assert (by_member.promo_code, by_member.click_id) == (None, None)


def test_the_row_stores_the_code_as_it_was_reported() -> None:
    row = recorded(received(promo_code="anna10"))
    assert row.attribution is not None
    assert row.attribution.promo_code == "anna10"


def test_the_same_order_of_another_shop_is_another_conversion() -> None:
    rows = [record(program(), Received(report(), shop, "hash", SATURDAY), NOBODY) for shop in (SHOP, an_id("sf", "b"))]
    assert rows[0].commission_id != rows[1].commission_id
    assert rows[0].commission_id == recorded().commission_id


def test_a_replay_is_told_what_the_first_report_was_told() -> None:
    first = recorded(approval={"mode": "manual"})
    later = first.revised(SATURDAY, status="approved").revised(SATURDAY, amount=1500, payout="paid", reason="refund")
    assert (later.version, later.status, later.amount) == (3, "approved", 1500)
    assert later.first == FirstAnswer(amount=3000, status="pending", payout="unpaid")
    told = later.as_first_told()
    assert (told.amount, told.status, told.payout, told.reason) == (3000, "pending", "unpaid", None)
    assert first.as_first_told() == first


def test_a_replay_after_a_refund_shows_nothing_refunded() -> None:
    first = recorded()
    assert first.order is not None
    refunded = first.order.model_copy(update={"taken": Taken(goods=10000), "refunded_sale": 10000})
    later = first.revised(SATURDAY, order=refunded, amount=2000)
    assert later.order is not None
    assert later.order.remaining == 20000
    told = later.as_first_told()
    assert told.order == first.order
    assert told.amount == 3000


@pytest.mark.parametrize("settings", [{"timezone": "Pacific/Kiritimati"}, {"bonus_status": "pending"}])
def test_recording_depends_on_nothing_but_its_arguments(settings: dict[str, Any]) -> None:
    assert recorded(**settings) == recorded(**settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "action"},
        {"action_code": "signup"},
        {"type": "refund"},
        {"type": "recurring"},
        {"amount": -1},
        {"amount": 10**12 + 1},
        {"amount": 1.5},
        {"amount": "100"},
        {"amount": True},
        {"currency": "usd"},
        {"order_id": ""},
        {"order_id": "a" * 256},
        {"order_id": "10\x0001"},
        {"order_id": " 1001"},
        {"promo_code": "ANNA\0"},
        {"promo_code": "10/ANNA"},
        {"promo_code": "AN\u200bNA"},
        {"promo_code": ""},
        {"promo_code": "A" * 65},
        {"member_id": "mem_1"},
        {"offer_id": an_id("mem")},
        {"customer_email": "anna\0"},
        {"customer_email": "a" * 321},
        {"customer_email": 1},
        {"exchange_rate": "0"},
        {"exchange_rate": "-1"},
        {"exchange_rate": True},
        {"metadata": []},
        {"metadata": {str(n): n for n in range(51)}},
        {"occurred_at": "0001-01-01T00:00:00+01:00"},
        {"total": 1},
    ],
)
def test_a_report_that_means_nothing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        report(**changes)


def test_shops_may_report_codes_that_no_program_would_make() -> None:
    assert report(promo_code="SUMMER SALE 10%!").promo_code == "SUMMER SALE 10%!"


@pytest.mark.parametrize("code", ["ÉTÉ10", "夏10", "ΚΑΛΟ", "^`~|", "🎉"])
def test_shops_write_codes_in_their_own_letters(code: str) -> None:
    assert report(promo_code=code).promo_code == code


@pytest.mark.parametrize("told", ["guest", "anna@", "anna@shop.local", "Anna <anna@example.com>", "a" * 320])
def test_no_order_is_lost_over_what_a_shop_calls_an_address(told: str) -> None:
    assert report(customer_email=told).customer_email == told


@pytest.mark.parametrize("told", ["", "  ", None])
def test_an_empty_address_is_none(told: str | None) -> None:
    assert report(customer_email=told).customer_email is None


def test_an_order_of_nothing_and_of_the_most_are_orders() -> None:
    assert [recorded(received(amount=amount)).amount for amount in (0, 10**12)] == [0, 10**11]


def test_program_settings_refuse_a_hold_without_end() -> None:
    for wrong in ({"mode": "hold", "hold_days": -1}, {"mode": "hold", "hold_days": 367}, {"mode": "later"}):
        with pytest.raises(ValidationError):
            TypeAdapter(Approval).validate_python(wrong)
    assert isinstance(program(), Program)
    assert isinstance(report(), ConversionReport)
