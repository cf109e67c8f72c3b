"""The account transition: (account, changes in order, rules) -> (new totals, effects). Pure; written in one commit.

A local midnight sets off rules in the same way, without a change, and so does a merchant who applies one;
recalculations, and payments that failed, count rows that change, without rules; the end of a recalculation asks the
rules once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.passes import Pass
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.members.accounts import Account, Change
from laurel.domain.rules.compiled import CompiledRules
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import Applied, Midnight, Occasion, concerns
from laurel.domain.values.model import MOST_OPERATIONS


@dataclass(frozen=True, slots=True)
class Ended:
    """A recalculation whose last row is repriced, and the cause at which its rules were asked; None: that is gone."""

    recalculation: Recalculation
    cause: Change | Occasion | None


def transition(
    account: Account,
    changes: Sequence[Change],
    rulebook: Rulebook,
    known: Known,
    now: datetime,
    budget: int = MOST_OPERATIONS,
) -> Transition | Needed:
    """Folds `changes` into the account and fires the rules that then hold and have no marker.

    `now` stamps what is made. `budget`: how many items the transaction may write; what does not fit is left in `rest`.
    """
    rules = rulebook.on(change.commission.day for change in changes)
    run, done = Pass.begin(account, rules, known, now, budget), 0
    while done < len(changes) and run.has_budget_for(change := run.settled(changes[done])):
        run.step(change)
        done += 1
    if run.wanted.asked:
        return run.wanted.asked
    if run.is_full and done > 1:
        # a commission whose rules do not all fit is left whole for the next transaction, so that its pass stays one
        fitting = transition(account, changes[: done - 1], rulebook, known, now, budget)
        rest = tuple(changes[done - 1 :])
        return fitting if isinstance(fitting, Needed) else replace(fitting, rest=(*fitting.rest, *rest))
    return run.result(changes[done:])


def at_midnight(
    account: Account,
    midnight: Midnight,
    rulebook: Rulebook,
    known: Known,
    now: datetime,
    budget: int = MOST_OPERATIONS,
) -> Transition | Needed:
    """Fires the rules that this midnight decides, hold, and have no marker. Once: not if it did something before."""
    run = Pass.begin(account, rulebook.at_midnight(midnight.day), known, now, budget)
    if account.head.midnight is None or account.head.midnight < midnight.day:
        _evaluate_at(run, account, midnight)
    if run.wanted.asked:
        return run.wanted.asked
    done, is_partial = run.result(), run.is_full
    return replace(done, is_partial=is_partial, midnight=None if is_partial else midnight.day)


def applied(
    account: Account,
    occasion: Applied,
    rulebook: Rulebook,
    known: Known,
    now: datetime,
    budget: int = MOST_OPERATIONS,
) -> Transition | Needed:
    """Fires the rules of `rulebook` that hold at the occasion and have no marker, as a commission of then would."""
    run = Pass.begin(account, rulebook.applied(occasion.day), known, now, budget)
    _evaluate_at(run, account, occasion)
    return run.wanted.asked or replace(run.result(), is_partial=run.is_full)


def recalculated(
    account: Account,
    changes: Sequence[Change],
    rulebook: Rulebook,
    known: Known,
    now: datetime,
    budget: int = MOST_OPERATIONS,
) -> Transition | Needed:
    """Counts those of `changes` that become other rows, and those that retroactive moves concern; asks no rule."""
    run, done = Pass.begin(account, CompiledRules(rulebook.program, rulebook.links), known, now, budget), 0
    for change in map(run.settled, changes):
        if change.stored is not None:
            if not run.has_budget_for(change):
                break
            run.count(change)
        done += 1
    return run.wanted.asked or run.result(changes[done:])


def at_end_of(
    ended: Ended,
    account: Account,
    rulebook: Rulebook,
    known: Known,
    now: datetime,
    budget: int = MOST_OPERATIONS,
) -> Transition | Needed:
    """Asks the rules once more what they were asked at its cause, and the recalculation is done."""
    recalculation, cause = ended.recalculation, ended.cause
    rules, day = _rules_at(ended, rulebook), recalculation.day
    run = Pass.begin(account, rules, known, now, budget)
    run.chain = recalculation.chain
    match cause:
        case Midnight() | Applied():
            _evaluate_at(run, account, cause)
        case Occasion():
            run.evaluate(rules.by_day[day], cause)
        case Change():
            run.evaluate(rules.concerned(day, cause.commission.offer_id), cause)
    if run.wanted.asked:
        return run.wanted.asked
    if not run.is_full:
        del run.outstanding[recalculation.key]
    return replace(run.result(), is_partial=run.is_full)


def _rules_at(ended: Ended, rulebook: Rulebook) -> CompiledRules:
    day = ended.recalculation.day
    match ended.cause:
        case Midnight():
            return rulebook.at_midnight(day)
        case Applied():
            return rulebook.applied(day)
        case Occasion():
            return rulebook.at_payday(day)
        case _:
            return rulebook.on([day])


def _evaluate_at(run: Pass, account: Account, occasion: Midnight | Applied) -> None:
    asked = run.rules.by_day[occasion.day]
    run.evaluate([compiled for compiled in asked if concerns(compiled.rule, account, occasion)], occasion)
