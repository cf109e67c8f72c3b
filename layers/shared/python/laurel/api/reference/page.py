"""The page: how to begin, every operation, event and schema, the error codes and the variables of mails."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from laurel.api.reference import commands, events
from laurel.api.reference.fields import described, kind, table
from laurel.api.reference.reading import PROBLEM_JSON, Schema, codes, operations, resolved
from laurel.api.reference.texts import blocks, inline

_ORIGIN: Final = "https://this.api.example"
_PARTS: Final = {
    "begin": "Begin",
    "events": "Events",
    "errors": "Error codes",
    "mail-variables": "Variables of mails",
    "schemas": "Schemas",
}


def page(document: Schema) -> str:
    """The whole page, for an API at no address yet."""
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} API</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_asset("page.css")}</style></head>'
        f'<body><a class="skip" href="#main">To the content</a>{_navigation(document)}'
        f'<main id="main" tabindex="-1">{"".join(_content(document))}</main>'
        f"<script>{_asset('page.js')}</script></body></html>"
    )


def at(page: str, origin: str) -> str:
    """The page with commands for the API at `origin`."""
    return page.replace(_ORIGIN, escape(origin))


@cache
def security_headers() -> Mapping[str, str]:
    """Headers that let the page run its own script, be styled by its own style, and do nothing else."""
    own = f"script-src 'sha256-{_hash('page.js')}'; style-src 'sha256-{_hash('page.css')}'"
    return {
        "Content-Security-Policy": f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "public, max-age=300",
    }


@cache
def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


def _hash(name: str) -> str:
    return base64.b64encode(hashlib.sha256(_asset(name).encode()).digest()).decode()


def _navigation(document: Schema) -> str:
    inner = {"events": events.links(document)}
    parts = [(name, title, inner.get(name, [])) for name, title in _PARTS.items()]
    for tag in document["tags"]:
        links = [
            (operation["operationId"], operation["summary"])
            for _, _, operation in operations(document)
            if operation["tags"][0] == tag["name"]
        ]
        parts.insert(-4, (f"tag-{tag['name']}", tag["name"].capitalize(), links))
    listed = "".join(_links(*part) for part in parts)
    return (
        '<nav aria-label="Contents"><div id="finder" hidden><label for="search">Search</label>'
        '<input id="search" type="search" autocomplete="off" placeholder="promo code, 409, payout …">'
        '<p id="found" role="status"></p></div>'
        f'<details id="contents"><summary>Contents</summary><ul>{listed}</ul></details></nav>'
    )


def _links(anchor: str, title: str, inner: Iterable[tuple[str, str]]) -> str:
    below = "".join(
        f'<li data-of="{escape(name)}"><a href="#{escape(name)}">{inline(summary)}</a></li>' for name, summary in inner
    )
    return f'<li><a href="#{anchor}">{escape(title)}</a>{f"<ul class=of>{below}</ul>" if below else ""}</li>'


def _content(document: Schema) -> Iterator[str]:
    info = document["info"]
    yield f"<h1>{escape(info['title'])} API</h1>{blocks(info['description'])}"
    yield '<p>The same as <a href="v1/openapi.json">OpenAPI 3.1</a>, for tools.</p>'
    yield _beginning(document)
    known = commands.variables(document)
    for tag in document["tags"]:
        of_tag = [each for each in operations(document) if each[2]["tags"][0] == tag["name"]]
        shown = "".join(_operation(document, known, *each) for each in of_tag)
        name, what = escape(tag["name"]), blocks(tag.get("description", ""))
        yield f'<section><h2 id="tag-{name}">{name.capitalize()}</h2>{what}{shown}</section>'
    yield events.section(document)
    yield _errors(document)
    yield _variables(document)
    schemas = document["components"]["schemas"]
    shown = "".join(_article(f"schema-{name}", name, described(schema)) for name, schema in schemas.items())
    yield f'<section><h2 id="schemas">Schemas</h2><p>What bodies and answers are made of.</p>{shown}</section>'


def _beginning(document: Schema) -> str:
    bearer = document["components"]["securitySchemes"]["bearer"]["description"]
    text = (
        f"<p>{inline(bearer)}</p><p>Set these once in a shell; the commands on this page then work as they stand. "
        "Ids are those of the newest of each kind: where there is none yet, make one first.</p>"
    )
    setting_up = commands.setting_up(document, _ORIGIN)
    return (
        '<section><h2 id="begin">Begin</h2>'
        f'<article id="authorise"><h3>Authorise</h3>{text}{_command(setting_up)}</article></section>'
    )


def _operation(document: Schema, known: Mapping[str, str], path: str, method: str, operation: Schema) -> str:
    parts = (
        blocks(operation.get("description", "")),
        "<h4>Example</h4>",
        _command(commands.curl(path, method, operation, known)),
        _parameters(operation),
        _body(document, operation),
        _answers(document, operation),
    )
    title = (
        f'<code><span class="verb {method}">{method.upper()}</span> {escape(path)}</code>'
        f"</h3><p>{inline(operation['summary'])}</p>"
    )
    return _article(operation["operationId"], title, "".join(parts), is_whole=True)


def _article(anchor: str, title: str, content: str, *, is_whole: bool = False) -> str:
    heading = f"<h3>{title}" if is_whole else f"<h3>{escape(title)}</h3>"
    return f'<article id="{escape(anchor)}"><details><summary>{heading}</summary>{content}</details></article>'


def _command(text: str) -> str:
    return f'<div class="command"><pre tabindex="0"><code>{escape(text)}</code></pre></div>'


def _parameters(operation: Schema) -> str:
    rows = "".join(map(_parameter, operation.get("parameters", [])))
    return f'<h4>Parameters</h4><dl class="fields">{rows}</dl>' if rows else ""


def _parameter(parameter: Schema) -> str:
    needed = ' <span class="needed">required</span>' if parameter["required"] else ""
    what = f'<span class="kind">{parameter["in"]}, {kind(parameter["schema"])}</span>{needed}'
    return f"<dt><code>{escape(parameter['name'])}</code> {what}</dt><dd>{blocks(parameter['description'])}</dd>"


def _body(document: Schema, operation: Schema) -> str:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = resolved(document, content["schema"])
        return f"<h4>Body</h4><p>{kind(content['schema'])}</p>{table(schema) if 'properties' in schema else ''}"
    return ""


def _answers(document: Schema, operation: Schema) -> str:
    rows = "".join(
        f"<dt><code>{status}</code> <span class=kind>{_contents(document, response)}</span></dt>"
        f"<dd>{_told(document, response)}</dd>"
        for status, response in sorted(operation["responses"].items())
    )
    return f'<h4>Answers</h4><dl class="fields">{rows}</dl>'


def _contents(document: Schema, response: Schema) -> str:
    content = resolved(document, response).get("content", {})
    return " or ".join(
        kind(each["schema"]) if media in {"application/json", PROBLEM_JSON} else escape(media)
        for media, each in content.items()
    )


def _told(document: Schema, response: Schema) -> str:
    links = ", ".join(f'<a href="#error-{code}"><code>{code}</code></a>' for code in codes(document, response))
    return links or inline(resolved(document, response)["description"])


def _errors(document: Schema) -> str:
    rows = "".join(
        f'<dt id="error-{code}"><code>{code}</code> <span class="kind">{example["value"]["status"]}</span></dt>'
        f"<dd>{inline(example['summary'])}</dd>"
        for code, example in document["components"]["examples"].items()
    )
    return (
        '<section><h2 id="errors">Error codes</h2><article id="error-codes"><h3>All codes</h3><p>A refusal is a '
        '<a href="#schema-Problem">Problem</a>; its <code>code</code> never changes its meaning.</p>'
        f'<dl class="fields">{rows}</dl></article></section>'
    )


def _variables(document: Schema) -> str:
    rows = "".join(
        f"<dt><code>{{{{ {escape(name)} }}}}</code></dt><dd>{inline(said)}</dd>"
        for name, said in document["x-mail-variables"].items()
    )
    return (
        '<section><h2 id="mail-variables">Variables of mails</h2><article id="variables"><h3>What templates may name'
        f'</h3><dl class="fields">{rows}</dl></article></section>'
    )
