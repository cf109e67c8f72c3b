"""Paying a member, as an account transition: rows are counted as paid; with the last, what is unpaid begins anew."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.passes import Pass
from laurel.domain.members.accounts import Account, Change
from laurel.domain.rules.compiled import CompiledRules
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.schedule import Payday
from laurel.domain.values.model import MOST_OPERATIONS

_ITEMS_OF_PAYOUT: Final = 2
"""The member's line, and the mail with their statement."""


@dataclass(frozen=True, slots=True)
class Installment:
    """Rows of a member, counted as paid together. `payday`: with them, all that is due to the member is paid."""

    changes: Sequence[Change]
    payday: Payday | None = None


def paid_out(
    account: Account,
    installment: Installment,
    rulebook: Rulebook,
    known: Known,
    now: datetime,
    budget: int = MOST_OPERATIONS - _ITEMS_OF_PAYOUT,
) -> Transition | Needed:
    """Counts rows as paid; what does not fit is left in `rest`.

    With the last, the rules are asked that look at what is unpaid, which begins anew.
    """
    changes, payday = installment.changes, installment.payday
    if payday is not None:
        account = replace(account, head=replace(account.head, last_payout=payday.payout_id))
    rules = rulebook.at_payday(payday.day) if payday else CompiledRules(rulebook.program, rulebook.links)
    run = Pass.begin(account, rules, known, now, budget)
    done = 0
    while done < len(changes) and run.has_budget_for(changes[done]):
        run.count_in(changes[done])
        done += 1
    rest = changes[done:]
    last = None if rest else payday
    if last is not None:
        run.evaluate(rules.by_day[last.day], last)
    if run.wanted.asked:
        return run.wanted.asked
    ended = None if last is None or run.is_full else last.payout_id
    drafts = account.head.without_drafts({ended} if ended else ())
    return replace(run.result(rest), is_partial=run.is_full, last_payout=ended, drafts=drafts)
