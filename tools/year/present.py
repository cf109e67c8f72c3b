"""A shop of now, added through the API itself: it has the codes, and some of what it sent is refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from tools import demo
from tools.api_client import ApiClient
from tools.shop.carts import Cart
from tools.shop.orders import order_of
from tools.shop.server import LocalShop
from tools.year.story import Told

_FIRST_NUMBER: Final = 1901
"""Of orders before the shop's own."""


def scene_of(told: Told, admin: ApiClient, shop: LocalShop, now: datetime) -> demo.Scene:
    """Connects the shop, and tells what to try next. Raises ToolError if the API refuses."""
    scene = told.scene
    demo.connect(admin, shop)
    for topic, order in _strange(now):
        if shop.hook is not None:
            shop.hook.tell(topic, order)
    link = f"{admin.url}/r/{told.ada.slug}"
    storefront = ApiClient(admin.url, scene.secret)
    return demo.Scene(admin, storefront, scene.skincare.offer_id, told.ada.member_id, {}, shop.url, link)


def _strange(now: datetime) -> list[tuple[str, Mapping[str, Any]]]:
    """An order in a currency that the program has no rate for, and two that cannot be read."""
    carts = [Cart({"serum": 1}), Cart({"oil": 2, "soap": 1}), Cart({"balm": 3})]
    orders = [order_of(cart, None, "", _FIRST_NUMBER + number, now) for number, cart in enumerate(carts)]
    oddities: list[dict[str, Any]] = [{"currency": "SEK"}, {"id": None}, {"id": None}]
    return [("orders/create", {**order, **odd}) for order, odd in zip(orders, oddities, strict=True)]
