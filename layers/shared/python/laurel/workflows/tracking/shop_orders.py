"""Orders that shops tell by webhook: the first delivery records the order, later ones bring what it lacked."""

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
from laurel.workflows.tracking import candidates, ingestion
from laurel.workflows.tracking.candidates import Found

DELIVERED: Final = "webhook"
"""What stands for the hash of a report: the deliveries of one order differ, and are not compared."""


def record(table: Table, program: Program, storefront_id: str, told: OrderReported, now: datetime) -> Refusal | None:
    """Records an order or brings it up to date; why it does not count, if so."""
    found = table.batch_get(set(_keys(program.program_id, told)))
    report = _report(program.program_id, told, found, now)
    received = Received(report, storefront_id, DELIVERED, now, told.is_paid)
    (recorded,) = ingestion.record_all(table, program, [received], found)
    if isinstance(recorded, Refusal) and not _is_known(recorded):
        return recorded
    if isinstance(recorded, Refusal) or not recorded.is_new:
        redo(lambda: _attribute(table, program, received, found))
        redo(lambda: _settle(table, program, received))
    return None


def is_known(table: Table, program_id: str, order: OrderRef) -> bool:
    """Whether an order was recorded; refunds that wait for one are none."""
    item = table.get(keys.commission(program_id, conversion_id(program_id, *order)))
    return item is not None and item["kind"] != items.STUB


def _is_known(refusal: Refusal) -> bool:
    """Whether the order was reported before by the API, with a body that is not compared with a delivery."""
    return isinstance(refusal, Conflict) and refusal.code == "order_conflict"


def _keys(program_id: str, told: OrderReported) -> Iterator[Key]:
    yield from candidates.first_keys(program_id, [told.report.model_dump(exclude_none=True)])
    yield from (keys.promo_code(program_id, code) for code in told.codes)


def _report(program_id: str, told: OrderReported, found: Found, now: datetime) -> ConversionReport:
    """As it is recorded: with the code that leads to somebody, and at the latest now."""
    report = told.report
    is_ahead = report.occurred_at is not None and report.occurred_at > now + AHEAD_ALLOWED
    at = None if is_ahead else report.occurred_at
    code = _code(program_id, told, found, at or now)
    return report.model_copy(update={"promo_code": code, "occurred_at": at})


def _code(program_id: str, told: OrderReported, found: Found, at: datetime) -> str | None:
    """The first code that somebody has, before those that somebody had, before those of the shop alone."""

    def rank(code: str) -> int:
        item = found.get(keys.promo_code(program_id, code))
        return 2 if item is None else int(items.parse(CodeClaim, item).is_dead_at(at))

    return min(told.codes, key=rank, default=None)


def _attribute(table: Table, program: Program, received: Received, found: Found) -> None:
    """An order that nobody won goes to whom a later delivery names: an invoice knows less than its checkout."""
    row, report = _row(table, program, received), received.report
    known = row.attribution or Attribution()
    news = {report.promo_code, report.click_id} - {None, known.promo_code, known.click_id}
    winner = _winner(table, program, received, found) if news and row.member_id is None else None
    if winner is None:
        return
    author = following(row, Author(SYSTEM, received.at))
    named = known.model_copy(update={"promo_code": report.promo_code, "click_id": report.click_id})
    changed = attributed(program, row.model_copy(update={"attribution": named}), winner, author.at)
    put = Put(ledger.commission(program.program_id, changed, winner.offer.buckets), expect={"version": row.version})
    with racing():
        table.transact([put, row_history.line(program.program_id, row, changed, "attributed", author)])


def _winner(table: Table, program: Program, received: Received, found: Found) -> Winner | None:
    program_id, report = program.program_id, received.report
    people = candidates.named(table, program_id, received, found)
    standing = table.batch_get(set(candidates.second_keys(program_id, report, people))) if people else {}
    known = candidates.candidates(program_id, report, people, {**found, **standing})
    return attribute(known, program.attribution, received.occurred_at, report.customer_email).winner


def _settle(table: Table, program: Program, received: Received) -> None:
    """The shop has its money now."""
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
