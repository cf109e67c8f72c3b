"""Connectors: the shops of each platform, spoken to over HTTPS in the platform's own words.

http.py           one conversation: requests within a time for all of them, answers as JSON
understood.py     whatever else a shop may answer is no answer
shopify.py        Admin GraphQL: one discount for each code
woocommerce.py    REST v3: coupons
stripe.py         coupons and their promotion codes
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from laurel.domain.program.programs import Platform
from laurel.domain.shops.plans import Seen
from laurel.domain.shops.wanted import Wanted


class ShopError(Exception):
    """The shop did not do what was asked. Its text is for people, and holds no credentials."""


class Unreachable(ShopError):
    """No answer, or a fault of the shop: what was asked may have been done or not."""


class Strange(Unreachable):
    """An answer that is none of its platform's."""


class Busy(ShopError):
    """Too much was asked: nothing was done, and it may be asked again `after` some time."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("the shop asks for patience")
        self.after = after


class Denied(ShopError):
    """The credentials open nothing, or not this."""


class Refused(ShopError):
    """The shop says no, and would say so again."""


class Taken(ShopError):
    """Somebody has that code already."""


class Connector(Protocol):
    """A shop. Every method may raise Unreachable, Busy and Denied; those that change something Refused, too."""

    def check(self) -> str | None:
        """Asks something harmless; the currency of the shop, None if it has many."""

    def find(self, code: str, shop_id: str | None) -> list[Seen]:
        """All that has that code or that id, whoever made it; of codes that hold nobody up our own alone."""

    def create(self, wanted: Wanted, mark: str, attempt: str) -> Seen:
        """Makes a code that carries `mark`. Raises Taken. `attempt`: the same for a request that is sent again."""

    def change(self, shop_id: str, wanted: Wanted, now: datetime) -> Seen:
        """Gives a code of ours other terms or dates; an ended one comes back."""

    def end(self, shop_id: str, now: datetime) -> None:
        """Ends a code of ours; one that is gone is ended."""


def connect(platform: Platform, credentials: Mapping[str, Any], *, is_local: bool) -> Connector:
    """The shop of these credentials. Raises Denied for credentials of an older shape."""
    from pydantic import ValidationError

    from laurel.connectors.http import Line
    from laurel.connectors.shopify import ShopifyShop
    from laurel.connectors.stripe import StripeShop
    from laurel.connectors.understood import Understood
    from laurel.connectors.woocommerce import WooCommerceShop
    from laurel.domain.program.shop_access import ShopifyAccess, StripeAccess, WooCommerceAccess

    line = Line(is_local=is_local)
    try:
        match platform:
            case "shopify":
                return Understood(ShopifyShop(ShopifyAccess.model_validate(credentials), line))
            case "woocommerce":
                return Understood(WooCommerceShop(WooCommerceAccess.model_validate(credentials), line))
            case "stripe":
                return Understood(StripeShop(StripeAccess.model_validate(credentials), line))
            case _:
                raise Denied(f"nothing connects to platform {platform}")
    except ValidationError:
        raise Denied("the credentials are not of this platform") from None  # the cause would hold them
