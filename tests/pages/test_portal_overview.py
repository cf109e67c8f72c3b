"""The portal's Overview: how a member does, what is due, what to share, and how far the next reward is."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World
from tests.pages.kit.earning import Shop
from tests.pages.kit.reader import Reader


@pytest.fixture
def shop(table: Table, world: World, api: Gateway) -> Shop:
    return Shop(table, world, api)


def sells_now(shop: Shop, order_id: str, code: str = "ADA10") -> None:
    order = {"order_id": order_id, "amount": 4_900, "type": "sale", "currency": "EUR", "promo_code": code}
    shop.does("POST", "/v1/conversions", {**order, "storefront_id": shop.world.storefront_id})


def test_a_member_sees_the_last_days_beside_those_before(ada: Reader, portal: str, shop: Shop):
    sells_now(shop, "1001")
    sells_now(shop, "1002")
    shop.does("POST", "/v1/clicks", {"slug": shop.world.slug, "visitor_id": "one"})
    page = ada.get(portal)
    for said in ("Due to you €9.80", "Commission €9.80", "Sales 2 2 of it today, 0 before", "Sold €98.00", "Clicks 1"):
        assert said in page.text
    assert "Commission a day" in page.html
    assert "As a table" in page.text


def test_a_member_finds_what_to_share_and_the_next_reward(ada: Reader, portal: str, shop: Shop):
    page = ada.get(portal)
    assert ("ADA10" in page.text, f"/r/{shop.world.slug}" in page.text) == (True, True)
    assert "€0.00 of €200.00 commission this week" in page.text


def test_what_does_not_sell_is_not_to_be_shared(ada: Reader, portal: str, shop: Shop):
    shop.does("PATCH", f"/v1/offers/{shop.world.links_offer}", {"status": "paused"})
    shop.does("PATCH", f"/v1/offers/{shop.world.codes_offer}/enrollments/{shop.world.ada}", {"active": False})
    page = ada.get(portal)
    assert ("ADA10" in page.text, "/r/" in page.text, "Nothing to share yet" in page.text) == (False, False, True)


def test_a_pending_member_is_told_what_comes_next(ada: Reader, portal: str, shop: Shop):
    shop.does("PATCH", f"/v1/members/{shop.world.ada}", {"status": "pending"})
    assert "as soon as you are approved, what you share begins to earn." in ada.get(portal).text


def test_what_others_sold_is_not_counted(ada: Reader, portal: str, shop: Shop):
    path = f"/v1/offers/{shop.world.codes_offer}/enrollments/{shop.world.ben}"
    shop.does("PUT", path, {"promo_code": "BEN10"})
    sells_now(shop, "2001", "BEN10")
    page = ada.get(portal)
    assert ("Sales 0" in page.text, "BEN10" in page.text) == (True, False)
