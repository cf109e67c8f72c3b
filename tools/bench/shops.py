"""The cost of deliveries of shops: verified, translated and recorded, through functions/webhooks."""

from dataclasses import dataclass
from typing import Any, Final

from laurel import clock, vault
from laurel.domain.program.programs import Platform, Storefront
from laurel.store import items, lookups
from laurel.workflows.program.storefronts import SECRETS
from tests.kit import shop_bodies
from tools.bench import gateway, samples
from tools.bench.gateway import Request
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Row, Table, Target, figures
from tools.bench.world import Lab, World, world

_NOTES: Final = (
    "Signature and translation included; KMS, asked once in five minutes for a secret, is not counted.",
    "A payment of Stripe is an item of its own, which refunds name instead of the order.",
    "Every delivery leaves a trace: 1 WRU and a trip. Of a refused one the body is kept, too, and an index entry.",
)
_MOST_TRIPS: Final = 5
_MOST_UNITS: Final = 2
"""The order, and the trace."""
_OF_A_TRACE: Final = 1


def table(lab: Lab) -> Table:
    """The cost per delivery."""
    shop = world(lab, samples.template())
    code = shop.seller().code.promo_code
    return Table(
        "Deliveries of shops", [*_shopify(shop, code), *_woocommerce(shop, code), *_stripe(shop, code)], _NOTES
    )


@dataclass(frozen=True, slots=True)
class _Connected:
    """A storefront of a platform of the program."""

    shop: World
    platform: Platform
    storefront_id: str

    def row(self, name: str, topic: str, body: Any, target: Target | None = None) -> Row:
        """The cost of a delivery. Without a target it is an order."""
        bill = self._bill(topic, body)
        cost = bill.cost
        order = Target(
            f"<= {_MOST_TRIPS} trips, {_MOST_UNITS} WRU", cost.trips <= _MOST_TRIPS and cost.wru <= _MOST_UNITS
        )
        return Row(name, {**figures(cost), "calls": bill.operations}, target or order)

    def kept(self, name: str, topic: str, body: Any) -> Row:
        """The cost of a delivery of which nothing but its trace is written."""
        bill = self._bill(topic, body)
        is_small = bill.cost.wru <= _OF_A_TRACE and not bill.cost.index_wru
        target = Target(f"<= {_OF_A_TRACE} WRU, no index entry", is_small)
        return Row(name, {**figures(bill.cost), "calls": bill.operations}, target)

    def _bill(self, topic: str, body: Any) -> Bill:
        headers = shop_bodies.signed(self.platform, topic, shop_bodies.as_sent(body), clock.now())
        path = f"/webhooks/{self.storefront_id}/{self.platform}"
        return gateway.send(self.shop.lab, Request("webhooks", "POST", path, body=body, headers=headers), 200).bill


def _connected(shop: World, platform: Platform) -> _Connected:
    """A storefront known to the function, as from a shop's second delivery on."""
    opened = Storefront(storefront_id=samples.new_id("sf"), name=platform, platform=platform, **samples.STAMPS)
    storefront_id = opened.storefront_id
    sealed = vault.seal(shop_bodies.SECRET, storefront_id=storefront_id)
    shop.lab.load(
        [
            items.storefront(shop.program_id, opened) | {SECRETS: [sealed]},
            lookups.storefront(shop.program_id, storefront_id),
        ]
    )
    connected = _Connected(shop, platform, storefront_id)
    ignored: Any = shop_bodies.stripe_event("plan.created", {"id": "1"}) if platform == "stripe" else {}
    connected.row("the first of a shop", "other", ignored, NO_TARGET)
    return connected


def _shopify(shop: World, code: str) -> list[Row]:
    shopify = _connected(shop, "shopify")
    price = {"subtotal_price_set": None, "subtotal_price": "100.00", "currency": "USD"}
    order = shop_bodies.shopify_order(discount_codes=[{"code": code}], **price)
    refund = shop_bodies.shopify_refund(refund_line_items=[{"subtotal": "9.00"}])
    return [
        shopify.row("Shopify: an order", "orders/create", order),
        shopify.row("the same again", "orders/create", order, NO_TARGET),
        shopify.row("a refund", "refunds/create", refund, NO_TARGET),
        shopify.row("an order to be paid", "orders/create", {**order, "id": 2, "financial_status": "pending"}),
        shopify.row("its money", "orders/paid", {**order, "id": 2}, NO_TARGET),
    ]


def _woocommerce(shop: World, code: str) -> list[Row]:
    woocommerce = _connected(shop, "woocommerce")
    order = shop_bodies.woocommerce_order(currency="USD", coupon_lines=[{"code": code}])
    refunded = {**order, "refunds": [{"id": 1, "total": "-9.00"}]}
    refused = {**order, "id": 2, "line_items": [{"total": "much"}]}
    return [
        woocommerce.row("WooCommerce: an order", "order.created", order),
        woocommerce.row("with a refund", "order.updated", refunded, NO_TARGET),
        woocommerce.kept("a delivery that is ignored, kept", "other", {}),
        woocommerce.row("one that is refused, kept with its body", "order.created", refused, NO_TARGET),
    ]


def _stripe(shop: World, code: str) -> list[Row]:
    stripe = _connected(shop, "stripe")
    session = shop_bodies.stripe_session(currency="usd", metadata={"promo_code": code})
    checkout = shop_bodies.stripe_event("checkout.session.completed", session)
    refund = shop_bodies.stripe_event("charge.refunded", shop_bodies.stripe_charge(900, currency="usd"))
    dispute = shop_bodies.stripe_event("charge.dispute.created", shop_bodies.stripe_dispute(500, currency="usd"))
    return [
        stripe.row("Stripe: a checkout and its payment", "", checkout, Target("a payment more")),
        stripe.row("a refund", "", refund, NO_TARGET),
        stripe.row("the same again", "", refund, NO_TARGET),
        stripe.row("a dispute", "", dispute, NO_TARGET),
    ]
