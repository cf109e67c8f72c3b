"""Commissions: one payable row each, its contribution to the member's totals, and how it may change."""

from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Self, get_args

from laurel.domain.ledger.orders import NOTHING_TAKEN, Order, OrderMoney, OrderState, Taken
from laurel.domain.ledger.row_parts import Adjusted, Adjusts, Decision, FiringEvidence, RecordedTerms, Renewal
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.program.programs import AttributedBy
from laurel.domain.values.ids import CommissionId, MemberId, OfferId, PayoutId, PayoutOptionId, RuleId, derived_id
from laurel.domain.values.model import Day, Frozen, Instant, Money

CommissionType = Literal["sale", "action", "click", "recurring", "extra_bonus", "adjustment"]
Origin = Literal["conversion", "rule", "tier", "schedule", "manual"]
CommissionStatus = Literal["pending", "approved", "declined"]
PayoutStatus = Literal["unpaid", "in_payout", "paid"]
State = Literal["pending", "approved", "paid", "declined"]
ConversionType = Literal["sale", "action", "recurring"]
RECURRENCE: Final = "recurrence"
"""The type that recurring rows without an order are counted as."""
TALLY: Final = "tally"
"""The type that rows of clicks that earn nothing are counted as."""
GRANTED: Final = "granted action"
"""The type that action rows of a rule or a merchant are counted as: they are actions, but no conversions."""
TRIAL: Final = "trial"
"""The type that orders of 0 which begin a subscription are counted as: they are no sales."""
CONVERSION_TYPES: Final[frozenset[str]] = frozenset(get_args(ConversionType))
_ADJUSTABLE: Final = ("sale", "action", "recurring", "click", "extra_bonus", RECURRENCE, GRANTED, TRIAL)
ADJUSTED: Final = {kind: f"adjusted {kind}" for kind in _ADJUSTABLE}
"""The type that an adjustment is counted as, by the type of its paid row: it is no conversion itself."""


class Bucket(NamedTuple):
    """The counter of a member's totals that a commission counts in; `action_code`: one that is counted by name.

    Rows of `own_terms` have counters of their own, since no recalculation waits for them.
    """

    payout_option_id: str
    type: str
    action_code: str
    tier: int
    state: str
    own_terms: bool = False


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


class FirstAnswer(Frozen):
    """The answer that the storefront got when it reported the order; a replay gets the same.

    `attribution`: the reason why nobody had won the order, if so. The refunds are those that came before it.
    """

    amount: Money
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    reason: str | None = None
    attribution: Attribution | None = None
    order_amount: Money | None = None
    taken: Taken = NOTHING_TAKEN
    state: OrderState = "standing"
    money: OrderMoney = "collected"

    @classmethod
    def of(cls, row: "Commission") -> Self:
        """The answer about `row` as it stands, or stood before it was paid."""
        facts = {} if row.order is None else {name: getattr(row.order, name) for name in _FACTS}
        return cls(
            amount=row.amount,
            status=row.status,
            payout=row.payout and "unpaid",
            reason=row.reason,
            attribution=row.attribution if row.member_id is None else None,
            **facts,
        )


class Commission(Frozen):
    """One row. A conversion is the tier-1 row of an order; without a member it is unattributed and counts nowhere.

    `clicks`: the unique clicks that a click row is for. `claims_customer`: once it is counted, its member has
    won the customer for a lifetime. `earned_by`: the member for whose performance a rule paid this one.
    `first_tier`: the row of the sale that a row of a higher tier follows. `adjusts`: the paid row that an adjustment
    belongs to; `adjusted`: what adjustments added to a paid row, `due`: what its fold is to add, to it or beside it.
    `forgiven`: the part of `adjusted` that a hand declined, as long as it is due.
    `hold_until`, `awaits_approval`: what the program asked for when it was recorded.
    `payout_id`: the payout that it is in, or was paid in; that moves its version on, and not `updated_at`.
    `own_terms`: its terms are its member's own, not those of the option: no recalculation gives it others.
    `recorded`: by what it was recorded, once a recalculation gave it other terms and either pay those above.
    `by_name`: False for an action whose code is counted together with all that nobody knows.
    """

    commission_id: CommissionId
    type: CommissionType
    origin: Origin
    tier: int = 1
    action_code: str | None = None
    by_name: bool = True
    member_id: MemberId | None = None
    offer_id: OfferId | None = None
    payout_option_id: PayoutOptionId | None = None
    option_version: int = 1
    move: int = 0
    terms: PayoutTerms | None = None
    own_terms: bool = False
    recorded: RecordedTerms | None = None
    clicks: int | None = None
    claims_customer: bool = False
    amount: Money
    currency: str
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    payout_id: PayoutId | None = None
    reason: str | None = None
    hold_until: Instant | None = None
    awaits_approval: bool = False
    decision: Decision | None = None
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
    due: Adjusted = Adjusted()
    forgiven: Adjusted = Adjusted()
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
    def is_fixed(self) -> bool:
        """True if its amount never changes again: it is paid, or was, and adjustments stand beside it."""
        return self.payout == "paid" or not self.adjusted.is_nothing

    @property
    def is_due(self) -> bool:
        """True if it is fixed, and its adjustments do not come to what its fold is to add."""
        return self.is_fixed and self.due != self.adjusted

    @property
    def keeps_amount(self) -> bool:
        """True if only its fold may change its amount: it is fixed, or a payout has it in one of its lines."""
        return self.payout == "in_payout" or self.is_fixed

    @property
    def base(self) -> int:
        """The amount that its terms apply to: the rest of its order after refunds, or of the payment it repeats."""
        if self.order is not None:
            return self.order.remaining
        return (self.renewal.base or 0) if self.renewal else 0

    @property
    def as_recorded(self) -> RecordedTerms | None:
        """The option and terms that it was recorded by; None without terms."""
        if self.recorded is not None or self.terms is None:
            return self.recorded
        return RecordedTerms(
            payout_option_id=self.payout_option_id, option_version=self.option_version, terms=self.terms
        )

    @property
    def is_scheduled(self) -> bool:
        """Whether the program made it by itself, or made the row that it is a higher tier of."""
        return self.origin == "schedule" or (self.renewal is not None and self.renewal.base is not None)

    @property
    def earns_nothing(self) -> bool:
        """True as long as its order is cancelled, or nothing is left of it."""
        return self.order is not None and self.order.earns_nothing

    @property
    def is_trial(self) -> bool:
        """True for an order of 0 that begins a subscription: it is no sale, its first payment is."""
        return self.type == "sale" and self.is_free_of_charge

    @property
    def is_free_of_charge(self) -> bool:
        """True for a payment of 0 in a subscription, which earns nothing, not even a flat part; an action is none."""
        is_payment = self.action_code is None and self.order is not None and self.order.subscription is not None
        return is_payment and self.order is not None and self.order.amount == 0

    @property
    def net(self) -> int:
        """Minor units that it pays, with its adjustments."""
        return self.amount + self.counted_adjustments.amount

    @property
    def counted_adjustments(self) -> Adjusted:
        """The sum of its adjustments that no hand declined."""
        return self.adjusted.plus(self.forgiven, -1)

    @property
    def kind(self) -> str:
        """The type that it is counted as. Rows made by the program or a merchant have their own: they are no orders."""
        if self.adjusts is not None:
            return ADJUSTED[self.adjusts.kind]
        if self.is_trial:
            return TRIAL
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
        code = (self.action_code or "") if self.by_name else ""
        bucket = Bucket(self.payout_option_id or "", self.kind, code, self.tier, self.state, self.own_terms)
        sales = self.order.remaining if self.order and self.tier == 1 else 0
        return Contribution(bucket, self.quantity, self.amount, sales)

    def revised(self, at: datetime, **changes: Any) -> Self:
        """This row after a change at `at`; the storefront's first answer is kept."""
        kept = {} if self.order is None else {"first": self._first_answer(changes.get("order", self.order))}
        return self.model_copy(update={**changes, **kept, "updated_at": at, "version": self.version + 1})

    def _first_answer(self, order: Order) -> FirstAnswer:
        first = self.first or FirstAnswer.of(self)
        if self.order is None or first.order_amount is not None or order.amount == self.order.amount:
            return first
        return first.model_copy(update={"order_amount": self.order.amount})

    def as_first_told(self) -> Self:
        """This row as the storefront's first answer had it."""
        if self.order is None:
            return self
        first = self.first or FirstAnswer.of(self)
        answered = {name: getattr(first, name) for name in _ANSWERED}
        owner = {"attribution": self.attribution} if first.attribution is None else dict.fromkeys(_OWNER)
        amount = self.order.amount if first.order_amount is None else first.order_amount
        facts = {**{name: getattr(first, name) for name in _FACTS}, "amount": amount}
        order = self.order.reckoned(self.currency, **facts)
        as_new = {"order": order, "payout_id": None, "updated_at": self.created_at, "version": 1}
        return self.model_copy(update={**answered, **owner, **as_new})

    @property
    def quantity(self) -> int:
        """How many it counts as: clicks each by itself, an adjustment as so many more or less of its row."""
        if self.adjusts is not None:
            return self.adjusts.quantity
        return 1 if self.clicks is None else self.clicks


_OWNER: Final = ("member_id", "offer_id", "payout_option_id")
_ANSWERED: Final = ("amount", "status", "payout", "reason", "attribution")
_FACTS: Final = ("taken", "state", "money")


def conversion_id(program_id: str, storefront_id: str, order_id: str) -> str:
    """The id of the tier-1 row of an order: the same order of a storefront is the same conversion for ever."""
    return derived_id("com", program_id, storefront_id, order_id, "1")


def marker_id(program_id: str, rule_id: str, member_id: str, period: str) -> str:
    """The id of the row that proves that a rule fired for a member and period, whatever the rule's version."""
    return derived_id("com", program_id, rule_id, member_id, period)
