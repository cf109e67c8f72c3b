"""Orders as storefronts report them, and as conversions keep them."""

from typing import Final, Literal

from laurel.domain.values.ids import StorefrontId
from laurel.domain.values.model import ExchangeRate, Frozen, Money

RefundReason = Literal["refund", "chargeback"]
SHOPS_CUSTOMER: Final = "cus"
EVERYBODYS_CUSTOMER: Final = "adr"
"""Prefixes of the hashes of a customer's id, which means nothing in another shop, and of a customer's address."""


def customer_scope(customer: str, storefront_id: str) -> str:
    """The scope in which a hash is one customer: the storefront that gave the id, or the whole program."""
    return storefront_id if customer.startswith(SHOPS_CUSTOMER) else "program"


class Order(Frozen):
    """An order as a storefront reported it; `sale` is `amount` in the program's currency, before refunds.

    `refund_reason`: None until there is a refund; a chargeback outweighs other refunds, whichever came first.
    `customers` (an id of the shop, an address) and `subscription` are hashes: they do not reveal the customer.
    `awaits_payment`: the shop has not got its money yet, so nothing is approved by itself.
    """

    order_id: str
    storefront_id: StorefrontId
    amount: Money
    currency: str
    exchange_rate: ExchangeRate | None = None
    sale: Money
    refunded_amount: Money = 0
    refunded_sale: Money = 0
    refund_reason: RefundReason | None = None
    request_hash: str
    customers: tuple[str, ...] = ()
    subscription: str | None = None
    awaits_payment: bool = False

    @property
    def remaining(self) -> int:
        """The rest of the sale after refunds, in the program's currency."""
        return self.sale - self.refunded_sale

    @property
    def is_refunded(self) -> bool:
        """Whether nothing is left of it; any refund of an order of 0 is one of the whole."""
        return self.refund_reason is not None and self.refunded_amount >= self.amount
