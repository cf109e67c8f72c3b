"""The OpenAPI document for people: one HTML page without a script, which loads nothing from elsewhere."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

Schema = Mapping[str, Any]
METHODS: Final = ("get", "head", "options", "put", "post", "patch", "delete")
_DEEPEST: Final = 12
_SAMPLES: Final[dict[str, Any]] = {"number": 1, "boolean": True, "string": "text"}
_FORMATS: Final = {
    "date-time": "2026-11-21T10:00:00Z",
    "date": "2026-11-21",
    "email": "ada@example.com",
    "uri": "https://example.com/",
}
_ID_LENGTH: Final = 26
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "nav a{margin-right:1rem}h2{border-bottom:1px solid #ccc;margin-top:3rem}"
    "details{border:1px solid #ddd;border-radius:4px;margin:.5rem 0;padding:.4rem .8rem}summary{cursor:pointer}"
    "code{font-weight:600}pre{background:#f6f6f6;padding:.8rem;overflow-x:auto;font-size:14px}"
    "td{padding:.1rem 1rem .1rem 0;vertical-align:top}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
}


def page(document: Schema) -> str:
    """The whole page."""
    info = document["info"]
    tags = sorted({operation["tags"][0] for _, _, operation in operations(document)})
    links = " ".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in tags)
    sections = "".join(_section(document, tag) for tag in tags)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1><p>{escape(info.get('description', ''))}</p>"
        f'<p>The same as <a href="v1/openapi.json">OpenAPI</a>.</p><nav>{links}</nav>{sections}</body></html>'
    )


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """The operations as (path, method, operation), in the document's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def routed(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """The same at every path that leads to them: an operation may be at one more, written with a slash at its end."""
    for path, method, operation in operations(document):
        yield path, method, operation
        yield from ((also, method, operation) for also in operation.get("x-also-at", []))


def example(document: Schema, schema: Schema, depth: int = 0) -> Any:
    """A value that fits `schema`, or shows its shape: the first of alternatives, one item of each array."""
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return example(document, document["components"]["schemas"][name], depth + 1)
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


def _section(document: Schema, tag: str) -> str:
    of_tag = [_operation(document, *entry) for entry in operations(document) if entry[2]["tags"][0] == tag]
    return f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(of_tag)}'


def _operation(document: Schema, path: str, method: str, operation: Schema) -> str:
    return (
        f"<details><summary><code>{method.upper()} {escape(path)}</code> {escape(operation['summary'])}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>{_parameters(operation)}"
        f"{_body(document, 'Request', operation.get('requestBody', {}))}"
        f"{''.join(_response(document, *response) for response in sorted(operation['responses'].items()))}"
        "</details>"
    )


def _parameters(operation: Schema) -> str:
    rows = (
        f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}<td>{escape(one.get('description', ''))}"
        for one in operation.get("parameters", [])
    )
    table = "".join(rows)
    return f"<table>{table}</table>" if table else ""


def _response(document: Schema, status: str, response: Schema) -> str:
    title = f"{status} {response['description']}"
    return _body(document, title, response if status.startswith("2") else {})


def _body(document: Schema, title: str, message: Schema) -> str:
    shown = [_json(document, content) for content in message.get("content", {}).values() if "schema" in content]
    return f"<p>{escape(title)}</p>{''.join(shown)}" if shown or title != "Request" else ""


def _json(document: Schema, content: Schema) -> str:
    return f"<pre>{escape(json.dumps(example(document, content['schema']), indent=2, ensure_ascii=False))}</pre>"
