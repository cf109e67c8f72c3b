"""Orders that shops report by webhook: the first delivery records the order, later ones add what it lacked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from laurel.domain.history import SYSTEM, Author
from laurel.domain.ledger.commissions import Attribution, Commission, conversion_id
from laurel.domain.members.enrollments import CodeClaim
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Winner, attribute
from laurel.domain.tracking.conversions import ConversionReport, Received, attributed, paid
from laurel.domain.tracking.refunds import OrderRef
from laurel.domain.tracking.webhooks.events import OrderReported
from laurel.domain.values.errors import Conflict, Refusal
from laurel.domain.values.model import AHEAD_ALLOWED
from laurel.store import items, keys, ledger
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.ledger import row_history
from laurel.workflows.ledger.commissions import conversion_of
from laurel.workflows.requests.edits import following
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking import ingestion, reading
from laurel.workflows.tracking.candidates import Found

DELIVERED: Final = "webhook"
"""The constant in place of a report's hash: the deliveries of one order differ, and are not compared."""


def record(table: Table, program: Program, storefront_id: str, event: OrderReported, now: datetime) -> Refusal | None:
    """Records an order or brings it up to date; the refusal if it does not count."""
    stored = table.batch_get(set(_keys(program.program_id, event)))
    report = _report(program.program_id, event, stored, now)
    received = Received(report, storefront_id, DELIVERED, now, event.is_paid)
    (recorded,) = ingestion.record_all(table, program, [received], stored)
    if isinstance(recorded, Refusal) and not _is_known(recorded):
        return recorded
    if isinstance(recorded, Refusal) or not recorded.is_new:
        redo(lambda: _attribute(table, program, received, stored))
        redo(lambda: _settle(table, program, received))
    return None


def is_known(table: Table, program_id: str, order: OrderRef) -> bool:
    """Whether an order was recorded; refunds that wait for it do not count."""
    item = table.get(keys.commission(program_id, conversion_id(program_id, *order)))
    return item is not None and item["kind"] != items.STUB


def _is_known(refusal: Refusal) -> bool:
    """Whether the API reported the order before, with a body that is not compared with a delivery."""
    return isinstance(refusal, Conflict) and refusal.code == "order_conflict"


def _keys(program_id: str, event: OrderReported) -> Iterator[Key]:
    yield from reading.first_keys(program_id, [event.report.model_dump(exclude_none=True)])
    yield from (keys.promo_code(program_id, code) for code in event.codes)


def _report(program_id: str, event: OrderReported, stored: Found, now: datetime) -> ConversionReport:
    """The report as it is recorded: with the code that leads to somebody, and not later than now."""
    report = event.report
    is_ahead = report.occurred_at is not None and report.occurred_at > now + AHEAD_ALLOWED
    at = None if is_ahead else report.occurred_at
    code = _code(program_id, event, stored, at or now)
    return report.model_copy(update={"promo_code": code, "occurred_at": at})


def _code(program_id: str, event: OrderReported, stored: Found, at: datetime) -> str | None:
    """The first code that a member has, else the first that one had, else the first of the shop's own."""

    def rank(code: str) -> int:
        item = stored.get(keys.promo_code(program_id, code))
        return 2 if item is None else int(items.parse(CodeClaim, item).is_dead_at(at))

    return min(event.codes, key=rank, default=None)


def _attribute(table: Table, program: Program, received: Received, stored: Found) -> None:
    """Gives an order that nobody won to a member named by a later delivery: a checkout knows more than its invoice."""
    row, report = _row(table, program, received), received.report
    known = row.attribution or Attribution()
    news = {report.promo_code, report.click_id} - {None, known.promo_code, known.click_id}
    winner = _winner(table, program, received, stored) if news and row.member_id is None else None
    if winner is None:
        return
    author = following(row, Author(SYSTEM, received.at))
    named = known.model_copy(update={"promo_code": report.promo_code, "click_id": report.click_id})
    changed = attributed(program, row.model_copy(update={"attribution": named}), winner, author.at)
    put = Put(ledger.commission(program.program_id, changed, winner.offer.buckets), expect={"version": row.version})
    with racing():
        table.transact([put, row_history.line(program.program_id, row, changed, "attributed", author)])


def _winner(table: Table, program: Program, received: Received, stored: Found) -> Winner | None:
    people = reading.read_candidates(table, program.program_id, received, stored)
    return attribute(people, program.attribution, received.occurred_at, received.report.customer_email).winner


def _settle(table: Table, program: Program, received: Received) -> None:
    """Notes that the shop has its money."""
    row = _row(table, program, received)
    assert row.order is not None  # noqa: S101 - for the type checker: a conversion always has its order
    if not received.is_paid or not row.order.awaits_payment:
        return
    author = following(row, Author(SYSTEM, received.at))
    changed = paid(program, row, author.at)
    with racing():
        table.transact(row_history.written(program.program_id, row, changed, "payment_received", author))


def _row(table: Table, program: Program, received: Received) -> Commission:
    order = conversion_id(program.program_id, received.storefront_id, received.report.order_id)
    return conversion_of(table.get(keys.commission(program.program_id, order)))
