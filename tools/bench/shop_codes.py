"""The cost of a code in a shop: calls there, what the table pays, and how many a second the throttle lets by.

The shops are those that the tests start on this machine.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from laurel import connectors
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.program.programs import Platform
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.queue import Queue, ShopMessage
from laurel.store import items, outbox, shop_items
from laurel.store.operations import Put
from laurel.workflows.shops import handing, telling
from tests.kit.shops import server, shopify, stripe, woocommerce
from tests.kit.shops.server import FakeShop
from tools.bench import samples
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Figure, Row, Table, Target, figures
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

_PLATFORMS: Final[dict[Platform, tuple[Callable[[], Any], dict[str, str]]]] = {
    "shopify": (shopify.Shopify, shopify.CREDENTIALS),
    "woocommerce": (woocommerce.WooCommerce, woocommerce.CREDENTIALS),
    "stripe": (stripe.Stripe, stripe.CREDENTIALS),
}
_MOST_CALLS: Final[dict[str, int]] = {"made": 2, "the same, looked at": 1, "replaced": 4, "ended": 3}
"""Calls of a shop where a code is an object of its own; Stripe also asks for the coupon of the terms."""
_COUPON: Final = 1
_MANY: Final = 10_000
_POINTS_A_SECOND = 100
"""Shopify: what a shop of the common plan gets back."""
_STRIPE_A_SECOND: Final = 100
_NOTES: Final = (
    "Handed on and told: the mail function's message and the functions/shops run, without SQS.",
    "calls: requests to the shop. a second: codes at the platform's throttle, for one shop; WooCommerce names none.",
    f"{_MANY:,}: minutes for so many codes of one shop at that throttle, with workers to spare.",
    "A code is looked at again each day, and whenever the shop tells that it was touched.",
)


class Unheard(Queue):
    """A queue that takes every message."""

    def __init__(self) -> None:
        super().__init__("bench")

    def send(self, message: Any, after: timedelta = timedelta(0)) -> None:
        """Nobody waits for it: the bench takes it itself."""


def table(lab: Lab) -> Table:
    """The cost of a code that is made, looked at, replaced and ended, for each platform."""
    rows: list[Row] = []
    for platform, (made, credentials) in _PLATFORMS.items():
        with server.opened(made()) as shop:
            rows += _Bench(lab, platform, credentials, shop).rows()
    return Table("Codes in shops", rows, _NOTES)


class _Bench:
    def __init__(self, lab: Lab, platform: Platform, credentials: dict[str, str], shop: FakeShop) -> None:
        self.platform, self.credentials, self.shop = platform, {**credentials, "base_url": shop.url}, shop
        self.world: World = world(lab, samples.template(), offer=samples.offer(discount={"percent": "10"}))
        self.table, self.quiet = lab.table, lab.quiet
        self.program_id, self.now = self.world.program_id, datetime.now(samples.NOW.tzinfo).replace(microsecond=0)
        self.storefront_id = self.world.shop.storefront_id
        connection = Connection.to(self.storefront_id, platform, self.now).checked(self.now, None, None)
        self.quiet.write(Put(shop_items.connection(self.program_id, connection), new=True))

    def rows(self) -> list[Row]:
        enrolled = self.world.seller().enrollment
        code = enrolled.promo_code or ""
        first = ShopCode.of(self.program_id, self.storefront_id, enrolled.offer_id, enrolled.member_id, code, self.now)
        self.quiet.write(outbox.put(self.program_id, first))
        made = self._row("made", first)
        same = self._row("the same, looked at", self._stored(first).looked_at(self.now))
        other = self._edited(enrolled, promo_code=f"{code}X")
        replaced = self._row("replaced", self._stored(first).wanted_anew(f"{code}X", self.now, sells=True))
        self._edited(other, active=False)
        return [made, same, replaced, self._row("ended", self._stored(first).wanted_anew(code, self.now, sells=False))]

    def _edited(self, enrolled: Enrollment, **fields: Any) -> Enrollment:
        changed = enrolled.model_copy(update=fields)
        self.quiet.write(Put(items.enrollment(self.program_id, changed)))
        return changed

    def _stored(self, code: ShopCode) -> ShopCode:
        item = self.quiet.get(outbox.key(self.program_id, code))
        return items.parse(ShopCode, item or {})

    def _row(self, name: str, code: ShopCode) -> Row:
        self.quiet.write(Put(outbox.item(self.program_id, code)))
        before, key = len(self.shop.calls), outbox.key(self.program_id, code)
        points = _points(self.shop)
        with self.world.lab.meter.measure() as bill:
            handing.hand(self.table, Unheard(), self.program_id, code, self.now)
            message = ShopMessage(self.program_id, key.pk, key.sk)
            result = telling.take(self.table, self._open, message, self.now)
        if result is not telling.Result.DONE:
            raise ToolError(f"the bench's code is not {name} at {self.platform}: {result.value}")
        calls, taken = self.shop.calls[before:], _points(self.shop) - points
        return _row(f"{self.platform}: {name}", name, calls, _rate(self.platform, len(calls), taken), bill)

    def _open(self, platform: Platform, _: str, __: str) -> connectors.Connector:
        return connectors.connect(platform, self.credentials, is_local=True)


def _row(title: str, name: str, calls: list[str], rate: float | None, bill: Bill) -> Row:
    shown: dict[str, Figure] = {"calls": len(calls), **figures(bill.cost), "a second": rate}
    shown[f"{_MANY:,}"] = None if rate is None else _MANY / rate / 60
    if title.startswith("stripe"):
        most = _MOST_CALLS[name] + 2 * _COUPON * (name in {"made", "replaced"})
    else:
        most = _MOST_CALLS[name]
    return Row(title, shown, Target(f"<= {most} calls", len(calls) <= most) if most else NO_TARGET)


def _points(shop: FakeShop) -> float:
    """The points that a shop of Shopify has taken so far."""
    return float(shop.platform.bucket.taken) if isinstance(shop.platform, shopify.Shopify) else 0


def _rate(platform: Platform, calls: int, points: float) -> float | None:
    """Codes a second of one shop; None where nobody says."""
    match platform:
        case "shopify":
            return _POINTS_A_SECOND / points
        case "stripe":
            return _STRIPE_A_SECOND / calls
        case _:
            return None
