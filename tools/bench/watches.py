"""The cost of a look at a shop's changed orders: calls there, what the table pays, and the time at the throttle.

The shops are those that the tests start on this machine.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Any, Final

from laurel import clock, connectors
from laurel.domain.program.programs import Platform, Storefront
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.queue import ShopMessage
from laurel.store import items, outbox, shop_items, shop_keys
from laurel.store.operations import Put
from laurel.workflows.tracking import watching
from tests.kit import shop_bodies
from tests.kit.shops import server, shopify, stripe, woocommerce
from tests.kit.shops.server import FakeShop
from tools.bench import samples
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Figure, Row, Table, Target, figures
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

_MANY: Final = 40
_MINUTES: Final = 10
"""Within the overlap of two looks: the second one is told all of them again."""
_MOST_OF_A_QUIET_LOOK: Final = 2
_MOST_OF_AN_ORDER: Final = 2
"""Calls at Shopify, where orders are listed by id; others list them whole."""
_POINTS_A_SECOND: Final = 100
_NOTES: Final = (
    "A connected shop is asked once an hour; without SQS, and the credentials open already.",
    "calls: requests to the shop, pages of 20. seconds: at the throttle of Shopify's common plan.",
    "the same: all of them are told once more an hour later, and known.",
)
Sold = Callable[[int, datetime, str], Any]


def table(lab: Lab) -> Table:
    """The cost of a look that finds nothing, many orders, and the same again, for each platform."""
    rows: list[Row] = []
    for platform, (made, credentials, order) in _PLATFORMS.items():
        with server.opened(made()) as shop:
            rows += _Bench(lab, platform, credentials, shop).rows(order)
    return Table("Looks for changed orders", rows, _NOTES)


def _of_shopify(number: int, at: datetime, code: str) -> Any:
    price = {"subtotal_price_set": shop_bodies.shopify_money("100.00", "USD"), "currency": "USD"}
    when = {"created_at": at.isoformat(), "updated_at": at.isoformat()}
    return shop_bodies.shopify_order(number, discount_codes=[{"code": code}], **price, **when)


def _of_woocommerce(number: int, at: datetime, code: str) -> Any:
    told = at.isoformat().removesuffix("+00:00")
    when = {"date_created_gmt": told, "date_modified_gmt": told}
    return shop_bodies.woocommerce_order(number, currency="USD", coupon_lines=[{"code": code}], **when)


def _of_stripe(number: int, at: datetime, code: str) -> Any:
    created = int(at.timestamp())
    about = {"metadata": {"promo_code": code}, "payment_intent": f"pi_{number}", "currency": "usd", "created": created}
    session = shop_bodies.stripe_session(f"cs_{number}", **about)
    return shop_bodies.stripe_event("checkout.session.completed", session, created=created)


_PLATFORMS: Final[dict[Platform, tuple[Callable[[], Any], dict[str, str], Sold]]] = {
    "shopify": (shopify.Shopify, shopify.CREDENTIALS, _of_shopify),
    "woocommerce": (woocommerce.WooCommerce, woocommerce.CREDENTIALS, _of_woocommerce),
    "stripe": (stripe.Stripe, stripe.CREDENTIALS, _of_stripe),
}


class _Bench:
    def __init__(self, lab: Lab, platform: Platform, credentials: dict[str, str], shop: FakeShop) -> None:
        self.platform, self.credentials, self.shop = platform, {**credentials, "base_url": shop.url}, shop
        self.world: World = world(lab, samples.template())
        self.table, self.quiet = lab.table, lab.quiet
        self.program_id, self.now = self.world.program_id, clock.now().replace(microsecond=0)
        opened = Storefront(storefront_id=samples.new_id("sf"), name=platform, platform=platform, **samples.STAMPS)
        self.storefront_id = opened.storefront_id
        connection = Connection.to(self.storefront_id, platform, self.now).checked(self.now, None, None)
        sealed = {**shop_items.connection(self.program_id, connection), shop_items.SEALED: "sealed"}
        self.watch = Watch.of(self.storefront_id, self.now - timedelta(minutes=_MINUTES), self.now)
        for item in (items.storefront(self.program_id, opened), sealed):
            self.quiet.write(Put(item, new=True))

    def rows(self, order: Sold) -> list[Row]:
        quiet = self._row("nothing changed", self.watch)
        for number in range(_MANY):
            at = self.now - timedelta(minutes=_MINUTES) + timedelta(seconds=number * 10)
            self.shop.platform.sell(order(number + 1, at, self.world.seller().code.promo_code))
        return [quiet, self._row(f"{_MANY} new orders", self._stored()), self._row("the same", self._stored())]

    def _stored(self) -> Watch:
        item = self.quiet.get(shop_keys.watch(self.program_id, self.storefront_id))
        return items.parse(Watch, item or {})

    def _row(self, name: str, watch: Watch) -> Row:
        self.quiet.write(Put(outbox.item(self.program_id, watch.due_now(self.now))))
        key, calls, points = outbox.key(self.program_id, watch), len(self.shop.calls), self._points()
        message, is_over = ShopMessage(self.program_id, key.pk, key.sk, self.storefront_id), False
        with self.world.lab.meter.measure() as bill:
            while not is_over:
                asked = watching.take(self.table, self._open, message, self.now, token_bytes)
                if asked.reason is not None:
                    raise ToolError(f"{self.platform} does not tell its orders: {asked.reason}")
                is_over = self._stored().page is None
        return self._measured(name, len(self.shop.calls) - calls, self._points() - points, bill)

    def _measured(self, name: str, calls: int, points: float, bill: Bill) -> Row:
        shown: dict[str, Figure] = {"calls": calls, **figures(bill.cost)}
        shown["seconds"] = points / _POINTS_A_SECOND if points else None
        return Row(f"{self.platform}: {name}", shown, _target(name, calls))

    def _points(self) -> float:
        return float(self.shop.platform.bucket.taken) if isinstance(self.shop.platform, shopify.Shopify) else 0

    def _open(self, platform: Platform, _: str, __: str) -> connectors.Connector:
        return connectors.connect(platform, self.credentials, is_local=True)


def _target(name: str, calls: int) -> Target:
    if name == "nothing changed":
        return Target(f"<= {_MOST_OF_A_QUIET_LOOK} calls", calls <= _MOST_OF_A_QUIET_LOOK)
    most = _MOST_OF_AN_ORDER * _MANY + _MANY // 20 + 1
    return Target(f"<= {most} calls", calls <= most) if name != "the same" else NO_TARGET
