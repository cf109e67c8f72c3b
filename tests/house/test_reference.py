"""The OpenAPI document teaches: everything has a name, a sentence, an example and its error codes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from laurel.api.reference import operations
from laurel.domain.mail.templates import FIELD_PREFIX, VARIABLES
from tools.document import codes, naming
from tools.document.examples import EXAMPLES
from tools.document.words import WORDS
from tools.places import ROOT

DOCUMENT: dict[str, Any] = json.loads((ROOT / "docs/openapi.json").read_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
BY_GATEWAY = {"method_not_allowed", "unavailable", "internal_error"}
ALL = {operation["operationId"]: operation for _, _, operation in operations(DOCUMENT)}


def inner(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every object in `value`, with its place."""
    if isinstance(value, dict):
        yield place, value
        for name, each in value.items():
            yield from inner(each, f"{place}/{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from inner(each, f"{place}/{index}")


def test_every_field_parameter_and_choice_has_its_sentence():
    assert list(dict.fromkeys(WORDS.missing(DOCUMENT))) == [], "write them in docs/reference"


def test_sentences_are_sentences():
    said = [*WORDS.codes.values(), *WORDS.names["tags"].values(), *WORDS.names["variables"].values()]
    said += [sentence for values in WORDS.choices.values() for sentence in values.values()]
    for each in WORDS.fields.values():
        said += [each] if isinstance(each, str) else each.values()
    assert [each for each in said if not re.fullmatch(r"[`A-Z0-9].*[.]", each, re.S)] == []


def test_no_sentence_is_about_what_is_not_there():
    fields = {name for schema in SCHEMAS.values() for name in schema.get("properties", {})}
    parameters = {parameter["name"] for _, parameter in naming.parameters(DOCUMENT)}
    own = {name for name, said in WORDS.fields.items() if isinstance(said, dict)} - {"parameters", "paths"}
    assert {name for name, said in WORDS.fields.items() if isinstance(said, str)} - fields - parameters == set()
    assert {f"{name}.{field}" for name in own for field in WORDS.fields[name]} <= {
        f"{name}.{field}" for name, schema in SCHEMAS.items() for field in schema.get("properties", {})
    }
    assert WORDS.fields["parameters"].keys() | WORDS.fields["paths"].keys() <= parameters
    assert WORDS.choices.keys() <= SCHEMAS.keys()
    assert WORDS.names["unions"].keys() <= SCHEMAS.keys()
    assert EXAMPLES.keys() - {"values"} <= ALL.keys()


def test_every_value_of_a_choice_is_described():
    for name, schema in SCHEMAS.items():
        if "enum" in schema:
            assert set(schema["x-enumDescriptions"]) == set(WORDS.choices[name]) == set(schema["enum"]), name


def test_schemas_have_names_that_people_would_give():
    assert [name for name in SCHEMAS if not re.fullmatch(r"[A-Z][A-Za-z]+", name)] == []
    deep = [(at, each) for at, each in inner(DOCUMENT) if not re.fullmatch(r"/components/schemas/\w+", at)]
    assert [at for at, each in deep if isinstance(each.get("properties"), dict) and each.get("type") == "object"] == []
    assert [at for at, each in deep if isinstance(each.get("enum"), list)] == []
    assert [at for at, each in deep if isinstance(each.get("oneOf"), list)] == []


def test_a_variant_requires_what_tells_it_apart():
    for name, schema in SCHEMAS.items():
        for field, told in schema.get("properties", {}).items():
            if "const" in told:
                assert field in schema["required"], f"{name}.{field}"
                assert "default" not in told


def test_no_default_is_an_object_or_a_list():
    named = [(at, each) for at, each in inner(DOCUMENT) if not at.endswith(("/properties", "/responses"))]
    assert [at for at, each in named if isinstance(each.get("default"), dict | list)] == []


@pytest.mark.parametrize("name", ALL)
def test_an_operation_has_a_sentence_and_an_example(name: str):
    operation = ALL[name]
    assert operation["summary"]
    assert all("example" in each for each in operation.get("parameters", []) if each["required"]), "docs/reference"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        assert "example" in content, f"write [{name}] body in docs/reference/examples.toml"


def test_every_tag_is_described():
    described = {tag["name"]: tag.get("description") for tag in DOCUMENT["tags"]}
    assert described.keys() == {operation["tags"][0] for operation in ALL.values()}
    assert all(described.values())


def test_every_code_that_is_raised_has_its_meaning():
    raised = {code for _, code in codes.all_codes()}
    assert raised - WORDS.codes.keys() == set(), "write them in docs/reference/codes.toml"
    assert WORDS.codes.keys() - raised == BY_GATEWAY


def test_every_code_has_one_status():
    statuses = [code for _, code in codes.all_codes()]
    assert len(set(statuses)) == len(statuses)


def test_every_variable_of_mails_is_described():
    assert WORDS.names["variables"].keys() == {*VARIABLES, f"{FIELD_PREFIX}<name>"}


def test_a_code_is_found_wherever_it_is_raised():
    assert (409, "promo_code_taken") in codes.codes_of("offers", "enroll")
    assert (404, "job_not_found") in codes.codes_of("program", "get_job")
    assert not {code for _, code in codes.codes_of("program", "get_job")} & {"promo_code_taken", "payout_state"}
