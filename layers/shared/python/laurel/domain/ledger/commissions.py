"""Commissions: one payable row each, its contribution to the member's totals, and how it may change."""

from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Self, get_args

from laurel.domain.ledger.orders import Order
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.program.programs import AttributedBy
from laurel.domain.values.ids import CommissionId, MemberId, OfferId, PayoutId, PayoutOptionId, RuleId, derived_id
from laurel.domain.values.model import Day, Frozen, Instant, Money

CommissionType = Literal["sale", "action", "click", "recurring", "extra_bonus", "adjustment"]
Origin = Literal["conversion", "rule", "tier", "schedule", "manual"]
CommissionStatus = Literal["pending", "approved", "declined"]
PayoutStatus = Literal["unpaid", "paid"]
State = Literal["pending", "approved", "paid", "declined"]
ConversionType = Literal["sale", "action", "recurring"]
RECURRENCE: Final = "recurrence"
"""The type that recurring rows without an order are counted as."""
TALLY: Final = "tally"
"""The type that rows of clicks that earn nothing are counted as."""
GRANTED: Final = "granted action"
"""The type that action rows of a rule or a merchant are counted as: they are actions, but no conversions."""
CONVERSION_TYPES: Final[frozenset[str]] = frozenset(get_args(ConversionType))
ADJUSTED: Final = {kind: f"adjusted {kind}" for kind in ("sale", "action", "recurring", RECURRENCE)}
"""The type that an adjustment is counted as, by the type of its paid row: it is no conversion itself."""


class Bucket(NamedTuple):
    """The counter of a member's totals that a commission counts in."""

    payout_option_id: str
    type: str
    action_code: str
    tier: int
    state: str


class Contribution(NamedTuple):
    """The part of a commission in one bucket: rows, commission and sale amount in minor units."""

    bucket: Bucket
    quantity: int
    commission: int
    sales: int


class Attribution(Frozen):
    """How the order was won, or the reason why nobody won it."""

    by: AttributedBy | None = None
    reason: str | None = None
    promo_code: str | None = None
    click_id: str | None = None


class Adjusted(Frozen):
    """The sum of a paid row's adjustments so far: minor units, and -1 row once nothing is left of it."""

    amount: Money = 0
    quantity: int = 0


class Adjusts(Frozen):
    """The paid row that an adjustment belongs to, the type that it is counted as, and the rows to add to its count."""

    commission_id: CommissionId
    kind: str
    quantity: int = 0


class Renewal(Frozen):
    """The payment of a subscription that a `recurring` row is for: the `number`-th (from 1) after `conversion_id`.

    `base`: the rest of the first payment after refunds, for a row that the program made by itself.
    """

    conversion_id: CommissionId
    number: int
    base: Money | None = None


class FirstAnswer(Frozen):
    """The answer that the storefront got when it reported the order; a replay gets the same.

    `attribution`: the reason why nobody had won the order, if so. The refunds are those that came before it.
    """

    amount: Money
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    reason: str | None = None
    attribution: Attribution | None = None
    refunded_amount: Money = 0
    refunded_sale: Money = 0


class FiringEvidence(Frozen):
    """Why a rule paid: the base of its percentage, the value of its leading condition, the rule's version."""

    base: Money | None = None
    value: str | None = None
    rule_version: int


class Commission(Frozen):
    """One row. A conversion is the tier-1 row of an order; without a member it is unattributed and counts nowhere.

    `clicks`: the unique clicks that a click row is for. `claims_customer`: once it is counted, its member has
    won the customer for a lifetime. `earned_by`: the member for whose performance a rule paid this one.
    `first_tier`: the row of the sale that a row of a higher tier follows. `adjusts`: the paid row that an adjustment
    belongs to; `adjusted`: what adjustments added to a paid row. `payout_id`: the batch that it was paid in.
    `past_tiers`: the number of tiers that its terms paid before a recalculation; their rows still follow it.
    """

    commission_id: CommissionId
    type: CommissionType
    origin: Origin
    tier: int = 1
    action_code: str | None = None
    member_id: MemberId | None = None
    offer_id: OfferId | None = None
    payout_option_id: PayoutOptionId | None = None
    option_version: int = 1
    move: int = 0
    terms: PayoutTerms | None = None
    past_tiers: int = 0
    clicks: int | None = None
    claims_customer: bool = False
    amount: Money
    currency: str
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    payout_id: PayoutId | None = None
    reason: str | None = None
    hold_until: Instant | None = None
    occurred_at: Instant
    day: Day
    order: Order | None = None
    attribution: Attribution | None = None
    renewal: Renewal | None = None
    first: FirstAnswer | None = None
    rule_id: RuleId | None = None
    earned_by: MemberId | None = None
    first_tier: CommissionId | None = None
    adjusts: Adjusts | None = None
    adjusted: Adjusted = Adjusted()
    period: str | None = None
    evidence: FiringEvidence | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1

    @property
    def state(self) -> State | None:
        """Status and payout as one word; None if unattributed."""
        return "paid" if self.payout == "paid" else self.status

    @property
    def base(self) -> int:
        """The amount that its terms apply to: the rest of its order after refunds, or of the payment it repeats."""
        if self.order is not None:
            return self.order.remaining
        return (self.renewal.base or 0) if self.renewal else 0

    @property
    def is_scheduled(self) -> bool:
        """Whether the program made it by itself, or made the row that it is a higher tier of."""
        return self.origin == "schedule" or (self.renewal is not None and self.renewal.base is not None)

    @property
    def is_refunded(self) -> bool:
        """Whether nothing is left of its order."""
        return self.order is not None and self.order.is_refunded

    @property
    def net(self) -> int:
        """Minor units that it pays, with its adjustments."""
        return self.amount + self.adjusted.amount

    @property
    def kind(self) -> str:
        """The type that it is counted as. Rows made by the program or a merchant have their own: they are no orders."""
        if self.adjusts is not None:
            return ADJUSTED[self.adjusts.kind]
        if self.type == "action" and self.origin in {"rule", "manual"}:
            return GRANTED
        return RECURRENCE if self.is_scheduled else TALLY if self.is_tally else self.type

    @property
    def is_tally(self) -> bool:
        """Whether it only counts clicks that earn nothing: such a row pays nobody and is in no list."""
        return self.type == "click" and self.payout is None

    def contribution(self) -> Contribution | None:
        """The part of this row, as it stands, in its member's totals; None if it is nobody's."""
        if self.member_id is None or self.state is None:
            return None
        bucket = Bucket(self.payout_option_id or "", self.kind, self.action_code or "", self.tier, self.state)
        sales = self.order.remaining if self.order and self.tier == 1 else 0
        return Contribution(bucket, self._quantity, self.amount, sales)

    def revised(self, at: datetime, **changes: Any) -> Self:
        """This row after a change at `at`; the storefront's first answer is kept."""
        kept = {"first": self.first or self.answer()} if self.order else {}
        return self.model_copy(update={**changes, **kept, "updated_at": at, "version": self.version + 1})

    def paid(self, at: datetime, payout_id: str) -> Self:
        """This row paid in a batch. Being paid changes nothing of the first answer, so `first` is not needed."""
        changes = {"payout": "paid", "payout_id": payout_id, "updated_at": at, "version": self.version + 1}
        return self.model_copy(update=changes)

    def as_first_told(self) -> Self:
        """This row as the storefront's first answer had it."""
        if self.order is None:
            return self
        first = self.first or self.answer()
        answered = {**dict(first), "attribution": first.attribution or self.attribution}
        unattributed = {} if first.attribution is None else dict.fromkeys(_OWNER)
        refunded = {name: answered.pop(name) for name in _REFUNDED}
        as_new = {"order": self.order.model_copy(update=refunded), "updated_at": self.created_at, "version": 1}
        return self.model_copy(update={**answered, **unattributed, **as_new})

    def answer(self) -> FirstAnswer:
        """The storefront's answer about it as it stands, or stood before it was paid."""
        return FirstAnswer(
            amount=self.amount,
            status=self.status,
            payout=self.payout and "unpaid",
            reason=self.reason,
            attribution=self.attribution if self.member_id is None else None,
            refunded_amount=self.order.refunded_amount if self.order else 0,
            refunded_sale=self.order.refunded_sale if self.order else 0,
        )

    @property
    def _quantity(self) -> int:
        if self.adjusts is not None:
            return self.adjusts.quantity
        return 1 if self.clicks is None else self.clicks


_OWNER: Final = ("member_id", "offer_id", "payout_option_id")
_REFUNDED: Final = ("refunded_amount", "refunded_sale")


def conversion_id(program_id: str, storefront_id: str, order_id: str) -> str:
    """The id of the tier-1 row of an order: the same order of a storefront is the same conversion for ever."""
    return derived_id("com", program_id, storefront_id, order_id, "1")


def marker_id(program_id: str, rule_id: str, member_id: str, period: str) -> str:
    """The id of the row that proves that a rule fired for a member and period, whatever the rule's version."""
    return derived_id("com", program_id, rule_id, member_id, period)
