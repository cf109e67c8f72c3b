"""The facts that shops tell, written down, in whatever order and however often they are told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from laurel.domain.history import SYSTEM, Author
from laurel.domain.program.programs import Program, Storefront
from laurel.domain.tracking.facts import News
from laurel.domain.tracking.judging import RATE_MISSING
from laurel.domain.tracking.refunds import OrderRef
from laurel.domain.tracking.webhooks.events import (
    NO_CODE,
    TAKING,
    CodeTold,
    DisputeTold,
    Event,
    Ignored,
    OrderTold,
    PaymentCaptured,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
    PaymentRefundTold,
    RefundTold,
    Refused,
    StateTold,
    SubscriptionNamed,
)
from laurel.domain.tracking.webhooks.payments import Payment, PaymentEvent
from laurel.domain.values.errors import Refusal
from laurel.domain.values.model import MAX_AMOUNT, Open
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.shops import touching
from laurel.workflows.tracking import order_facts, shop_orders
from laurel.workflows.tracking.named_subscriptions import name_subscription
from laurel.workflows.tracking.order_facts import Place


class Answer(Open):
    """The answer to a shop: the order or payment of its delivery, or why that changed nothing.

    `ignored`: on purpose; `refused`: somebody may have earned on it, and a merchant should look.
    """

    order_id: str | None = None
    payment: str | None = None
    ignored: str | None = None
    refused: str | None = None

    @property
    def keeps_order(self) -> bool:
        """True unless the order was refused whole: one that only lacks a rate is kept for nobody."""
        return self.refused in {None, RATE_MISSING}


@dataclass(frozen=True, slots=True)
class Applied:
    """The answer to a delivery; `leaves_facts`: False if it was refused whole, so that nothing of it is stored."""

    answer: Answer
    leaves_facts: bool


def apply(table: Table, program: Program, shop: Storefront, told: Iterable[Event], now: datetime) -> Applied:
    """Writes what is new of it. A refusal of ours is told and kept: the shop must not send it again for days.

    Of several answers a refusal is the one that is told, else the last.
    """
    book = _Book(table, program, shop, now)
    answers, leaves_facts = [Answer(ignored="nothing_told")], False
    for event in told:
        answers.append(book.write(event))
        leaves_facts = leaves_facts or _leaves_facts(event, answers[-1])
        if isinstance(event, OrderTold) and not answers[-1].keeps_order:
            break  # refunds of an order that does not count would wait for it for ever
    return Applied(next((each for each in answers if each.refused), answers[-1]), leaves_facts)


def _leaves_facts(event: Event, answer: Answer) -> bool:
    """Whether the event is in the table now; a payment that it names was noted first, whatever was refused then."""
    if isinstance(event, Ignored | Refused):
        return False
    return answer.keeps_order or getattr(event, "payment", None) is not None


@dataclass(frozen=True, slots=True)
class _Book:
    table: Table
    program: Program
    shop: Storefront
    now: datetime

    def write(self, event: Event) -> Answer:
        match event:
            case Ignored() | Refused():
                return _unapplied(event)
            case OrderTold():
                return self._order(event)
            case StateTold(order_id, state, money, at):
                return self._tell(order_id, News(at, state=state, money=money))
            case RefundTold() | DisputeTold():
                return self._refund(event)
            case CodeTold(shop_id, at):
                return self._code(shop_id, at or self.now)
            case SubscriptionNamed(order_id, subscription_id):
                return self._subscription(order_id, subscription_id)
            case PaymentNamed() | PaymentCaptured() | PaymentRefunded() | PaymentRefundTold() | PaymentDisputed():
                return self._payment(event)
            case _:
                assert_never(event)

    def _order(self, told: OrderTold) -> Answer:
        order_id, currency = told.report.order_id, told.report.currency
        if told.payment is None:
            return self._record(told)
        named = PaymentNamed(told.payment, order_id, currency, told.at)
        payment = redo(lambda: self._noted(named))
        answer = Answer(ignored="other_name") if payment.is_other_name(order_id) else self._record(told)
        if not answer.keeps_order:
            return answer
        paid = self._told(told.payment, payment)
        return paid if paid.refused else paid.model_copy(update={"refused": answer.refused})

    def _record(self, told: OrderTold) -> Answer:
        refusal = shop_orders.record(self.table, self.program, self.shop, told, self.now)
        return Answer(order_id=told.report.order_id, refused=None if refusal is None else refusal.code)

    def _code(self, shop_id: str, at: datetime) -> Answer:
        program_id, storefront_id = self.program.program_id, self.shop.storefront_id
        is_ours = touching.look_at(self.table, program_id, storefront_id, shop_id, at, self.now)
        return Answer(ignored=None if is_ours else NO_CODE.reason)

    def _subscription(self, order_id: str, subscription_id: str) -> Answer:
        name_subscription(self.table, self.program, self._place(order_id), subscription_id, self.now)
        return Answer(order_id=order_id)

    def _refund(self, event: RefundTold | DisputeTold) -> Answer:
        told, currency = (_dispute(event), event.currency) if isinstance(event, DisputeTold) else (event, None)
        if told.amount is not None and told.amount > MAX_AMOUNT:
            return Answer(order_id=told.order_id, refused="amount_too_large")
        refund = shop_orders.refund(self._place(told.order_id), told, self.now)
        return self._tell(told.order_id, News(told.at, refunds=(refund,), currency=currency))

    def _tell(self, order_id: str, news: News) -> Answer:
        try:
            order_facts.tell(self.table, self._place(order_id), news, Author(SYSTEM, self.now), self.now)
        except Refusal as refusal:
            return Answer(order_id=order_id, refused=refusal.code)
        return Answer(order_id=order_id)

    def _place(self, order_id: str) -> Place:
        return Place(self.program.program_id, OrderRef(self.shop.storefront_id, order_id))

    def _payment(self, told: PaymentEvent) -> Answer:
        return self._told(told.payment, redo(lambda: self._noted(told)))

    def _told(self, name: str, payment: Payment) -> Answer:
        answer = Answer(order_id=payment.order_id, payment=name)
        for fact in payment.facts():  # all of them: who wrote one here may not have come further
            if (refused := self.write(fact).refused) is not None:
                answer = answer.model_copy(update={"refused": refused})
        return answer

    def _noted(self, told: PaymentEvent) -> Payment:
        key = keys.payment(self.program.program_id, self.shop.storefront_id, told.payment)
        item = self.table.get(key)
        known = Payment() if item is None else items.parse(Payment, item)
        after = known.after(told, self.now)
        if after is not known:
            noted = items.payment(self.program.program_id, self.shop.storefront_id, told.payment, after, self.now)
            with racing():
                self.table.write(
                    Put(noted, new=True) if item is None else Put(noted, expect={"version": known.version})
                )
        return after


def _unapplied(event: Ignored | Refused) -> Answer:
    return Answer(ignored=event.reason) if isinstance(event, Ignored) else Answer(refused=event.reason)


def _dispute(told: DisputeTold) -> RefundTold:
    return RefundTold(
        order_id=told.order_id,
        refund_id=f"dispute:{told.dispute_id}",
        amount=told.amount,
        is_total=True,
        reason="chargeback",
        stands=told.standing in TAKING,
        at=told.at,
    )
