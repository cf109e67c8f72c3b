"""Shops that answer anything: nothing of it stops a consumer, leads elsewhere, or is taken for the truth."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from laurel import connectors
from laurel.connectors import Busy, Denied, Refused, ShopError, Strange, http
from laurel.connectors.shopify import ShopifyShop
from laurel.domain.program.shop_access import ShopifyAccess
from laurel.domain.shops.wanted import Wanted
from laurel.store.table import Table
from tests.functional.kit.connected import PLATFORMS, Connected
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.world import World
from tests.kit.shops.server import FakeShop, opened
from tests.kit.shops.woocommerce import WooCommerce

NOW = datetime(2026, 11, 26, tzinfo=UTC)
WANTED = Wanted(code="ADA10", percent="10", currency="EUR", starts_at=NOW)
COUPON = {"id": 1, "code": "ADA10", "discount_type": "fixed_cart", "amount": "1e999999999", "meta_data": []}
NODE = {"id": "gid://1", "codeDiscount": {"__typename": "DiscountCodeBasic", "codes": {"nodes": 1}, "tags": [1]}}
PROMOTION = {"id": "promo_1", "code": "ADA10", "active": True, "metadata": {}, "coupon": {"percent_off": 1e308}}
BODIES: dict[str, bytes] = {
    "html": b"<!doctype html><title>Just a moment...</title>",
    "nothing": b"",
    "null": b"null",
    "number": b"1",
    "text": b'"ok"',
    "list": b"[]",
    "odd list": b'[null, 1, "x", {}]',
    "object": b"{}",
    "no data": b'{"data": null}',
    "odd data": b'{"data": [1]}',
    "odd shop": b'{"data": {"shop": {"currencyCode": null}, "codeDiscountNodeByCode": 1, "done": 1}, "code": {}}',
    "long currency": json.dumps({"data": {"shop": {"currencyCode": "E" * 500_000}}, "code": "E" * 500_000}).encode(),
    "odd errors": b'{"errors": [1, {"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": [1]}}',
    "endless wait": b'{"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": '
    b'{"cost": {"requestedQueryCost": 1e400, "throttleStatus": {"restoreRate": "NaN"}}}}',
    "nan": b'{"data": NaN, "id": Infinity}',
    "long number": b'{"data": ' + b"9" * 10_000 + b"}",
    "deep": b"[" * 200_000,
    "odd coupons": json.dumps([COUPON]).encode(),
    "odd coupon": json.dumps({**COUPON, "id": "x" * 100_000}).encode(),
    "odd nodes": json.dumps({"data": {"codeDiscountNodeByCode": NODE, "codeDiscountNode": NODE}}).encode(),
    "odd codes": json.dumps({"data": [PROMOTION, {**PROMOTION, "expires_at": 10**30, "id": None}]}).encode(),
    "not utf-8": b'{"data": "\xff\xfe"}',
    "surrogates": b'{"data": {"shop": {"currencyCode": "\\ud800\\ud8"}}}',
}
STATUSES = [200, 201, 204, 301, 302, 307, 400, 401, 404, 409, 418, 429, 500, 503, 599]


@dataclass
class Hostile:
    """A shop that answers all with the same."""

    status: int = 200
    body: bytes = b""

    def answer(self, *_: Any) -> tuple[int, bytes]:
        return self.status, self.body


@pytest.fixture(scope="module")
def hostile() -> Iterator[FakeShop]:
    with opened(Hostile()) as shop:  # type: ignore[arg-type]
        yield shop


def asked_all(shop: FakeShop, platform: Any) -> list[object]:
    """The results of all that a connector can ask for: an error, or the answer."""
    results: list[object] = []
    for name in ("check", "find", "create", "change", "end"):
        credentials = {**PLATFORMS[platform][1], "base_url": shop.url}
        connector = connectors.connect(platform, credentials, is_local=True)
        arguments: dict[str, tuple[Any, ...]] = {
            "check": (),
            "find": ("ADA10", "7"),
            "create": (WANTED, "shc_1", "1"),
            "change": ("7", WANTED, NOW),
            "end": ("7", NOW),
        }
        try:
            results.append(getattr(connector, name)(*arguments[name]))
        except ShopError as error:
            results.append(error)
    return results


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("body", BODIES)
def test_whatever_a_shop_answers_is_an_answer_or_none(hostile: FakeShop, platform: str, body: str, pauses: list[float]):
    hostile.platform = Hostile(200, BODIES[body])
    results = asked_all(hostile, platform)
    assert all(len(str(result)) < 1000 for result in results)
    assert not pauses or max(pauses) <= 3


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("status", STATUSES)
def test_whatever_the_status_it_is_understood(hostile: FakeShop, platform: str, status: int):
    hostile.platform = Hostile(status, b'{"message": "no", "error": {"message": "no"}}')
    results = asked_all(hostile, platform)
    assert [result for result in results[:1] if not isinstance(result, ShopError)] == []


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_shop_that_leads_elsewhere_is_not_followed_and_its_connection_says_so(hostile: FakeShop, platform: str):
    hostile.platform = Hostile(302)
    hostile.calls.clear()
    asked = [result for result in asked_all(hostile, platform) if not isinstance(result, Refused)]
    assert all(isinstance(result, Denied) for result in asked)
    assert len(hostile.calls) == len(asked)  # Stripe's codes do not change, whoever asks


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_huge_answer_is_none(hostile: FakeShop, platform: str):
    hostile.platform = Hostile(200, b'{"data": "' + b"x" * 3_000_000 + b'"}')
    assert all(isinstance(result, ShopError) for result in asked_all(hostile, platform))


@pytest.mark.parametrize("body", ["html", "list", "odd shop", "object", "deep"])
def test_a_code_waits_while_its_shop_talks_nonsense_and_comes_after_it(
    api: Gateway, world: World, shops_queue: ShopsQueue, table: Table, body: str
):
    with opened(PLATFORMS["shopify"][0]()) as shop:
        here = Connected(api, world, shops_queue, table, "shopify", shop)
        here.connect()
        sane, shop.platform = shop.platform, Hostile(200, BODIES[body])
        api.post(f"{here.ada}/promo-code", {"promo_code": "ADA11"})
        here.work()
        state, reason = here.state()
        assert (state, reason in {"answer_not_understood", "shop_unreachable"}) == ("pending", True)
        shop.platform = sane
        here.queue.pass_time(table)
        here.work()
        assert (here.live(), here.state()[0]) == ({"ADA11"}, "live")


def test_an_odd_shape_is_told_apart_from_silence(hostile: FakeShop):
    hostile.platform = Hostile(200, BODIES["odd data"])
    assert all(isinstance(result, Strange) for result in asked_all(hostile, "shopify"))


class Hasty:
    """The line to a shop that is throttled and need not be waited for."""

    def send(self, *_: Any) -> http.Answer:
        return http.Answer(429, {"retry-after": "0"}, None)


def test_a_throttle_of_no_seconds_is_a_throttle(pauses: list[float]):
    shop = ShopifyShop(ShopifyAccess.model_validate(PLATFORMS["shopify"][1]), Hasty())  # type: ignore[arg-type]
    with pytest.raises(Busy):
        shop.check()
    assert all(0 < pause <= 1 for pause in pauses)


class Stubborn(WooCommerce):
    """A shop that calls every new code taken, and shows none."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if method == "POST":
            return 400, b'{"code": "woocommerce_rest_coupon_code_already_exists", "message": "taken"}'
        return super().answer(method, path, headers, body)


class Tidied(WooCommerce):
    """A shop whose merchant deletes a coupon just before it is changed."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        if method == "PUT":
            self.coupons.clear()
        return super().answer(method, path, headers, body)


def test_a_coupon_that_is_deleted_just_before_it_is_changed_is_made_anew_and_locks_nobody_out(
    api: Gateway, world: World, shops_queue: ShopsQueue, table: Table
):
    with opened(Tidied()) as shop:
        here = Connected(api, world, shops_queue, table, "woocommerce", shop)
        here.connect()
        api.patch(here.offer, {"discount": {"percent": "25"}})
        here.work()
        assert (here.connection(), here.state()) == ("ok", ("pending", "shop_busy"))
        here.queue.pass_time(table)
        here.work()
        assert shop.platform.live() == {"ada10": "25"}


def test_a_code_that_a_shop_calls_taken_and_does_not_show_is_a_conflict_in_the_end(
    api: Gateway, world: World, shops_queue: ShopsQueue, table: Table
):
    with opened(Stubborn()) as shop:
        here = Connected(api, world, shops_queue, table, "woocommerce", shop)
        here.connect()
        assert here.state() == ("pending", "taken")
        for _ in range(2):
            here.queue.pass_time(table)
            here.work()
        assert here.state() == ("conflict", "taken")
