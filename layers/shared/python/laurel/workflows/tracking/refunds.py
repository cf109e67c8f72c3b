"""Refunds as they are reported and undone by hand: each id once, whether its order is known or not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.program.programs import Program
from laurel.domain.tracking.facts import News, takes_now, told
from laurel.domain.tracking.refunds import OrderRef, Refund, RefundReport, RefundView
from laurel.domain.values.errors import Absent, Forbidden
from laurel.store import indexes, items, keys
from laurel.store.indexes import BY_OWNER
from laurel.store.operations import Op
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger.commissions import conversion_of
from laurel.workflows.requests import idempotency, listing
from laurel.workflows.requests.edits import following
from laurel.workflows.requests.idempotency import CREATED, OK, Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking import order_facts
from laurel.workflows.tracking.order_facts import Place

ACCEPTED: Final = 202
"""The status of what waits for its order."""


@dataclass(frozen=True, slots=True)
class Refunded:
    """What became of a refund: 201 new, 202 as long as its order is not known, 200 for one that was applied before."""

    refund: RefundView
    status: int
    is_new: bool = True


Beside = Callable[[Refunded], Sequence[Op]]
"""What commits together with a new refund: the stored answer of an Idempotency-Key."""


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
    return redo(lambda: _attempt(_Asked(table, Place(program_id, order), wanted, refund, at, beside)))


def refund_conversion(
    table: Table, request: Request, conversion_id: str, refund: RefundReport
) -> tuple[RefundView, int]:
    """Refunds a conversion; the view and its status. Storefront keys refund orders of their own storefront.

    Raises Absent, Forbidden `other_storefront`, and as `refund_order`.
    """
    program_id = request.program.program_id
    row = conversion_of(table.get(keys.commission(program_id, conversion_id)))
    assert row.order is not None  # noqa: S101 - for the type checker: a conversion always has its order
    if "admin" not in request.by.scopes and row.order.storefront_id != request.by.storefront_id:
        raise Forbidden("other_storefront", "this key refunds orders of its own storefront only")
    return refund_once(table, request, OrderRef(row.order.storefront_id, row.order.order_id), refund)


def refund_once(table: Table, request: Request, order: OrderRef, refund: RefundReport) -> tuple[RefundView, int]:
    """Refunds an order for a request that may have an Idempotency-Key. Raises as `refund_order`."""
    if (told := idempotency.find(table, request, RefundView)) is not None:
        return told

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


def of_conversion(table: Table, program_id: str, conversion_id: str) -> list[RefundView]:
    """The refunds and disputes of a conversion, oldest first. Raises Absent."""
    return of_row(table, program_id, conversion_of(table.get(keys.commission(program_id, conversion_id))))


def of_row(table: Table, program_id: str, row: Commission) -> list[RefundView]:
    """The refunds and disputes of a conversion that was read, oldest first."""
    assert row.order is not None  # noqa: S101 - for the type checker: a conversion always has its order
    found = order_facts.waiting(table, program_id, row.commission_id)
    refunds = sorted(found, key=lambda refund: (refund.created_at, refund.refund_id))
    parts = zip(refunds, takes_now(row.order, refunds), strict=True)
    return [
        RefundView.of(refund.model_copy(update={"amount": part}) if refund.stands else refund) for refund, part in parts
    ]


def undo(table: Table, program_id: str, conversion_id: str, refund_id: str, author: Author) -> None:
    """Takes a refund back: its money is worth again. Again it changes nothing. Raises Absent."""
    redo(lambda: _undo(table, program_id, conversion_id, refund_id, author))


def _undo(table: Table, program_id: str, conversion_id: str, refund_id: str, author: Author) -> None:
    row = conversion_of(table.get(keys.commission(program_id, conversion_id)))
    item = table.get(keys.refund(program_id, conversion_id, refund_id))
    if item is None:
        raise Absent("refund_not_found", "this conversion has no such refund")
    known, by = items.parse(Refund, item), following(row, author)
    if not known.stands:
        return
    undone = known.model_copy(update={"stands": False, "told_at": by.at})
    step = told(row, {refund_id: known}, News(refunds=(undone,)), by.at)
    with racing():
        table.transact(order_facts.written(table, program_id, step, by))


@dataclass(frozen=True, slots=True)
class _Asked:
    table: Table
    place: Place
    refund: Refund
    report: RefundReport
    author: Author
    beside: Beside


def _attempt(asked: _Asked) -> Refunded:
    program_id, refund = asked.place.program_id, asked.refund
    row = keys.commission(program_id, refund.conversion_id)
    place = keys.refund(program_id, refund.conversion_id, refund.refund_id)
    found = asked.table.batch_get([row, place])
    if place in found:
        known = items.parse(Refund, found[place])
        known.require_same(asked.report)
        return Refunded(RefundView.of(known), ACCEPTED if known.is_parked else OK, is_new=False)
    item = found.get(row)
    if item is None or item["kind"] == items.STUB:
        return _park(asked, item)
    return _apply(asked, items.parse(Commission, item))


def _park(asked: _Asked, stub: Item | None) -> Refunded:
    ops = order_facts.park(asked.place, stub, {}, News(refunds=(asked.refund,)), asked.author.at)
    done = Refunded(RefundView.of(asked.refund), ACCEPTED)
    _commit(asked, ops, done)
    return done


def _apply(asked: _Asked, row: Commission) -> Refunded:
    by = following(row, asked.author)
    step = told(row, {}, News(refunds=(asked.refund,)), by.at)
    done = Refunded(RefundView.of(step.refunds[0]), CREATED)
    _commit(asked, order_facts.written(asked.table, asked.place.program_id, step, by), done)
    return done


def _commit(asked: _Asked, ops: Sequence[Op], done: Refunded) -> None:
    with racing():
        asked.table.transact([*ops, *asked.beside(done)])


def _view(item: Item) -> RefundView:
    return RefundView.of(items.parse(Refund, item))
