"""Whom a delivery comes from: only who has a secret of the shop can say anything."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks.signatures import canonical_query, is_signed, is_signed_query
from tests.kit.shop_bodies import signed
from tests.unit.kit.builders import SATURDAY, steady

BODY = b'{"id": 1}'
PLATFORMS = ("shopify", "woocommerce", "stripe")
texts = st.text(min_size=1, max_size=40)


def headers(platform: str, secret: str = "new", body: bytes = BODY):
    return dict(signed(platform, "any", body.decode(), SATURDAY, secret))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_the_shop_signed_is_believed(platform: str):
    assert is_signed(platform, BODY, headers(platform), ["new"], SATURDAY)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_while_a_secret_is_changed_either_is_believed(platform: str):
    for secret in ("new", "old"):
        assert is_signed(platform, BODY, headers(platform, secret), ["new", "old"], SATURDAY)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_secret_that_was_dropped_is_not_believed(platform: str):
    assert not is_signed(platform, BODY, headers(platform, "old"), ["new"], SATURDAY)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_without_a_secret_nobody_is_believed(platform: str):
    assert not is_signed(platform, BODY, headers(platform, ""), [], SATURDAY)
    assert not is_signed(platform, BODY, {}, ["new"], SATURDAY)


@pytest.mark.parametrize("platform", PLATFORMS)
@given(other=st.binary(max_size=40))
@steady
def test_a_signature_holds_for_no_other_body(platform: str, other: bytes):
    assert is_signed(platform, other, headers(platform), ["new"], SATURDAY) == (other == BODY)


@pytest.mark.parametrize("platform", PLATFORMS)
@given(said=st.text(max_size=120))
@steady
def test_nonsense_for_a_signature_is_no_signature(platform: str, said: str):
    names = headers(platform)
    assert not is_signed(platform, BODY, dict.fromkeys(names, said), ["new"], SATURDAY)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce"])
def test_the_hex_of_a_signature_is_not_its_base64(platform: str):
    names = headers(platform)
    hexed = {
        name: base64.b64decode(value).hex() for name, value in names.items() if name.endswith(("256", "signature"))
    }
    assert not is_signed(platform, BODY, names | hexed, ["new"], SATURDAY)


@pytest.mark.parametrize(("seconds", "believed"), [(0, True), (300, True), (301, False), (-300, True), (-301, False)])
def test_stripe_is_believed_for_five_minutes(seconds: int, believed: bool):
    assert is_signed("stripe", BODY, headers("stripe"), ["new"], SATURDAY + timedelta(seconds=seconds)) is believed


def test_a_timestamp_cannot_be_renewed_without_the_secret():
    old = signed("stripe", "", BODY.decode(), SATURDAY - timedelta(hours=1), "new")["stripe-signature"]
    renewed = f"t={int(SATURDAY.timestamp())},{old.partition(',')[2]}"
    assert not is_signed("stripe", BODY, {"stripe-signature": renewed}, ["new"], SATURDAY)
    assert not is_signed("stripe", BODY, {"stripe-signature": f"{renewed},{old}"}, ["new"], SATURDAY)


def test_stripe_may_sign_with_several_secrets_and_older_schemes():
    good = headers("stripe")["stripe-signature"]
    stamp, _, right = good.partition(",")
    said = f"{stamp},v0=00,v1={'0' * 64}, {right}"
    assert is_signed("stripe", BODY, {"stripe-signature": said}, ["new"], SATURDAY)
    assert not is_signed("stripe", BODY, {"stripe-signature": said.replace("v1=", "v0=")}, ["new"], SATURDAY)


@given(st.lists(st.tuples(texts, texts), max_size=6), st.randoms())
@steady
def test_a_postback_is_signed_whatever_the_order_of_its_parameters(pairs: list[tuple[str, str]], random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    signature = hmac.new(b"new", canonical_query(pairs).encode(), hashlib.sha256).hexdigest()
    assert is_signed_query(shuffled, signature, ["old", "new"])
    assert is_signed_query(shuffled, signature.upper(), ["new"])
    assert not is_signed_query([*shuffled, ("x", "y")], signature, ["new"])
    assert not is_signed_query(shuffled, signature, ["old"])
    assert not is_signed_query(shuffled, "", ["new"])


def test_the_text_that_a_postback_signs_is_the_documented_one():
    pairs = [("order_id", "No 7/ä~"), ("amount", "100"), ("click_id", "a-b_c.d")]
    assert canonical_query(pairs) == "amount=100&click_id=a-b_c.d&order_id=No%207%2F%C3%A4~"
