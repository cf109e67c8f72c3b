"""All that Laurel asks of Shopify is in the schema that Shopify publishes, and so is the shop of the tests."""

import gzip
import json
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_client_schema,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)

from tests.kit.shops.shopify import SCHEMA
from tests.unit.test_shopify_costs import QUESTIONS
from tools.places import SCHEMAS
from tools.schemas import ADMIN

CUT = {name: kind for name, kind in SCHEMA.type_map.items() if not name.startswith("__")}


@pytest.fixture(scope="module")
def published() -> GraphQLSchema:
    """The whole schema, which `make check` fetches (or `python -m tools.schemas`)."""
    told = json.loads(gzip.decompress((SCHEMAS / ADMIN).read_bytes()))
    return build_client_schema(told.get("data", told), assume_valid=True)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_one_that_shopify_answers(name: str, published: GraphQLSchema):
    assert validate(published, parse(QUESTIONS[name])) == []


@pytest.mark.parametrize("name", CUT)
def test_the_shop_of_the_tests_has_nothing_that_shopify_has_not(name: str, published: GraphQLSchema):
    ours, theirs = CUT[name], published.type_map[name]
    assert type(ours) is type(theirs)
    match ours:
        case GraphQLObjectType() | GraphQLInterfaceType():
            _require_same_fields(ours, theirs)
        case GraphQLInputObjectType():
            _require_same_inputs(ours.fields, theirs.fields, is_required_input_field)  # type: ignore[union-attr]
        case GraphQLEnumType():
            assert set(ours.values) <= set(theirs.values)  # type: ignore[union-attr]
        case GraphQLUnionType():
            assert {each.name for each in ours.types} <= {each.name for each in theirs.types}  # type: ignore[union-attr]
        case _:
            pass  # a scalar


def _require_same_fields(ours: Any, theirs: Any) -> None:
    assert {each.name for each in ours.interfaces} <= {each.name for each in theirs.interfaces}
    for name, field in ours.fields.items():
        assert str(field.type) == str(theirs.fields[name].type), name
        _require_same_inputs(field.args, theirs.fields[name].args, is_required_argument)


def _require_same_inputs(ours: Any, theirs: Any, is_required: Any) -> None:
    assert {name: str(each.type) for name, each in ours.items()} == {name: str(theirs[name].type) for name in ours}
    assert {name for name, each in theirs.items() if is_required(each)} <= set(ours)
