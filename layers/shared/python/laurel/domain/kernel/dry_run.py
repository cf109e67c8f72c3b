"""A dry run: what a rule would do for a member now, without doing it, decided as the account transition does."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from laurel.domain.kernel import firings
from laurel.domain.kernel.firings import can_be_carried_out, changes_fields, others_paid, period_of, subject_of
from laurel.domain.kernel.moves import moves_of
from laurel.domain.members.accounts import Account
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import Pay, PayType, PlainAction
from laurel.domain.rules.compiled import CompiledRule, Test
from laurel.domain.rules.conditions import Condition
from laurel.domain.rules.gauges import Reading, Subject
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.values.ids import CommissionId, MemberId
from laurel.domain.values.model import Frozen, Instant, Money, decimal_text

Value = int | str | tuple[str, ...] | None


class DryRunRequest(Frozen):
    """A member, and the instant at which the rule is tried: now, if it is not given."""

    member_id: MemberId
    at: Instant | None = None


class Judged(Frozen):
    """A condition and what it looked at: minor units or a count, a percentage as text, a field, payout options."""

    condition: Condition
    value: Value
    holds: bool


class BonusEffect(Frozen):
    """A bonus of `amount` minor units; `base`: what a percentage is taken of. Both None for a share of every sale."""

    type: PayType
    amount: Money | None
    currency: str
    base: Money | None


Effect = Annotated[BonusEffect | PlainAction, Field(discriminator="type")]


class DryRun(Frozen):
    """Whether the rule would fire for a commission of that day, or were its period to close as things stand.

    `marker`: the row that says it already did.
    """

    would_fire: bool
    period: str
    conditions: tuple[Judged, ...]
    effects: tuple[Effect, ...]
    marker: CommissionId | None = None


def sole_rulebook(program: Program, rule: Rule, links: frozenset[str]) -> Rulebook:
    """The rule alone, and as if it were enabled: it is tried before it is switched on."""
    return Rulebook(program, (rule,), links)


def markers_of(rulebook: Rulebook, account: Account, day: date) -> frozenset[str]:
    """The ids of the markers that say it fired for the period of `day` already; none if the rule needs none."""
    compiled = _compiled(rulebook, day)
    return firings.markers_of(compiled, account, rulebook.program) if compiled.is_noted else frozenset()


def dry_run(
    account: Account, rulebook: Rulebook, day: date, marker: str | None, approved: Mapping[str, bool]
) -> DryRun:
    """What the one rule of `rulebook` would do on `day`. `marker`: the row that exists already, if any.

    `approved`: whether others whom it pays are.
    """
    compiled = _compiled(rulebook, day)
    rules = rulebook.on([day])
    member, rule = account.member, compiled.rule
    subject = subject_of(account, rulebook.program, rules.values(account.totals))
    judged = tuple(_judged(test, subject) for test in compiled.tests)
    fires = (
        all(each.holds for each in judged)
        and marker is None
        and rules.is_open(compiled)
        and not rule.features_off(rulebook.program)
        and can_be_carried_out(rule, rulebook.program, member, account.enrollments)
        and all(approved[whom] for whom in others_paid(rule, member))
        and (not rule.is_state_only or bool(moves_of(rule, account.enrollments)) or changes_fields(rule, member.fields))
    )
    effects = tuple(_shown(rulebook.program, compiled, subject)) if fires else ()
    period = period_of(compiled, account.head)
    return DryRun(would_fire=fires, period=period, conditions=judged, effects=effects, marker=marker)


def _compiled(rulebook: Rulebook, day: date) -> CompiledRule:
    return rulebook.on([day]).by_day[day][0]


def _judged(test: Test, subject: Subject) -> Judged:
    return Judged(condition=test.condition, value=_plain(test.reading(subject)), holds=test.holds(subject))


def _plain(reading: Reading) -> Value:
    match reading:
        case Decimal():
            return decimal_text(round(reading, 2))
        case frozenset():
            return tuple(sorted(reading))
        case _:
            return reading


def _shown(program: Program, compiled: CompiledRule, subject: Subject) -> Iterator[Any]:
    for action in compiled.rule.actions:
        effect = action.effect
        # but for what it pays, an action says itself what it does
        yield _bonus(program, effect, subject.values[compiled.base]) if isinstance(effect, Pay) else action


def _bonus(program: Program, pay: Pay, base: int) -> BonusEffect:
    if pay.every_sale:
        return BonusEffect(type=pay.type, amount=pay.rate.amount, currency=program.currency, base=None)
    return BonusEffect(type=pay.type, amount=pay.bonus(base), currency=program.currency, base=base)
