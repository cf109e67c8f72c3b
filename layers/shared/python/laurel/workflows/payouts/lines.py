"""The lines of a payout, and the rows that their pages list, in the order in which they are walked over."""

from collections.abc import Iterable
from typing import Any

from laurel.domain.ledger.commissions import Commission
from laurel.domain.payouts.lines import Line, RowPage
from laurel.domain.payouts.payouts import Payout
from laurel.store import items, keys, payout_keys, payouts
from laurel.store.keys import LAST
from laurel.store.payout_keys import PAYOUT_LINES
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests import edits


def payout(table: Table, program_id: str, payout_id: str) -> Payout:
    """A payout of the program. Raises Absent."""
    return payouts.parse_payout(
        edits.get_item(table, payout_keys.payout(program_id, payout_id), "payout_not_found", "payout")
    )


def after(table: Table, program_id: str, payout_id: str, member_id: str | None, limit: int) -> list[Line]:
    """The lines after a member's, those that left included."""
    partition = payout_keys.payout_line(program_id, payout_id, "").pk
    between = (f"{PAYOUT_LINES}{member_id}{LAST}" if member_id else PAYOUT_LINES, PAYOUT_LINES + LAST)
    return [payouts.parse_line(item) for item in table.query(partition, between=between, limit=limit)]


def find(table: Table, program_id: str, payout_id: str, member_id: str) -> Line | None:
    """A member's line, unless it left the payout or never was."""
    item = table.get(payout_keys.payout_line(program_id, payout_id, member_id))
    line = None if item is None else payouts.parse_line(item)
    return None if line is None or line.state == "left" else line


def pages(
    table: Table, program_id: str, payout_id: str, member_id: str | None, low: str | None, limit: int
) -> list[tuple[str, RowPage]]:
    """The pages from `low` on with their sort keys: of a member's line, or of all lines."""
    partition, prefix = payout_keys.payout_line(program_id, payout_id, "").pk, payout_keys.payout_pages(member_id)
    between = (max(prefix, low or ""), prefix + LAST)
    found = table.query(partition, between=between, limit=limit)
    return [(item["sk"], items.parse(RowPage, item)) for item in found]


def rows_of(table: Table, program_id: str, row_ids: Iterable[str]) -> dict[str, Item]:
    """The rows of a page that are there still, in its order."""
    wanted = {row_id: keys.commission(program_id, row_id) for row_id in row_ids}
    stored = table.batch_get(wanted.values())
    return {row_id: stored[key] for row_id, key in wanted.items() if key in stored}


def are_waiting(stored: Iterable[Item]) -> list[Item]:
    """The rows that wait to be counted."""
    return [item for item in stored if item.get("pend") == 1]


def names(item: Item, payout_id: str) -> bool:
    """Whether a row names the payout."""
    return bool(item.get("payout_id") == payout_id)


def row(item: Item) -> Commission:
    """A row in its item."""
    return items.parse(Commission, item)


def first_cursor(payout_id: str) -> dict[str, Any]:
    """The cursor at which the job of a payout begins."""
    return {"payout_id": payout_id}
