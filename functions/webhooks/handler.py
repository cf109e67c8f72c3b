"""Webhooks of platforms and postbacks, which shops send by themselves: public and signed."""

from secrets import token_bytes
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel import clock, metrics
from laurel.api import InPath, answer, hooks, public, public_with_any_query
from laurel.domain.values.ids import StorefrontId
from laurel.log import logger
from laurel.store.table import table
from laurel.workflows.tracking import postbacks, webhooks
from laurel.workflows.tracking.webhooks import Shops

app = APIGatewayHttpResolver(enable_validation=True)
shops = Shops()

TAGS = ["webhooks"]


@app.post(
    "/webhooks/<storefront_id>/shopify",
    summary="Deliveries of Shopify",
    description="Topics `orders/create`, `orders/updated`, `orders/paid`, `orders/cancelled`, `refunds/create`, "
    "`disputes/create`, `disputes/update`, `discounts/update` and `discounts/delete`; others are "
    "ignored. `X-Shopify-Hmac-Sha256` is verified over the body as it came.",
    tags=TAGS,
    responses=hooks.answers(413),
    middlewares=[public],
)
def take_from_shopify(storefront_id: InPath[StorefrontId]) -> Response[Any]:
    return _taken(hooks.sent(app, storefront_id, "shopify"))


@app.post(
    "/webhooks/<storefront_id>/woocommerce",
    summary="Deliveries of WooCommerce",
    description="Topics `order.created`, `order.updated`, `order.deleted` and `order.restored`, `coupon.updated`, "
    "`coupon.deleted` and `coupon.restored`; others are ignored. "
    "`X-WC-Webhook-Signature` is verified over the body as it came. The first call of a new webhook, which is not "
    "signed, is greeted.",
    tags=TAGS,
    responses=hooks.answers(413),
    middlewares=[public],
)
def take_from_woocommerce(storefront_id: InPath[StorefrontId]) -> Response[Any]:
    return _taken(hooks.sent(app, storefront_id, "woocommerce"))


@app.post(
    "/webhooks/<storefront_id>/stripe",
    summary="Events of Stripe",
    description="Checkout sessions, paid invoices, payments without a checkout, captures, refunds and disputes; "
    "`promotion_code.updated`; others are ignored. `Stripe-Signature` is verified over the body as it came, and holds "
    "for 300 seconds.",
    tags=TAGS,
    responses=hooks.answers(413),
    middlewares=[public],
)
def take_from_stripe(storefront_id: InPath[StorefrontId]) -> Response[Any]:
    return _taken(hooks.sent(app, storefront_id, "stripe"))


@app.get(
    "/t/<storefront_id>",
    summary="Report an order by a signed address",
    description="`order_id`, `amount` in minor units, `currency`, `click_id` or `code` if known, and `sig`: the hex "
    "HMAC-SHA256, with the webhook secret, of all other parameters sorted by name, percent-encoded as RFC 3986 says "
    "(letters, digits and `-._~` stay, a space is `%20`) and joined by `&`. The same again is answered as before. "
    "An order in another currency is converted at the rate that the storefront has for it, and refused without one. "
    "With `pixel=1`, or where an image is asked for, the answer is a transparent one.",
    tags=TAGS,
    responses=hooks.answers(409),
    middlewares=[public_with_any_query],
)
def take_postback(storefront_id: InPath[StorefrontId]) -> Response[Any]:
    return hooks.seen(app, postbacks.take(table(), shops, storefront_id, hooks.parameters(app), clock.now()))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context, raw=True)


def _taken(sent: webhooks.Sent) -> Response[Any]:
    taken = webhooks.take(table(), shops, sent, clock.now(), token_bytes)
    if taken.answer.refused is not None:
        told = taken.answer.model_dump(exclude_none=True)
        logger.warning("refused", storefront_id=sent.storefront_id, delivery_id=taken.delivery_id, **told)
        metrics.count_refused_delivery()
    if taken.is_lost:
        logger.error("delivery not kept", storefront_id=sent.storefront_id, order_id=taken.answer.order_id)
    return hooks.as_json(taken.answer)
