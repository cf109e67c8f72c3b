"""Postbacks: an order in a signed address."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks.signatures import canonical_query
from laurel.store.table import Table
from tests.functional.kit.gateway import Answer
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World
from tests.kit.shop_bodies import SECRET

ORDER = {"order_id": "A 1/ä", "amount": "5000", "currency": "EUR", "code": "ADA10"}


def signature(pairs: Any, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), canonical_query(pairs).encode(), hashlib.sha256).hexdigest()


def send(shop: Shop, order: Any, *, sig: str | None = None, encode: Any = quote, **headers: str) -> Answer:
    pairs = list(order.items()) if isinstance(order, dict) else order
    query = urlencode([*pairs, ("sig", signature(pairs) if sig is None else sig)], quote_via=encode)
    return shop.api.get(f"/t/{shop.ids['api']}?{query}", key=None, **headers)


def test_a_signed_address_reports_an_order_and_tells_nothing_of_the_program(shop: Shop, world: World):
    answer = send(shop, ORDER)
    assert (answer.status, answer.body) == (200, {"order_id": "A 1/ä"})
    told = shop.conversion("api", "A 1/ä")
    assert (told["member_id"], told["amount"], told["commission"]) == (world.ada, 5000, 500)


def test_however_the_address_is_encoded_its_signature_is_one(shop: Shop):
    assert send(shop, ORDER, encode=quote_plus).status == 200
    assert send(shop, dict(reversed(ORDER.items()))).status == 200


def test_the_same_again_is_answered_as_before_and_another_amount_is_a_conflict(shop: Shop, items: Table):
    first = send(shop, ORDER)
    before = everything(items)
    assert send(shop, ORDER).body == first.body
    assert send(shop, ORDER | {"pixel": "1"}).status == 200
    other = send(shop, ORDER | {"amount": "5001"})
    assert (other.status, other.code) == (409, "order_conflict")
    assert everything(items) == before


def test_an_order_in_another_currency_is_converted_at_the_rate_of_its_shop(shop: Shop):
    path = f"/v1/storefronts/{shop.ids['api']}"
    for rate in ("0.5", "0.6"):  # the same again keeps the first
        assert shop.api.patch(path, {"exchange_rates": {"USD": rate}}).status == 200
        assert send(shop, ORDER | {"currency": "USD"}).status == 200
    told = shop.conversion("api", "A 1/ä")
    assert (told["amount"], told["exchange_rate"], told["commission"]) == (5000, "0.5", 250)


def test_a_page_that_asks_for_an_image_gets_one(shop: Shop):
    for answer in (send(shop, ORDER, accept="image/webp,*/*"), send(shop, ORDER | {"pixel": "1"})):
        assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/gif", "no-store")
        assert base64.b64decode(answer.body).startswith(b"GIF89a")
    assert "json" in send(shop, ORDER, accept="text/html,image/webp").headers["Content-Type"]


def test_without_the_secret_nothing_is_stored(shop: Shop, items: Table):
    before = everything(items)
    for sig in ("", "0" * 64, "nonsense", signature(ORDER.items(), "another"), signature([])):
        answer = send(shop, ORDER, sig=sig)
        assert (answer.status, answer.code) == (401, "invalid_signature")
    assert everything(items) == before


def test_every_parameter_is_signed(shop: Shop):
    good = signature(ORDER.items())
    assert send(shop, ORDER | {"click_id": "x"}, sig=good).status == 401
    for name in ORDER:
        assert send(shop, ORDER | {name: "1"}, sig=good).status == 401
        assert send(shop, {k: v for k, v in ORDER.items() if k != name}, sig=good).status == 401


WRONG = [
    ("amount", "50.00"),
    ("amount", "-1"),
    ("amount", "1" * 14),
    ("amount", "٣"),
    ("amount", ""),
    ("currency", "eur"),
    ("currency", "USD"),
    ("order_id", ""),
    ("order_id", "x" * 256),
    ("code", "x" * 65),
    ("member_id", "mem_" + "0" * 26),
]


def test_what_does_not_fit_is_refused_with_its_name(shop: Shop, items: Table):
    before = everything(items)
    for name, value in WRONG:
        answer = send(shop, ORDER | {name: value})
        assert (answer.status, answer.pointers) == (422, [f"/{name}"]), answer.body
    assert everything(items) == before


def test_a_parameter_given_twice_is_refused(shop: Shop):
    assert send(shop, [*ORDER.items(), ("amount", "1")]).status == 422


def test_an_unknown_shop_is_absent(shop: Shop):
    assert send(Shop(shop.api, shop.world, {"api": "sf_" + "0" * 26}), ORDER).status == 404
    assert send(Shop(shop.api, shop.world, {"api": "nobody"}), ORDER).status == 404


@given(st.dictionaries(st.sampled_from([*ORDER, "click_id", "pixel", "x"]), st.text(max_size=70), max_size=5))
@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_nonsense_with_a_good_signature_breaks_anything(shop: Shop, changes: dict[str, str]):
    assert send(shop, {**ORDER, **changes}).status in {200, 401, 409, 422}
