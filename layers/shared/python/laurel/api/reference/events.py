"""The events of the page: how one comes, and each type with its sentence, its fields and an example."""

import json
from html import escape
from typing import Any

from laurel.api.reference.fields import table
from laurel.api.reference.reading import Schema, resolved
from laurel.api.reference.texts import blocks, inline

ANCHOR = "event-"


def section(document: Schema) -> str:
    """The section of events."""
    sent = document["webhooks"]
    first: Schema = next(iter(sent.values()))["post"]
    shown = "".join(_event(document, type_, path["post"]) for type_, path in sent.items())
    return f'<section><h2 id="events">Events</h2>{_how(first)}{shown}</section>'


def links(document: Schema) -> list[tuple[str, str]]:
    """The anchor and the name of each type."""
    return [(f"{ANCHOR}{type_}", type_) for type_ in document["webhooks"]]


def _how(operation: Schema) -> str:
    headers = "".join(
        f"<dt><code>{escape(header['name'])}</code></dt><dd>{blocks(header['description'])}</dd>"
        for header in operation["parameters"]
    )
    (answer,) = operation["responses"].values()
    return (
        '<article id="event-requests"><h3>How an event comes</h3><p>An endpoint '
        '(<a href="#create_endpoint"><code>POST /v1/webhook-endpoints</code></a>) is sent each event of its types by '
        "<code>POST</code>, at least once; <code>sequence</code> tells the order of those of one subject. "
        '<a href="#list_events"><code>GET /v1/events</code></a> has the same ones for 30 days.</p>'
        f'<h4>Headers</h4><dl class="fields">{headers}</dl><h4>Answer</h4><p><code>2XX</code>: '
        f"{inline(answer['description'])}</p></article>"
    )


def _event(document: Schema, type_: str, operation: Schema) -> str:
    content = operation["requestBody"]["content"]["application/json"]
    told = (
        f"<h4>Body</h4>{table(resolved(document, content['schema']))}"
        f'<h4>Example</h4><pre tabindex="0"><code>{escape(_text(content["example"]))}</code></pre>'
    )
    return (
        f'<article id="{ANCHOR}{escape(type_)}"><details><summary><h3><code>{escape(type_)}</code></h3>'
        f"<p>{inline(operation['summary'])}</p></summary>{told}</details></article>"
    )


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
