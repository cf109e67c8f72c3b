"""The account transition: (account, changes in order, rules) -> (new totals, effects). Pure; written in one commit.

A local midnight sets off rules in the same way, without a change; a recalculation counts rows that change, without
rules, and at its end asks the rules once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from laurel.domain.kernel.effects import Known, Needed, Transition
from laurel.domain.kernel.passes import Pass
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.members.accounts import Account, Change
from laurel.domain.offers.offers import Offer
from laurel.domain.rules.compiled import CompiledRules
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import Midnight, Occasion, concerns
from laurel.domain.values.model import MOST_OPERATIONS

_NO_OFFERS: Final[Mapping[str, Offer | None]] = {}


def transition(  # noqa: PLR0913, PLR0917 - what is decided, and all that it is decided on
    account: Account,
    changes: Sequence[Change],
    rulebook: Rulebook,
    markers: Mapping[str, bool],
    now: datetime,
    budget: int = MOST_OPERATIONS,
    offers: Mapping[str, Offer | None] = _NO_OFFERS,
) -> Transition | Needed:
    """Folds `changes` into the account and fires the rules that then hold and have no marker.

    `markers`: whether the row of that id exists, for as many as were read; `offers` likewise, None for one that does
    not exist. `now` stamps what is made. `budget`: how many items the transaction may write; what does not fit is left
    in `rest`.
    """
    rules = rulebook.on(change.commission.day for change in changes)
    run, done = Pass.begin(account, rules, Known(markers, offers), now, budget), 0
    while done < len(changes) and run.has_budget_for(change := run.repriced(changes[done])):
        run.step(change)
        done += 1
    if run.asks:
        return run.asks
    if run.is_full and done > 1:
        # a commission whose rules do not all fit is left whole for the next transaction, so that its pass stays one
        fitting = transition(account, changes[: done - 1], rulebook, markers, now, budget, offers)
        rest = tuple(changes[done - 1 :])
        return fitting if isinstance(fitting, Needed) else replace(fitting, rest=(*fitting.rest, *rest))
    return run.result(changes[done:])


def at_midnight(  # noqa: PLR0913, PLR0917 - as above
    account: Account,
    midnight: Midnight,
    rulebook: Rulebook,
    markers: Mapping[str, bool],
    now: datetime,
    budget: int = MOST_OPERATIONS,
    offers: Mapping[str, Offer | None] = _NO_OFFERS,
) -> Transition | Needed:
    """Fires the rules that this midnight decides, hold, and have no marker. Once: not if it did something before."""
    run = Pass.begin(account, rulebook.at_midnight(midnight.day), Known(markers, offers), now, budget)
    if account.head.midnight is None or account.head.midnight < midnight.day:
        _evaluate_midnight(run, account, midnight)
    if run.asks:
        return run.asks
    done, is_partial = run.result(), run.is_full
    return replace(done, is_partial=is_partial, midnight=None if is_partial else midnight.day)


def recalculated(
    account: Account, changes: Sequence[Change], rulebook: Rulebook, now: datetime, budget: int = MOST_OPERATIONS
) -> Transition | Needed:
    """Reprices those of `changes`, rows counted as they stand, that retroactive moves concern; asks no rule."""
    run, done = Pass.begin(account, CompiledRules(rulebook.program), Known({}), now, budget), 0
    for change in map(run.repriced, changes):
        if change.stored is not None:
            if not run.has_budget_for(change):
                break
            run.count(change)
        done += 1
    return run.asks or run.result(changes[done:])


def at_end_of(  # noqa: PLR0913, PLR0917 - as above
    recalculation: Recalculation,
    account: Account,
    cause: Change | Occasion | None,
    rulebook: Rulebook,
    markers: Mapping[str, bool],
    now: datetime,
    budget: int = MOST_OPERATIONS,
    offers: Mapping[str, Offer | None] = _NO_OFFERS,
) -> Transition | Needed:
    """Asks the rules once more what they were asked at `cause` (None: that is gone), and the recalculation is done."""
    day = recalculation.day
    rules = _rules_at(cause, day, rulebook)
    run = Pass.begin(account, rules, Known(markers, offers), now, budget)
    run.chain = recalculation.chain
    match cause:
        case Midnight():
            _evaluate_midnight(run, account, cause)
        case Occasion():
            run.evaluate(rules.by_day[day], cause)
        case Change():
            run.evaluate(rules.concerned(day, cause.commission.offer_id), cause)
    if run.asks:
        return run.asks
    if not run.is_full:
        del run.outstanding[recalculation.key]
    return replace(run.result(), is_partial=run.is_full)


def _rules_at(cause: Change | Occasion | None, day: date, rulebook: Rulebook) -> CompiledRules:
    match cause:
        case Midnight():
            return rulebook.at_midnight(day)
        case Occasion():
            return rulebook.at_payday(day)
        case _:
            return rulebook.on([day])


def _evaluate_midnight(run: Pass, account: Account, midnight: Midnight) -> None:
    asked = run.rules.by_day[midnight.day]
    run.evaluate([compiled for compiled in asked if concerns(compiled.rule, account, midnight)], midnight)
