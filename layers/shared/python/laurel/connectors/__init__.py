"""Connectors: the shops of each platform, spoken to over HTTPS in the platform's own words.

http.py           one conversation: requests within a time for all of them, answers as JSON
understood.py     whatever else a shop may answer is no answer
shopify.py        Admin GraphQL: one discount for each code
woocommerce.py    REST v3: coupons
stripe.py         coupons and their promotion codes
*_orders.py       each platform's orders that changed since a time
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Change:
    """An order as a shop has it by now, or an event of one. `topic`: of the webhook that tells the same.

    `at`: by the shop's clock, None where it says nothing that is a time. `read`: the body that the webhook would have
    had. `order_id`: named where reading it takes requests more, which an order that is known as of `at` does not need.
    """

    topic: str
    at: datetime | None
    read: Callable[[], bytes]
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes. `next_page`: in the platform's own words, None after the last one."""

    changes: tuple[Change, ...]
    next_page: str | None


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

    def changes(self, since: datetime, page: str | None, most: int) -> Changes:
        """At most `most` of the changes of orders since then. Raises Refused for a page that it does not know."""


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
