"""Schemas as tables of their fields; unions as lists of their variants, choices as lists of their values."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from laurel.api.reference.reading import Schema, name_of
from laurel.api.reference.texts import blocks, inline

_NULL: Final = {"type": "null"}
_FORMATS: Final = {"date-time": "instant", "date": "day", "email": "e-mail", "uri": "address", "binary": "file"}
_TYPES: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_BOUNDS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "exclusiveMaximum": "below {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
}


def described(schema: Schema) -> str:
    """A schema with a name: what it is, and its fields, variants or values."""
    what = blocks(schema.get("description", "")) if "enum" not in schema else ""
    return f"{what}{''.join(_parts(schema))}"


def table(schema: Schema) -> str:
    """The fields of an object."""
    required = schema.get("required", [])
    rows = "".join(_row(name, field, is_needed=name in required) for name, field in schema["properties"].items())
    return f'<dl class="fields">{rows}</dl>'


def kind(schema: Schema) -> str:
    """The kind of a value in a few words, with a link where it has a name."""
    if name := name_of(schema):
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    options = [option for key in ("oneOf", "anyOf") for option in schema.get(key, [])]
    if options:
        return " or ".join(dict.fromkeys(kind(option) for option in options))
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    return _plain(schema)


def _parts(schema: Schema) -> Iterator[str]:
    if "oneOf" in schema:
        links = "".join(f"<li>{kind(option)}</li>" for option in schema["oneOf"] if option != _NULL)
        yield f"<p>One of these:</p><ul>{links}</ul>"
    if "enum" in schema:
        told = schema.get("x-enumDescriptions", {})
        values = "".join(
            f"<dt><code>{escape(value)}</code></dt><dd>{inline(told.get(value, ''))}</dd>" for value in schema["enum"]
        )
        yield f'<dl class="fields">{values}</dl>'
    if schema.get("properties"):
        yield table(schema)


def _row(name: str, field: Schema, *, is_needed: bool) -> str:
    needed = ' <span class="needed">required</span>' if is_needed else ""
    facts = "; ".join(filter(None, (kind(field), *_bounds(field), _default(field))))
    return (
        f'<dt><code>{escape(name)}</code> <span class="kind">{facts}</span>{needed}</dt>'
        f"<dd>{blocks(field.get('description', ''))}</dd>"
    )


def _plain(schema: Schema) -> str:
    match schema.get("type"):
        case "array":
            return f"list of {kind(schema.get('items', {}))}"
        case "object" if isinstance(inner := schema.get("additionalProperties"), dict):
            return f"object of {kind(inner)} by name"
        case "null":
            return "null"
        case "string" if schema.get("pattern", "").endswith("{26}$"):
            return f"id <code>{escape(schema['pattern'][1:].partition('_')[0])}_…</code>"
        case str(of):
            return _FORMATS.get(schema.get("format", ""), _TYPES.get(of, of))
        case _:
            return "anything"


def _bounds(schema: Schema) -> Iterator[str]:
    for each in (schema, *schema.get("anyOf", [])):
        yield from (said.format(_number(each[bound])) for bound, said in _BOUNDS.items() if bound in each)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _default(schema: Schema) -> str:
    default = schema.get("default")
    return "" if default in (None, "") else f"if not given: <code>{escape(_said(default))}</code>"


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
