"""Histories as CSV: the lines of the page, all that a line changed in one cell."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from laurel.console import sheets
from laurel.domain.history import Edit
from laurel.domain.values.model import Frozen
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers
from laurel.pages.answers import Answer
from laurel.pages.edits import Change, Line
from laurel.pages.visits import Visit
from laurel.workflows.requests.listing import Page

Told = tuple[Page[Edit], Sequence[Line]]
"""A page of a history, and its lines in words."""
_COLUMNS: Final = ("When", "What", "About", "Before and after", "By")


class _Row(Frozen):
    at: datetime
    what: str
    about: str
    changes: str
    who: str


def file(visit: Visit, read: Callable[[int, str | None], Told]) -> Answer:
    """A history as a file; `read`: a page of it, of a length, after a cursor."""

    def rows(limit: int, cursor: str | None) -> Page[_Row]:
        page, lines = read(limit, cursor)
        return Page(items=[_row(line) for line in lines], next_cursor=page.next_cursor)

    def cells(row: _Row) -> Cells:
        said = (sheets.local(visit, row.at), row.what, row.about, row.changes, row.who)
        return dict(zip(_COLUMNS, said, strict=True))

    return answers.sheet(Layout("history", _COLUMNS, cells), rows)


def _row(line: Line) -> _Row:
    changes = ". ".join(map(_change, line.changes))
    return _Row(at=line.at, what=line.what, about=line.about, changes=changes, who=line.who)


def _change(change: Change) -> str:
    return f"{change.label}: {change.before} → {change.after}"
