"""Rules in sentences: when a member has more than €200.00 of approved commission this week, pay them 2 % of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, assert_never

from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import Effect, MoveTo, Pay, Send, SetField
from laurel.domain.rules.conditions import (
    ApprovalAgeCondition,
    AverageCondition,
    Condition,
    CounterCondition,
    FieldCondition,
    GroupCondition,
    RateCondition,
)
from laurel.domain.rules.order_conditions import FirstOrderCondition, OrderAmountCondition
from laurel.domain.rules.rules import RuleSettings
from laurel.domain.rules.scoped import Offers
from laurel.domain.values.periods import AllTime, AllUnpaid, LastDays, Period, Since
from laurel.pages.words import Words

COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "sales_count": ("sale", "sales"),
    "actions_count": ("action", "actions"),
    "recurring_count": ("later payment", "later payments"),
    "clicks_count": ("click", "clicks"),
    "referred_members_count": ("member they brought", "members they brought"),
}
SUMMED: Final[Mapping[str, str]] = {
    "commission_value": "commission",
    "sale_commission_value": "commission on sales",
    "action_commission_value": "commission on actions",
    "click_commission_value": "commission on clicks",
    "sales_total": "sales",
}
PERIODS: Final[Mapping[str, str]] = {
    "current_day": "today",
    "current_week": "this week",
    "current_month": "this month",
    "current_quarter": "this quarter",
    "current_year": "this year",
    "last_week": "last week",
    "last_month": "last month",
    "last_quarter": "last quarter",
    "last_year": "last year",
    "all_time": "in all",
    "all_unpaid": "not paid out yet",
}
COMPARED: Final[Mapping[str, str]] = {
    "gt": "more than",
    "gte": "at least",
    "lt": "less than",
    "lte": "at most",
    "eq": "exactly",
    "ne": "anything but",
}
_UNKNOWN_OFFER: Final = "an offer that is gone"
_UNKNOWN_OPTION: Final = "a payout option that is gone"


@dataclass(frozen=True, slots=True)
class RuleWords:
    """Says rules. `offers`: offer id -> offer; `templates`: template id -> its name, as far as they are known."""

    words: Words
    program: Program
    offers: Mapping[str, Offer] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)

    def whole(self, rule: RuleSettings) -> str:
        """A rule as one sentence."""
        when = f"when a member {_listed(self.conditions(rule))}"
        where = (
            f"In {self.offers_named(rule.offers)}, {when}" if rule.offers != "all" else f"{when[:1].upper()}{when[1:]}"
        )
        return f"{where}: {_listed(self.actions(rule))}."

    def where(self, rule: RuleSettings) -> str:
        """The offers that it looks at."""
        return "all of them" if rule.offers == "all" else self.offers_named(rule.offers)

    def conditions(self, rule: RuleSettings) -> list[str]:
        """Its conditions, to be read after `when a member`."""
        return [self.condition(condition) for condition in rule.conditions]

    def actions(self, rule: RuleSettings) -> list[str]:
        """Its actions, to be read after `then`."""
        return [self.effect(effect, rule) for effect in rule.effects]

    def condition(self, condition: Condition) -> str:
        """A condition, to be read after `a member`."""
        match condition:
            case CounterCondition() | RateCondition() | AverageCondition():
                return f"{self._number(condition)}{self._scope(condition)}"
            case ApprovalAgeCondition():
                days = self.words.count(condition.value, "day", "days")
                return f"has been approved for {COMPARED[condition.operator]} {days}"
            case FieldCondition():
                return self._field(condition)
            case GroupCondition():
                return self._group(condition)
            case OrderAmountCondition():
                amount = self.words.money(condition.value)
                return f"brings an order of {COMPARED[condition.operator]} {amount}{self._own_offers(condition)}"
            case FirstOrderCondition():
                which = "their first order" if condition.value else "an order that is not their first"
                return f"brings {which}{self._own_offers(condition)}"
            case _:
                assert_never(condition)

    def effect(self, effect: Effect, rule: RuleSettings) -> str:
        """An action, to be read after `then`."""
        match effect:
            case Pay():
                return self._pay(effect, rule)
            case SetField():
                label = self.label(effect.field)
                return f"set {label} to \u201c{effect.value}\u201d" if effect.value else f"clear {label}"
            case MoveTo():
                place = f"move them to {self.option(effect.payout_option_id)}"
                again = f", and recalculate what they earned there {self.period(rule.leading.period)}"
                return place + again if effect.retroactive else place
            case Send():
                whom = "you" if effect.recipient == "merchant" else "them"
                named = self.templates.get(effect.template_id or "")
                return f"mail {whom} \u201c{named}\u201d" if named else f"mail {whom}"
            case _:
                assert_never(effect)

    def period(self, period: Period) -> str:
        """A period."""
        match period:
            case LastDays():
                return f"in the last {self.words.count(period.days, 'day', 'days')}"
            case Since():
                return f"since {self.words.day(period.date)}"
            case _:
                return PERIODS[period.type]

    def how_often(self, period: Period) -> str:
        """How often a rule fires whose first condition has this period."""
        match period:
            case LastDays():
                return f"once in {self.words.count(period.days, 'day', 'days')}"
            case AllUnpaid():
                return "once between two payouts"
            case Since() | AllTime():
                return "once"
            case _:
                return f"once a {period.type.rpartition('_')[2]}"

    def reading(self, condition: Condition, value: Any) -> str:
        """A value that a condition looked at, or compares with."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Sequence) and not isinstance(value, str):
            return ", ".join(map(self.option, value)) or "in none"
        if value is None:
            return "nothing is known"
        match condition.unit:
            case "money":
                return self.words.money(round(Decimal(value)))
            case "percent":
                return self.words.percent(value)
            case "count" | "days":
                return self.words.number(Decimal(value))
            case "text":
                return str(value)
            case _:
                assert_never(condition.unit)

    def option(self, payout_option_id: str) -> str:
        """A payout option with its offer: Autumn glow: Gold."""
        for offer in self.offers.values():
            for option in (*offer.payout_options, *offer.removed_options):
                if option.payout_option_id == payout_option_id:
                    return f"{offer.name}: {option.name}"
        return _UNKNOWN_OPTION

    def offers_named(self, offers: Offers) -> str:
        """Offers by their names."""
        if offers == "all":
            return "every offer"
        return _listed([self.offers[each].name if each in self.offers else _UNKNOWN_OFFER for each in offers])

    @property
    def names(self) -> dict[str, str]:
        """Payout options and mail templates by their ids."""
        options = (each for offer in self.offers.values() for each in offer.payout_options)
        return {**{each.payout_option_id: each.name for each in options}, **self.templates}

    def label(self, name: str) -> str:
        """A user field as the program calls it."""
        return next((each.label for each in self.program.user_fields if each.name == name), name)

    def _number(self, condition: CounterCondition | RateCondition | AverageCondition) -> str:
        value = self.reading(condition, condition.value)
        if isinstance(condition, RateCondition):
            return f"has a conversion rate of {COMPARED[condition.operator]} {value}"
        if isinstance(condition, AverageCondition):
            return f"has an average order of {COMPARED[condition.operator]} {value}"
        noun = self._noun(condition)
        if condition.every:
            return f"reaches another {value} {noun}"
        return f"has {COMPARED[condition.operator]} {value} {noun}"

    def _noun(self, condition: CounterCondition) -> str:
        if condition.metric == "referred_members_count":
            return COUNTED[condition.metric][condition.value != 1]
        which = f"{_listed(condition.statuses, 'or')} "
        code = f" \u201c{condition.action_code}\u201d" if condition.action_code is not None else ""
        if condition.metric in COUNTED:
            return f"{which}{COUNTED[condition.metric][condition.value != 1]}{code}"
        return f"of {which}{SUMMED[condition.metric]}{code}"

    def _scope(self, condition: CounterCondition | RateCondition | AverageCondition) -> str:
        """The tiers, the period and the offers that are counted."""
        tier = {1: "", "any": " of all tiers"}.get(condition.tier, f" of tier {condition.tier}")
        return f"{tier} {self.period(condition.period)}{self._own_offers(condition)}"

    def _field(self, condition: FieldCondition) -> str:
        label = self.label(condition.field)
        match condition.operator:
            case "is_set":
                return f"has any {label}"
            case "eq":
                return f"has \u201c{condition.value}\u201d as {label}"
            case "ne":
                return f"has anything but \u201c{condition.value}\u201d as {label}"
            case _:
                assert_never(condition.operator)

    def _group(self, condition: GroupCondition) -> str:
        match condition.operator:
            case "is_set":
                return f"is in a payout option{self._own_offers(condition)}"
            case "eq":
                return f"is in {self.option(condition.value or '')}"
            case "ne":
                return f"is not in {self.option(condition.value or '')}"
            case _:
                assert_never(condition.operator)

    def _own_offers(self, condition: Condition) -> str:
        return "" if condition.offers is None else f" in {self.offers_named(condition.offers)}"

    def _pay(self, pay: Pay, rule: RuleSettings) -> str:
        whom = "who brought them" if pay.to_referrer else "them"
        code = f", as \u201c{pay.action_code}\u201d" if pay.action_code is not None else ""
        if pay.rate.amount is not None:
            each = " for every sale" if pay.every_sale else ""
            return f"pay {whom} {self.words.money(pay.rate.amount)}{each}{code}"
        return f"pay {whom} {self.words.percent(pay.rate.percent)} of {self._base(pay, rule)}{code}"

    def _base(self, pay: Pay, rule: RuleSettings) -> str:
        if pay.every_sale:
            return "each sale's commission"
        if rule.fires_per_order:
            return "that order's commission"
        return f"their commission {self.period(rule.leading.period)}"


def _listed(parts: Sequence[str], last: str = "and") -> str:
    """Parts as people list them: one, two and three."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def period_of(key: str | None, words: Words) -> str:
    """The period of a marker: `current_week:2026-11-16` is the week from 16 Nov 2026."""
    kind, _, told = (key or "").partition(":")
    try:
        day = words.day(date.fromisoformat(told))
    except ValueError:
        return {"all_time": "all time", "all_unpaid": "until the next payout"}.get(kind, "since the last payout")
    unit = kind.rpartition("_")[2]
    if kind in {"since", "last_n_days"}:
        return f"since {day}" if kind == "since" else f"the days from {day}"
    return day if unit == "day" else f"the {unit} from {day}"
