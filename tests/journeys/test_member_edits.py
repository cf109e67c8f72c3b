"""Offers edited for members on the deployed stack: one, a listed set, or all that match; and the history of it all."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.journeys.kit.client import eventually
from tests.journeys.kit.shop import Shop, join, open_shop


def bulk(shop: Shop, **body: object) -> dict[str, Any]:
    return dict(shop.admin.post(f"/v1/offers/{shop.offer_id}/enrollments/bulk", body))


def crowd(shop: Shop, count: int) -> list[str]:
    with ThreadPoolExecutor(4) as doors:
        return [member["member_id"] for _, member in doors.map(lambda _: join(shop.admin, shop.offer_id), range(count))]


def history(shop: Shop, query: str = "") -> list[dict[str, Any]]:
    return list(shop.admin.get(f"/v1/offers/{shop.offer_id}/history?limit=100{query}")["items"])


def an_option(shop: Shop, percent: str) -> str:
    body = {"name": percent, "terms": {"type": "percent_of_sale", "percent": percent}}
    return str(shop.admin.post(f"/v1/offers/{shop.offer_id}/payout-options", body)["payout_option_id"])


def test_a_set_of_members_moves_from_ten_to_fifteen_percent(shop: Shop) -> None:
    higher = an_option(shop, "15")
    before = shop.sell(1_000)
    told = bulk(shop, member_ids=[shop.member_id, *crowd(shop, 2)], set={"payout_option_id": higher})
    assert [each["status"] for each in told["results"]] == ["changed"] * 3
    assert shop.sell(1_000)["commission"] == 150
    assert shop.admin.get(f"/v1/conversions/{before['conversion_id']}")["commission"] == 100


def test_a_member_moves_from_pay_per_click_to_a_share_of_sales(shop: Shop) -> None:
    options = [
        {"name": "Clicks", "default": True, "terms": {"type": "per_click", "amount": 10}},
        {"name": "Sales", "terms": {"type": "percent_of_sale", "percent": "15"}},
    ]
    offer = {"name": "Links", "kind": "link", "landing_url": "https://shop.example.com/", "payout_options": options}
    made = shop.admin.post("/v1/offers", offer)
    place = f"/v1/offers/{made['offer_id']}/enrollments/{shop.member_id}"
    slug = shop.admin.put(place, {})["link"]["slug"]
    click = shop.storefront.post("/v1/clicks", {"slug": slug, "visitor_id": "a"})
    assert shop.sell(1_000, promo_code=None, click_id=click["click_id"])["commission"] == 0
    shop.admin.patch(place, {"payout_option_id": made["payout_options"][1]["payout_option_id"]})
    assert shop.sell(1_000, promo_code=None, click_id=click["click_id"])["commission"] == 150
    shop.storefront.post("/v1/clicks", {"slug": slug, "visitor_id": "b"})
    (row,) = eventually(lambda: shop.rows(type="click"))
    assert (row["clicks"], row["amount"]) == (1, 10)  # the click after the move earns nothing


def test_all_that_match_a_filter_are_edited_page_by_page_and_a_repeat_changes_nothing(shop: Shop) -> None:
    higher, members = an_option(shop, "20"), [shop.member_id, *crowd(shop, 104)]
    listed = f"/v1/offers/{shop.offer_id}/enrollments?limit=100"
    eventually(lambda: shop.admin.get(listed)["next_cursor"])
    batches, statuses, cursor = set(), [], None
    for _ in range(9):
        page = bulk(
            shop, filter={}, set={"payout_option_id": higher, "active": True}, **({"cursor": cursor} if cursor else {})
        )
        batches.add(page["batch_id"])
        statuses += [(each["member_id"], each["status"]) for each in page["results"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(statuses) == sorted((member, "changed") for member in members)
    assert len(batches) == 1
    lines = len(history(shop, f"&member_id={shop.member_id}"))
    again = bulk(shop, filter={"payout_option_id": higher}, set={"payout_option_id": higher})
    assert {each["status"] for each in again["results"]} == {"unchanged"}
    assert len(history(shop, f"&member_id={shop.member_id}")) == lines
    (line, *_) = history(shop, f"&member_id={shop.member_id}")
    assert line["batch_id"] in batches


def test_codes_are_switched_off_and_on_in_bulk(shop: Shop) -> None:
    bulk(shop, member_ids=[shop.member_id], set={"active": False})
    assert shop.sell(1_000)["attribution"]["reason"] == "code_inactive"
    bulk(shop, member_ids=[shop.member_id], set={"active": True})
    assert shop.sell(1_000)["commission"] == 100


def test_a_refreshed_code_is_dead_at_once_and_nobody_gets_it_again(shop: Shop) -> None:
    path = f"/v1/offers/{shop.offer_id}/enrollments/{shop.member_id}/promo-code"
    sold = shop.sell(1_000)
    asked_for = f"WISH-{secrets.token_hex(4)}"
    assert shop.admin.post(path, {"promo_code": asked_for})["promo_code"] == asked_for
    assert shop.sell(1_000)["attribution"]["reason"] == "code_inactive"
    assert shop.sell(1_000, promo_code=asked_for.upper())["commission"] == 100
    assert shop.admin.get(f"/v1/conversions/{sold['conversion_id']}")["attribution"]["promo_code"] == shop.code
    _, other = join(shop.admin, shop.offer_id)
    taken = shop.admin.send(
        "PUT", f"/v1/offers/{shop.offer_id}/enrollments/{other['member_id']}", {"promo_code": shop.code}
    )
    assert (taken.status, taken.json["code"]) == (409, "promo_code_taken")
    (line, *_) = history(shop, f"&member_id={shop.member_id}")
    assert {"field": "promo_code", "before": shop.code, "after": asked_for} in line["changes"]


def test_codes_are_generated_anew_in_bulk_once_however_often_it_is_sent(shop: Shop) -> None:
    members = [shop.member_id, *crowd(shop, 2)]
    body = {"member_ids": members, "set": {"refresh_promo_code": True}}
    path = f"/v1/offers/{shop.offer_id}/enrollments/bulk"
    refused = shop.admin.send("POST", path, body)
    assert (refused.status, refused.json["code"]) == (422, "idempotency_key_required")
    told = [shop.admin.send("POST", path, body, Idempotency_Key="leak").json for _ in range(2)]
    assert told[0] == told[1]
    codes = [shop.admin.get(f"/v1/offers/{shop.offer_id}/enrollments/{member}")["promo_code"] for member in members]
    assert shop.code not in codes
    assert len(history(shop, f"&member_id={shop.member_id}")) == 2


def test_a_code_ends_at_the_date_that_was_set_for_it(shop: Shop) -> None:
    place = f"/v1/offers/{shop.offer_id}/enrollments/{shop.member_id}"
    shop.admin.patch(place, {"active_until": "2026-06-01T00:00:00Z"})
    assert shop.sell(1_000, occurred_at="2026-05-31T23:59:59Z")["commission"] == 100
    assert shop.sell(1_000, occurred_at="2026-06-01T00:00:00Z")["attribution"]["reason"] == "code_expired"


def test_the_history_tells_who_changed_what_when_and_for_whom(shop: Shop) -> None:
    shop.admin.patch(f"/v1/offers/{shop.offer_id}", {"name": "Autumn", "status": "paused"})
    higher = an_option(shop, "15")
    bulk(shop, member_ids=[shop.member_id], set={"payout_option_id": higher})
    lines = history(shop)
    assert [line["action"] for line in lines] == [
        "enrollment_edited",
        "payout_option_added",
        "edited",
        "enrolled",
        "created",
    ]
    assert all(line["actor"].startswith("key:key_") for line in lines)
    assert {(each["field"], each["before"], each["after"]) for each in lines[2]["changes"]} == {
        ("name", "Glow", "Autumn"),
        ("status", "active", "paused"),
    }
    (change,) = lines[0]["changes"]
    assert (change["field"], change["after"]) == ("payout_option_id", higher)
    assert [line["action"] for line in history(shop, f"&member_id={shop.member_id}")] == [
        "enrollment_edited",
        "enrolled",
    ]


def test_two_editors_at_once_lose_nothing(shop: Shop) -> None:
    members = [shop.member_id, *crowd(shop, 9)]
    higher = an_option(shop, "15")
    edits: list[dict[str, Any]] = [{"payout_option_id": higher}, {"active_until": "2030-01-01T00:00:00Z"}]
    with ThreadPoolExecutor(2) as editors:
        list(editors.map(lambda edit: bulk(shop, member_ids=members, set=edit), edits))
    for member in members:
        told = shop.admin.get(f"/v1/offers/{shop.offer_id}/enrollments/{member}")
        assert (told["payout_option_id"], told["active_until"]) == (higher, "2030-01-01T00:00:00Z")
        assert len(history(shop, f"&member_id={member}")) == 3


def test_a_member_is_found_and_their_offers_with_them(shop: Shop) -> None:
    other = open_shop(shop.admin)
    shop.admin.put(f"/v1/offers/{other.offer_id}/enrollments/{shop.member_id}", {})
    email = shop.member["email"]
    (found,) = shop.admin.get(f"/v1/members?email={email.upper()}")["items"]
    assert found["member_id"] == shop.member_id
    enrolled = shop.admin.get(f"/v1/members/{shop.member_id}/enrollments")["items"]
    assert [each["offer_id"] for each in enrolled] == [other.offer_id, shop.offer_id]
    taken = shop.admin.send("POST", "/v1/members", {"email": email.upper()})
    assert (taken.status, taken.json["code"]) == (409, "email_taken")


def test_a_suspended_member_brings_nothing(shop: Shop) -> None:
    shop.admin.patch(f"/v1/members/{shop.member_id}", {"status": "suspended"})
    assert shop.sell(1_000)["attribution"]["reason"] == "member_inactive"
    assert shop.member_id in [
        each["member_id"] for each in shop.admin.get("/v1/members?status=suspended&limit=100")["items"]
    ]
