"""Whatever a body has wrong, the answer is in our words: no library's text, no pattern, and a place for each error."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic_core._pydantic_core import list_all_errors

from laurel.api.reference import operations
from laurel.domain.values import messages
from tests.functional.kit.gateway import DOCUMENT, Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.world import World

WRONG: tuple[Any, ...] = (None, "", "x" * 300, -1, 1.5, True, [], {}, [None], {"type": "nonsense"})
LIBRARY = [
    re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(error["message_template_python"])))
    for error in list_all_errors()
    if error["type"] not in {"value_error", "assertion_error"}
]
PATTERN = re.compile(r"\^.*\$|\[[^\]]+-[^\]]+\]|\\[dswx]")
BODIES = {
    operation["operationId"]: (method.upper(), path, operation["requestBody"]["content"]["application/json"])
    for path, method, operation in operations(DOCUMENT)
    if "requestBody" in operation and operation["tags"][0] != "webhooks"
}
NAMES = {"offer_id": "codes_offer", "member_id": "ada", "rule_id": "rule_id", "template_id": "template_id"}
NAMES |= {"storefront_id": "storefront_id", "slug": "slug"}
PATH_EXAMPLES = {
    parameter["name"]: parameter["example"]
    for _, _, operation in operations(DOCUMENT)
    for parameter in operation.get("parameters", [])
    if parameter["in"] == "path"
}


def in_world(text: str, world: World) -> str:
    """An example with the ids of the world instead of its own."""
    own = {name: str(getattr(world, attribute)) for name, attribute in NAMES.items()}
    own["payout_option_id"] = world.options[1]
    for name, value in own.items():
        text = text.replace(f"{{{name}}}", value).replace(PATH_EXAMPLES.get(name, f"{{{name}}}"), value)
    return text


def spoilt(body: Any) -> Iterator[Any]:
    """The body with one place of it replaced by each wrong value, or misnamed."""
    if isinstance(body, dict):
        for name, inner in body.items():
            yield from ({**body, name: each} for each in WRONG)
            yield {**{other: value for other, value in body.items() if other != name}, f"{name[:-1]}": inner}
            yield from ({**body, name: each} for each in spoilt(inner))
    elif isinstance(body, list):
        yield from ([each, *body[1:]] for inner in body[:1] for each in spoilt(inner))


def with_fields(content: Any) -> Iterator[Any]:
    """The example with each field that the schema has beside, one at a time, and all wrong."""
    schema = DOCUMENT["components"]["schemas"][content["schema"].get("$ref", "/Problem").rpartition("/")[2]]
    for name in schema.get("properties", {}).keys() - content["example"].keys():
        yield from ({**content["example"], name: each} for each in WRONG)


def require_ours(answer: Answer) -> None:
    assert answer.status < 500
    if answer.status < 400:
        return
    if "jsonrpc" in answer.body:  # an error of the protocol of agents
        answer = replace(answer, body={"detail": answer.body["error"]["message"]})
    told = [answer.body["detail"], *(each["message"] for each in answer.body.get("errors", []))]
    for message in told:
        assert message
        assert not PATTERN.search(message), message
        assert not [each.pattern for each in LIBRARY if each.search(message)], message


@pytest.mark.parametrize("name", BODIES)
def test_a_spoilt_body_is_refused_in_our_words(
    api: Gateway, world: World, secrets_key: str, jobs_queue: JobsQueue, name: str
):
    method, path, content = BODIES[name]
    content = json.loads(in_world(json.dumps(content), world))
    for body in (*spoilt(content["example"]), *with_fields(content), [], "text", 1, None):
        require_ours(api.call(method, in_world(path, world), body))


@pytest.mark.parametrize(
    "query", ["limit=x", "limit=0", "limit=1000", "cursor=", "from=2026-02-30", "from=x", "status=odd", "attributed=x"]
)
def test_a_wrong_parameter_is_refused_in_our_words(api: Gateway, query: str):
    answer = api.get(f"/v1/conversions?{query}")
    assert answer.status == 422
    assert answer.pointers == [f"?{query.partition('=')[0]}"]
    require_ours(answer)


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer", "message"),
    [
        ("POST", "/v1/members", {"email": "a@example.com", "first_nam": "A"}, "/first_nam", "did you mean first_name?"),
        ("POST", "/v1/members", {"emial": "a@example.com"}, "/emial", "did you mean email?"),
        (
            "PATCH",
            "/v1/program",
            {"features": {"forced_matrix": {"with": 3}}},
            "/features/forced_matrix/with",
            "did you mean width?",
        ),
        ("POST", "/v1/refunds", {"order_id": "1", "refund": "r"}, "/refund", "did you mean refund_id?"),
        ("POST", "/v1/offers", {"name": "A", "payout_option": []}, "/payout_option", "did you mean payout_options?"),
    ],
)
def test_an_unknown_field_is_told_the_nearest_one(
    api: Gateway, method: str, path: str, body: Any, pointer: str, message: str
):
    errors = {each["pointer"]: each["message"] for each in api.call(method, path, body).body["errors"]}
    assert errors[pointer] == f"there is no such field here; {message}"


@pytest.mark.parametrize(
    ("variant", "pointer", "message"),
    [
        ({"type": "per_click", "amuont": 5}, "/amuont", "did you mean amount?"),
        ({"type": "per_click", "amount": 5, "percnt": "1"}, "/percnt", "only "),
        ({"type": "percent_of_sale", "percnt": "1"}, "/percnt", "did you mean percent?"),
        ({"type": "per_clik", "amount": 5}, "/type", "one of percent_of_sale, "),
        ({"amount": 5}, "/type", "which kind is meant"),
    ],
)
def test_a_variant_is_told_its_own_fields(api: Gateway, variant: Any, pointer: str, message: str):
    option = {"name": "Standard", "default": True, "terms": variant}
    offer = {"name": "A", "kind": "promo_code", "payout_options": [option]}
    errors = {each["pointer"]: each["message"] for each in api.post("/v1/offers", offer).body["errors"]}
    assert message in errors[f"/payout_options/0/terms{pointer}"]


CROWD: dict[str, int | None] = {f"x{number}": 1 for number in range(15_000)}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/conversions", CROWD),
        ("POST", "/v1/offers", {"name": "A", "kind": "promo_code", "payout_options": [CROWD]}),
        ("PATCH", "/v1/program", CROWD),
        ("PATCH", "/v1/program", {"attribution": dict.fromkeys(CROWD)}),
    ],
)
def test_a_body_of_thousands_of_faults_is_told_the_first_fifty(api: Gateway, method: str, path: str, body: Any):
    answer = api.call(method, path, body)
    assert (answer.status, len(answer.body["errors"])) == (422, 50)


def test_an_unknown_path_says_where_the_known_ones_are_listed(api: Gateway):
    assert "/docs" in api.get("/v1/ofers").body["detail"]


def test_every_pattern_of_the_document_can_be_said_in_words():
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(DOCUMENT))
    decimals = {r"^\d{1,3}(\.\d{1,4})?$", r"^\d{1,18}(\.\d{1,12})?$"}  # these are read, and say what a decimal is
    slugs = {"^[0-9A-Za-z]"}  # in any spelling
    assert {each for each in map(json.loads, patterns) if not messages.has_form(each)} == decimals | slugs
