"""Shops that refund orders: before, after and while these are reported, in parts, again, and otherwise than before."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import conversion_id
from laurel.domain.tracking.refunds import OrderRef, RefundReport
from laurel.domain.values.errors import Refusal
from laurel.workflows.tracking import refunds
from laurel.workflows.tracking.refunds import Refunded
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import Tenant, storefront_of

Edit = Callable[[], object]


@dataclass(frozen=True, slots=True)
class ToldRefund:
    """What a shop was answered."""

    order: OrderRef
    report: RefundReport
    answer: Refunded | Refusal


class Refunders:
    """The refunds of one program. `told`: every answer."""

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler) -> None:
        self.table = table
        self.tenant = tenant
        self.scheduler = scheduler
        self.told: list[ToldRefund] = []
        self._drawn: list[tuple[OrderRef, RefundReport]] = []

    def refund(self, rng: Random) -> Edit:
        """A refund or chargeback of some order, known or not; at times one that was sent before."""
        if not self.tenant.reports:
            return lambda: None
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

    def _order(self, rng: Random) -> OrderRef:
        if self._drawn and rng.random() < 0.6:
            return self._drawn[-1][0]  # so that refunds of one order meet
        named = [report["order_id"] for report in self.tenant.reports]
        paid = [order_id for order_id in named if self._row(order_id).get("payout") == "paid"]
        unknown = [order_id for order_id in named if not self._row(order_id)]
        order_id = rng.choice(rng.choice((paid, paid, unknown, unknown, named)) or named)
        return OrderRef(storefront_of(order_id), order_id)

    def _row(self, order_id: str) -> dict[str, Any]:
        """The body of an order's row; nothing as long as nobody has reported it."""
        program_id = self.tenant.program_id
        pk = f"{program_id}#{conversion_id(program_id, storefront_of(order_id), order_id)}"
        body: dict[str, Any] = self.table._collections.get(pk, {}).get("commission", {}).get("body", {})
        return body

    def _send(self, order: OrderRef, report: RefundReport) -> None:
        now = self.scheduler.now
        try:
            answer: Refunded | Refusal = refunds.refund_order(
                self.table, self.tenant.program, order, report, Author("key:shop", now), now
            )
        except Refusal as refusal:
            answer = refusal
        self.told.append(ToldRefund(order, report, answer))


def _report(rng: Random) -> RefundReport:
    return RefundReport(
        refund_id=f"refund-{rng.randrange(4)}",
        amount=rng.choice((None, 100, 1000, 1000, 3333, 9999)),
        reason=rng.choice(("refund", "refund", "refund", "chargeback")),
    )
