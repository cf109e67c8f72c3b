"""Conditions of a rule: a metric over a scope and period, compared with a value."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias

from pydantic import Field

from laurel.domain.ledger.commissions import ADJUSTED, GRANTED, RECURRENCE, TALLY, Bucket
from laurel.domain.ledger.totals import COMMISSION, COUNT, REFERRALS, REFERRED, SALES
from laurel.domain.members.members import FieldName
from laurel.domain.values.ids import OfferId, PayoutOptionId
from laurel.domain.values.model import MAX_AMOUNT, Frozen, Identifier, Line, Number
from laurel.domain.values.periods import AllTime, AllUnpaid, Period

Comparison = Literal["gt", "lt", "gte", "lte", "eq", "ne"]
Status = Literal["pending", "approved", "paid", "declined"]
Offers: TypeAlias = Literal["all"] | Annotated[tuple[OfferId, ...], Field(min_length=1, max_length=100)]
RulePeriod: TypeAlias = Annotated[Period, Field(discriminator="type")]
Tier: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=21)] | Literal["any"]

COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gt": operator.gt,
    "lt": operator.lt,
    "gte": operator.ge,
    "lte": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
    "is_set": lambda value, _: bool(value),
}
COMPARE_GROUPS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.contains,
    "ne": lambda options, option: option not in options,
    "is_set": lambda options, _: bool(options),
}


def _if_known(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, threshold: value is not None and compare(value, threshold)


COMPARE_IF_KNOWN: Final = {name: _if_known(compare) for name, compare in COMPARE.items()}
_EARNING: Final = ("sale", "action", "click", "recurring", RECURRENCE, GRANTED, *ADJUSTED.values())
MOST_DAYS: Final = 36_500
_CONVERTING: Final = ("sale", "action", "recurring")
_SALES: Final = ("sale", ADJUSTED["sale"])
_ACTIONS: Final = ("action", GRANTED, ADJUSTED["action"])
METRICS: Final[dict[str, tuple[tuple[str, ...], int]]] = {
    "sales_count": (_SALES, COUNT),
    "actions_count": (_ACTIONS, COUNT),
    "recurring_count": (("recurring", RECURRENCE, ADJUSTED["recurring"], ADJUSTED[RECURRENCE]), COUNT),
    "clicks_count": (("click", TALLY), COUNT),
    "commission_value": (_EARNING, COMMISSION),
    "sale_commission_value": (_SALES, COMMISSION),
    "action_commission_value": (_ACTIONS, COMMISSION),
    "click_commission_value": (("click",), COMMISSION),
    "sales_total": (_CONVERTING, SALES),
    "conversions_count": ((*_CONVERTING, *(ADJUSTED[kind] for kind in _CONVERTING)), COUNT),
    "referred_members_count": ((REFERRALS,), COUNT),
}
"""Metric -> commission types it sums, and which number of their counters. Extra bonuses are in none.

Adjustments count with their rows, whose sales fall by themselves.
"""


class Scope(NamedTuple):
    """Which commissions are counted: tier and offers (None: every one), states, and one action code or any."""

    tier: int | None
    states: frozenset[str]
    offers: frozenset[str] | None
    action_code: str | None = None

    def counts(self, offer_id: str, bucket: Bucket) -> bool:
        """Whether a counter of `offer_id` lies in this scope."""
        return (
            bucket.state in self.states
            and (self.tier is None or bucket.tier == self.tier)
            and (self.offers is None or offer_id in self.offers)
            and (self.action_code is None or bucket.action_code == self.action_code)
        )


_OF_REFERRED: Final = Scope(REFERRED.tier, frozenset({REFERRED.state}), None)
"""Members are counted whatever a condition says of commissions."""


class _Scoped(Frozen):
    period: RulePeriod = AllTime()
    tier: Tier = 1
    statuses: Annotated[tuple[Status, ...], Field(min_length=1, max_length=4)] = ("approved",)
    offers: Offers | None = None
    action_code: Identifier | None = None

    def scope(self, rule_offers: Offers) -> Scope:
        """What this condition counts; its offers are the rule's unless it names its own.

        Approved includes paid, except in what is unpaid.
        """
        offers = rule_offers if self.offers is None else self.offers
        states = set(self.statuses) | ({"paid"} if "approved" in self.statuses else set())
        if isinstance(self.period, AllUnpaid):
            states.discard("paid")
        return Scope(
            tier=None if self.tier == "any" else self.tier,
            states=frozenset(states),
            offers=None if offers == "all" else frozenset(offers),
            action_code=self.action_code,
        )


class CounterCondition(_Scoped):
    """A count or a sum of money (minor units) against a whole number."""

    metric: Literal[
        "sales_count",
        "actions_count",
        "recurring_count",
        "clicks_count",
        "commission_value",
        "sale_commission_value",
        "action_commission_value",
        "click_commission_value",
        "sales_total",
        "referred_members_count",
    ]
    operator: Comparison
    value: Annotated[int, Field(strict=True, ge=-MAX_AMOUNT, le=MAX_AMOUNT)]

    @property
    def counts_members(self) -> bool:
        """Whether it counts whom the member brought, which no commission moves."""
        return self.metric == "referred_members_count"

    def counted(self, scope: Scope) -> Scope:
        """What its metric is summed over, where its base is summed over `scope`."""
        return _OF_REFERRED if self.counts_members else scope


class RateCondition(_Scoped):
    """Conversions per hundred unique clicks against a percentage."""

    metric: Literal["conversion_rate"]
    operator: Comparison
    value: Number


class ApprovalAgeCondition(_Scoped):
    """Whole local days since the member was approved; it never holds for one who was not."""

    metric: Literal["days_since_approval"]
    operator: Comparison
    value: Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS)]


class FieldCondition(_Scoped):
    """A user field of the member, as it stands when the rule is evaluated."""

    metric: Literal["user_field"]
    field: FieldName
    operator: Literal["eq", "ne", "is_set"]
    value: Line | None = None


class GroupCondition(_Scoped):
    """The payout option (commission group) that the member is in; `is_set` asks for any enrollment."""

    metric: Literal["commission_group"]
    operator: Literal["eq", "ne", "is_set"]
    value: PayoutOptionId | None = None


Condition: TypeAlias = Annotated[
    CounterCondition | RateCondition | ApprovalAgeCondition | FieldCondition | GroupCondition,
    Field(discriminator="metric"),
]


def rate(conversions: int, clicks: int) -> Decimal:
    """Conversions per hundred clicks; 0 without clicks."""
    return Decimal(100 * conversions) / clicks if clicks else Decimal(0)
