"""Commission rows as the HTTP contract shows them: as the conversion of an order, and as a payable row."""

from typing import Any, Self

from pydantic import BaseModel, Field

from laurel.domain.ledger.commissions import (
    Attribution,
    Commission,
    CommissionStatus,
    CommissionType,
    Origin,
    PayoutStatus,
)
from laurel.domain.ledger.orders import OrderMoney, OrderState
from laurel.domain.program.programs import AttributedBy
from laurel.domain.values.model import ExchangeRate, Instant, Money, Multiple, Open

_LEFT_OUT: Any = Field(default=None, exclude_if=lambda value: value is None)
"""Not in the answer if there is none."""


class EvidenceView(Open):
    """Why a rule paid: the base of its percentage, the value of its leading condition, the rule's version.

    `multiple`: of a rule that repeats alone, for which multiple (100, 200, 300, ...) of that condition's value.
    `commission_id`: of a rule about one order alone, that order's.
    """

    base: Money | None = None
    value: str | None = None
    rule_version: int
    multiple: Multiple | None = _LEFT_OUT
    commission_id: str | None = _LEFT_OUT


class ConversionView(Open):
    """An order with the commission it earned; `amount` is as reported, `commission` in the program's currency."""

    conversion_id: str
    order_id: str
    storefront_id: str
    occurred_at: Instant
    type: CommissionType
    action_code: str | None = None
    offer_id: str | None = None
    member_id: str | None = None
    payout_option_id: str | None = None
    amount: Money
    currency: str
    exchange_rate: ExchangeRate | None = None
    commission: Money
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    payout_id: str | None = None
    state: OrderState
    money: OrderMoney
    reason: str | None = None
    refunded_amount: Money
    attribution: Attribution
    created_at: Instant
    updated_at: Instant
    version: int

    @classmethod
    def of(cls, row: Commission) -> Self:
        """The view of a conversion's tier-1 row."""
        assert row.order is not None, "only orders are conversions"  # noqa: S101
        return cls(
            **_shared(cls, row),
            conversion_id=row.commission_id,
            order_id=row.order.order_id,
            storefront_id=row.order.storefront_id,
            amount=row.order.amount,
            currency=row.order.currency,
            exchange_rate=row.order.exchange_rate,
            commission=row.amount,
            state=row.order.state,
            money=row.order.money,
            refunded_amount=row.order.refunded_amount,
            attribution=row.attribution or Attribution(),
        )


class LoserView(Open):
    """A candidate that did not win the order: refused for a reason, or outranked (null)."""

    by: AttributedBy
    reason: str | None = None
    offer_id: str | None = None
    member_id: str | None = None


class ConversionDetail(ConversionView):
    """A conversion with the storefront's metadata and the other candidates for the order."""

    metadata: dict[str, Any] | None = None
    evidence: list[LoserView] = []  # noqa: RUF012 - pydantic copies it for each


class RenewalView(Open):
    """The payment of a subscription that a row is for: the `number`-th after that of the conversion.

    `base`: the rest of the first payment after refunds, for a row that the program made by itself.
    """

    conversion_id: str
    number: int
    base: Money | None = None


class CommissionView(Open):
    """One payable row; `amount` is the commission in minor units of `currency`, the program's.

    `adjusts`: the paid row that an adjustment belongs to.
    """

    commission_id: str
    member_id: str | None = None
    offer_id: str | None = None
    payout_option_id: str | None = None
    type: CommissionType
    origin: Origin
    tier: int
    action_code: str | None = None
    clicks: int | None = None
    amount: Money
    currency: str
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    payout_id: str | None = None
    reason: str | None = None
    occurred_at: Instant
    order_id: str | None = None
    rule_id: str | None = None
    earned_by: str | None = None
    first_tier: str | None = None
    adjusts: str | None = None
    period: str | None = None
    evidence: EvidenceView | None = None
    renewal: RenewalView | None = None
    created_at: Instant
    updated_at: Instant
    version: int

    @classmethod
    def of(cls, row: Commission) -> Self:
        """The view of any row."""
        evidence = EvidenceView(**row.evidence.model_dump(exclude={"key", "number"})) if row.evidence else None
        renewal = RenewalView(**dict(row.renewal)) if row.renewal else None
        order_id = row.order.order_id if row.order else None
        adjusts = row.adjusts.commission_id if row.adjusts else None
        return cls(**_shared(cls, row), order_id=order_id, evidence=evidence, renewal=renewal, adjusts=adjusts)


_DIFFERENT = frozenset({"amount", "currency", "attribution", "evidence", "renewal", "adjusts", "state"})
"""Names that a conversion and its row use for different things, or in another shape."""


def _shared(view: type[BaseModel], row: Commission) -> dict[str, Any]:
    names = (view.model_fields.keys() & Commission.model_fields.keys()) - _DIFFERENT
    same = {name: getattr(row, name) for name in names}
    return {**same, "amount": row.amount, "currency": row.currency} if view is CommissionView else same
