"""Refunds: applied to their conversion in one transaction, or parked until it is reported. Each id counts once.

A refund that comes before its order leaves a stub at the conversion's key. The order's own Put then fails and
finds it, so that neither misses the other, whichever is faster.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.program.programs import Program
from laurel.domain.tracking.refunds import MOST_PARKED, OrderRef, Refund, RefundReport, RefundView, Step, apply
from laurel.domain.values.errors import Conflict, Forbidden
from laurel.store import indexes, items, keys, ledger
from laurel.store.indexes import BY_OWNER
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger import row_history
from laurel.workflows.ledger.commissions import conversion_of
from laurel.workflows.requests import idempotency, listing
from laurel.workflows.requests.edits import following
from laurel.workflows.requests.idempotency import CREATED, OK, Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo

ACCEPTED: Final = 202
"""The status of a refund that waits for its order."""


@dataclass(frozen=True, slots=True)
class Refunded:
    """The result of a refund: 201 if it is new, 202 while its order is not known, 200 if it was applied before."""

    refund: RefundView
    status: int
    is_new: bool = True


Beside = Callable[[Refunded], Sequence[Op]]
"""Gives the writes that commit together with a new refund: the stored answer of an Idempotency-Key."""


def refund_order(  # noqa: PLR0913, PLR0917 - which order of whom, what of it, who and when
    table: Table,
    program: Program,
    order: OrderRef,
    refund: RefundReport,
    author: Author,
    now: datetime,
    beside: Beside = lambda _: (),
) -> Refunded:
    """Refunds an order of a storefront of the program, known or not.

    Raises Conflict: `refund_conflict` for another refund under its id, `too_many_refunds` above MOST_PARKED that wait.
    """
    program_id, at = program.program_id, replace(author, at=now)
    wanted = Refund(
        refund_id=refund.refund_id,
        conversion_id=conversion_id(program_id, order.storefront_id, order.order_id),
        order_id=order.order_id,
        storefront_id=order.storefront_id,
        reason=refund.reason,
        asked=refund.amount,
        actor=author.actor,
        created_at=now,
    )
    return redo(lambda: _attempt(_Asked(table, program_id, wanted, refund, at, beside)))


def refund_conversion(
    table: Table, request: Request, conversion_id: str, refund: RefundReport
) -> tuple[RefundView, int]:
    """Refunds a conversion; the view and its status. Storefront keys refund orders of their own storefront.

    Raises Absent, Forbidden `other_storefront`, and as `refund_order`.
    """
    program_id = request.program.program_id
    row = conversion_of(table.get(keys.commission(program_id, conversion_id)))
    assert row.order is not None  # noqa: S101 - for the type checker: a conversion always has its order
    if "admin" not in request.api_key.scopes and row.order.storefront_id != request.api_key.storefront_id:
        raise Forbidden("other_storefront", "this key refunds orders of its own storefront only")
    return refund_once(table, request, OrderRef(row.order.storefront_id, row.order.order_id), refund)


def refund_once(table: Table, request: Request, order: OrderRef, refund: RefundReport) -> tuple[RefundView, int]:
    """Refunds an order for a request that may have an Idempotency-Key. Raises as `refund_order`."""
    if (earlier := idempotency.find(table, request, RefundView)) is not None:
        return earlier

    def kept(done: Refunded) -> Sequence[Op]:
        return idempotency.kept(request, done.refund, done.status)

    done = refund_order(table, request.program, order, refund, request.author, request.at, kept)
    if done.is_new:
        return done.refund, done.status
    return idempotency.commit(table, request, [], done.refund, done.status)


def parked(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[RefundView]:
    """The refunds whose order is not known yet."""
    partition = indexes.parked_refunds(program_id)
    return listing.page(table, [partition], _view, limit=limit, cursor=cursor, index=BY_OWNER)


def waiting(table: Table, program_id: str, conversion_id: str) -> list[Refund]:
    """The refunds that wait for an order."""
    refunds = table.query(keys.commission(program_id, conversion_id).pk, begins_with=keys.REFUNDS)
    return [items.parse(Refund, item) for item in refunds]


def applied(program_id: str, step: Step) -> list[Op]:
    """The writes of a refund that waited, to commit with the new row of its order."""
    return [Put(items.refund(program_id, step.refund)), _line(program_id, step)]


@dataclass(frozen=True, slots=True)
class _Asked:
    table: Table
    program_id: str
    refund: Refund
    report: RefundReport
    author: Author
    beside: Beside


def _attempt(asked: _Asked) -> Refunded:
    program_id, refund = asked.program_id, asked.refund
    row = keys.commission(program_id, refund.conversion_id)
    key = keys.refund(program_id, refund.conversion_id, refund.refund_id)
    stored = asked.table.batch_get([row, key])
    if key in stored:
        known = items.parse(Refund, stored[key])
        known.require_same(asked.report)
        return Refunded(RefundView.of(known), ACCEPTED if known.is_parked else OK, is_new=False)
    item = stored.get(row)
    if item is None or item["kind"] == items.STUB:
        return _park(asked, item)
    return _apply(asked, items.parse(Commission, item))


def _park(asked: _Asked, stub: Item | None) -> Refunded:
    before = 0 if stub is None else stub["version"]
    if before >= MOST_PARKED:
        raise Conflict("too_many_refunds", f"{before} refunds of this order wait for it already")
    refund = asked.refund.model_copy(update={"place": before + 1})
    done = Refunded(RefundView.of(refund), ACCEPTED)
    item = items.stub(asked.program_id, refund.conversion_id, before + 1)
    waits = Put(item, new=True) if stub is None else Put(item, expect={"version": before})
    _commit(asked, [waits, Put(items.refund(asked.program_id, refund), new=True)], done)
    return done


def _apply(asked: _Asked, row: Commission) -> Refunded:
    program_id = asked.program_id
    step = apply(program_id, row, asked.refund, following(row, asked.author).at)
    done = Refunded(RefundView.of(step.refund), CREATED)
    ops: list[Op] = [
        ledger.changed(program_id, row, step.after),
        Put(items.refund(program_id, step.refund), new=True),
        _line(program_id, step),
    ]
    if step.adjustment is not None:
        # one bucket, as for all rows that are too few to heat an offer's index partition
        ops.append(Put(ledger.commission(program_id, step.adjustment, buckets=1), new=True))
    _commit(asked, ops, done)
    return done


def _commit(asked: _Asked, ops: Sequence[Op], done: Refunded) -> None:
    with racing():
        asked.table.transact([*ops, *asked.beside(done)])


def _line(program_id: str, step: Step) -> Put:
    author = Author(step.refund.actor, step.after.updated_at)
    action = "refunded" if step.refund.reason == "refund" else "charged_back"
    return row_history.line(program_id, step.before, step.after, action, author)


def _view(item: Item) -> RefundView:
    return RefundView.of(items.parse(Refund, item))
