"""What only shows over several requests: replays, frozen money, evidence, lists."""

import pytest

from laurel.store import keys
from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World

ORDER = {"order_id": "1001", "amount": 5_000, "currency": "EUR", "promo_code": "ADA10"}


@pytest.fixture
def shop(api: Gateway, world: World) -> Gateway:
    return Gateway(world.reporter)


def test_a_refused_report_does_not_freeze_currency_and_time_zone(api: Gateway, shop: Gateway) -> None:
    assert shop.post("/v1/conversions", {**ORDER, "currency": "USD"}).code == "currency_mismatch"
    assert api.patch("/v1/program", {"currency": "USD", "timezone": "America/New_York"}).status == 200
    assert shop.post("/v1/conversions", {**ORDER, "currency": "USD"}).status == 201


def test_the_first_recorded_order_freezes_currency_and_time_zone(api: Gateway, shop: Gateway) -> None:
    shop.post("/v1/conversions", {**ORDER, "promo_code": "NOBODY"})
    for change in ({"currency": "USD"}, {"timezone": "UTC"}):
        assert api.patch("/v1/program", change).code == "program_in_use"
    assert api.patch("/v1/program", {"name": "Glow"}).status == 200


def test_an_amount_that_grows_beyond_measure_by_its_rate_is_refused(shop: Gateway) -> None:
    answer = shop.post("/v1/conversions", {**ORDER, "amount": 10**12, "currency": "KWD", "exchange_rate": "1000000000"})
    assert (answer.status, answer.code, answer.pointers) == (422, "amount_too_large", ["/amount"])


def test_metadata_is_measured_in_bytes_of_utf_8(shop: Gateway) -> None:
    cyrillic = {"note": "\u0436" * 1_500}
    assert shop.post("/v1/conversions", {**ORDER, "metadata": cyrillic}).status == 201
    too_long = {"note": "\u0436" * 2_100}
    assert shop.post("/v1/conversions", {**ORDER, "order_id": "2", "metadata": too_long}).code == "metadata_too_large"


def test_who_bought_is_kept_as_a_hash_only(shop: Gateway, world: World, items: Table) -> None:
    who = {"customer_id": "n-4711", "customer_email": "grace@example.com", "subscription_id": "s-77"}
    sold = shop.post("/v1/conversions", {**ORDER, **who})
    stored = items.get(keys.commission(world.program.program_id, sold.body["conversion_id"])) or {}
    assert [hashed[:4] for hashed in stored["body"]["order"]["customers"]] == ["cus_", "adr_"]
    assert stored["body"]["order"]["subscription"].startswith("sub_")
    assert "grace" not in str(stored)
    assert "s-77" not in str(stored)
    assert "n-4711" not in str(stored)


def test_unattributed_orders_are_listed_newest_first_across_their_partitions(api: Gateway, shop: Gateway) -> None:
    for minute in range(12):
        occurred_at = f"2026-11-18T10:{minute:02}:00Z"
        shop.post(
            "/v1/conversions", {**ORDER, "order_id": str(minute), "promo_code": "NOBODY", "occurred_at": occurred_at}
        )
    path, seen = "/v1/conversions?attributed=false&limit=5", []
    cursor = ""
    while cursor is not None:
        page = api.get(path + (f"&cursor={cursor}" if cursor else "")).body
        seen += [each["order_id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [str(minute) for minute in reversed(range(12))]


def test_a_replay_is_told_the_first_answer_also_with_an_idempotency_key(shop: Gateway) -> None:
    first = shop.post("/v1/conversions", ORDER, idempotency_key="one")
    again = shop.post("/v1/conversions", ORDER, idempotency_key="one")
    other_key = shop.post("/v1/conversions", ORDER, idempotency_key="two")
    other_body = shop.post("/v1/conversions", {**ORDER, "order_id": "2"}, idempotency_key="one")
    assert [a.status for a in (first, again, other_key)] == [201, 201, 200]
    assert first.body == again.body == other_key.body
    assert (other_body.status, other_body.code) == (409, "idempotency_conflict")
