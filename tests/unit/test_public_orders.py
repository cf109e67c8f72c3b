"""Orders that other projects publish are read as their platform's documents say, whoever wrote our code."""

from dataclasses import replace
from typing import Any

import pytest

from laurel.domain.tracking.webhooks import shopify, stripe, wire, woocommerce
from laurel.domain.tracking.webhooks.events import Event, Ignored, OrderTold, Refused, SubscriptionNamed
from tests.kit.public_orders import Case, Sale
from tests.kit.public_orders.shopify import CASES as SHOPIFY
from tests.kit.public_orders.stripe import CASES as STRIPE
from tests.kit.public_orders.woocommerce import CASES as WOOCOMMERCE
from tests.kit.shop_bodies import as_sent

CASES = (*SHOPIFY, *WOOCOMMERCE, *STRIPE)
TIMELESS = (Ignored, Refused, SubscriptionNamed)


def told(case: Case) -> Event:
    body, topic = wire.read(as_sent(case.body).encode()), case.topic or ""
    match case.platform:
        case "shopify":
            (event,) = shopify.events(topic, body, "USD")
        case "woocommerce":
            (event,) = woocommerce.events(topic, body)
        case _:
            (event,) = stripe.events(body)
    return event


def read(event: Event) -> Any:
    """An event as a case writes it down: an order, or the event without its time."""
    if isinstance(event, OrderTold):
        back = {each.refund_id: each for each in event.refunds or () if each.stands}
        return Sale(
            order_id=event.report.order_id,
            goods=event.report.amount,
            currency=event.report.currency,
            codes=event.codes,
            money=event.money,
            is_cancelled=event.state == "cancelled",
            back={name: each.amount for name, each in back.items() if not each.is_total and each.amount is not None},
            totals={name: each.amount for name, each in back.items() if each.is_total and each.amount is not None},
            subscription=event.report.subscription_id,
            payment=event.payment,
        )
    return event if isinstance(event, TIMELESS) else replace(event, at=None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.platform}: {case.name}")
def test_a_published_order_is_read_as_a_person_reads_it(case: Case):
    reads = replace(case.reads, left=None) if isinstance(case.reads, Sale) else case.reads
    assert read(told(case)) == reads, case.why


def test_there_are_at_least_ten_of_each_platform():
    assert all(len(cases) >= 10 for cases in (SHOPIFY, WOOCOMMERCE, STRIPE))
