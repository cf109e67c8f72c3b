"""Orders as conversions keep them: the facts that storefronts and hands have told, each replaced by newer news alone.

`remaining` is what the facts leave to earn on. In whatever order the same facts are told, the order ends the same.
"""

from typing import Any, Final, Literal, Self

from laurel.domain.values.ids import StorefrontId
from laurel.domain.values.model import ExchangeRate, Frozen, Instant, Money
from laurel.domain.values.money import exchanged, share

RefundReason = Literal["refund", "chargeback"]
FactReason = Literal["chargeback", "cancelled", "refund"]
OrderState = Literal["standing", "cancelled"]
OrderMoney = Literal["awaiting", "collected", "void"]
SHOPS_CUSTOMER: Final = "cus"
EVERYBODYS_CUSTOMER: Final = "adr"
"""Prefixes of the hashes of a customer's id, which means nothing in another shop, and of a customer's address."""


def customer_scope(customer: str, storefront_id: str) -> str:
    """The scope in which a hash is one customer: the storefront that gave the id, or the whole program."""
    return storefront_id if customer.startswith(SHOPS_CUSTOMER) else "program"


class Taken(Frozen):
    """Sums over the refunds and disputes of an order that stand, in minor units of its currency.

    `goods`: of those that took goods; `total`: of those that tell only a total, of which the goods' share is taken;
    `whole`: how many took all; `chargebacks`: how many are disputes.
    """

    goods: Money = 0
    total: Money = 0
    whole: int = 0
    chargebacks: int = 0

    def changed(self, by: "Taken", sign: int) -> "Taken":
        """With `by` added (1) or taken out again (-1)."""
        return Taken(**{name: getattr(self, name) + sign * getattr(by, name) for name in Taken.model_fields})


NOTHING_TAKEN: Final = Taken()


class Order(Frozen):
    """An order; `sale` is `amount` in the program's currency, before refunds, `refunded_sale` the refunded part of it.

    `gross`: goods, shipping and tax together, in the order's currency; None where nobody told.
    `told_at`: the shop's time of its last news; `amount_at`, `state_at`: of the amount, and of state and money, where
    they are newer than that. Without any, the news is as old as the row.
    `customers` (an id of the shop, an address) and `subscription` are hashes: they do not reveal the customer.
    `named_late`: its shop named the subscription once the order was known, and might have been counted.
    """

    order_id: str
    storefront_id: StorefrontId
    amount: Money
    gross: Money | None = None
    currency: str
    exchange_rate: ExchangeRate | None = None
    sale: Money
    refunded_sale: Money = 0
    taken: Taken = NOTHING_TAKEN
    state: OrderState = "standing"
    money: OrderMoney = "collected"
    told_at: Instant | None = None
    amount_at: Instant | None = None
    state_at: Instant | None = None
    request_hash: str = ""
    customers: tuple[str, ...] = ()
    subscription: str | None = None
    named_late: bool = False

    def naming(self, subscription: str, *, is_late: bool) -> Self:
        """With the subscription that it began, which nobody has named until now."""
        return self.model_copy(update={"subscription": subscription, "named_late": is_late})

    @property
    def refunded_amount(self) -> int:
        """Minor units of goods that went back, at most all of them."""
        return self.amount if self.taken.whole else min(self.amount, self._asked_back)

    @property
    def rest(self) -> int:
        """Minor units of goods that did not go back."""
        return self.amount - self.refunded_amount

    @property
    def stands(self) -> bool:
        """True unless it was cancelled, or its money will never come."""
        return self.state == "standing" and self.money != "void"

    @property
    def is_refunded(self) -> bool:
        """True if nothing is left of it; any refund of an order of 0 is one of the whole."""
        return self.taken.whole > 0 or (self._asked_back > 0 and self._asked_back >= self.amount)

    @property
    def earns_nothing(self) -> bool:
        """True as long as it does not stand, or nothing is left of it."""
        return not self.stands or self.is_refunded

    @property
    def remaining(self) -> int:
        """The rest of the sale that can be earned on, in minor units of the program's currency."""
        return self.sale - self.refunded_sale if self.stands else 0

    @property
    def reason(self) -> FactReason | None:
        """Why it is worth less than its amount, the strongest first."""
        if self.taken.chargebacks:
            return "chargeback"
        if not self.stands:
            return "cancelled"
        return "refund" if self.taken.whole or self._asked_back else None

    def reckoned(self, currency: str, **facts: Any) -> Self:
        """With other `facts`, and the sums that follow from them. `currency`: the program's."""
        order = self.model_copy(update=facts)
        sale = _in(currency, order, order.amount)
        # what is left is exchanged: a refund that was rounded by itself would leave a unit too many, or too few
        return order.model_copy(update={"sale": sale, "refunded_sale": sale - _in(currency, order, order.rest)})

    @property
    def _asked_back(self) -> int:
        return self.taken.goods + share(self.taken.total, self.amount, self.gross)


def _in(currency: str, order: Order, amount: int) -> int:
    """A part of the order in the program's currency; 0 as long as nobody has told a rate."""
    if order.currency == currency:
        return amount
    return 0 if order.exchange_rate is None else exchanged(amount, order.currency, currency, order.exchange_rate)
