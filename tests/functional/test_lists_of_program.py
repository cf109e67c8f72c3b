"""Lists of the whole program over HTTP: conversions and payable rows, with any filter or none."""

from typing import Any

import pytest

from laurel.store.table import Table
from laurel.workflows.program import storefronts
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.selling import report, sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World, program
from tests.kit import spreadsheets

CONVERSIONS, COMMISSIONS = "/v1/conversions", "/v1/commissions"
UNKNOWN = {name: f"{name}_" + "0" * 26 for name in ("off", "mem", "rul", "sf")}


@pytest.fixture
def trade(api: Gateway, world: World, items: Table) -> dict[str, str]:
    """A sale that makes a rule of all offers pay, one by another code, one that nobody won, and a row by hand."""
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN10"})
    made = {
        "big": sell(world, order_id="1001", amount=500_000, occurred_at="2026-11-18T10:00:00Z"),
        "bens": sell(world, order_id="1002", promo_code="BEN10", occurred_at="2026-11-19T10:00:00Z"),
        "nobodys": sell(world, order_id="1003", promo_code="NOBODY", occurred_at="2026-11-20T10:00:00Z"),
    }
    drain(items)
    by_hand = {"member_id": world.ben, "type": "extra_bonus", "amount": 700, "occurred_at": "2026-11-17T10:00:00Z"}
    assert api.post(COMMISSIONS, by_hand).status == 201
    drain(items)
    return made


def told(answer: Answer, name: str) -> list[Any]:
    assert answer.status == 200, answer.body
    return [each[name] for each in answer.body["items"]]


def test_without_a_filter_all_orders_that_somebody_won_are_listed(api: Gateway, trade: dict[str, str]):
    assert told(api.get(CONVERSIONS), "order_id") == ["1002", "1001"]
    assert told(api.get(f"{CONVERSIONS}?attributed=true"), "order_id") == ["1002", "1001"]
    assert told(api.get(f"{CONVERSIONS}?attributed=false"), "order_id") == ["1003"]


def test_without_a_filter_all_payable_rows_are_listed_also_those_in_no_offer(
    api: Gateway, world: World, trade: dict[str, str]
):
    listed = api.get(COMMISSIONS).body["items"]
    assert sorted((each["origin"], each["offer_id"] or "-", each["amount"]) for each in listed) == [
        ("conversion", world.codes_offer, 1_000),
        ("conversion", world.codes_offer, 50_000),
        ("manual", "-", 700),
        ("rule", "-", 1_000),
    ]
    assert [each["occurred_at"] for each in listed] == sorted((each["occurred_at"] for each in listed), reverse=True)
    walked, cursor = [], ""
    while cursor is not None:
        page = api.get(f"{COMMISSIONS}?limit=1{cursor and f'&cursor={cursor}'}").body
        walked += page["items"]
        cursor = page["next_cursor"]
    assert walked == listed


@pytest.mark.parametrize(
    ("filters", "orders"),
    [
        ("order_id=1001", ["1001"]),
        ("order_id=1003", ["1003"]),
        ("order_id=1003&attributed=true", []),
        ("order_id=1003&promo_code=nobody", ["1003"]),
        ("order_id=1001&storefront_id={shop}", ["1001"]),
        ("order_id=1001&storefront_id={unknown[sf]}", []),
        ("order_id=1001&member_id={ben}", []),
        ("order_id=1001&member_id={ada}&offer_id={offer}&promo_code=ada10&type=sale&status=approved", ["1001"]),
        ("order_id=1001&from=2026-11-19", []),
        ("order_id=1001&from=2026-11-18&to=2026-11-18", ["1001"]),
        ("order_id=9999", []),
        ("storefront_id={shop}", ["1002", "1001"]),
        ("storefront_id={unknown[sf]}", []),
        ("promo_code=ben10", ["1002"]),
        ("promo_code=ben10&member_id={ada}", []),
        ("promo_code=NOBODY", []),
        ("promo_code=nobody&attributed=false", ["1003"]),
        ("attributed=false&member_id={ada}", []),
        ("from=2026-11-19&to=2026-11-30", ["1002"]),
        ("offer_id={unknown[off]}", []),
        ("member_id={unknown[mem]}", []),
        ("status=declined", []),
    ],
)
def test_any_filters_go_together(api: Gateway, world: World, trade: dict[str, str], filters: str, orders: list[str]):
    names = {"shop": world.storefront_id, "ada": world.ada, "ben": world.ben, "offer": world.codes_offer}
    answer = api.get(f"{CONVERSIONS}?{filters.format(**names, unknown=UNKNOWN)}")
    assert (told(answer, "order_id"), answer.body["next_cursor"]) == (orders, None)


def test_the_rows_of_a_rule_are_found_wherever_they_are(api: Gateway, world: World, trade: dict[str, str]):
    (bonus,) = api.get(f"{COMMISSIONS}?rule_id={world.rule_id}").body["items"]
    assert (bonus["rule_id"], bonus["member_id"], bonus["origin"]) == (world.rule_id, world.ada, "rule")
    for filters, count in (
        (f"member_id={world.ada}", 1),
        (f"member_id={world.ben}", 0),
        (f"offer_id={world.codes_offer}", 0),
        ("from=2026-11-18&to=2026-11-18&status=approved&payout=unpaid&type=extra_bonus", 1),
        ("status=declined", 0),
    ):
        listed = api.get(f"{COMMISSIONS}?rule_id={world.rule_id}&{filters}").body["items"]
        assert len(listed) == count, filters
    assert api.get(f"{COMMISSIONS}?rule_id={UNKNOWN['rul']}").body["items"] == []


def test_the_rows_of_a_rule_of_one_offer_are_in_that_offer(api: Gateway, world: World, items: Table):
    api.patch(f"/v1/rules/{world.rule_id}", {"offers": [world.codes_offer]})
    sell(world, items, amount=500_000)
    for offer_id, count in ((world.codes_offer, 1), (world.links_offer, 0)):
        listed = api.get(f"{COMMISSIONS}?rule_id={world.rule_id}&offer_id={offer_id}").body["items"]
        assert [each["offer_id"] for each in listed] == [world.codes_offer] * count


def test_a_marker_that_was_deleted_is_in_no_list(api: Gateway, world: World, items: Table, trade: dict[str, str]):
    (bonus,) = api.get(f"{COMMISSIONS}?rule_id={world.rule_id}").body["items"]
    assert api.delete(f"{COMMISSIONS}/{bonus['commission_id']}?confirm=true").status == 204
    for path in (f"{COMMISSIONS}?rule_id={world.rule_id}", COMMISSIONS):
        assert bonus["commission_id"] not in told(api.get(path), "commission_id")


def test_one_order_id_of_several_shops_is_one_conversion_each(api: Gateway, world: World):
    second = api.post("/v1/storefronts", {"name": "Second", "platform": "api"}).body["storefront_id"]
    sell(world, order_id="77")
    also = api.post(CONVERSIONS, {"order_id": "77", "amount": 1, "currency": "EUR", "storefront_id": second})
    assert also.status == 201
    assert sorted(told(api.get(f"{CONVERSIONS}?order_id=77"), "storefront_id")) == sorted([world.storefront_id, second])
    first = api.get(f"{CONVERSIONS}?order_id=77&limit=1").body
    rest = api.get(f"{CONVERSIONS}?order_id=77&limit=1&cursor={first['next_cursor']}").body
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (1, 1, None)


def test_a_program_has_a_most_of_storefronts(api: Gateway, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storefronts, "MOST_STOREFRONTS", 2)
    assert api.post("/v1/storefronts", {"name": "Second", "platform": "api"}).status == 201
    answer = api.post("/v1/storefronts", {"name": "Third", "platform": "api"})
    assert (answer.status, answer.code) == (409, "too_many_storefronts")
    assert len(api.get("/v1/storefronts").body["items"]) == 2


def test_nothing_of_another_program_is_listed_by_any_filter(
    api: Gateway, world: World, items: Table, trade: dict[str, str]
):
    other = Gateway(program(items, "Other").admin)
    for filters in (
        "",
        "order_id=1001",
        f"order_id=1001&storefront_id={world.storefront_id}",
        f"offer_id={world.codes_offer}",
        f"member_id={world.ada}",
        "promo_code=ADA10",
        "attributed=false",
    ):
        assert told(other.get(f"{CONVERSIONS}?{filters}" if filters else CONVERSIONS), "order_id") == []
    for filters in ("?limit=5", f"?rule_id={world.rule_id}", f"?member_id={world.ada}"):
        assert told(other.get(f"{COMMISSIONS}{filters}"), "commission_id") == []


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        (f"{CONVERSIONS}?order_id=", "?order_id"),
        (f"{CONVERSIONS}?order_id={'x' * 256}", "?order_id"),
        (f"{CONVERSIONS}?promo_code=a/b", "?promo_code"),
        (f"{CONVERSIONS}?promo_code={'x' * 65}", "?promo_code"),
        (f"{CONVERSIONS}?status=paid", "?status"),
        (f"{CONVERSIONS}?attributed=maybe", "?attributed"),
        (f"{CONVERSIONS}?cursor=!!", "?cursor"),
        (f"{CONVERSIONS}?order_id=1&cursor=!!", "?cursor"),
        (f"{CONVERSIONS}?from=2026-11-20&to=2026-11-19", "?from"),
        (f"{CONVERSIONS}?order_id=1&from=2026-11-20&to=2026-11-19", "?from"),
        (f"{COMMISSIONS}?type=bonus", "?type"),
        (f"{COMMISSIONS}?format=xml", "?format"),
        (f"{COMMISSIONS}?limit=101", "?limit"),
        (f"{COMMISSIONS}?order_id=1", "?order_id"),
    ],
)
def test_a_filter_that_makes_no_sense_is_named(api: Gateway, path: str, pointer: str):
    answer = api.get(path)
    assert (answer.status, answer.pointers) == (422, [pointer])


@pytest.mark.parametrize("path", [CONVERSIONS, COMMISSIONS, f"{CONVERSIONS}?order_id=1", f"{COMMISSIONS}?format=csv"])
def test_whoever_may_read_may_list_all(api: Gateway, world: World, path: str):
    assert [api.get(path, key=key).status for key in (world.reader, world.reporter, None)] == [200, 403, 401]


def test_the_table_of_payable_rows_has_all_of_them(api: Gateway, trade: dict[str, str]):
    answer = api.get(f"{COMMISSIONS}?format=csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="commissions.csv"'
    lines = spreadsheets.read(answer.body)
    listed = api.get(COMMISSIONS).body["items"]
    assert [line["Commission id"] for line in lines] == [each["commission_id"] for each in listed]
    first = api.get(f"{COMMISSIONS}?format=csv&limit=1")
    assert len(spreadsheets.read(first.body)) == 1
    rest = api.get(f"{COMMISSIONS}?format=csv&cursor={first.headers['Next-Cursor']}")
    assert first.body.splitlines() + rest.body.splitlines()[1:] == answer.body.splitlines()


def test_an_order_that_only_a_refund_told_of_is_found_once_it_is_reported(
    storefront: Gateway, api: Gateway, world: World
):
    refund = {"order_id": "88", "refund_id": "r1", "amount": 100, "reason": "refund"}
    assert storefront.post("/v1/refunds", refund).status == 202
    assert told(api.get(f"{CONVERSIONS}?order_id=88"), "order_id") == []
    assert report(world, order_id="88").status == 201
    assert told(api.get(f"{CONVERSIONS}?order_id=88"), "refunded_amount") == [100]
