"""Access to shops: the credentials with which each platform lets Laurel in, stored encrypted and never shown."""

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from laurel.domain.values.model import Frozen, Instant, Url
from laurel.domain.values.networks import names_no_public_host

ConnectionStatus = Literal["none", "ok", "failed"]


def _https(value: str) -> str:
    if not value.startswith("https://"):
        raise ValueError("a shop is reached by https alone")
    if "?" in value or "#" in value:
        raise ValueError("the address of the shop, without what follows ? or #")
    if names_no_public_host(value):
        raise ValueError("the name of the shop on the internet, such as https://shop.example")
    return value.rstrip("/")


def _http(value: str) -> str:
    if not value.startswith("http://"):
        raise ValueError("a shop on this machine is reached by http")
    return value.rstrip("/")


Secret = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")]
BaseUrl = Annotated[Url, AfterValidator(_http)]
"""The address of a shop on this machine, in place of the platform's own; for the local environment alone."""


class ShopifyAccess(Frozen):
    """An app's token for the Admin API of one shop; it needs the scopes read_discounts and write_discounts."""

    shop: Annotated[str, Field(max_length=100, pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$")]
    access_token: Secret
    base_url: BaseUrl | None = None


class WooCommerceAccess(Frozen):
    """A REST key of a WooCommerce shop that may read and write. `url`: of the WordPress that it runs in."""

    url: Annotated[Url, AfterValidator(_https)]
    consumer_key: Secret
    consumer_secret: Secret
    base_url: BaseUrl | None = None


class StripeAccess(Frozen):
    """A (restricted) key that may write coupons and promotion codes."""

    api_key: Secret
    base_url: BaseUrl | None = None


Access: TypeAlias = ShopifyAccess | WooCommerceAccess | StripeAccess


class ConnectionView(Frozen):
    """A connection as it is shown. `none`: there is none, or it was not checked yet."""

    status: ConnectionStatus = "none"
    reason: str | None = None
    checked_at: Instant | None = None


class OrdersView(Frozen):
    """When a shop was last asked for changed orders, and why it did not answer."""

    asked_at: Instant | None = None
    reason: str | None = None
