"""A value that fits a schema, made up."""

from typing import Any, Final

from laurel.api.reference.reading import Schema, resolved

_DEEPEST: Final = 12
_SAMPLES: Final[dict[str, Any]] = {"number": 1, "boolean": True, "string": "text"}
_FORMATS: Final = {
    "date-time": "2026-11-21T10:00:00Z",
    "date": "2026-11-21",
    "email": "ada@example.com",
    "uri": "https://example.com/",
}
_ID_LENGTH: Final = 26


def example(document: Schema, schema: Schema, depth: int = 0) -> Any:
    """A value that fits `schema`, or shows its shape: the first of alternatives, one item of each array."""
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return example(document, resolved(document, schema), depth + 1)
    for given in ("const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    if schema.get("examples") or schema.get("enum"):
        return [*schema.get("examples", []), *schema.get("enum", [])][0]
    if options := schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
        return example(document, options[0], depth + 1)
    return _plain(document, schema, depth)


def _plain(document: Schema, schema: Schema, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {name: example(document, field, depth + 1) for name, field in fields.items()}
        case "array":
            return [example(document, schema.get("items", {}), depth + 1)]
        case "string":
            return _text(schema)
        case "integer":
            return max(1, schema.get("minimum", 1))
        case kind:
            return _SAMPLES.get(str(kind))


def _text(schema: Schema) -> str:
    pattern = schema.get("pattern", "")
    if pattern.endswith(f"{{{_ID_LENGTH}}}$"):
        return f"{pattern[1:].partition('_')[0]}_{'0' * _ID_LENGTH}"
    return str(_FORMATS.get(schema.get("format", ""), _SAMPLES["string"]))
