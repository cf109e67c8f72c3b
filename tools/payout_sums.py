"""Payouts and lines compared with the rows that they hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from laurel.domain.payouts.lines import Line, Place, RowPage
from laurel.domain.payouts.payouts import Payout
from laurel.store import items, keys, payout_keys, payouts
from laurel.store.payout_keys import PAYOUT_LINES
from laurel.store.table import Table
from laurel.workflows.payouts import lines
from laurel.workflows.requests.optimistic import Pause

_MOST_READINGS = 6


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of one payout."""

    differences: tuple[str, ...]
    lines: int


def of_program(table: Table, program_id: str, pause: Pause) -> Iterator[Checked]:
    """Checks every payout of a program; a difference after several readings is real, since rows move meanwhile."""
    for item in table.query(payout_keys.payout(program_id, "").pk):
        checked = _checked(table, program_id, item["sk"])
        for number in range(1, _MOST_READINGS):
            if not checked.differences:
                break
            pause(number)
            checked = _checked(table, program_id, item["sk"])
        yield checked


def _checked(table: Table, program_id: str, payout_id: str) -> Checked:
    partition = payout_keys.payout_line(program_id, payout_id, "").pk
    found = [payouts.parse_line(item) for item in table.query(partition, begins_with=PAYOUT_LINES)]
    payout = payouts.parse_payout(table.get(payout_keys.payout(program_id, payout_id)) or {})
    of_lines = (each for line in found for each in _of_line(table, program_id, payout, line))
    return Checked((*_of_total(payout, found), *of_lines), len(found))


def _of_total(payout: Payout, lines: list[Line]) -> Iterator[str]:
    total, failed = sum(line.worth for line in lines), sum(line.amount for line in lines if line.state == "failed")
    if (payout.total, payout.failed_total) != (total, failed):
        yield f"{payout.payout_id} has {payout.total} and {payout.failed_total}, its lines say {total} and {failed}"


def _of_line(table: Table, program_id: str, payout: Payout, line: Line) -> Iterator[str]:
    """The rows of a line that holds them, or the evidence of one that failed."""
    partition = payout_keys.payout_line(program_id, payout.payout_id, "").pk
    found = table.query(partition, begins_with=payout_keys.payout_pages(line.member_id))
    pages = [items.parse(RowPage, item) for item in found]
    amounts = [amount for page in pages for amount in page.paid.values()]
    if Place(payout, line).holds:
        amounts = [amount for page in pages for amount in _held(table, program_id, payout, page)]
    elif line.state != "failed":
        return
    if (sum(amounts), len(amounts)) != (line.amount, line.rows):
        has = f"{line.amount} for {line.rows} rows"
        yield f"{payout.payout_id} {line.member_id} has {has}, they say {sum(amounts)} for {len(amounts)}"


def _held(table: Table, program_id: str, payout: Payout, page: RowPage) -> Iterator[int]:
    stored = table.batch_get(keys.commission(program_id, row_id) for row_id in page.row_ids)
    return (int(item["body"].get("amount", 0)) for item in stored.values() if lines.names(item, payout.payout_id))
