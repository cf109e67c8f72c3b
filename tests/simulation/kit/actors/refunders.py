"""Shops and hands that tell facts of orders: refunds, before, after and while these are reported, and taken back again;
states by the shop's clock, out of order; amounts that are revised.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import conversion_id
from laurel.domain.ledger.orders import OrderMoney, OrderState
from laurel.domain.program.programs import Storefront
from laurel.domain.tracking.refunds import OrderRef, RefundReport
from laurel.domain.tracking.revisions import Revision
from laurel.domain.tracking.webhooks.events import StateTold
from laurel.domain.values.errors import Refusal
from laurel.workflows.tracking import deliveries, refunds, revisions
from laurel.workflows.tracking.refunds import Refunded
from tests.simulation.kit.whole_rows import whole_row
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import Tenant, storefront_of

Edit = Callable[[], object]
_LEFT: Final[tuple[tuple[OrderState, OrderMoney], ...]] = (
    ("cancelled", "collected"),
    ("standing", "void"),
    ("standing", "awaiting"),
)


@dataclass(frozen=True, slots=True)
class ToldRefund:
    """What a shop was answered."""

    order: OrderRef
    report: RefundReport
    answer: Refunded | Refusal


@dataclass(slots=True)
class ToldState:
    """A state as a shop told it at `at` by its clock. `is_done`: it was answered."""

    order: OrderRef
    at: datetime
    state: OrderState
    money: OrderMoney
    is_done: bool = False


class Refunders:
    """The facts of one program's orders. `told`: answers about refunds; `states`, `amounts`: all that was sent."""

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler) -> None:
        self.table = table
        self.tenant = tenant
        self.scheduler = scheduler
        self.told: list[ToldRefund] = []
        self.states: list[ToldState] = []
        self.amounts: list[tuple[OrderRef, int]] = []
        self._drawn: list[tuple[OrderRef, RefundReport]] = []

    def refund(self, rng: Random) -> Edit:
        """A refund or chargeback of some order, known or not; at times one that was sent before."""
        if not self.tenant.reports:
            return lambda: None
        if self._drawn and rng.random() < 0.5:
            return rng.choice((self._undo, self._undo, self._revise, self._state, self._state))(rng)
        if not self._drawn or rng.random() < 0.8:
            self._drawn.append((self._order(rng), _report(rng)))
        order, report = rng.choice(self._drawn[-3:])
        return lambda: self._send(order, report)

    def refund_of(self, rng: Random, order_id: str) -> Edit:
        """A refund or chargeback of this order."""
        order, report = OrderRef(storefront_of(order_id), order_id), _report(rng)
        return lambda: self._send(order, report)

    def refund_part(self, rng: Random, order_id: str) -> Edit:
        """A refund of a small part of this order."""
        order = OrderRef(storefront_of(order_id), order_id)
        report = RefundReport(refund_id=f"part-{rng.randrange(1000)}", amount=rng.choice((50, 250, 500)))
        return lambda: self._send(order, report)

    def _undo(self, rng: Random) -> Edit:
        """A refund is taken back by hand."""
        known = [(told.order, told.report) for told in self.told if isinstance(told.answer, Refunded)]
        order, report = rng.choice(known or self._drawn)
        place = self.tenant.program_id, conversion_id(self.tenant.program_id, *order), report.refund_id
        return lambda: _unless_refused(lambda: refunds.undo(self.table, *place, Author("key:hand", self.scheduler.now)))

    def _revise(self, rng: Random) -> Edit:
        """The amount of an order is revised by hand."""
        order, amount = self._order(rng), rng.choice((1, 500, 2447, 9000))
        return lambda: self._send_amount(order, amount)

    def _send_amount(self, order: OrderRef, amount: int) -> None:
        self.amounts.append((order, amount))
        name, by = conversion_id(self.tenant.program_id, *order), Author("key:hand", self.scheduler.now)
        revision = Revision(amount=amount, reason="counted again")
        _unless_refused(lambda: revisions.revise(self.table, self.tenant.program, name, revision, None, by))

    def _state(self, rng: Random) -> Edit:
        """A shop tells the state of an order, at times late."""
        unknown = [report["order_id"] for report in self.tenant.reports if not self._row(report["order_id"])]
        is_early = unknown and rng.random() < 0.5
        order = OrderRef(storefront_of(name := rng.choice(unknown)), name) if is_early else self._order(rng)
        late = timedelta(seconds=rng.choice((0, 0, 5, 60, 3600)))
        state, money = rng.choice((("standing", "collected"), ("standing", "collected"), *_LEFT))
        return lambda: self._send_state(ToldState(order, self.scheduler.now - late, state, money))

    def _send_state(self, told: ToldState) -> None:
        self.states.append(told)
        event, now = StateTold(told.order.order_id, told.state, told.money, told.at), self.scheduler.now
        shop = Storefront(
            storefront_id=told.order.storefront_id, name="shop", platform="api", created_at=now, updated_at=now
        )
        deliveries.apply(self.table, self.tenant.program, shop, [event], now)
        told.is_done = True

    def _order(self, rng: Random) -> OrderRef:
        if self._drawn and rng.random() < 0.6:
            return self._drawn[-1][0]  # so that refunds of one order meet
        named = [report["order_id"] for report in self.tenant.reports]
        paid = [order_id for order_id in named if self._row(order_id).get("payout") == "paid"]
        unknown = [order_id for order_id in named if not self._row(order_id)]
        order_id = rng.choice(rng.choice((paid, paid, unknown, unknown, named)) or named)
        return OrderRef(storefront_of(order_id), order_id)

    def _row(self, order_id: str) -> dict[str, Any]:
        """An order's row as it is stored; nothing as long as nobody has reported it."""
        program_id = self.tenant.program_id
        pk = f"{program_id}#{conversion_id(program_id, storefront_of(order_id), order_id)}"
        return whole_row(self.table._collections.get(pk, {}).get("commission"))

    def _send(self, order: OrderRef, report: RefundReport) -> None:
        now = self.scheduler.now
        try:
            answer: Refunded | Refusal = refunds.refund_order(
                self.table, self.tenant.program, order, report, Author("key:shop", now), now
            )
        except Refusal as refusal:
            answer = refusal
        self.told.append(ToldRefund(order, report, answer))


def _unless_refused(work: Edit) -> None:
    with suppress(Refusal):
        work()


def _report(rng: Random) -> RefundReport:
    return RefundReport(
        refund_id=f"refund-{rng.randrange(4)}",
        amount=rng.choice((None, 100, 1000, 1000, 3333, 9999)),
        reason=rng.choice(("refund", "refund", "refund", "chargeback")),
    )
