"""Points that Shopify's Admin API takes for a question: an object is 1, a connection 2 and its objects, a mutation 10.

Asked for are all objects that there may be; what was not there is given back. Page information is free.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    parse,
)

MOST = 1_000
"""Of one question."""
_OF_A_MUTATION, _OF_A_CONNECTION = 10, 2
Json = Mapping[str, Any]


@dataclass
class Bucket:
    """The points that a shop of the common plan has, and gets back."""

    size: float = 2_000
    a_second: float = 100
    left: float = 2_000
    taken: float = 0
    at: float = field(default_factory=time.monotonic)

    def has(self, points: int) -> bool:
        now = time.monotonic()
        self.left, self.at = min(self.size, self.left + (now - self.at) * self.a_second), now
        return self.left >= points

    def take(self, points: int) -> None:
        self.left, self.taken = self.left - points, self.taken + points

    def status(self, requested: int, actual: int | None) -> dict[str, Any]:
        left = {"maximumAvailable": self.size, "currentlyAvailable": int(self.left), "restoreRate": self.a_second}
        return {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": left}}


def requested(schema: GraphQLSchema, question: str, variables: Json) -> int:
    """The points of all that a question may be answered with."""
    asked = parse(question)
    (operation,) = (each for each in asked.definitions if isinstance(each, OperationDefinitionNode))
    if operation.operation.value == "mutation":
        return _OF_A_MUTATION * len(operation.selection_set.selections)
    assert schema.query_type is not None
    return _Asked(schema, asked, variables).selected(operation.selection_set, schema.query_type)


def actual(question: str, data: Any) -> int:
    """The points of what it was answered with."""
    return _OF_A_MUTATION if question.lstrip().startswith("mutation") else _of_answer(data) - 1


def _of_answer(data: Any) -> int:
    if isinstance(data, list):
        return sum(map(_of_answer, data))
    if not isinstance(data, dict):
        return 0
    own = _OF_A_CONNECTION if "nodes" in data else 1
    return own + sum(_of_answer(each) for name, each in data.items() if name != "pageInfo")


class _Asked:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Json) -> None:
        self.schema, self.variables = schema, variables
        named = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self.fragments = {each.name.value: each for each in named}

    def selected(self, wanted: SelectionSetNode, of: GraphQLNamedType) -> int:
        """A kind of object more is an alternative, of which the dearest counts."""
        fields = sum(self._field(each, of) for each in wanted.selections if isinstance(each, FieldNode))
        parts = [self._part(each, of) for each in wanted.selections if not isinstance(each, FieldNode)]
        return fields + (max(parts, default=0) if is_abstract_type(of) else sum(parts))

    def _part(self, part: Any, of: GraphQLNamedType) -> int:
        assert isinstance(part, FragmentSpreadNode | InlineFragmentNode)
        found = self.fragments[part.name.value] if isinstance(part, FragmentSpreadNode) else part
        on = found.type_condition
        return self.selected(found.selection_set, self.schema.type_map[on.name.value] if on else of)

    def _field(self, asked: FieldNode, of: Any) -> int:
        name = asked.name.value
        if name.startswith("__") or is_leaf_type(kind := get_named_type(of.fields[name].type)) or name == "pageInfo":
            return 0
        assert asked.selection_set is not None
        inside = self.selected(asked.selection_set, kind)
        many = self._first(asked)
        if kind.name.endswith("Connection"):  # what is inside has an object for each node
            return _OF_A_CONNECTION + (many or 0) * inside
        return (1 if many is None else many) * (1 + inside)

    def _first(self, asked: FieldNode) -> int | None:
        given = next((each.value for each in asked.arguments or () if each.name.value in {"first", "last"}), None)
        if isinstance(given, VariableNode):
            return int(self.variables[given.name.value])
        return int(given.value) if isinstance(given, IntValueNode) else None
