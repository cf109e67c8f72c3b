"""Conditions on one order: the one that sets the rule off. They take no period, and only tier 1 has orders.

An order is a sale or a later payment that a storefront reported. Trials and payments of 0 are none, nor are actions,
clicks and rows that a hand or a schedule made: of these, and where no commission sets the rule off, nothing is known.
"""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from laurel.domain.ledger.commissions import Commission
from laurel.domain.rules.comparisons import COMPARE_IF_KNOWN
from laurel.domain.rules.gauges import Gauge, Scope, Unit, View
from laurel.domain.rules.scoped import Comparison, Offers, Statuses, offers_of, states_of
from laurel.domain.values.ids import PayoutOptionId
from laurel.domain.values.model import MAX_AMOUNT, Flag, Frozen
from laurel.domain.values.periods import CurrentDay, DayRange

_ORDERS: Final = frozenset({"sale", "recurring"})


class _OfOrder(Frozen):
    comparisons: ClassVar = COMPARE_IF_KNOWN
    is_plain: ClassVar[bool] = False
    is_of_order: ClassVar[bool] = True
    is_undone_by_more: ClassVar[bool] = False
    repeats: ClassVar[bool] = False
    period: ClassVar[CurrentDay] = CurrentDay()
    """As a leading condition, the local day of the order."""
    tier: ClassVar[Literal[1]] = 1
    action_code: ClassVar[None] = None
    fields_asked: ClassVar[frozenset[str]] = frozenset()
    payout_option: ClassVar[PayoutOptionId | None] = None
    statuses: Statuses = ("approved",)
    offers: Offers | None = None

    def scope(self, rule_offers: Offers) -> Scope:
        """The commissions among which it looks at one."""
        return Scope(1, frozenset(states_of(self.statuses)), offers_of(self.offers, rule_offers))

    def gauges(self, scope: Scope, days: DayRange, links: frozenset[str]) -> tuple[Gauge, ...]:  # noqa: ARG002
        """No sum."""
        return ()

    def day_asked(self, over: date, begun: date) -> date | None:  # noqa: ARG002
        """No midnight is an order."""
        return None

    @staticmethod
    def _order(view: View) -> Commission | None:
        """The order that sets the rule off, if it is one and lies in the scope."""
        row = view.subject.cause
        if row is None or row.order is None or row.is_free_of_charge or row.kind not in _ORDERS:
            return None
        counted = row.contribution()
        return row if counted and view.scope.counts(row.offer_id or "", counted.bucket) else None


class OrderAmountCondition(_OfOrder):
    """The amount of the order, net of refunds, in minor units of the program's currency."""

    unit: ClassVar[Unit] = "money"
    metric: Literal["order_amount"]
    operator: Comparison
    value: Annotated[int, Field(strict=True, ge=0, le=MAX_AMOUNT)]

    def reading(self, view: View) -> int | None:
        """Minor units; None if there is no such order."""
        row = self._order(view)
        return None if row is None or row.order is None else row.order.remaining


class FirstOrderCondition(_OfOrder):
    """Whether the order is the member's first sale."""

    unit: ClassVar[Unit] = "text"
    metric: Literal["first_order"]
    operator: Literal["eq"]
    value: Flag

    def reading(self, view: View) -> bool | None:
        """Whether it is; None if there is no such order."""
        row = self._order(view)
        return None if row is None else row.commission_id == view.subject.first_sale
