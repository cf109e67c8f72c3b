"""Schemas with names: pages, patches, choices and unions; variants require what tells them apart."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tools.document.words import WORDS, operations

Json = dict[str, Any]
NAME: Final = "x-name"
"""Names a schema that stands inline where it is declared."""
_REFERENCE: Final = "#/components/schemas/"
_NULL: Final = {"type": "null"}


def named(document: Json) -> Json:
    """The document with a component for every schema that has a name, and no title, which repeats the name."""
    schemas = document["components"]["schemas"]
    hoisted: Json = {}
    bare = {part: _mapped(document[part], _bare) for part in ("paths", "components")}
    result: Json = document | {part: _mapped(bare[part], lambda each: _hoisted(each, hoisted)) for part in bare}
    result["components"]["schemas"] |= hoisted
    for name in schemas:
        result["components"]["schemas"][page_name(name)] = result["components"]["schemas"].pop(name)
    for _, parameter in parameters(result):
        parameter["schema"] = _given(parameter["schema"])
    return result


def page_name(name: str) -> str:
    """`Page_OfferView_` is an `OfferPage`."""
    stem = name.removeprefix("Page_").removesuffix("_")
    return f"{stem.removesuffix('View')}Page" if name.startswith("Page_") else name


def parameters(document: Json) -> Iterator[tuple[Json, Json]]:
    """Each operation with each of its parameters."""
    for operation in operations(document):
        yield from ((operation, parameter) for parameter in operation.get("parameters", []))


def reference(name: str) -> Json:
    """A reference to a schema."""
    return {"$ref": f"{_REFERENCE}{name}"}


def target(schema: Mapping[str, Any]) -> str:
    """The name that a reference leads to; empty for other schemas."""
    return str(schema.get("$ref", "")).removeprefix(_REFERENCE)


def _mapped(value: Any, change: Callable[[Json], Json]) -> Any:
    """`value` with `change` made to every object in it, the innermost first."""
    if isinstance(value, dict):
        return change({name: _mapped(inner, change) for name, inner in value.items()})
    return [_mapped(inner, change) for inner in value] if isinstance(value, list) else value


def _bare(schema: Json) -> Json:
    """A schema without what pydantic adds: titles, the numbers of integers as fractions, names of generic classes."""
    kept = {name: value for name, value in schema.items() if name != "title" or not isinstance(value, str)}
    if "$ref" in kept:
        kept["$ref"] = f"{_REFERENCE}{page_name(target(kept))}" if target(kept) != kept["$ref"] else kept["$ref"]
    for bound in ("minimum", "maximum"):
        if isinstance(kept.get(bound), float) and kept.get("type") == "integer":
            kept[bound] = int(kept[bound])
    if kept.get("exclusiveMinimum", -1) == kept.get("minimum"):
        del kept["minimum"]
    return _with_constants(_with_choices(kept))


def _with_choices(schema: Json) -> Json:
    """Of alternatives a constant is a choice of one, which generated clients can tell from the others; "" is a text."""
    if "anyOf" not in schema:
        return schema
    if {"const": "", "type": "string"} in schema["anyOf"]:
        return {name: value for name, value in schema.items() if name != "anyOf"} | {"type": "string"}
    options = [_choice(option["const"]) if "const" in option else option for option in schema["anyOf"]]
    return {**schema, "anyOf": options}


def _choice(value: str) -> Json:
    return {"type": "string", "enum": [value]}


def _with_constants(schema: Json) -> Json:
    """A variant requires the field that tells it apart, whose one value is no default."""
    fields = schema.get("properties")
    if not isinstance(fields, dict) or schema.get("type") != "object":
        return schema
    constant = [name for name, field in fields.items() if "const" in field]
    for name in constant:
        fields[name].pop("default", None)
    required = dict.fromkeys([*schema.get("required", []), *constant])
    return {**schema, "required": list(required)} if required else schema


def _hoisted(schema: Json, into: Json) -> Json:
    """A reference instead of a schema that has a name; the schema itself goes `into` the components."""
    name = schema.pop(NAME, None) or _name_of(schema)
    if name is None:
        return schema
    beside: Json = {
        key: schema.pop(key) for key in ("default", "description") if key in schema and "properties" not in schema
    }
    assert into.setdefault(name, schema) == schema, f"two schemas are named {name}"
    return {**beside, **reference(name)}


def _name_of(schema: Json) -> str | None:
    if "enum" in schema:
        return WORDS.choice_of(schema["enum"])
    options = [option for option in schema.get("oneOf", []) if option != _NULL]
    return WORDS.union_of(map(target, options)) if len(options) > 1 else None


def _given(schema: Json) -> Json:
    """The schema of a parameter, which is either given or not, and never null."""
    options = [option for option in schema.get("anyOf", []) if option != _NULL]
    if len(options) != 1:
        return schema
    return {**options[0], **{name: value for name, value in schema.items() if name not in {"anyOf", "default"}}}
