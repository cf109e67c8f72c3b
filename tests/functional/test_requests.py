"""Requests that are no good: each is told apart, none is an error of ours, and nothing is written."""

import base64
import json

import pytest

from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World, http_event


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "{'name': 1}",
        '{"name": NaN}',
        '{"name": -Infinity}',
        '{"name": 1e999}',
        '{"name": ' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"name": ' * 200 + "1" + "}" * 200,
        '{"name": "\\ud800"}',
        "﻿{}",
        "\x00",
    ],
)
def test_what_is_no_json_is_400(api: Gateway, body: str):
    answer = api.patch("/v1/program", body)
    assert (answer.status, answer.code) == (400, "malformed_json")


@pytest.mark.parametrize("body", [b"\xff\xfe{}", b'{"name": "\xe4"}'])
def test_bytes_that_are_not_utf8_are_400(api: Gateway, world: World, body: bytes):
    event = http_event("PATCH", "/v1/program", base64.b64encode(body).decode(), world.admin)
    assert api.send(event | {"isBase64Encoded": True}).status == 400


def test_base64_that_is_none_is_400(api: Gateway, world: World):
    event = http_event("PATCH", "/v1/program", "?", world.admin)
    assert api.send(event | {"isBase64Encoded": True}).status == 400


def test_a_body_may_come_in_base64(api: Gateway, world: World):
    body = base64.b64encode(json.dumps({"name": "Grün"}).encode()).decode()
    event = http_event("PATCH", "/v1/program", body, world.admin)
    assert api.send(event | {"isBase64Encoded": True}).body["name"] == "Grün"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_is_json_whatever_its_type_claims(api: Gateway, content_type: str):
    assert api.patch("/v1/program", {"name": "Renamed"}, content_type=content_type).body["name"] == "Renamed"


@pytest.mark.parametrize("size", [257 * 1024, 300_000, 1_000_000])
def test_more_than_256_kb_is_413(api: Gateway, size: int):
    answer = api.patch("/v1/program", json.dumps({"name": "x" * size}))
    assert (answer.status, answer.code) == (413, "body_too_large")


@pytest.mark.parametrize("body", ["[]", '[{"name": "x"}]', '"name"', "1", "true", "null", ""])
def test_a_body_that_is_no_object_is_422(api: Gateway, body: str):
    assert api.patch("/v1/program", body).status == 422


@pytest.mark.parametrize("name", [1, True, None, [], {}, "", " ", "x" * 201, "a\x00b", "a\nb", "tab\t"])
def test_a_name_that_is_none_is_422(api: Gateway, name: object):
    answer = api.post("/v1/storefronts", {"name": name, "platform": "api"})
    assert (answer.status, answer.pointers) == (422, ["/name"])


def test_emoji_are_text(api: Gateway):
    assert api.post("/v1/storefronts", {"name": "Shop 🎉", "platform": "api"}).body["name"] == "Shop 🎉"


def test_all_that_is_wrong_is_told_at_once(api: Gateway):
    answer = api.post("/v1/members", {"email": "nobody", "first_name": 1, "nickname": "x"})
    assert answer.status == 422
    assert sorted(answer.pointers) == ["/email", "/first_name", "/nickname"]


def test_a_pointer_leads_into_the_body_not_into_our_models(api: Gateway):
    terms = {"type": "percent_of_sale", "percent": "10", "actions": {"sign/up~": {"amount": -1}}}
    offer = {"name": "O", "kind": "promo_code", "payout_options": [{"name": "A", "default": True, "terms": terms}]}
    assert "/payout_options/0/terms/actions/sign~1up~0/amount" in api.post("/v1/offers", offer).pointers


def test_a_list_is_not_blamed_for_what_is_wrong_inside_it(api: Gateway, world: World):
    actions = [{"type": "add_bonus_commission", "percent": "101"}]
    assert api.patch(f"/v1/rules/{world.rule_id}", {"actions": actions}).pointers == ["/actions/0/percent"]
    assert api.patch(f"/v1/rules/{world.rule_id}", {"actions": []}).pointers == ["/actions"]


def test_a_refusal_does_not_repeat_what_was_sent(api: Gateway):
    answer = api.post("/v1/storefronts", {"name": "Shop", "platform": "api", "webhook_secret": "hush hush"})
    assert answer.status == 422
    assert "hush" not in json.dumps(answer.body)


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=", "limit=1.5", "limit=-1"])
def test_a_limit_lies_between_1_and_100(api: Gateway, query: str):
    assert api.get(f"/v1/offers?{query}").pointers == ["?limit"]


@pytest.mark.parametrize("cursor", ["", "?", "@@@@", "A", "gICA", "a" * 1400, "é", "🎉"])
def test_a_cursor_that_is_none_of_ours_is_422(api: Gateway, cursor: str):
    answer = api.get(f"/v1/offers?cursor={cursor}")
    assert (answer.status, answer.pointers) == (422, ["?cursor"])


def test_a_made_up_cursor_shows_no_more_than_the_list_has(api: Gateway, world: World):
    cursor = base64.urlsafe_b64encode(f"{world.program.program_id}~".encode()).decode().rstrip("=")
    answer = api.get(f"/v1/offers?cursor={cursor}")
    assert answer.status == 200
    assert all(item["offer_id"] in {world.codes_offer, world.links_offer} for item in answer.body["items"])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/offers/off_00000000000000000000000000",
        "/v1/offers/nonsense",
        "/v1/offers/mem_00000000000000000000000000",
        "/v1/offers/off_0000000000000000000000000🎉",
        "/v1/offers/off_00000000000000000000000000/enrollments/x",
        "/v1/members/..",
        "/v1/rules/%00",
        "/v1/storefronts/'; --",
        "/v1/mail-templates/tpl_",
        "/v1/conversions/com_" + "0" * 2100,
        "/v1/commissions/com_" + "0" * 2100,
    ],
)
def test_what_no_id_leads_to_is_404(api: Gateway, path: str):
    assert api.get(path).status == 404


@pytest.mark.parametrize("header", ["", "x" * 256, "line\nbreak", "grün"])
def test_an_idempotency_key_is_1_to_255_printable_characters(api: Gateway, header: str):
    answer = api.post("/v1/storefronts", {"name": "Shop", "platform": "api"}, idempotency_key=header)
    assert (answer.status, answer.pointers) == (422, ["Idempotency-Key"])


@pytest.mark.parametrize("cookies", [["="], ["a"], [""], ["a=b; c"], ["é=🎉"]])
def test_cookies_mean_nothing(api: Gateway, world: World, cookies: list[str]):
    assert api.send(http_event("GET", "/v1/program", key=world.admin) | {"cookies": cookies}).status == 200


def test_a_body_on_a_get_means_nothing(api: Gateway):
    assert api.call("GET", "/v1/program", "{").status == 200
