"""Tables as CSV (RFC 4180) that are safe in a spreadsheet: text of others in a cell is never taken for a formula."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel

from laurel.api.documents import responses
from laurel.workflows.requests.listing import DEFAULT_LIMIT, MOST_ITEMS, Page

MOST_ROWS: Final = 5_000
LARGEST: Final = 4_000_000
"""The most characters of a table as JSON text; Lambda answers up to 6 MB."""
_MOST_READS: Final = 20  # bounds the cost of a filter that matches little
_JSON: Final = "application/json"
_CSV: Final = "text/csv; charset=utf-8"
_FORMULA: Final = frozenset("=+-@\t\r\n")
_MAY_BEGIN: Final = re.compile(r"(?<=[;\t\r\n])(?=[^;\t\r\n])")
"""Positions in a cell of ours where another may begin: in many countries, spreadsheets split at `;` despite quotes."""
_NOT_SEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})

Shown = TypeVar("Shown", bound=BaseModel)
Cell = str | int | Decimal | None
"""A cell's value: text comes from others and is made safe; numbers are ours."""
Cells = Mapping[str, Cell]
Format = Annotated[Literal["json", "csv"], Query(description="csv: the same rows as a table for spreadsheets.")]
RowLimit = Annotated[
    int | None,
    Query(
        ge=1,
        le=MOST_ITEMS,
        description=f"How many items at most: {DEFAULT_LIMIT} if not given, {MOST_ROWS} as csv.",
    ),
]


@dataclass(frozen=True, slots=True)
class Layout(Generic[Shown]):
    """The layout of a table. `cells`: row -> the cell of every column; a column without a value is empty."""

    name: str
    columns: Sequence[str]
    cells: Callable[[Shown], Cells]

    @property
    def header(self) -> str:
        """The first line."""
        return _lines([self.columns])

    def lines(self, rows: Iterable[Shown]) -> str:
        """A line for each row."""
        return _lines([_cell(cells[column]) for column in self.columns] for cells in map(self.cells, rows))


def json_or_csv(model: Any) -> Any:
    """The responses of a route that answers `model` as JSON or CSV."""
    both = {_JSON: {"model": model}, "text/csv": {"schema": {"type": "string"}}}
    return {**responses(), 200: {"description": "Done", "content": both}}


def as_json(value: Any) -> Response[Any]:
    """The answer to `format=json`."""
    return Response(200, _JSON, value)


def as_csv(layout: Layout[Shown], rows: Iterable[Shown]) -> Response[Any]:
    """The answer to `format=csv`, with all rows."""
    return _file(layout, [layout.lines(rows)], {})


def list_as_csv(
    app: APIGatewayHttpResolver,
    layout: Layout[Shown],
    read: Callable[[int, str | None], Page[Shown]],
    limit: int | None,
    cursor: str | None,
) -> Response[Any]:
    """A list as one file: up to `limit` rows, or as many as one answer carries; headers lead to the rest."""
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
    return _file(layout, parts, _rest(app, cursor))


def _file(layout: Layout[Shown], parts: Iterable[str], headers: Mapping[str, str]) -> Response[Any]:
    disposition = {"Content-Disposition": f'attachment; filename="{layout.name}.csv"'}
    return Response(200, _CSV, "".join((layout.header, *parts)), {**disposition, **headers})


def _rest(app: APIGatewayHttpResolver, cursor: str | None) -> dict[str, str]:
    """Headers that lead to the rest of a list; a link's target is relative to the request's URL."""
    if cursor is None:
        return {}
    asked = {**app.current_event.query_string_parameters, "cursor": cursor}
    return {"Next-Cursor": cursor, "Link": f'<?{urlencode(asked)}>; rel="next"'}


def _lines(records: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(records)
    return written.getvalue()


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case str():
            return "".join(f"'{part}" if _may_be_formula(part) else part for part in _MAY_BEGIN.split(value))
        case _:
            return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _may_be_formula(value: str) -> bool:
    """Whether a spreadsheet could run `value`, full-width and other forms of = + - @ included.

    Apostrophes before it make no difference, so that reading a table back always takes off one; nor do quotes, since
    spreadsheets that split at `;` ignore them.
    """
    first = next((character for character in value if character in _FORMULA or not _is_passed_over(character)), " ")
    return unicodedata.normalize("NFKC", first)[0] in _FORMULA


def _is_passed_over(character: str) -> bool:
    return character in "'\"" or unicodedata.category(character) in _NOT_SEEN
