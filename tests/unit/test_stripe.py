"""What Stripe's events say, and how its running totals of refunds become refunds."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import stripe, wire
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    Ignored,
    OrderReported,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
    RefundReported,
)
from laurel.domain.tracking.webhooks.payments import Payment
from laurel.domain.values.errors import Invalid
from tests.kit.shop_bodies import as_sent, stripe_charge, stripe_dispute, stripe_event, stripe_invoice, stripe_session
from tests.unit.kit.builders import at, steady

CLICK = "clk_01kagg1qg0" + "a" * 16
COMPLETED, PAID = "checkout.session.completed", "invoice.paid"


def told(kind: str, about: Any) -> Any:
    (event,) = stripe.events(wire.read(as_sent(stripe_event(kind, about)).encode()))
    return event


def checkout(**changes: Any) -> OrderReported:
    event = told(COMPLETED, stripe_session(**changes))
    assert isinstance(event, OrderReported)
    return event


def invoice(**changes: Any) -> OrderReported:
    event = told(PAID, stripe_invoice(**changes))
    assert isinstance(event, OrderReported)
    return event


def test_a_checkout_is_its_subtotal_less_discounts():
    placed = checkout()
    assert (placed.report.order_id, placed.report.amount, placed.report.currency) == ("cs_live_a1", 15040, "EUR")
    assert placed.report.occurred_at == at("2026-11-19 17:30")
    assert (placed.codes, placed.is_paid, placed.payment) == (("ADA10",), True, "pi_1")
    assert (placed.report.customer_id, placed.report.customer_email) == ("cus_1", "carla@example.net")


def test_a_checkout_and_the_invoice_of_it_are_one_order_of_one_amount():
    placed, paid = checkout(invoice="in_1", subscription="sub_1", payment_intent=None), invoice()
    for each in (placed, paid):
        assert (each.report.order_id, each.report.amount, each.report.subscription_id) == ("in_1", 15040, "sub_1")


@pytest.mark.parametrize(
    ("currency", "units", "minor"),
    [
        ("usd", 1050, 1050),
        ("jpy", 1050, 1050),
        ("kwd", 10500, 10500),
        ("isk", 1050, 11),
        ("ugx", 500, 5),
        ("mga", 7, 700),
    ],
)
def test_stripes_units_are_told_in_those_of_iso_4217(currency: str, units: int, minor: int):
    paid = invoice(currency=currency, subtotal=units, total_discount_amounts=None)
    assert paid.report.amount == minor
    assert told("charge.refunded", stripe_charge(units, currency=currency)).total == minor


@pytest.mark.parametrize(
    ("changes", "click"),
    [
        ({"metadata": {"laurel_click": CLICK}, "client_reference_id": "cart 7"}, CLICK),
        ({"client_reference_id": CLICK}, CLICK),
        ({"client_reference_id": "cart 7"}, None),
        ({"client_reference_id": 7, "metadata": None}, None),
    ],
)
def test_the_click_is_named_by_the_metadata_or_by_a_reference_that_is_one(changes: dict[str, Any], click: str | None):
    assert checkout(**changes).report.click_id == click


def test_an_invoice_has_the_code_of_its_subscription():
    inherited = {"subscription_details": {"subscription": "sub_1", "metadata": {"promo_code": "ADA10"}}}
    assert invoice(parent=inherited).codes == ("ADA10",)
    assert invoice(parent=inherited, metadata={"promo_code": "BEN5"}).codes == ("BEN5",)


@pytest.mark.parametrize(
    "changes",
    [
        {"payment_intent": "pi_9"},
        {"payment_intent": {"id": "pi_9"}},
        {"payments": {"data": [{"payment": {"type": "payment_intent", "payment_intent": "pi_9"}}]}},
    ],
)
def test_an_invoice_names_its_payment_where_its_version_tells_it(changes: dict[str, Any]):
    assert invoice(**changes).payment == "pi_9"
    assert invoice().payment is None


def test_newer_versions_tell_the_payment_of_an_invoice_in_an_event_of_its_own():
    paid = {"id": "inpay_1", "invoice": "in_1", "payment": {"type": "payment_intent", "payment_intent": "pi_9"}}
    assert told("invoice_payment.paid", paid) == PaymentNamed("pi_9", "in_1")
    assert told("invoice_payment.paid", paid | {"payment": {"type": "charge"}}) == Ignored("no_payment_intent")


def test_older_versions_tell_the_subscription_of_an_invoice_itself():
    assert invoice(parent=None, subscription="sub_9").report.subscription_id == "sub_9"


def test_money_that_is_to_come_is_paid_later_or_fails():
    assert not checkout(payment_status="unpaid").is_paid
    assert checkout(payment_status="no_payment_required").is_paid
    later = told("checkout.session.async_payment_succeeded", stripe_session())
    assert later == checkout()
    failed = told("checkout.session.async_payment_failed", stripe_session(invoice="in_1"))
    assert failed == RefundReported("in_1", "failed:in_1", None, waits=False)


@pytest.mark.parametrize(
    ("kind", "about", "reason"),
    [
        (COMPLETED, stripe_session(mode="setup"), "nothing_sold"),
        (COMPLETED, stripe_session(currency=None), "nothing_sold"),
        (COMPLETED, stripe_session(currency="usdc"), "unknown_currency"),
        ("charge.refunded", stripe_charge(5, payment=None), "no_payment_intent"),
        ("charge.refunded", stripe_charge(0), "nothing_refunded"),
        ("charge.dispute.created", stripe_dispute(payment=None), "no_payment_intent"),
        ("charge.dispute.created", stripe_dispute(0), "nothing_refunded"),
    ],
)
def test_what_is_no_order_of_ours_is_ignored(kind: str, about: Any, reason: str):
    assert told(kind, about) == Ignored(reason)


def test_other_events_are_ignored_whatever_they_are_about():
    assert told("plan.created", {"id": "price_1"}) == UNKNOWN_TOPIC


def test_a_refund_and_a_dispute_name_their_payment():
    assert told("charge.refunded", stripe_charge(500)) == PaymentRefunded("pi_1", "ch_1", 500)
    assert told("charge.dispute.created", stripe_dispute(700)) == PaymentDisputed("pi_1", "dp_1", 700)


@pytest.mark.parametrize(
    ("kind", "about", "pointer"),
    [
        (COMPLETED, {"id": None}, "/id"),
        (COMPLETED, stripe_session(amount_subtotal=1.5), "/amount_subtotal"),
        (COMPLETED, stripe_session(created=10**12), "/created"),
        (PAID, stripe_invoice(subtotal="100"), "/subtotal"),
        (PAID, stripe_invoice(created=True), "/created"),
        ("charge.refunded", stripe_charge(-1), "/amount_refunded"),
        ("charge.dispute.created", stripe_dispute(None), "/amount"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(kind: str, about: Any, pointer: str):
    with pytest.raises(Invalid) as refused:
        told(kind, about)
    assert pointer in dict(refused.value.errors)


@pytest.mark.parametrize(
    "body", ['{"type": 1}', '{"data": {"object": {}}}', '{"type": "invoice.paid", "data": {}}', "[]"]
)
def test_what_is_no_event_is_refused(body: str):
    with pytest.raises(Invalid):
        list(stripe.events(wire.read(body.encode())))


# -- payments ----------------------------------------------------------------------------------------------------------

NAMED, DISPUTED = PaymentNamed("pi_1", "in_1"), PaymentDisputed("pi_1", "dp_1", 70)


def after(events: Any) -> Payment:
    payment = Payment()
    for event in events:
        payment = payment.after(event)
    return payment


def test_what_goes_back_waits_until_the_order_is_known():
    waiting = after([PaymentRefunded("pi_1", "ch_1", 10), DISPUTED])
    assert list(waiting.refunds()) == []
    assert list(waiting.after(NAMED).refunds()) == [
        RefundReported("in_1", "ch_1:10", 10),
        RefundReported("in_1", "dp_1", 70, "chargeback"),
    ]


def test_a_total_told_again_or_late_is_no_refund():
    totals = [PaymentRefunded("pi_1", "ch_1", total) for total in (10, 30, 10, 30)]
    assert [each.amount for each in after([NAMED, *totals]).refunds()] == [10, 20]


totals = st.lists(st.integers(1, 100), min_size=1, max_size=4)


@given(totals, totals, st.randoms())
@steady
def test_in_whatever_order_and_however_often_all_that_went_back_is_refunded_once(first, second, random):
    told = [NAMED, DISPUTED, *(PaymentRefunded("pi_1", "ch_1", total) for total in first)]
    told += [PaymentRefunded("pi_1", "ch_2", total) for total in second]
    told += random.choices(told, k=4)
    random.shuffle(told)
    refunds = list(after(told).refunds())
    assert sum(each.amount for each in refunds) == max(first) + max(second) + 70
    assert len({each.refund_id for each in refunds}) == len(refunds)


def test_a_refund_never_changes_under_its_id():
    events = [NAMED, DISPUTED, *(PaymentRefunded("pi_1", "ch_1", total) for total in (10, 20, 30))]
    for order in permutations(events):
        seen: dict[str, int] = {}
        payment = Payment()
        for event in order:
            payment = payment.after(event)
            for each in payment.refunds():
                assert seen.setdefault(each.refund_id, each.amount) == each.amount


def test_the_first_order_that_a_payment_is_told_of_is_its_order():
    assert after([NAMED, PaymentNamed("pi_1", "in_2")]).order_id == "in_1"
