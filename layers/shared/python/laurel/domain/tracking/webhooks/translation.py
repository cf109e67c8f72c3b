"""Any platform's body: its topic, its events, and the order that it names even where nothing else is understood."""

from collections.abc import Mapping
from typing import Any, Final

from laurel.domain.tracking.webhooks.events import Event
from laurel.domain.tracking.webhooks.signatures import Scheme
from laurel.domain.tracking.webhooks.wire import Part

ASKED: Final = "asked:"
"""The beginning of the topic of what a shop did not send, but told when it was asked."""
_TOPICS: Final = {"shopify": "x-shopify-topic", "woocommerce": "x-wc-webhook-topic"}


def topic_in(scheme: Scheme, headers: Mapping[str, str]) -> str:
    """The topic that a platform tells beside the body; empty for Stripe, which tells it within."""
    return headers.get(_TOPICS.get(scheme, ""), "")


def topic_of(body: Mapping[str, Any]) -> str:
    """The topic that a body of Stripe tells."""
    return Part(body).text("type") or ""


def events(scheme: Scheme, topic: str, body: Mapping[str, Any], currency: str) -> list[Event]:
    """The events of a body. `currency`: the program's."""
    topic = topic.removeprefix(ASKED)
    match scheme:  # each is loaded where its platform is met: most programs have shops of one
        case "shopify":
            from laurel.domain.tracking.webhooks import shopify

            return list(shopify.events(topic, body, currency))
        case "woocommerce":
            from laurel.domain.tracking.webhooks import woocommerce

            return list(woocommerce.events(topic, body))
        case "stripe":
            from laurel.domain.tracking.webhooks import stripe

            return list(stripe.events(body))


def order_named(scheme: Scheme, body: Mapping[str, Any]) -> str | None:
    """The order that a body is about, as far as its ids say: for people who look for it in their shop."""
    about = Part(body).part("data", "object") if scheme == "stripe" else Part(body)
    return about.id("order_id") or about.id("id")
