"""Revisions of conversions by hand; an order that only lacked a rate is attributed once it has one."""

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.programs import Program
from laurel.domain.tracking.judging import RATE_MISSING
from laurel.domain.tracking.revisions import Revision, revised
from laurel.store import keys
from laurel.store.table import Table
from laurel.workflows.ledger.commissions import conversion_of
from laurel.workflows.requests.edits import following, require_version
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking import order_facts, shop_orders


def revise(
    table: Table, program: Program, conversion_id: str, revision: Revision, if_match: int | None, author: Author
) -> Commission:
    """The conversion after a revision, which is the newer news even of what is known. Raises Absent, Invalid, Stale."""
    redo(lambda: _attempt(table, program.program_id, conversion_id, revision, if_match, author))
    row = _row(table, program.program_id, conversion_id)
    lacked_rate = row.member_id is None and row.attribution is not None and row.attribution.reason == RATE_MISSING
    if lacked_rate and row.order is not None and row.order.exchange_rate is not None:
        redo(lambda: shop_orders.attribute_again(table, program, conversion_id, author))
        return _row(table, program.program_id, conversion_id)
    return row


def _attempt(
    table: Table, program_id: str, conversion_id: str, revision: Revision, if_match: int | None, author: Author
) -> None:
    row = _row(table, program_id, conversion_id)
    require_version(row, if_match)
    by = following(row, author)
    step = revised(row, revision, by.at)
    if step.is_news and step.before.order != step.after.order:
        with racing():
            table.transact(order_facts.written(table, program_id, step, by, revision.reason))


def _row(table: Table, program_id: str, conversion_id: str) -> Commission:
    return conversion_of(table.get(keys.commission(program_id, conversion_id)))
