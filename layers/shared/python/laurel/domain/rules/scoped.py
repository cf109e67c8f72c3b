"""The common part of conditions: the commissions that are counted, and for numbers, that they may repeat."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from laurel.domain.rules.gauges import Gauge, Scope
from laurel.domain.values.ids import OfferId, PayoutOptionId
from laurel.domain.values.model import Flag, Frozen, Identifier, Number
from laurel.domain.values.periods import AllTime, AllUnpaid, DayRange, Last, LastDays, Period

Comparison = Literal["gt", "lt", "gte", "lte", "eq", "ne"]
Status = Literal["pending", "approved", "paid", "declined"]
Statuses: TypeAlias = Annotated[tuple[Status, ...], Field(min_length=1, max_length=4)]
Offers: TypeAlias = Literal["all"] | Annotated[tuple[OfferId, ...], Field(min_length=1, max_length=100)]
RulePeriod: TypeAlias = Annotated[Period, Field(discriminator="type")]
Tier: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=21)] | Literal["any"]

UNDONE_BY_MORE: Final = frozenset({"lt", "lte"})


def states_of(statuses: Statuses) -> set[str]:
    """The states that `statuses` mean: approved includes paid."""
    return set(statuses) | ({"paid"} if "approved" in statuses else set())


def offers_of(own: Offers | None, rule_offers: Offers) -> frozenset[str] | None:
    """The offers that a condition counts: the rule's unless it names its own; None: every one."""
    offers = rule_offers if own is None else own
    return None if offers == "all" else frozenset(offers)


class Scoped(Frozen):
    """A condition of whatever metric, over a scope and period."""

    is_plain: ClassVar[bool] = False
    """True if its reading is that of its one gauge as it stands."""
    is_of_order: ClassVar[bool] = False
    """True if it looks at the order that sets the rule off."""
    period: RulePeriod = AllTime()
    tier: Tier = 1
    statuses: Statuses = ("approved",)
    offers: Offers | None = None
    action_code: Identifier | None = None

    def scope(self, rule_offers: Offers) -> Scope:
        """What this condition counts; its offers are the rule's unless it names its own.

        Approved includes paid, except in what is unpaid.
        """
        states = states_of(self.statuses)
        if isinstance(self.period, AllUnpaid):
            states.discard("paid")
        return Scope(
            tier=None if self.tier == "any" else self.tier,
            states=frozenset(states),
            offers=offers_of(self.offers, rule_offers),
            action_code=self.action_code,
        )

    @property
    def repeats(self) -> bool:
        """True if it fires for each multiple of its value."""
        return False

    @property
    def fields_asked(self) -> frozenset[str]:
        """The user fields that it asks for."""
        return frozenset()

    @property
    def payout_option(self) -> PayoutOptionId | None:
        """The payout option that it names."""
        return None

    def gauges(self, scope: Scope, days: DayRange, links: frozenset[str]) -> tuple[Gauge, ...]:  # noqa: ARG002
        """The numbers that it looks at; `links`: the offers that members promote by link."""
        return ()

    def day_asked(self, over: date, begun: date) -> date | None:
        """The day as of which the end of `over`, when `begun` begins, asks it by itself; None: that decides nothing."""
        if isinstance(self.period, LastDays):
            return over
        until = self.period.range(begun).until if isinstance(self.period, Last) else None
        return begun if until is not None and until > over else None


class Numeric(Scoped):
    """A condition on a number. `every`: as the leading one, it fires for each multiple of its value, each once."""

    operator: Comparison
    value: int | Number
    every: Flag = False

    @field_validator("every")
    @classmethod
    def _can_repeat(cls, every: bool, told: ValidationInfo) -> bool:
        operator, value = told.data.get("operator", "gte"), told.data.get("value", 1)
        if every and (operator != "gte" or value <= 0):
            raise ValueError("every needs the operator gte and a value above 0")
        return every

    @property
    def repeats(self) -> bool:
        """As it was written."""
        return self.every

    @property
    def is_undone_by_more(self) -> bool:
        """Whether more commissions can make it untrue: a sum grows, a rate or an average may fall."""
        return self.operator in UNDONE_BY_MORE
