"""Lists as files of pages: whoever adds up a file learns whether it has every row."""

from laurel.domain.values.model import Frozen
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers
from laurel.workflows.requests.listing import Page


class Row(Frozen):
    amount: int


def cells(row: Row) -> Cells:
    return {"Amount": row.amount}


LAYOUT = Layout("rows", ("Amount",), cells)


def without_an_end(_limit: int, cursor: str | None) -> Page[Row]:
    first = int(cursor or 0)
    return Page(items=[Row(amount=amount) for amount in range(first, first + 5)], next_cursor=str(first + 5))


def only_one(_limit: int, _cursor: str | None) -> Page[Row]:
    return Page(items=[Row(amount=1)], next_cursor=None)


def test_a_file_that_holds_every_row_ends_with_the_last_one():
    assert answers.sheet(LAYOUT, only_one).body.splitlines()[1:] == ["1"]


def test_a_file_that_cannot_hold_every_row_says_so_in_its_last_line():
    *rows, last = answers.sheet(LAYOUT, without_an_end).body.splitlines()
    assert (len(rows) > 1, last.startswith("There are more rows than one file holds. Narrow the list")) == (True, True)
