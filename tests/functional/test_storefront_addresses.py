"""A storefront tells the address that its platform is to send to, and whether it has a secret."""

import pytest

from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "stripe"])
def test_a_platform_gets_its_address_and_whether_there_is_a_secret(api: Gateway, secrets_key: str, platform: str):
    made = api.post("/v1/storefronts", {"name": "Shop", "platform": platform}, idempotency_key="a").body
    path = f"/v1/storefronts/{made['storefront_id']}"
    assert made["webhook_url"] == f"https://api.example.com/webhooks/{made['storefront_id']}/{platform}"
    assert made["has_secret"] is False
    assert api.post("/v1/storefronts", {"name": "Shop", "platform": platform}, idempotency_key="a").body == made
    assert api.patch(path, {"webhook_secret": "hush"}).body["has_secret"] is True
    shown = api.get(path).body
    assert (shown["webhook_url"], shown["has_secret"]) == (made["webhook_url"], True)
    assert shown in api.get("/v1/storefronts").body["items"]
    assert api.patch(path, {"webhook_secret": None}).body["has_secret"] is False


def test_who_reports_with_a_key_is_sent_nothing(api: Gateway, world: World):
    assert api.get(f"/v1/storefronts/{world.storefront_id}").body["webhook_url"] is None
