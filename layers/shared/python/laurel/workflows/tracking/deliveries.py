"""What shops tell, written down: orders, payments and refunds, in whatever order and however often they are told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from pydantic import BaseModel

from laurel.domain.history import SYSTEM, Author
from laurel.domain.program.programs import Program
from laurel.domain.tracking.refunds import OrderRef, RefundReport
from laurel.domain.tracking.webhooks.events import (
    Event,
    Ignored,
    OrderReported,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
    RefundReported,
)
from laurel.domain.tracking.webhooks.payments import Payment, PaymentEvent
from laurel.domain.values.errors import Refusal
from laurel.domain.values.model import MAX_AMOUNT
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking import refunds, shop_orders


class Answer(BaseModel):
    """What a shop is told: the order that its delivery was about, else its payment; or why it changed nothing."""

    order_id: str | None = None
    payment: str | None = None
    ignored: str | None = None


def apply(table: Table, program: Program, storefront_id: str, told: Iterable[Event], now: datetime) -> Answer:
    """Writes what is new of it. A refusal of ours is told as ignored, or the shop would send it again for days."""
    book = _Book(table, program, storefront_id, now)
    answer = Answer(ignored="nothing_told")
    for event in told:
        answer = book.write(event)
        if isinstance(event, OrderReported) and answer.ignored is not None:
            break  # what went back of an order that does not count would wait for it for ever
    return answer


@dataclass(frozen=True, slots=True)
class _Book:
    table: Table
    program: Program
    storefront_id: str
    now: datetime

    def write(self, event: Event) -> Answer:
        match event:
            case Ignored(reason):
                return Answer(ignored=reason)
            case OrderReported():
                return self._order(event)
            case RefundReported():
                return self._refund(event)
            case PaymentNamed() | PaymentRefunded() | PaymentDisputed():
                return self._payment(event)
        assert_never(event)

    def _order(self, told: OrderReported) -> Answer:
        order_id = told.report.order_id
        refusal = shop_orders.record(self.table, self.program, self.storefront_id, told, self.now)
        if refusal is not None:
            return Answer(ignored=refusal.code)
        return (
            Answer(order_id=order_id) if told.payment is None else self._payment(PaymentNamed(told.payment, order_id))
        )

    def _refund(self, told: RefundReported) -> Answer:
        order = OrderRef(self.storefront_id, told.order_id)
        if not told.waits and not shop_orders.is_known(self.table, self.program.program_id, order):
            return Answer(ignored="unknown_order")
        amount = None if told.amount is None else min(told.amount, MAX_AMOUNT)
        refund = RefundReport(refund_id=told.refund_id, amount=amount, reason=told.reason)
        try:
            refunds.refund_order(self.table, self.program, order, refund, Author(SYSTEM, self.now), self.now)
        except Refusal as refusal:
            return Answer(ignored=refusal.code)
        return Answer(order_id=told.order_id)

    def _payment(self, told: PaymentEvent) -> Answer:
        payment = redo(lambda: self._noted(told))
        for refund in payment.refunds():  # all of them: who wrote one here may not have come further
            self._refund(refund)
        return Answer(order_id=payment.order_id, payment=told.payment)

    def _noted(self, told: PaymentEvent) -> Payment:
        key = keys.payment(self.program.program_id, self.storefront_id, told.payment)
        item = self.table.get(key)
        known = Payment() if item is None else items.parse(Payment, item)
        after = known.after(told)
        if after is not known:
            noted = items.payment(self.program.program_id, self.storefront_id, told.payment, after, self.now)
            with racing():
                self.table.write(
                    Put(noted, new=True) if item is None else Put(noted, expect={"version": known.version})
                )
        return after
