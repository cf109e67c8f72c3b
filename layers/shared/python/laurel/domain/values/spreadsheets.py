"""Tables as CSV (RFC 4180) that are safe in a spreadsheet: text of others in a cell is never taken for a formula."""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Generic, TypeVar

BYTE_ORDER_MARK: Final = "\ufeff"
"""The first character of a file, by which spreadsheets know that it is UTF-8."""
MEDIA_TYPE: Final = "text/csv; charset=utf-8"
_FORMULA: Final = frozenset("=+-@\t\r\n")
_MAY_BEGIN: Final = re.compile(r"(?<=[;\t\r\n])(?=[^;\t\r\n])")
"""Positions in a cell of ours where another may begin: in many countries, spreadsheets split at `;` despite quotes."""
_NOT_SEEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})

Shown = TypeVar("Shown")
Cell = str | int | Decimal | None
"""A cell's value: text comes from others and is made safe; numbers are ours."""
Cells = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Layout(Generic[Shown]):
    """The layout of a table. `cells`: row -> the cell of every column; a column without a value is empty."""

    name: str
    columns: Sequence[str]
    cells: Callable[[Shown], Cells]

    @property
    def header(self) -> str:
        """The line of the columns' names."""
        return lines([self.columns])

    def file(self, parts: Iterable[str]) -> str:
        """The whole text of a file: `parts` of `lines` below the header."""
        return "".join((BYTE_ORDER_MARK, self.header, *parts))

    def lines(self, rows: Iterable[Shown]) -> str:
        """A line for each row."""
        return lines([_cell(cells[column]) for column in self.columns] for cells in map(self.cells, rows))


def lines(records: Iterable[Sequence[str]]) -> str:
    """The records as they are, quoted where CSV needs it."""
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
