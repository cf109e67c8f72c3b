"""A shop tells that somebody touched a code there: it is looked at at once, and put right."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.connected import PLATFORMS, Connected
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.shop import Shop
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.world import World
from tests.functional.test_shop_codes import held_by
from tests.functional.test_shop_races import code_of
from tests.kit.shop_bodies import SECRET, Json, stripe_event
from tests.kit.shops.server import opened

TOPICS = {"shopify": "discounts/update", "woocommerce": "coupon.updated", "stripe": ""}
DELETED = {"shopify": "discounts/delete", "woocommerce": "coupon.deleted", "stripe": ""}
SOON = timedelta(minutes=1)


@pytest.fixture(params=list(PLATFORMS))
def here(
    request: pytest.FixtureRequest, api: Gateway, world: World, shops_queue: ShopsQueue, table: Table
) -> Iterator["Telling"]:
    with opened(PLATFORMS[request.param][0]()) as shop:
        connected = Connected(api, world, shops_queue, table, request.param, shop)
        assert api.patch(connected.storefront, {"webhook_secret": SECRET}).status == 200
        connected.connect()
        yield Telling(connected, request.param)


class Telling:
    """A connected shop that tells what somebody did to its codes."""

    def __init__(self, connected: Connected, platform: str) -> None:
        self.connected, self.platform = connected, platform
        self.shop = Shop(connected.api, connected.world, {platform: connected.storefront.rpartition("/")[2]})

    def tells(self, shop_id: object, at: datetime | None, topics: dict[str, str] = TOPICS) -> Answer:
        body: Json = {
            "shopify": {"admin_graphql_api_id": shop_id, "updated_at": at and at.isoformat(), "status": "ACTIVE"},
            "woocommerce": {"id": shop_id, "date_modified_gmt": at and f"{at:%Y-%m-%dT%H:%M:%S}"},
            "stripe": {"id": shop_id, "object": "promotion_code", "active": False},
        }[self.platform]
        if self.platform == "stripe":
            body = stripe_event("promotion_code.updated", body) | {
                "created": int((at or datetime.now(UTC)).timestamp())
            }
        return self.shop.send(self.platform, topics[self.platform], body)

    def touch(self, **fields: Any) -> None:
        (held,) = held_by(self.connected).values()
        held |= fields

    @property
    def shop_id(self) -> object:
        (found,) = held_by(self.connected)
        return found


def test_a_code_that_was_changed_in_the_shop_is_put_right_when_the_shop_tells(here: Telling):
    here.touch(amount="90.00", percentage=0.9, active=False)
    answer = here.tells(here.shop_id, datetime.now(UTC) + SOON)
    assert (answer.status, answer.body) == (200, {})
    here.connected.work()
    assert (here.connected.live(), here.connected.state()) == ({"ADA10"}, ("live", "changed_in_shop"))


def test_the_echo_of_a_repair_does_not_hide_what_was_repaired(here: Telling):
    here.touch(amount="90.00", percentage=0.9, active=False)
    here.tells(here.shop_id, datetime.now(UTC) + SOON)
    here.connected.work()
    shown, calls = here.connected.shown(), len(here.connected.shop.calls)
    *_, newest = held_by(here.connected)  # Stripe has another in place of the one that was touched
    here.tells(newest, datetime.now(UTC) + 2 * SOON)
    here.connected.work()
    assert len(here.connected.shop.calls) > calls
    assert here.connected.shown() == shown


def test_a_code_that_was_deleted_in_the_shop_is_made_again_when_the_shop_tells(here: Telling):
    gone = here.shop_id
    held_by(here.connected).clear()
    assert here.tells(gone, datetime.now(UTC) + SOON, DELETED).status == 200
    here.connected.work()
    assert (here.connected.live(), here.connected.state()) == ({"ADA10"}, ("live", "deleted_in_shop"))


def test_the_echo_of_what_laurel_did_itself_changes_nothing(here: Telling):
    before, calls = code_of(here.connected), len(here.connected.shop.calls)
    assert here.tells(here.shop_id, datetime.now(UTC) - timedelta(days=1)).status == 200
    here.connected.work()
    assert (code_of(here.connected), len(here.connected.shop.calls)) == (before, calls)


@pytest.mark.parametrize("shop_id", ["404", None, "", "x" * 300, [], {"id": 1}, True])
def test_news_of_a_code_that_is_not_ours_is_ignored(here: Telling, shop_id: object):
    answer = here.tells(shop_id, datetime.now(UTC) + SOON)
    assert (answer.status, answer.body) == (200, {"ignored": "no_code_of_laurel"})
    assert code_of(here.connected).status == "idle"


def test_the_news_is_among_the_deliveries(here: Telling):
    here.tells(here.shop_id, datetime.now(UTC) + SOON)
    (listed,) = here.connected.api.get(f"{here.connected.storefront}/deliveries").body["items"]
    topic = TOPICS[here.platform] or "promotion_code.updated"
    assert (listed["topic"], listed["outcome"]) == (topic, "applied")


def test_what_was_put_right_is_counted(here: Telling, capsys: pytest.CaptureFixture[str]):
    held_by(here.connected).clear()
    here.connected.api.post(f"{here.connected.storefront}/sync")
    here.connected.work()
    assert '"CodesHealed":[1.0]' in capsys.readouterr().out
