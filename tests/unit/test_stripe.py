"""What Stripe's events say of orders: what was sold, by what name, to whom, and whether its money is there."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from laurel.domain.tracking.webhooks import stripe
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    Event,
    Ignored,
    OrderTold,
    PaymentCaptured,
    PaymentNamed,
    Refused,
    StateTold,
)
from tests.kit.shop_bodies import Json, as_sent, stripe_event, stripe_intent, stripe_invoice, stripe_session
from tests.unit.kit.builders import at

CLICK = "clk_01kagg1qg0" + "a" * 16
COMPLETED, PAID, SUCCEEDED = "checkout.session.completed", "invoice.paid", "payment_intent.succeeded"
LATER, FAILED = "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed"
TOLD_AT = at("2026-11-19 17:30:02")


def all_told(kind: str, about: Any, **changes: Any) -> list[Event]:
    body = json.loads(as_sent(stripe_event(kind, about, **changes)), parse_float=Decimal)
    return list(stripe.events(body))


def told(kind: str, about: Any, **changes: Any) -> Any:
    (event,) = all_told(kind, about, **changes)
    return event


def checkout(**changes: Any) -> OrderTold:
    event = all_told(COMPLETED, stripe_session(**changes))[0]
    assert isinstance(event, OrderTold)
    return event


def invoice(**changes: Any) -> OrderTold:
    event = all_told(PAID, stripe_invoice(**changes))[0]
    assert isinstance(event, OrderTold)
    return event


def intent(**changes: Any) -> OrderTold:
    event = all_told(SUCCEEDED, stripe_intent(**changes))[-1]
    assert isinstance(event, OrderTold)
    return event


def test_a_checkout_is_an_order_told_at_the_time_of_its_event():
    placed = checkout()
    assert (placed.report.order_id, placed.report.amount, placed.report.currency) == ("cs_live_a1", 15040, "EUR")
    assert (placed.report.occurred_at, placed.at) == (at("2026-11-19 17:30"), TOLD_AT)
    assert (placed.codes, placed.money, placed.payment, placed.gross) == (("ADA10",), "collected", "pi_1", 18598)
    assert (placed.report.customer_id, placed.report.customer_email) == ("cus_1", "carla@example.net")


def test_news_that_has_no_time_is_as_old_as_its_arrival():
    assert told(COMPLETED, stripe_session(), created=None).at is None


def test_a_checkout_and_the_invoice_of_it_are_one_order_of_one_amount():
    placed, paid = checkout(invoice="in_1", subscription="sub_1", payment_intent=None), invoice()
    for each in (placed, paid):
        assert (each.report.order_id, each.report.amount, each.report.subscription_id) == ("in_1", 15040, "sub_1")


def test_what_an_invoice_says_of_its_amount_is_newer_than_what_its_checkout_says_and_money_is_news_of_now():
    placed, state = all_told(COMPLETED, stripe_session(invoice="in_1", payment_status="unpaid"))
    assert isinstance(placed, OrderTold)
    assert placed.at == at("2026-11-19 17:30") < TOLD_AT
    assert state == StateTold("in_1", "standing", "awaiting", TOLD_AT)
    assert invoice().at == TOLD_AT


# -- money that comes later --------------------------------------------------------------------------------------------


def test_money_that_is_to_come_is_awaited_and_comes_or_never_will():
    assert checkout(payment_status="unpaid").money == "awaiting"
    assert checkout(payment_status="no_payment_required").money == "collected"
    assert told(LATER, stripe_session()) == checkout()
    assert told(FAILED, stripe_session()) == StateTold("cs_live_a1", "standing", "void", TOLD_AT)
    assert told(FAILED, stripe_session(invoice="in_1")) == StateTold("in_1", "standing", "void", TOLD_AT)


# -- nothing paid, trials, prorations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"total": -6_000, "total_excluding_tax": -6_000, "amount_paid": 0, "billing_reason": "subscription_update"},
        {"total": 0, "total_excluding_tax": 0, "amount_paid": 0, "billing_reason": "subscription_cycle"},
        {"amount_paid": 0, "billing_reason": "subscription_cycle"},  # the customer's credit settled it
        {"total": 0, "total_excluding_tax": 0, "amount_paid": 0, "parent": None, "billing_reason": "manual"},
    ],
)
def test_a_payment_of_nothing_or_less_is_none(changes: Json):
    assert told(PAID, stripe_invoice(**changes)) == Ignored("nothing_paid")


def test_a_trial_is_an_order_of_nothing_with_its_subscription():
    free = {"total": 0, "total_excluding_tax": 0, "total_taxes": [], "amount_due": 0, "amount_paid": 0}
    begun = invoice(**free)
    assert (begun.report.order_id, begun.report.amount, begun.report.subscription_id) == ("in_1", 0, "sub_1")
    placed = checkout(mode="subscription", subscription="sub_1", invoice="in_1", amount_total=0, total_details=None)
    assert (placed.report.order_id, placed.report.amount, placed.report.subscription_id) == ("in_1", 0, "sub_1")


def old_line(kind: str, proration: bool) -> Json:
    return {"type": kind, "proration": proration}


def item_line(proration: bool) -> Json:
    details = {"subscription": "sub_1", "subscription_item": "si_1", "proration": proration}
    return {"parent": {"type": "subscription_item_details", "subscription_item_details": details}}


def extra_line(proration: bool) -> Json:
    details = {"invoice_item": "ii_1", "subscription": "sub_1", "proration": proration}
    return {"parent": {"type": "invoice_item_details", "invoice_item_details": details}}


@pytest.mark.parametrize(
    ("reason", "lines", "is_interval"),
    [
        ("subscription_create", [item_line(False)], True),
        ("subscription_cycle", [extra_line(True), item_line(False)], True),
        ("subscription_cycle", [], True),
        ("subscription_update", [], False),
        ("subscription_update", [extra_line(True), extra_line(True)], False),
        ("subscription_update", [item_line(True)], False),
        ("subscription_update", [old_line("invoiceitem", True)], False),
        ("subscription_update", [extra_line(True), item_line(False)], True),  # from months to years: a new interval
        ("subscription_update", [old_line("invoiceitem", True), old_line("subscription", False)], True),
        ("subscription_threshold", [item_line(False)], False),
        ("automatic_pending_invoice_item_invoice", [extra_line(False)], False),
        ("manual", [extra_line(False)], False),
        (None, [item_line(True), extra_line(True)], False),
        (None, [item_line(False)], True),
        (None, [], True),
    ],
)
def test_only_whole_intervals_are_payments_of_the_series(reason: str | None, lines: list[Json], is_interval: bool):
    paid = invoice(billing_reason=reason, lines={"data": lines, "has_more": False})
    assert (paid.is_interval, paid.report.amount, paid.report.subscription_id) == (is_interval, 15040, "sub_1")


def test_prorations_fill_the_first_page_of_lines_and_the_interval_stands_on_the_next():
    paid = invoice(billing_reason="subscription_cycle", lines={"data": [extra_line(True)] * 10, "has_more": True})
    assert paid.is_interval


def test_an_invoice_of_no_subscription_is_no_payment_between_intervals():
    assert invoice(parent=None, billing_reason="manual").is_interval


# -- who it leads to ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "click"),
    [
        ({"metadata": {"laurel_click": CLICK}, "client_reference_id": "cart 7"}, CLICK),
        ({"client_reference_id": CLICK}, CLICK),
        ({"client_reference_id": "cart 7"}, None),
        ({"client_reference_id": 7, "metadata": None}, None),
        ({"metadata": {"laurel_click": "c" * 300}}, None),
    ],
)
def test_the_click_is_named_by_the_metadata_or_by_a_reference_that_is_one(changes: Json, click: str | None):
    assert checkout(**changes).report.click_id == click


def test_an_invoice_has_the_code_of_its_subscription():
    inherited = {"subscription_details": {"subscription": "sub_1", "metadata": {"promo_code": "ADA10"}}}
    assert invoice(parent=inherited).codes == ("ADA10",)
    assert invoice(parent=inherited, metadata={"promo_code": "BEN5"}).codes == ("BEN5",)


@pytest.mark.parametrize(
    ("discounts", "codes"),
    [
        ([{"promotion_code": {"id": "promo_1", "code": "BEN5"}}], ("ADA10", "BEN5")),
        ([{"promotion_code": {"code": " ADA10 "}}], ("ADA10",)),
        ([{"promotion_code": "promo_1"}, {"coupon": "co_1"}, "di_1", None], ("ADA10",)),
        ([{"promotion_code": {"code": "x" * 65}}, {"promotion_code": {"code": 7}}], ("ADA10",)),
        (None, ("ADA10",)),
        (7, ("ADA10",)),
    ],
)
def test_a_code_that_was_typed_in_is_one_where_its_text_is_told(discounts: Any, codes: tuple[str, ...]):
    assert checkout(discounts=discounts).codes == codes
    assert invoice(discounts=discounts, metadata={"promo_code": "ADA10"}).codes == codes


def test_a_customer_of_the_newer_accounts_is_one_too():
    assert checkout(customer=None, customer_account="acct_7").report.customer_id == "acct_7"
    assert checkout(customer_account="acct_7").report.customer_id == "cus_1"


def test_the_customers_address_is_where_the_version_has_it():
    placed = checkout(customer_details=None, customer_email="dora@example.net")
    assert placed.report.customer_email == "dora@example.net"
    assert checkout(customer_details={"email": "x" * 400}).report.customer_email is None


# -- one payment is one order ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_intent": "pi_9"},
        {"payment_intent": {"id": "pi_9"}},
        {"payments": {"data": [{"payment": {"type": "payment_intent", "payment_intent": "pi_9"}}]}},
    ],
)
def test_an_invoice_names_its_payment_where_its_version_tells_it(changes: Json):
    assert invoice(**changes).payment == "pi_9"
    assert invoice().payment is None


def test_all_payments_of_an_invoice_name_it():
    paid = {"data": [{"payment": {"payment_intent": name}} for name in ("pi_1", "pi_2", "pi_1", None)]}
    order, named = all_told(PAID, stripe_invoice(payments=paid))
    assert isinstance(order, OrderTold)
    assert (order.payment, named) == ("pi_1", PaymentNamed("pi_2", "in_1", "EUR", TOLD_AT))


def test_newer_versions_tell_the_payment_of_an_invoice_in_an_event_of_its_own():
    payment = {"type": "payment_intent", "payment_intent": "pi_9"}
    paid = {"id": "inpay_1", "invoice": "in_1", "currency": "eur", "payment": payment}
    assert told("invoice_payment.paid", paid) == PaymentNamed("pi_9", "in_1", "EUR", TOLD_AT)
    assert told("invoice_payment.paid", paid | {"payment": {"type": "charge"}}) == Ignored("no_payment_intent")
    assert told("invoice_payment.paid", paid | {"invoice": None}) == Ignored("no_payment_intent")


def test_older_versions_tell_the_subscription_of_an_invoice_itself():
    assert invoice(parent=None, subscription="sub_9").report.subscription_id == "sub_9"


def test_a_payment_that_a_shop_takes_itself_is_an_order_by_its_own_name():
    paid = intent(payment_details={"order_reference": "order 77"})
    assert (paid.report.order_id, paid.report.amount, paid.gross, paid.payment) == ("pi_1", 12500, 12500, "pi_1")
    assert (paid.codes, paid.report.customer_id, paid.money) == (("ADA10",), "cus_1", "collected")
    assert paid.report.customer_email == "carla@example.net"


@pytest.mark.parametrize("told_by", [{"invoice": "in_1"}, {"payment_details": {"order_reference": "in_1"}}])
def test_the_payment_of_an_invoice_is_no_order_but_names_it(told_by: Json):
    assert told(SUCCEEDED, stripe_intent(**told_by)) == PaymentNamed("pi_1", "in_1", "EUR", TOLD_AT)


def test_the_payment_of_a_checkout_is_no_order():
    made = {"order_reference": "cs_live_a1"}
    assert told(SUCCEEDED, stripe_intent(payment_details=made)) == Ignored("told_by_checkout")


def test_a_payment_of_nothing_is_no_order():
    assert told(SUCCEEDED, stripe_intent(amount=0, amount_received=0)) == Ignored("nothing_paid")


# -- authorised first, taken later -------------------------------------------------------------------------------------


def test_a_payment_taken_in_part_is_an_order_of_that_part():
    held = stripe_intent(capture_method="manual", amount=12_500, amount_received=7_500)
    captured, order = all_told(SUCCEEDED, held)
    assert captured == PaymentCaptured("pi_1", "ch_1", 7_500, 5_000, "EUR", TOLD_AT)
    assert isinstance(order, OrderTold)
    assert (order.report.amount, order.gross) == (7_500, 7_500)


def test_what_a_checkout_held_and_took_is_told_by_its_payment():
    held: Json = {"capture_method": "manual", "payment_details": {"order_reference": "cs_live_a1"}}
    assert told(SUCCEEDED, stripe_intent(**held)) == PaymentCaptured("pi_1", "ch_1", 12_500, 0, "EUR", TOLD_AT)


def test_a_payment_that_was_given_up_takes_nothing():
    ended = stripe_intent(capture_method="manual", amount_received=0)
    assert told("payment_intent.canceled", ended) == PaymentCaptured("pi_1", "ch_1", 0, 12_500, "EUR", TOLD_AT)
    never_tried = stripe_intent(latest_charge=None, amount_received=0)
    assert told("payment_intent.canceled", never_tried) == Ignored("nothing_paid")


# -- what is no order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "about", "event"),
    [
        (COMPLETED, stripe_session(mode="setup"), Ignored("nothing_sold")),
        (COMPLETED, stripe_session(currency=None), Ignored("nothing_sold")),
        (COMPLETED, stripe_session(currency="usdc"), Refused("unknown_currency")),
        (COMPLETED, stripe_session(amount_total=None), Refused("amount_not_understood")),
        (COMPLETED, stripe_session(amount_total=1.5), Refused("amount_not_understood")),
        (COMPLETED, stripe_session(amount_total="18598"), Refused("amount_not_understood")),
        (COMPLETED, stripe_session(amount_total=10**14), Refused("amount_too_large")),
        (COMPLETED, stripe_session(amount_total=10**400), Refused("amount_too_large")),
        (COMPLETED, stripe_session(session_id=None), Refused("id_not_understood")),
        (FAILED, stripe_session(session_id=None), Refused("id_not_understood")),
        (PAID, stripe_invoice(currency="xxx"), Refused("unknown_currency")),
        (PAID, stripe_invoice(total=None, total_excluding_tax=None), Refused("amount_not_understood")),
        (SUCCEEDED, stripe_intent(currency=None), Refused("unknown_currency")),
        ("payment_intent.canceled", stripe_intent(currency=7), Refused("unknown_currency")),
    ],
)
def test_what_cannot_be_counted_says_why(kind: str, about: Any, event: Event):
    assert told(kind, about) == event


def test_other_events_are_ignored_whatever_they_are_about():
    assert told("plan.created", {"id": "price_1"}) == UNKNOWN_TOPIC


@pytest.mark.parametrize("data", [None, {}, [], 7, {"object": None}, {"object": "cs_1"}])
def test_a_thin_event_has_no_object_and_is_ignored(data: Any):
    assert told(COMPLETED, {"id": "x"}, data=data) == Ignored("no_order")


@pytest.mark.parametrize("body", [{}, {"type": 1}, {"type": None, "data": {"object": {}}}, {"data": {"object": {}}}])
def test_what_is_no_event_is_ignored(body: Json):
    assert list(stripe.events(body)) == [UNKNOWN_TOPIC]


@pytest.mark.parametrize("created", [None, -1, 0, 10**12, True, "1795109400", 1.5, [], {}])
def test_an_odd_time_is_none(created: Any):
    assert checkout(created=created).report.occurred_at is None
    order = told(COMPLETED, stripe_session(), created=created)
    assert order.at is None
    assert order.report.amount == 15040


def test_whole_numbers_may_be_written_with_a_fraction():
    placed = list(
        stripe.events({"type": COMPLETED, "data": {"object": stripe_session(amount_total=Decimal("18598.0"))}})
    )
    assert isinstance(placed[0], OrderTold)
    assert placed[0].report.amount == 15040


def test_times_are_aware_and_utc():
    known: datetime | None = checkout().at
    assert known is not None
    assert str(known.tzinfo) == "UTC"
