"""Performance-reward rules as merchants write them, and what is refused when one is saved."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from laurel.domain.program.programs import Feature, Program
from laurel.domain.rules.actions import (
    NEEDS,
    Action,
    AddActionCommissionBonus,
    AddBonusToOriginalReferrer,
    MovingAction,
    PayingAction,
    SendMail,
    UpdateUserField,
)
from laurel.domain.rules.conditions import (
    Condition,
    CounterCondition,
    FieldCondition,
    GroupCondition,
    Offers,
    RateCondition,
)
from laurel.domain.values.errors import Conflict, Invalid
from laurel.domain.values.ids import RuleId
from laurel.domain.values.model import Flag, Frozen, Instant, Label
from laurel.domain.values.periods import AllTime, AllUnpaid, Current, LastDays, Since

UNDECIDED_UNTIL_CLOSE = ("lt", "lte")
"""More commissions can make these untrue."""


class RuleSettings(Frozen):
    """A rule as a merchant writes it. The first condition leads: it gives the period and the base."""

    name: Label
    enabled: Flag = True
    priority: Annotated[int, Field(strict=True, ge=1, le=1000)] = 1
    offers: Offers = "all"
    conditions: Annotated[tuple[Condition, ...], Field(min_length=1, max_length=10)]
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=10)]

    @model_validator(mode="after")
    def _actions_fit(self) -> Self:
        if sum(isinstance(action, PayingAction) for action in self.actions) > 1:
            raise ValueError("a rule has at most one paying action")
        if len({move.offer_id for move in self.moves}) < len(self.moves):
            raise ValueError("a rule moves the member once in an offer")
        for condition in self.conditions:
            if isinstance(condition, FieldCondition | GroupCondition):
                _require_value(condition)
        return self

    @property
    def leading(self) -> Condition:
        """The condition whose period names the marker and whose scope is the base of percentages."""
        return self.conditions[0]

    @property
    def paying(self) -> PayingAction | None:
        """The one action that pays, if any."""
        return next((action for action in self.actions if isinstance(action, PayingAction)), None)

    @property
    def mails(self) -> tuple[SendMail, ...]:
        """The actions that send mail."""
        return tuple(action for action in self.actions if isinstance(action, SendMail))

    @property
    def moves(self) -> tuple[MovingAction, ...]:
        """The actions that move the member to another payout option."""
        return tuple(action for action in self.actions if isinstance(action, MovingAction))

    @property
    def pays_referrer(self) -> bool:
        """Whether it can only be carried out for a member whom somebody brought."""
        return isinstance(self.paying, AddBonusToOriginalReferrer)

    @property
    def pays_every_sale(self) -> bool:
        """Whether its paying action has a row for each sale instead of one for each period."""
        return isinstance(self.paying, AddBonusToOriginalReferrer) and self.paying.frequency == "every_sale"

    @property
    def features(self) -> tuple[Feature, ...]:
        """What its actions need the program to have switched on."""
        return tuple(sorted({NEEDS[action.type] for action in self.actions if action.type in NEEDS}))

    def features_off(self, program: Program) -> tuple[Feature, ...]:
        """The features that it needs and the program has switched off: until they are back, it does nothing."""
        return tuple(feature for feature in self.features if not program.features.has(feature))

    @property
    def mails_merchant(self) -> bool:
        """Whether it can only be carried out while the program has a merchant address."""
        return any(mail.to == "merchant" for mail in self.mails)

    @property
    def sole_offer(self) -> str | None:
        """The offer that its rows belong to, if the rule names exactly one."""
        return self.offers[0] if self.offers != "all" and len(self.offers) == 1 else None

    @property
    def offer_of_action(self) -> str | None:
        """The offer by whose terms an action that it pays as a bonus may recur."""
        return self.sole_offer if isinstance(self.paying, AddActionCommissionBonus) else None

    @property
    def updates(self) -> dict[str, str]:
        """The user fields that the rule sets; the last of two settings of one field holds."""
        return {action.field: action.value for action in self.actions if isinstance(action, UpdateUserField)}

    @property
    def field_names(self) -> frozenset[str]:
        """The user fields that the rule asks for or sets."""
        asked = {condition.field for condition in self.conditions if isinstance(condition, FieldCondition)}
        return frozenset(asked | self.updates.keys())

    @property
    def payout_options(self) -> frozenset[str]:
        """The payout options that the rule names."""
        groups = (condition.value for condition in self.conditions if isinstance(condition, GroupCondition))
        return frozenset([*(value for value in groups if value), *(move.payout_option_id for move in self.moves)])

    @property
    def waits_for_close(self) -> bool:
        """Whether its leading condition is known only when its period is over, so that no commission sets it off."""
        return self._leads_with_less and isinstance(self.leading.period, Current | LastDays)

    @property
    def looks_at_unpaid(self) -> bool:
        """Whether paying the member changes what one of its conditions looks at."""
        return any(isinstance(condition.period, AllUnpaid) for condition in self.conditions)

    @property
    def _leads_with_less(self) -> bool:
        leading = self.leading
        return isinstance(leading, CounterCondition | RateCondition) and leading.operator in UNDECIDED_UNTIL_CLOSE

    @property
    def is_state_only(self) -> bool:
        """Whether doing it twice changes nothing, so that no marker is needed."""
        return self.paying is None and not self.mails

    def require_fit_for(self, program: Program, before: "RuleSettings | None" = None) -> None:
        """Raises Invalid or Conflict for what this program cannot carry out.

        `before`: the rule that is edited. One that a feature stopped can be renamed and switched off all the same.
        """
        for index, condition in enumerate(self.conditions):
            if isinstance(condition, FieldCondition):
                program.require_fields(frozenset({condition.field}), f"/conditions/{index}/field")
        program.require_fields(frozenset(self.updates), "/actions")
        self._require_decidable()
        for feature in self.features_off(program):
            if before is None or feature not in before.features:
                raise Conflict("feature_inactive", f"switch on the feature {feature} first")
        if self.mails_merchant and program.merchant_email is None:
            raise Conflict("merchant_email_missing", "the program has no merchant_email to send to")

    def _require_decidable(self) -> None:
        """Raises Invalid `leading_condition_undecided` for what would never become known, or not while it can pay."""
        if self._leads_with_less and isinstance(self.leading.period, AllTime | Since | AllUnpaid):
            why = "a leading lt or lte is known when its period has closed, and this one never does"
        elif self.waits_for_close and self.pays_every_sale:
            why = "a leading lt or lte is known when its period has closed, and then there is no sale to pay for"
        else:
            return
        raise Invalid("leading_condition_undecided", why, "/conditions/0/operator")


def _require_value(condition: FieldCondition | GroupCondition) -> None:
    if (condition.value is None) != (condition.operator == "is_set"):
        raise ValueError("eq and ne need a value, is_set has none")


class Rule(RuleSettings):
    """A rule with identity. `version` counts edits; markers do not depend on it."""

    rule_id: RuleId
    created_at: Instant
    updated_at: Instant
    version: int = 1


class RuleView(Rule):
    """A rule as it is shown. `stopped_by`: features that it needs and that are switched off."""

    stopped_by: tuple[Feature, ...] = ()

    @classmethod
    def of(cls, rule: Rule, program: Program) -> Self:
        """`rule` as it is shown."""
        return cls(**dict(rule), stopped_by=rule.features_off(program))
