"""Deliveries of shops, recorded: orders, payments and refunds, in any order and however often they are sent."""

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
    """The answer to a shop: the order of its delivery, else its payment; or the reason why nothing changed."""

    order_id: str | None = None
    payment: str | None = None
    ignored: str | None = None


def apply(table: Table, program: Program, storefront_id: str, events: Iterable[Event], now: datetime) -> Answer:
    """Records new events. A refusal is answered as ignored; otherwise the shop would send the event again for days."""
    book = _Book(table, program, storefront_id, now)
    answer = Answer(ignored="nothing_told")
    for event in events:
        answer = book.write(event)
        if isinstance(event, OrderReported) and answer.ignored is not None:
            break  # refunds of an order that does not count would wait for it for ever
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

    def _order(self, event: OrderReported) -> Answer:
        order_id = event.report.order_id
        refusal = shop_orders.record(self.table, self.program, self.storefront_id, event, self.now)
        if refusal is not None:
            return Answer(ignored=refusal.code)
        if event.payment is None:
            return Answer(order_id=order_id)
        return self._payment(PaymentNamed(event.payment, order_id))

    def _refund(self, event: RefundReported) -> Answer:
        order = OrderRef(self.storefront_id, event.order_id)
        if not event.waits and not shop_orders.is_known(self.table, self.program.program_id, order):
            return Answer(ignored="unknown_order")
        amount = None if event.amount is None else min(event.amount, MAX_AMOUNT)
        refund = RefundReport(refund_id=event.refund_id, amount=amount, reason=event.reason)
        try:
            refunds.refund_order(self.table, self.program, order, refund, Author(SYSTEM, self.now), self.now)
        except Refusal as refusal:
            return Answer(ignored=refusal.code)
        return Answer(order_id=event.order_id)

    def _payment(self, event: PaymentEvent) -> Answer:
        payment = redo(lambda: self._noted(event))
        for refund in payment.refunds():  # all of them: an earlier run may have died after the payment
            self._refund(refund)
        return Answer(order_id=payment.order_id, payment=event.payment)

    def _noted(self, event: PaymentEvent) -> Payment:
        key = keys.payment(self.program.program_id, self.storefront_id, event.payment)
        item = self.table.get(key)
        known = Payment() if item is None else items.parse(Payment, item)
        after = known.after(event)
        if after is not known:
            noted = items.payment(self.program.program_id, self.storefront_id, event.payment, after, self.now)
            with racing():
                self.table.write(
                    Put(noted, new=True) if item is None else Put(noted, expect={"version": known.version})
                )
        return after
