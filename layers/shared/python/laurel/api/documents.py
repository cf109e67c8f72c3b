"""Parameters and responses as handlers declare them and the OpenAPI document shows them."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from pydantic import BaseModel, BeforeValidator, GetJsonSchemaHandler
from pydantic_core import CoreSchema

from laurel.api.problems import PROBLEM_JSON, TITLES
from laurel.domain.values.patches import can_be_empty
from laurel.workflows.requests.listing import MOST_ITEMS

PROBLEM_SCHEMA: Final = {"$ref": "#/components/schemas/Problem"}
_VERSION: Final = re.compile(r'(?:W/)?"?(\d{1,9})"?')
_NO_VERSION: Final = -1
_ENTITY: Final = re.compile(r"^New|(Edit|Settings|Text)$")
_ALWAYS: Final = (401, 403, 422)
_SUCCESSES: Final = {200: "Done", 201: "Created", 202: "Accepted", 204: "Done; there is nothing to tell"}


def _version(value: Any) -> Any:
    if not isinstance(value, str) or value == "*":
        return None
    named = _VERSION.fullmatch(value)
    return int(named[1]) if named else _NO_VERSION


Id = TypeVar("Id")
InPath = Annotated[Id, Path()]
"""An id in the path; a text that cannot be an id is answered as absent (404)."""
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x20-\x7e]+$",
        description="Names this request for 24 hours: sent again with the same body, it gets the same answer.",
    ),
]
IfMatch = Annotated[
    int | None,
    BeforeValidator(_version),
    Header(alias="If-Match", description="Change only this version; 412 if the resource has another."),
]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(min_length=1, max_length=2000, description="`next_cursor` of the page before; opaque.")
]


@dataclass(frozen=True, slots=True)
class PatchOf:
    """Marks a JSON merge patch: documented as `model`, some `without`, all optional, nullable if null clears."""

    model: type[BaseModel]
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its schema: that of the entity, such as `OfferPatch`."""
        return f"{_ENTITY.sub('', self.model.__name__)}Patch"

    def __get_pydantic_json_schema__(self, _: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler.resolve_ref_schema(handler(self.model.__pydantic_core_schema__))
        fields = {
            name: _optional(schema) if can_be_empty(self.model.model_fields[name]) else _without_default(schema)
            for name, schema in whole["properties"].items()
            if name not in self.without
        }
        return {
            "type": "object",
            "properties": fields,
            "additionalProperties": False,
            "description": "A JSON merge patch (RFC 7396): what is given is set, null clears, all else stays.",
            "x-name": self.name,
        }


def responses(*statuses: int) -> Any:
    """A route's responses: 2xx carry its result, others a problem. Every route may refuse a key or a value."""
    return {status: _response(status) for status in sorted({*statuses, *_ALWAYS})}


def refusals(*statuses: int) -> Any:
    """The problems that a public route may answer."""
    return {status: _response(status) for status in sorted(statuses)}


def shows(media_type: str, what: str) -> Any:
    """The response of a public document."""
    return {200: {"description": what, "content": {media_type: {"schema": {"type": "string"}}}}}


def redirects() -> Any:
    """The responses of a link: a redirect, or a refusal."""
    location = {"description": "Where it leads", "schema": {"type": "string", "format": "uri"}}
    redirect = {"description": "Led on", "content": {}, "headers": {"Location": location}}
    return {302: redirect, **refusals(404, 422)}


def _response(status: int) -> dict[str, Any]:
    if status == 204:
        return {"description": _SUCCESSES[status], "content": {}}
    if status in _SUCCESSES:
        return {"description": _SUCCESSES[status]}
    return {"description": TITLES[status], "content": {PROBLEM_JSON: {"schema": PROBLEM_SCHEMA}}}


def _without_default(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "default"}


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    kept = _without_default(schema)
    if {"type": "null"} in kept.get("anyOf", []):
        return kept
    return {"anyOf": [kept, {"type": "null"}]}
