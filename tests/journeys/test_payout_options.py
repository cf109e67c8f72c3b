"""Payout options on the deployed stack: several an offer, one the default, edited, removed; commissions keep theirs."""

from typing import Any

import pytest

from tests.journeys.kit.shop import Shop, join

TERMS: list[dict[str, Any]] = [
    {"type": "percent_of_sale", "percent": "12.5"},
    {"type": "flat_per_sale", "amount": 500},
    {"type": "flat_plus_percent", "amount": 500, "percent": "5"},
    {"type": "per_click", "amount": 10},
    {"type": "none"},
]
RICH: dict[str, Any] = {
    "actions": {"signup": {"amount": 300}, "trial": {"percent": "50"}},
    "tiers": [{"percent_of_sale": "2"}, {"percent_of_first_tier": "10"}, {"amount": 5}],
    "recurring": {"interval": "month", "mode": "automatic", "limit": 12},
}


def an_option(terms: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"name": "Option", "terms": terms, **more}


def test_an_offer_has_several_options_of_every_kind_and_one_default(shop: Shop) -> None:
    options = [an_option({**terms, **RICH}, default=number == 1) for number, terms in enumerate(TERMS)]
    made = shop.admin.post(
        "/v1/offers",
        {"name": "Rich", "kind": "link", "landing_url": "https://shop.example.com/", "payout_options": options},
    )
    told = shop.admin.get(f"/v1/offers/{made['offer_id']}")["payout_options"]
    assert [option["terms"]["type"] for option in told] == [terms["type"] for terms in TERMS]
    assert [option["default"] for option in told] == [False, True, False, False, False]
    assert all(option["terms"]["tiers"][0]["percent_of_sale"] == "2" for option in told)


def test_options_come_and_go_after_launch(shop: Shop) -> None:
    path = f"/v1/offers/{shop.offer_id}/payout-options"
    standard = shop.admin.get(f"/v1/offers/{shop.offer_id}")["payout_options"][0]["payout_option_id"]
    gold = shop.admin.post(path, an_option({"type": "percent_of_sale", "percent": "15"}))["payout_option_id"]
    assert shop.admin.send("DELETE", f"{path}/{standard}").status == 409  # the default
    shop.admin.patch(f"{path}/{gold}", {"default": True, "name": "Gold"})
    refused = shop.admin.send("DELETE", f"{path}/{standard}")
    assert (refused.status, refused.json["code"]) == (409, "payout_option_in_use")
    shop.admin.patch(f"/v1/offers/{shop.offer_id}/enrollments/{shop.member_id}", {"payout_option_id": gold})
    assert shop.admin.send("DELETE", f"{path}/{standard}").status == 204
    told = shop.admin.get(f"/v1/offers/{shop.offer_id}")["payout_options"]
    assert [(option["payout_option_id"], option["default"]) for option in told] == [(gold, True)]
    assert shop.sell(1_000)["commission"] == 150


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_code_is_never_paid_by_the_click(shop: Shop, method: str) -> None:
    path = f"/v1/offers/{shop.offer_id}/payout-options"
    standard = shop.admin.get(f"/v1/offers/{shop.offer_id}")["payout_options"][0]["payout_option_id"]
    target = path if method == "POST" else f"{path}/{standard}"
    assert shop.admin.send(method, target, an_option(TERMS[3])).status == 422


def test_edited_terms_change_no_commission_that_exists(shop: Shop) -> None:
    before = shop.sell(1_000)
    option = shop.admin.get(f"/v1/offers/{shop.offer_id}")["payout_options"][0]["payout_option_id"]
    shop.admin.patch(
        f"/v1/offers/{shop.offer_id}/payout-options/{option}", {"terms": {"type": "flat_per_sale", "amount": 700}}
    )
    assert shop.sell(1_000)["commission"] == 700
    assert shop.admin.get(f"/v1/conversions/{before['conversion_id']}")["commission"] == before["commission"] == 100


def test_members_are_added_one_or_several_with_an_option_of_their_choice(shop: Shop) -> None:
    path = f"/v1/offers/{shop.offer_id}"
    gold = shop.admin.post(f"{path}/payout-options", an_option({"type": "percent_of_sale", "percent": "15"}))
    crowd = [join(shop.admin, shop.offer_id)[1]["member_id"] for _ in range(2)]
    other = shop.admin.post(
        "/v1/offers",
        {"name": "B", "kind": "promo_code", "payout_options": [an_option(TERMS[0], default=True), an_option(TERMS[1])]},
    )
    flat = other["payout_options"][1]["payout_option_id"]
    bulk = {"member_ids": [shop.member_id, *crowd], "enroll": True, "set": {"payout_option_id": flat}}
    told = shop.admin.post(f"/v1/offers/{other['offer_id']}/enrollments/bulk", bulk)
    assert [result["status"] for result in told["results"]] == ["changed"] * 3
    one = shop.admin.put(f"{path}/enrollments/{crowd[0]}", {"payout_option_id": gold["payout_option_id"]})
    assert one["payout_option_id"] == gold["payout_option_id"]
    listed = shop.admin.get(f"/v1/offers/{other['offer_id']}/enrollments?payout_option_id={flat}")["items"]
    assert {each["member_id"] for each in listed} == {shop.member_id, *crowd}
    assert all(each["promo_code"] for each in listed)
