"""A dry run: what a rule would do for a member now, without doing it, decided as the account transition does."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any, Final

from pydantic import Field

from laurel.domain.kernel import firings
from laurel.domain.kernel.firings import can_be_carried_out, changes_fields, others_paid, period_of, subject_of
from laurel.domain.kernel.moves import moves_of
from laurel.domain.kernel.outcomes import Known, Needed
from laurel.domain.kernel.proofs import multiples_of
from laurel.domain.ledger.multiples import MOST_MULTIPLES
from laurel.domain.members.accounts import Account
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import Pay, PayType, PlainAction
from laurel.domain.rules.compiled import CompiledRule, Test
from laurel.domain.rules.conditions import Condition
from laurel.domain.rules.gauges import Reading, Subject
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.values.ids import CommissionId, MemberId
from laurel.domain.values.model import Frozen, Instant, Money, Multiple, decimal_text

_MOST_SHOWN: Final = 10
Value = bool | int | str | tuple[str, ...] | None


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

    `marker`: the row that says it already did. `multiples`: of a rule that repeats, the first ten for which it would.
    """

    would_fire: bool
    period: str
    conditions: tuple[Judged, ...]
    effects: tuple[Effect, ...]
    marker: CommissionId | None = None
    multiples: tuple[Multiple, ...] = ()


def sole_rulebook(program: Program, rule: Rule, links: frozenset[str]) -> Rulebook:
    """The rule alone, and as if it were enabled: it is tried before it is switched on."""
    return Rulebook(program, (rule,), links)


def needed(rulebook: Rulebook, account: Account, day: date) -> Needed:
    """The reading that it takes to try it on `day`."""
    compiled = _compiled(rulebook, day)
    has_period = compiled.is_noted or compiled.repeats
    markers = firings.markers_of(compiled, account, rulebook.program) if has_period else frozenset()
    stretches = frozenset({firings.stretch_of(compiled, account.head)} if compiled.repeats else ())
    others = frozenset(others_paid(compiled.rule, account.member))
    return Needed(marker_ids=markers, member_ids=others, stretches=stretches)


def dry_run(account: Account, rulebook: Rulebook, day: date, known: Known) -> DryRun:
    """What the one rule of `rulebook` would do on `day`. `known`: what was `needed`."""
    compiled = _compiled(rulebook, day)
    rules = rulebook.on([day])
    member, rule = account.member, compiled.rule
    subject = subject_of(account, rulebook.program, rules.values(account.totals))
    judged = tuple(_judged(test, subject) for test in compiled.tests)
    marker = next((marker for marker, is_there in known.markers.items() if is_there), None)
    open_ = tuple(islice(_open_multiples(compiled, account, subject, known), _MOST_SHOWN)) if compiled.repeats else ()
    fires = (
        all(each.holds for each in judged)
        and (bool(open_) if compiled.repeats else marker is None)
        and rules.is_open(compiled)
        and not rule.features_off(rulebook.program)
        and can_be_carried_out(rule, rulebook.program, member, account.enrollments)
        and all(known.approved[whom] for whom in others_paid(rule, member))
        and (not rule.is_state_only or bool(moves_of(rule, account.enrollments)) or changes_fields(rule, member.fields))
    )
    effects = tuple(_shown(rulebook.program, compiled, subject)) if fires else ()
    return DryRun(
        would_fire=fires,
        period=period_of(compiled, account.head),
        conditions=judged,
        effects=effects,
        marker=None if fires else marker,
        multiples=open_ if fires else (),
    )


def _open_multiples(compiled: CompiledRule, account: Account, subject: Subject, known: Known) -> Iterator[Multiple]:
    """The multiples that are reached and were not fired for."""
    times = min(compiled.leading.times(subject), MOST_MULTIPLES)
    proven = multiples_of(compiled, account.head, known)
    if any(known.markers.values()):  # of the time when it did not repeat, or of the first
        proven = proven.having(1)
    return (compiled.leading.multiple(number) for number in proven.missing(times))


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
