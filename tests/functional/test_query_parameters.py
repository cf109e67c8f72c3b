"""What a route does not know in its query is refused before anything is looked up, on every route."""

import pytest

from laurel.api.reference import operations
from tests.functional.kit.gateway import DOCUMENT, Gateway
from tests.functional.kit.world import World, http_event

TAKING_ANY = {
    *("follow_link", "look_at_link", "get_snippet"),
    *("take_postback", "look_at_sender", "confirm_sender"),
}
OPERATIONS = [
    (operation["operationId"], operation["tags"][0], method.upper(), path)
    for path, method, operation in operations(DOCUMENT)
]


def unfilled(path: str) -> str:
    """The path with ids that are none, so that looking anything up would be 404."""
    return "/".join("none" if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("function", sorted({function for _, function, *_ in OPERATIONS}))
def test_every_operation_refuses_a_parameter_that_it_does_not_know(api: Gateway, function: str):
    asked = [
        (name, method, path) for name, tag, method, path in OPERATIONS if tag == function and name not in TAKING_ANY
    ]
    for name, method, path in asked:
        answer = api.call(method, f"{unfilled(path)}?nonsense=1")
        told = (answer.status, answer.body.get("code"), answer.body.get("errors", [{}])[0].get("pointer"))
        assert told == (422, "unknown_parameter", "?nonsense"), name


def test_routes_that_take_any_query_are_public_and_say_so():
    said = {
        operation["operationId"]
        for _, _, operation in operations(DOCUMENT)
        if "takes any query" in operation["description"] and operation["security"] == []
    }
    assert said == TAKING_ANY


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/v1/conversions?form=2030-01-01", "did you mean ?from?"),
        ("/v1/members?e_mail=ana@example.com", "did you mean ?email?"),
        ("/v1/offers?Limit=5", "did you mean ?limit?"),
        ("/v1/offers?zzz=5", "only"),
        ("/v1/program?limit=5", "no parameters"),
    ],
)
def test_the_nearest_known_name_is_told(api: Gateway, path: str, nearest: str):
    assert nearest in api.get(path).body["detail"]


def test_all_unknown_parameters_are_told_at_once(api: Gateway):
    assert api.get("/v1/offers?a=1&limit=1&b=2").pointers == ["?a", "?b"]


def test_a_wrong_body_or_value_waits_until_the_parameters_are_known(api: Gateway):
    assert api.post("/v1/members?dry_run=true", {"email": 1}).code == "unknown_parameter"
    assert api.post("/v1/members?dry_run=true", "{").code == "unknown_parameter"
    assert api.get("/v1/offers?limit=x&lmit=1").pointers == ["?lmit"]


def test_an_unknown_parameter_starts_nothing(api: Gateway):
    assert api.post("/v1/payouts?dry_run=true", {"until": "2026-11-02"}).code == "unknown_parameter"
    assert api.get("/v1/payouts").body["items"] == []


def test_a_stranger_is_told_of_the_key_first(api: Gateway, world: World):
    assert api.get("/v1/offers?nonsense=1", key=None).status == 401
    assert api.get("/v1/offers?nonsense=1", key=world.reporter).status == 403


def test_a_visitor_is_led_on_whatever_the_address_carries(api: Gateway, world: World):
    assert api.get(f"/r/{world.slug}?utm_source=mail&fbclid=1", key=None).status == 302


def test_what_a_shop_signed_is_judged_after_its_signature(api: Gateway, shops: dict[str, str]):
    event = http_event("GET", f"/t/{shops['api']}?nonsense=1&sig=00")
    assert api.send(event).code == "invalid_signature"
