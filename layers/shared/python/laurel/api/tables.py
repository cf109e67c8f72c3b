"""Tables as CSV (RFC 4180) that a spreadsheet may open: what others wrote in a cell is never taken for a formula."""

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
"""Characters of a table as JSON text, which is how Lambda answers: up to 6 MB."""
_READ_AT_ONCE: Final = 250
_MOST_READS: Final = 80  # bounds what a filter that matches little can cost
_JSON: Final = "application/json"
_CSV: Final = "text/csv; charset=utf-8"
_FORMULA: Final = frozenset("=+-@\t\r\n")
_MAY_BEGIN: Final = re.compile(r"(?<=[;\t\r\n])(?=[^;\t\r\n])")
"""Where a cell may begin within ours: many countries' spreadsheets split at `;`, and then our quotes do not count."""
_NOT_SEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})

Shown = TypeVar("Shown", bound=BaseModel)
Cell = str | int | Decimal | None
"""Text is others' and made safe; numbers are ours."""
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
    """How a table shows its rows. `cells`: the cell of every column; one without a value is empty."""

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
    """What a route answers that tells of `model` in both ways."""
    both = {_JSON: {"model": model}, "text/csv": {"schema": {"type": "string"}}}
    return {**responses(), 200: {"description": "Done", "content": both}}


def as_json(told: Any) -> Response[Any]:
    """The answer to `format=json`."""
    return Response(200, _JSON, told)


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
    """A list as one file: up to `limit` rows, or as many as one answer carries; headers tell where the rest begins."""
    parts: list[str] = []
    size, left = 0, limit or MOST_ROWS
    for _ in range(_MOST_READS):
        page = read(min(left, _READ_AT_ONCE), cursor)
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
    """Headers that tell where the rest of a list begins; a link's target is relative to what was asked."""
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
    """Whether a spreadsheet could run it, full-width and other forms of = + - @ included.

    Apostrophes before it make no difference, so that reading a table back always takes off one; nor do quotes, which
    are none to who splits at `;`.
    """
    first = next((each for each in value if each in _FORMULA or not _is_passed_over(each)), " ")
    return unicodedata.normalize("NFKC", first)[0] in _FORMULA


def _is_passed_over(character: str) -> bool:
    return character in "'\"" or unicodedata.category(character) in _NOT_SEEN
