"""Bodies as they arrive: whatever stands in a field that nobody reads, the rest can be read."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from laurel.domain.tracking.webhooks import shopify, wire, woocommerce
from laurel.domain.tracking.webhooks.events import Event, OrderTold
from laurel.domain.tracking.webhooks.wire import Part, Untold
from laurel.domain.values.errors import Invalid, Malformed
from tests.kit.shop_bodies import shopify_money, shopify_order, shopify_refund, woocommerce_order

DEEP = 100_000


def read(text: str) -> Part:
    return Part.of(wire.read(text.encode("utf-8", "surrogatepass")))


@pytest.mark.parametrize(
    "unread",
    [
        "1e99999999999999999999",
        "9" * 5000,
        "0." + "1" * 5000,
        "-Infinity",
        "NaN",
        r'"\ud800"',
        '"\ud800"',
        '"tab\tand\nline"',
        "[" * 30 + "]" * 30,
        "[" * DEEP + "]" * DEEP,
        '{"a":' * DEEP + '"]\\"}"' + "}" * DEEP,
        '[{"a":' * DEEP + "1" + "}]" * DEEP,
    ],
    ids=range(12),
)
def test_a_field_that_nobody_reads_may_say_anything(unread: str):
    body = read(f'{{"before": 1, "unread": {unread}, "id": 7, "list": [{{"x": 1}}, {{"x": 2}}]}}')
    assert (body.id("id"), [part.get("x") for part in body.parts("list")]) == ("7", [1, 2])


def test_bytes_that_are_no_utf_8_and_a_mark_at_the_beginning_are_passed_over():
    assert wire.read(b'\xef\xbb\xbf{"id": 7, "name": "\xff\xfe"}')["id"] == 7


def test_of_two_fields_of_one_name_the_later_counts():
    assert read('{"id": 1, "id": 2}').id("id") == "2"


@pytest.mark.parametrize("body", [b"", b"webhook_id=1", b'{"id": 1', b"[" * 200_000, b'{"a":' * 200_000, b'{"id": 7'])
def test_what_is_no_json_is_malformed(body: bytes):
    with pytest.raises(Malformed):
        wire.read(body)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"{}"', b"null"])
def test_what_is_no_object_is_invalid(body: bytes):
    with pytest.raises(Invalid):
        wire.read(body)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ('"12.50"', "12.5"),
        ("12.5", "12.5"),
        ("-3", "-3"),
        ('"+3"', "3"),
        ('".5"', "0.5"),
        ('"5."', "5"),
        ('"1e3"', "1000"),
        ("1E+3", "1000"),
        ("0e9999", "0"),
        ("1e-9999", "0"),
        ("1.23456789012345678901234567890", "1.234567890123"),
        ("0.00499999999999999999999999", "0.004999999999"),
        ("999999999999999.99", "999999999999999.99"),
    ],
)
def test_an_amount_is_any_number(written: str, number: str):
    assert read(f'{{"a": {written}}}').amount("a") == Decimal(number)


@pytest.mark.parametrize("written", ["null", '""', '"  "'])
def test_an_empty_field_has_no_amount(written: str):
    assert read(f'{{"a": {written}}}').amount("a") is None


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('"1,00"', "amount_not_understood"),
        ('"EUR 5"', "amount_not_understood"),
        ('"٣"', "amount_not_understood"),
        ("true", "amount_not_understood"),
        ("[]", "amount_not_understood"),
        ("NaN", "amount_not_understood"),
        ('"' + "1" * 401 + '"', "amount_not_understood"),
        ("9" * 5000, "amount_not_understood"),
        ("1e99999999999999999999", "amount_not_understood"),
        ("1e99999", "amount_not_understood"),
        ("1e15", "amount_too_large"),
        ("1e9999", "amount_too_large"),
        ("-1000000000000000", "amount_too_large"),
    ],
)
def test_what_is_no_amount_says_why(written: str, reason: str):
    with pytest.raises(Untold) as untold:
        read(f'{{"a": {written}}}').amount("a")
    assert untold.value.event.reason == reason


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("7", "7"),
        ('" 7 "', "7"),
        ("450789469.0", "450789469"),
        ("5.93E+12", "5930000000000"),
        ("7.5", None),
        ("1e400", None),
        ("true", None),
        ("[]", None),
        ('""', None),
        (str(10**300), None),
        (r'"a\u0000"', None),
        (r'"\ud800"', None),
    ],
)
def test_an_id_is_text_or_a_whole_number(written: str, text: str | None):
    assert read(f'{{"a": {written}}}').id("a") == text


@pytest.mark.parametrize(("written", "says"), [("true", True), ('"true"', True), ("false", False), ("[]", False)])
def test_a_flag_is_true_or_it_is_not(written: str, says: bool):
    assert read(f'{{"a": {written}}}').says("a") is says


def told_by(told: Iterator[Event]) -> OrderTold:
    (event,) = told
    assert isinstance(event, OrderTold)
    return event


LINE = {"subtotal_set": shopify_money("0.10"), "total_tax_set": shopify_money("0.02"), "line_item": {"name": "x" * 500}}
MANY = [shopify_refund(number, refund_line_items=[LINE] * 12) for number in range(1, 401)]


def test_four_hundred_refunds_in_five_megabytes_are_all_read():
    of_shopify = json.dumps(shopify_order(refunds=MANY, note="x" * 1_000_000)).encode()
    of_woocommerce = json.dumps(
        woocommerce_order(
            refunds=[{"id": number, "total": "-0.10"} for number in range(1, 401)],
            line_items=[{"total": "0.10", "meta_data": ["x" * 1000]}] * 4500,
        )
    ).encode()
    assert min(len(of_shopify), len(of_woocommerce)) > 4_500_000
    first = told_by(shopify.events("orders/updated", wire.read(of_shopify), "EUR"))
    second = told_by(woocommerce.events("order.updated", wire.read(of_woocommerce)))
    assert len(first.refunds or ()) == len(second.refunds or ()) == 400
