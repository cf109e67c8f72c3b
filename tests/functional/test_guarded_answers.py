"""Every answer says that it is what its type says and is not kept; a body says each thing once."""

import pytest

from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("GET", path) for path in ("/v1/program", "/v1/nothing", "/healthz", "/v1/openapi.json", "/r/unknown")],
        *[("DELETE", "/v1/offers"), ("POST", "/v1/offers"), ("GET", "/v1/reports/summary?format=csv")],
    ],
)
def test_an_answer_is_not_guessed_at_and_not_kept(api: Gateway, method: str, path: str):
    headers = api.call(method, path).headers
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_a_page_and_a_redirect_are_not_guessed_at_and_not_kept(api: Gateway, world: World, accept: str):
    for path, status in (("/confirm-sender/none", 404), (f"/r/{world.slug}", 302)):
        answer = api.get(path, key=None, accept=accept)
        assert answer.status == status
        assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")


def test_an_answer_that_may_be_kept_says_so_itself(api: Gateway):
    assert api.get("/docs", key=None).headers["Cache-Control"] == "public, max-age=300"


def test_a_stranger_gets_the_same_headers(api: Gateway):
    answer = api.get("/v1/program", key=None)
    assert answer.status == 401
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "body",
    [
        '{"name": "One", "name": "Two"}',
        '{"name": "One", "name": "One"}',
        '{"features": {"commission_groups": true, "commission_groups": false}}',
        '{"user_fields": [{"name": "a", "label": "A", "label": "B"}]}',
        '{"name": "One", "n\\u0061me": "Two"}',
    ],
)
def test_a_key_that_comes_twice_is_refused_wherever_it_stands(api: Gateway, world: World, body: str):
    answer = api.patch("/v1/program", body)
    assert (answer.status, answer.code) == (400, "duplicate_key")
    assert api.get("/v1/program").body["name"] == world.program.name


def test_the_same_key_in_two_objects_is_no_repetition(api: Gateway):
    fields = '[{"name": "a", "label": "A"}, {"name": "b", "label": "B"}]'
    assert api.patch("/v1/program", f'{{"name": "a", "user_fields": {fields}}}').status == 200


@pytest.mark.parametrize("zone", ["Factory", "localtime", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin"])
def test_a_zone_of_no_place_is_refused(api: Gateway, zone: str):
    assert api.patch("/v1/program", {"timezone": zone}).pointers == ["/timezone"]


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+5", "Pacific/Apia", "America/Argentina/Ushuaia"])
def test_a_zone_of_a_place_or_of_everywhere_is_one(api: Gateway, zone: str):
    assert api.patch("/v1/program", {"timezone": zone}).body["timezone"] == zone
