"""Conditions of a rule: a metric over a scope and period, compared with a value.

Each class answers for itself: `comparisons` and `unit` of what it looks at; `is_undone_by_more`: more commissions can
make it untrue, so that as the leading condition it is known when its period is over; `repeats`; its `gauges`, and its
`reading`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from laurel.domain.ledger.commissions import ADJUSTED, GRANTED, RECURRENCE, TALLY
from laurel.domain.ledger.totals import COMMISSION, COUNT, REFERRALS, REFERRED, SALES
from laurel.domain.members.members import FieldName
from laurel.domain.rules.comparisons import COMPARE, COMPARE_GROUPS, COMPARE_IF_KNOWN
from laurel.domain.rules.gauges import Gauge, Metric, Scope, Unit, View
from laurel.domain.rules.order_conditions import FirstOrderCondition, OrderAmountCondition
from laurel.domain.rules.scoped import Numeric, Scoped
from laurel.domain.values.errors import Misfit
from laurel.domain.values.ids import PayoutOptionId
from laurel.domain.values.model import MAX_AMOUNT, Line, Number
from laurel.domain.values.periods import DayRange, Last

_OF_PAY: Final = ("sale", "action", "click", "recurring", RECURRENCE, GRANTED)
_EARNING: Final = (*_OF_PAY, *(ADJUSTED[kind] for kind in _OF_PAY))
MOST_DAYS: Final = 36_500
_CONVERTING: Final = ("sale", "action", "recurring")
_SALES: Final = ("sale", ADJUSTED["sale"])
_ACTIONS: Final = ("action", GRANTED, ADJUSTED["action"], ADJUSTED[GRANTED])
METRICS: Final[dict[str, Metric]] = {
    "sales_count": Metric(_SALES, COUNT),
    "actions_count": Metric(_ACTIONS, COUNT),
    "recurring_count": Metric(("recurring", RECURRENCE, ADJUSTED["recurring"], ADJUSTED[RECURRENCE]), COUNT),
    "clicks_count": Metric(("click", TALLY, ADJUSTED["click"]), COUNT),
    "commission_value": Metric(_EARNING, COMMISSION),
    "sale_commission_value": Metric(_SALES, COMMISSION),
    "action_commission_value": Metric(_ACTIONS, COMMISSION),
    "click_commission_value": Metric(("click", ADJUSTED["click"]), COMMISSION),
    "sales_total": Metric(_CONVERTING, SALES),
    "conversions_count": Metric((*_CONVERTING, *(ADJUSTED[kind] for kind in _CONVERTING)), COUNT),
    "referred_members_count": Metric((REFERRALS,), COUNT),
}
"""Metric -> commission types it sums, and which number of their counters. Extra bonuses are in none.

Adjustments count with their rows, whose sales fall by themselves.
"""
FED_BY_ACTION_BONUSES: Final = frozenset(name for name, metric in METRICS.items() if GRANTED in metric.types)
"""The metrics that an action bonus of a rule counts in."""
FED_BY_THEIR_RECURRENCES: Final = frozenset(name for name, metric in METRICS.items() if RECURRENCE in metric.types)
"""The metrics that its recurrences count in, where the terms of the rule's one offer make it recur."""
_OF_REFERRED: Final = Scope(REFERRED.tier, frozenset({REFERRED.state}), None)
"""Members are counted whatever a condition says of commissions."""


class CounterCondition(Numeric):
    """A count or a sum of money (minor units) against a whole number."""

    comparisons: ClassVar = COMPARE
    is_plain: ClassVar[bool] = True
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
    value: Annotated[int, Field(strict=True, ge=-MAX_AMOUNT, le=MAX_AMOUNT)]

    @property
    def unit(self) -> Unit:
        """Minor units or a count."""
        return "count" if METRICS[self.metric].position == COUNT else "money"

    def gauges(self, scope: Scope, days: DayRange, links: frozenset[str]) -> tuple[Gauge, ...]:  # noqa: ARG002
        """Its own number, whatever the scope says where it counts members."""
        return (Gauge(METRICS[self.metric], _OF_REFERRED if self._counts_members else scope, days),)

    def reading(self, view: View) -> int:
        """That number."""
        return view.numbers[0]

    def day_asked(self, over: date, begun: date) -> date | None:
        """No commission moves the number of members, so each midnight asks for it."""
        until_now = self._counts_members and not isinstance(self.period, Last)
        return over if until_now else super().day_asked(over, begun)

    @property
    def _counts_members(self) -> bool:
        return self.metric == "referred_members_count"


class RateCondition(Numeric):
    """Conversions of link offers per hundred unique clicks there against a percentage; never without clicks."""

    comparisons: ClassVar = COMPARE_IF_KNOWN
    unit: ClassVar[Unit] = "percent"
    metric: Literal["conversion_rate"]
    value: Number

    def gauges(self, scope: Scope, days: DayRange, links: frozenset[str]) -> tuple[Gauge, ...]:
        """Conversions where there can be clicks, and the clicks of the same offers."""
        there = scope._replace(offers=links if scope.offers is None else scope.offers & links)
        clicks = there._replace(tier=1, action_code=None)
        return Gauge(METRICS["conversions_count"], there, days), Gauge(METRICS["clicks_count"], clicks, days)

    def reading(self, view: View) -> Decimal | None:
        """The rate; None without clicks."""
        conversions, clicks = view.numbers
        return Decimal(100 * conversions) / clicks if clicks else None


class AverageCondition(Numeric):
    """`sales_total` by `sales_count`, in minor units; never without sales.

    Later payments and actions are in the amount, as `sales_total` has them, and not in the number.
    """

    comparisons: ClassVar = COMPARE_IF_KNOWN
    unit: ClassVar[Unit] = "money"
    metric: Literal["average_order_value"]
    value: Annotated[int, Field(strict=True, ge=-MAX_AMOUNT, le=MAX_AMOUNT)]

    def gauges(self, scope: Scope, days: DayRange, links: frozenset[str]) -> tuple[Gauge, ...]:  # noqa: ARG002
        """The amount that was sold, and how often."""
        return Gauge(METRICS["sales_total"], scope, days), Gauge(METRICS["sales_count"], scope, days)

    def reading(self, view: View) -> Decimal | None:
        """Minor units; None without sales."""
        total, sales = view.numbers
        return Decimal(total) / sales if sales > 0 else None


class ApprovalAgeCondition(Numeric):
    """Whole local days since the member was approved; it never holds for one who was not."""

    comparisons: ClassVar = COMPARE_IF_KNOWN
    unit: ClassVar[Unit] = "days"
    metric: Literal["days_since_approval"]
    value: Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS)]

    @property
    def is_undone_by_more(self) -> bool:
        """No commission makes it another."""
        return False

    def reading(self, view: View) -> int | None:
        """Local days; None for one who was not approved."""
        approved_on = view.subject.approved_on
        return None if approved_on is None else (view.day - approved_on).days

    def day_asked(self, over: date, begun: date) -> date | None:  # noqa: ARG002
        """Each midnight makes it a day more."""
        return begun


class FieldCondition(Scoped):
    """A user field of the member, as it stands when the rule is evaluated."""

    comparisons: ClassVar = COMPARE
    unit: ClassVar[Unit] = "text"
    is_undone_by_more: ClassVar[bool] = False
    metric: Literal["user_field"]
    field: FieldName
    operator: Literal["eq", "ne", "is_set"]
    value: Line | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        _require_value_unless_set(self.operator, self.value)
        return self

    @property
    def fields_asked(self) -> frozenset[str]:
        """Its one field."""
        return frozenset({self.field})

    def reading(self, view: View) -> str | None:
        """The field; None if it is not set."""
        return view.subject.fields.get(self.field)


class GroupCondition(Scoped):
    """The payout option (commission group) that the member is in; `is_set` asks for any enrollment."""

    comparisons: ClassVar = COMPARE_GROUPS
    unit: ClassVar[Unit] = "text"
    is_undone_by_more: ClassVar[bool] = False
    metric: Literal["commission_group"]
    operator: Literal["eq", "ne", "is_set"]
    value: PayoutOptionId | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> Self:
        _require_value_unless_set(self.operator, self.value)
        return self

    @property
    def payout_option(self) -> PayoutOptionId | None:
        """The option that it compares with."""
        return self.value

    def reading(self, view: View) -> frozenset[str]:
        """The options that the member is in."""
        offers, enrollments = view.scope.offers, view.subject.enrollments
        return frozenset(e.payout_option_id for offer, e in enrollments.items() if offers is None or offer in offers)


Condition: TypeAlias = Annotated[
    CounterCondition
    | RateCondition
    | AverageCondition
    | ApprovalAgeCondition
    | FieldCondition
    | GroupCondition
    | OrderAmountCondition
    | FirstOrderCondition,
    Field(discriminator="metric"),
]


def earned_in(scope: Scope, days: DayRange) -> Gauge:
    """The commissions of a scope, whatever their action code: what percentages are taken of."""
    return Gauge(METRICS["commission_value"], scope._replace(action_code=None), days)


def _require_value_unless_set(operator: str, value: str | None) -> None:
    if (value is None) != (operator == "is_set"):
        raise Misfit("value", "eq and ne need a value, is_set has none")
