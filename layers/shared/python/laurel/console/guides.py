"""Guides: what a merchant does on each platform, step by step, so that a shop reports its orders."""

from dataclasses import dataclass, field
from typing import Final

from laurel.domain.program.programs import Platform


@dataclass(frozen=True, slots=True)
class Credential:
    """A field of a connection. `path`: as the API names it."""

    path: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """A platform. `webhooks`: where they are made; `signed_by`: where their secret is; `access`: of a connection."""

    name: str
    webhooks: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    signed_by: str = ""
    access: str = ""
    credentials: tuple[Credential, ...] = field(default=())


GUIDES: Final[dict[Platform, Guide]] = {
    "shopify": Guide(
        "Shopify",
        webhooks=(
            "In the Shopify admin open Settings, Notifications, Webhooks.",
            "Make a webhook for each event below: format JSON, this address, the newest API version.",
        ),
        topics=(
            *("Order creation", "Order update", "Order payment", "Order cancellation"),
            *("Refund create", "Dispute create", "Dispute update"),
        ),
        signed_by="Below the list of webhooks Shopify shows what they are signed with. Copy it here.",
        access="Make a custom app with the scopes read_discounts, write_discounts and read_orders, and install it.",
        credentials=(
            Credential("shop", "Shop", "Its address at Shopify, such as glow-cosmetics.myshopify.com."),
            Credential("access_token", "Access token", "Shown once in the app, under API credentials."),
        ),
    ),
    "woocommerce": Guide(
        "WooCommerce",
        webhooks=(
            "In WordPress open WooCommerce, Settings, Advanced, Webhooks, as a user who may read orders and will stay.",
            "Add a webhook for each topic below: status Active, this delivery URL, API version "
            "WP REST API Integration v3.",
        ),
        topics=(
            *("Order created", "Order updated", "Order deleted", "Order restored"),
            *("Subscription created", "Subscription updated"),
        ),
        signed_by="Make up a long secret, enter it at each of the webhooks, and here.",
        access="Under Settings, Advanced, REST API, add a key with permission Read/Write.",
        credentials=(
            Credential("url", "Address of WordPress", "Such as https://shop.example."),
            Credential("consumer_key", "Consumer key"),
            Credential("consumer_secret", "Consumer secret"),
        ),
    ),
    "stripe": Guide(
        "Stripe",
        webhooks=(
            "In the Stripe dashboard open Developers, Webhooks, Add destination.",
            "Choose the events below, and this address.",
        ),
        topics=(
            *("checkout.session.completed", "checkout.session.async_payment_succeeded"),
            *("checkout.session.async_payment_failed", "invoice.paid", "invoice_payment.paid"),
            *("payment_intent.succeeded", "charge.captured", "charge.refunded"),
            *("refund.created", "refund.updated", "refund.failed"),
            *("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"),
        ),
        signed_by="Stripe shows the signing secret of the destination (whsec_...). Copy it here.",
        access="Make a restricted key that may write coupons and promotion codes, and read events.",
        credentials=(Credential("api_key", "Restricted key"),),
    ),
    "api": Guide("Your own shop, by the API"),
}
"""Platform -> its guide."""
