"""Payout terms: what one payout option pays for a sale or an action."""

from decimal import Decimal
from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field

from laurel.domain.values.model import MOST_TIERS, Amount, Frozen, Identifier, OneOf, Percent
from laurel.domain.values.money import percent_of

_MOST_ACTIONS: Final = 50


class FixedOrPercent(OneOf):
    """Either `amount` (minor units) or `percent` of a base."""

    ALTERNATIVES = frozenset({"amount", "percent"})

    amount: Amount | None = None
    percent: Percent | None = None

    def of(self, base: int) -> int:
        """The minor units that it gives on `base` minor units."""
        if self.amount is not None:
            return self.amount
        return percent_of(base, self.percent or Decimal(0))


class TierRate(OneOf):
    """The earnings of a higher tier from a sale."""

    ALTERNATIVES = frozenset({"percent_of_sale", "percent_of_first_tier", "amount"})

    percent_of_sale: Percent | None = None
    percent_of_first_tier: Percent | None = None
    amount: Amount | None = None


class Recurring(Frozen):
    """Later payments of a subscription: reported ones (`on_payment`) or made by the program (`automatic`)."""

    interval: Literal["day", "week", "month", "year"]
    mode: Literal["on_payment", "automatic"]
    limit: Annotated[int, Field(strict=True, ge=1, le=10_000)] | None = None

    def is_past(self, number: int) -> bool:
        """Whether the `number`-th payment after the first lies beyond the limit."""
        return self.limit is not None and number > self.limit


class _Terms(Frozen):
    actions: Annotated[dict[Identifier, FixedOrPercent], Field(max_length=_MOST_ACTIONS, default_factory=dict)]
    tiers: Annotated[tuple[TierRate, ...], Field(max_length=MOST_TIERS)] = ()
    recurring: Recurring | None = None

    def on_action(self, code: str, base: int) -> int:
        """The commission of an action with `code` on `base` minor units; a code without terms earns 0."""
        rate = self.actions.get(code)
        return rate.of(base) if rate else 0

    def snapshot(self, action_code: str | None) -> Self:
        """The terms as a commission keeps them: without the rates of other actions."""
        return self.model_copy(update={"actions": {c: r for c, r in self.actions.items() if c == action_code}})


class PercentOfSale(_Terms):
    """A share of the commissionable amount."""

    type: Literal["percent_of_sale"]
    percent: Percent

    def on_sale(self, base: int) -> int:
        """Minor units earned by a sale of `base` minor units."""
        return percent_of(base, self.percent)


class FlatPerSale(_Terms):
    """A fixed amount, whatever the sale."""

    type: Literal["flat_per_sale"]
    amount: Amount

    def on_sale(self, base: int) -> int:  # noqa: ARG002
        """Minor units earned by any sale."""
        return self.amount


class FlatPlusPercent(_Terms):
    """One commission with two parts."""

    type: Literal["flat_plus_percent"]
    amount: Amount
    percent: Percent

    def on_sale(self, base: int) -> int:
        """Minor units earned by a sale of `base` minor units."""
        return self.amount + percent_of(base, self.percent)


class PerClick(_Terms):
    """A fixed amount for each unique click; nothing for sales."""

    type: Literal["per_click"]
    amount: Amount

    def on_sale(self, base: int) -> int:  # noqa: ARG002
        """A sale earns nothing here."""
        return 0

    def alone(self) -> Self:
        """The terms as a click keeps them: without those for sales."""
        return self.model_copy(update={"actions": {}, "tiers": (), "recurring": None})

    def on_clicks(self, count: int) -> int:
        """Minor units earned by so many unique clicks."""
        return self.amount * count


class NoPayout(_Terms):
    """Tracked, not paid."""

    type: Literal["none"]

    def on_sale(self, base: int) -> int:  # noqa: ARG002
        """A sale earns nothing here."""
        return 0


PayoutTerms: TypeAlias = Annotated[
    PercentOfSale | FlatPerSale | FlatPlusPercent | PerClick | NoPayout, Field(discriminator="type")
]


def is_automatic(terms: PayoutTerms) -> bool:
    """Whether the program makes the commissions on later payments by itself."""
    return terms.recurring is not None and terms.recurring.mode == "automatic"


def earned(terms: PayoutTerms, action_code: str | None, base: int) -> int:
    """Minor units that `terms` give for `base` minor units, as a sale or as an action with a code."""
    return terms.on_sale(base) if action_code is None else terms.on_action(action_code, base)
