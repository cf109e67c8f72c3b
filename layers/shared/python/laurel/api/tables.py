"""Tables as answers: a list or a summary as one file for spreadsheets."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from laurel.domain.values.spreadsheets import MEDIA_TYPE, Layout
from laurel.workflows.requests.listing import DEFAULT_LIMIT, MOST_ITEMS, Page

__all__ = ["Format", "Layout", "RowLimit", "as_csv", "as_json", "json_or_csv", "list_as_csv", "list_as_text"]

MOST_ROWS: Final = 5_000
LARGEST: Final = 4_000_000
"""The most characters of a table as JSON text; Lambda answers up to 6 MB."""
_MOST_READS: Final = 20  # bounds the cost of a filter that matches little
_JSON: Final = "application/json"

Shown = TypeVar("Shown", bound=BaseModel)
Format = Annotated[
    Literal["json", "csv"],
    Query(
        description="csv: the same rows as a table for people and spreadsheets: words for headers, names and e-mails "
        "beside ids, amounts as decimals beside their currency, local days. UTF-8 with a byte order mark."
    ),
]
RowLimit = Annotated[
    int | None,
    Query(
        ge=1,
        le=MOST_ITEMS,
        description=f"How many items at most: {DEFAULT_LIMIT} if not given, {MOST_ROWS} as csv.",
    ),
]


def json_or_csv(model: Any) -> Any:
    """The response of a route that answers `model` as JSON or CSV."""
    return {
        200: {"description": "Done", "content": {_JSON: {"model": model}, "text/csv": {"schema": {"type": "string"}}}}
    }


def as_json(value: Any) -> Response[Any]:
    """The answer to `format=json`."""
    return Response(200, _JSON, value)


def as_csv(layout: Layout[Shown], rows: Iterable[Shown]) -> Response[Any]:
    """The answer to `format=csv`, with all rows."""
    return _file(layout, layout.file([layout.lines(rows)]), {})


def list_as_csv(
    app: APIGatewayHttpResolver,
    layout: Layout[Shown],
    read: Callable[[int, str | None], Page[Shown]],
    limit: int | None,
    cursor: str | None,
) -> Response[Any]:
    """A list as one file: up to `limit` rows, or as many as one answer carries; headers lead to the rest."""
    text, rest = list_as_text(layout, read, limit, cursor)
    return _file(layout, text, _rest(app, rest))


def list_as_text(
    layout: Layout[Shown], read: Callable[[int, str | None], Page[Shown]], limit: int | None, cursor: str | None
) -> tuple[str, str | None]:
    """A list as the text of a file, with as many rows as one answer carries, and the cursor of the rest."""
    parts: list[str] = []
    size, left = 0, limit or MOST_ROWS
    for _ in range(_MOST_READS):
        page = read(left, cursor)
        parts.append(layout.lines(page.items))
        size += len(json.dumps(parts[-1]))
        left -= len(page.items)
        cursor = page.next_cursor
        if cursor is None or not left or size >= LARGEST:
            break
    return layout.file(parts), cursor


def _file(layout: Layout[Shown], text: str, headers: Mapping[str, str]) -> Response[Any]:
    disposition = {"Content-Disposition": f'attachment; filename="{layout.name}.csv"'}
    return Response(200, MEDIA_TYPE, text, {**disposition, **headers})


def _rest(app: APIGatewayHttpResolver, cursor: str | None) -> dict[str, str]:
    """Headers that lead to the rest of a list; a link's target is relative to the request's URL."""
    if cursor is None:
        return {}
    asked = {**app.current_event.query_string_parameters, "cursor": cursor}
    return {"Next-Cursor": cursor, "Link": f'<?{urlencode(asked)}>; rel="next"'}
