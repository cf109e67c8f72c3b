"""Shops that refund orders: before, after and while these are reported, in parts, again, and otherwise than before."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from laurel.domain.errors import Refusal
from laurel.domain.history import Author
from laurel.domain.refunds import OrderRef, RefundReport
from laurel.workflows import refunds
from laurel.workflows.refunds import Refunded
from tests.simulation.scheduler import Scheduler
from tests.simulation.world_table import WorldTable
from tests.simulation.worlds import Tenant, storefront_of

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

    def _order(self, rng: Random) -> OrderRef:
        if self._drawn and rng.random() < 0.6:
            return self._drawn[-1][0]  # so that refunds of one order meet
        paid = self._paid()
        order_id = rng.choice(paid if paid and rng.random() < 0.85 else self.tenant.reports)["order_id"]
        return OrderRef(storefront_of(order_id), order_id)

    def _paid(self) -> list[dict[str, str]]:
        prefix, stored = f"{self.tenant.program_id}#com_", self.table._collections
        rows = [stored[pk].get("commission", {}).get("body", {}) for pk in stored if pk.startswith(prefix)]
        return [row["order"] for row in rows if row.get("payout") == "paid" and "order" in row]

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
