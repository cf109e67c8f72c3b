"""Performance-reward rules as merchants write them, and what is refused when one is saved."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from laurel.domain.program.programs import Feature, Program
from laurel.domain.rules.actions import Action, Effect, MoveTo, Pay, Send, SetField
from laurel.domain.rules.conditions import FED_BY_ACTION_BONUSES, FED_BY_THEIR_RECURRENCES, Condition
from laurel.domain.rules.scoped import Offers
from laurel.domain.values.errors import Conflict, Invalid, Misfit
from laurel.domain.values.ids import RuleId
from laurel.domain.values.model import Count, Flag, Frozen, Instant, Label
from laurel.domain.values.periods import AllTime, AllUnpaid, Current, LastDays, Since


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
        if sum(isinstance(effect, Pay) for effect in self.effects) > 1:
            raise Misfit("actions", "a rule has at most one paying action")
        if len({move.offer_id for move in self.moves}) < len(self.moves):
            raise Misfit("actions", "a rule moves the member once in an offer")
        return self

    @property
    def leading(self) -> Condition:
        """The condition whose period names the marker and whose scope is the base of percentages."""
        return self.conditions[0]

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What its actions come to, one each, in their order."""
        return tuple(action.effect for action in self.actions)

    @property
    def paying(self) -> Pay | None:
        """The one effect that pays, if any."""
        return next((effect for effect in self.effects if isinstance(effect, Pay)), None)

    @property
    def sends(self) -> tuple[Send, ...]:
        """The messages that it leaves in the outbox."""
        return tuple(effect for effect in self.effects if isinstance(effect, Send))

    @property
    def moves(self) -> tuple[MoveTo, ...]:
        """The payout options that it moves the member to."""
        return tuple(effect for effect in self.effects if isinstance(effect, MoveTo))

    @property
    def pays_referrer(self) -> bool:
        """True if it can only be carried out for a member whom somebody brought."""
        return self.paying is not None and self.paying.to_referrer

    @property
    def pays_every_sale(self) -> bool:
        """True if what it pays has a row for each sale instead of one for each period."""
        return self.paying is not None and self.paying.every_sale and not self.fires_per_order

    @property
    def fires_per_order(self) -> bool:
        """True if it fires once for each order of which it holds, instead of once a period."""
        return self.leading.is_of_order

    @property
    def repeats(self) -> bool:
        """True if it fires for each multiple of its leading condition's value in a period."""
        return self.leading.repeats

    @property
    def repeats_itself(self) -> bool:
        """True if what it pays counts towards its own next multiple, or that of a rule which pays towards its own."""
        if not self.repeats or self.paying is None or self.paying.action_code is None:
            return False
        fed = FED_BY_ACTION_BONUSES | (FED_BY_THEIR_RECURRENCES if self.offer_of_action else frozenset())
        return self.leading.metric in fed

    @property
    def needs_order(self) -> bool:
        """True if nothing but a commission can set it off."""
        return self.pays_every_sale or any(condition.is_of_order for condition in self.conditions)

    @property
    def features(self) -> tuple[Feature, ...]:
        """The features that a program must have switched on for its actions."""
        return tuple(sorted({action.feature for action in self.actions if action.feature is not None}))

    def features_off(self, program: Program) -> tuple[Feature, ...]:
        """The features that it needs and the program has switched off: until they are back, it does nothing."""
        return tuple(feature for feature in self.features if not program.features.has(feature))

    @property
    def writes_to_merchant(self) -> bool:
        """True if it can only be carried out while the program has a merchant address."""
        return any(send.recipient == "merchant" for send in self.sends)

    @property
    def sole_offer(self) -> str | None:
        """The offer that its rows belong to, if the rule names exactly one."""
        return self.offers[0] if self.offers != "all" and len(self.offers) == 1 else None

    @property
    def offer_of_action(self) -> str | None:
        """The offer by whose terms an action that it pays as a bonus may recur."""
        return self.sole_offer if self.paying is not None and self.paying.action_code is not None else None

    @property
    def updates(self) -> dict[str, str]:
        """The user fields that the rule sets; the last of two settings of one field holds."""
        return {effect.field: effect.value for effect in self.effects if isinstance(effect, SetField)}

    @property
    def field_names(self) -> frozenset[str]:
        """The user fields that the rule asks for or sets."""
        return frozenset(self.updates).union(*(condition.fields_asked for condition in self.conditions))

    @property
    def payout_options(self) -> frozenset[str]:
        """The payout options that the rule names."""
        asked = (condition.payout_option for condition in self.conditions)
        return frozenset([*(option for option in asked if option), *(move.payout_option_id for move in self.moves)])

    @property
    def named_codes(self) -> dict[str, tuple[str, Offers]]:
        """JSON pointer -> the action code that the rule names there, and the offers that it means."""
        asked = ((f"/conditions/{index}/action_code", each) for index, each in enumerate(self.conditions))
        named = {
            at: (each.action_code, self.offers if each.offers is None else each.offers)
            for at, each in asked
            if each.action_code is not None
        }
        for index, effect in enumerate(self.effects):
            if isinstance(effect, Pay) and effect.action_code is not None:
                named[f"/actions/{index}/action_code"] = effect.action_code, self.offers
        return named

    @property
    def waits_for_close(self) -> bool:
        """True if its leading condition is known only when its period is over, so that no commission sets it off."""
        return self.leading.is_undone_by_more and isinstance(self.leading.period, Current | LastDays)

    @property
    def looks_at_unpaid(self) -> bool:
        """True if paying the member changes what one of its conditions looks at."""
        return any(isinstance(condition.period, AllUnpaid) for condition in self.conditions)

    @property
    def looks_at_links(self) -> bool:
        """True if it matters to one of its conditions which offers are promoted by link."""
        return any(condition.metric == "conversion_rate" for condition in self.conditions)

    @property
    def is_state_only(self) -> bool:
        """True if doing it twice changes nothing, so that no marker is needed."""
        return not any(effect.needs_marker for effect in self.effects)

    def require_fit_for(self, program: Program, before: "RuleSettings | None" = None) -> None:
        """Raises Invalid or Conflict for what this program cannot carry out.

        `before`: the rule that is edited. One that a feature stopped can be renamed and switched off all the same.
        """
        for index, condition in enumerate(self.conditions):
            program.require_fields(condition.fields_asked, f"/conditions/{index}/field")
        program.require_fields(frozenset(self.updates), "/actions")
        self._require_decidable()
        self._require_repeatable()
        for feature in self.features_off(program):
            if before is None or feature not in before.features:
                raise Conflict("feature_inactive", f"switch on the feature {feature} first")
        if self.writes_to_merchant and program.merchant_email is None:
            raise Conflict("merchant_email_missing", "the program has no merchant_email to send to")

    def _require_decidable(self) -> None:
        """Raises Invalid `leading_condition_undecided` for what would never become known, or not while it can pay."""
        if self.leading.is_undone_by_more and isinstance(self.leading.period, AllTime | Since | AllUnpaid):
            why = "a leading lt or lte is known when its period has closed, and this one never does"
        elif self.waits_for_close and self.needs_order:
            why = "a leading lt or lte is known when its period has closed, with no sale to pay for or look at"
        else:
            return
        raise Invalid("leading_condition_undecided", why, "/conditions/0/operator")

    def _require_repeatable(self) -> None:
        """Raises Invalid `nothing_to_repeat` where a rule has no use for multiples, `repeats_itself` where no end."""
        further = [index for index, each in enumerate(self.conditions) if each.repeats and index > 0]
        if further:
            why, index = "only the first condition, which leads, can repeat", further[0]
        elif self.repeats and (self.is_state_only or self.pays_every_sale):
            why, index = "fields, groups and shares of every sale do not come once for each multiple", 0
        elif self.repeats_itself:
            why = f"the action bonus would count in {self.leading.metric} and pay for itself: use add_bonus_commission"
            raise Invalid("repeats_itself", why, "/conditions/0/every")
        else:
            return
        raise Invalid("nothing_to_repeat", why, f"/conditions/{index}/every")


class Rule(RuleSettings):
    """A rule with identity. `version` counts edits; markers do not depend on it."""

    rule_id: RuleId
    created_at: Instant
    updated_at: Instant
    version: int = 1

    @property
    def has_never_fired(self) -> bool:
        """True if it was never enabled, as a copy before its first edit. Of others only their markers tell."""
        return self.version == 1 and not self.enabled

    def require_same_multiples(self, after: RuleSettings) -> None:
        """Raises Conflict `multiples_fixed` for an edit after which the numbers of its markers meant other multiples.

        To repeat no more is such an edit, too: it might be followed by another value, and that by repeating again.
        """
        kept = after.repeats and (after.leading.metric, after.leading.value) == (
            self.leading.metric,
            self.leading.value,
        )
        if self.repeats and not kept and not self.has_never_fired:
            why = "a rule that repeats keeps its metric and its value, and goes on to repeat; what it has paid is known"
            raise Conflict("multiples_fixed", f"{why} by these: switch it off and make another rule")


class SavedRule(Rule):
    """A rule as it was saved. `holds_now`: how many members applying it then would fire it for; None: not counted."""

    holds_now: Count | None = None


class RuleView(Rule):
    """A rule as it is shown. `stopped_by`: features that it needs and that are switched off."""

    stopped_by: tuple[Feature, ...] = ()

    @classmethod
    def of(cls, rule: Rule, program: Program) -> Self:
        """`rule` as it is shown."""
        return cls(**dict(rule), stopped_by=rule.features_off(program))


class SavedRuleView(RuleView, SavedRule):
    """A rule as it is shown once it is saved.

    `holds_now`: how many members applying it would fire it for, without those for whom it has fired; null: not counted.
    """
