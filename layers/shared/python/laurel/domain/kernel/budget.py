"""How many items of its transaction a pass may need at most: for the next step, and for a rule that fires."""

from typing import Final

from laurel.domain.earnings.recurrences import starts
from laurel.domain.earnings.tiers import rates
from laurel.domain.members.accounts import Change
from laurel.domain.rules.compiled import CompiledRule
from laurel.domain.tracking.claims import claims_of

_ROWS_PER_STEP: Final = 2
_ITEMS_PER_LINE: Final = 4
"""The line, its payout, the job that frees its rows if it leaves, and the line of the row's history."""
ITEMS_PER_MARKER: Final = 2
"""The marker itself, and the note in the account that it exists."""


def cost_of_step(change: Change) -> int:
    """Of counting a change: its row, the totals, what it wins, and rows of higher tiers."""
    won = len(claims_of(change)) + starts(change)
    line = _ITEMS_PER_LINE if change.read.payout == "in_payout" else 0
    follow = len(rates(change.commission)) if change.is_pending else 0  # repricing alone moves nobody above
    return 1 + _ROWS_PER_STEP + won + change.commission.is_due + line + follow


def cost_of_rule(compiled: CompiledRule, proofs: int) -> int:
    """Of a rule that fires with so many rows to prove it; where it repeats, the multiples so far are one item more."""
    made = proofs * (ITEMS_PER_MARKER + _ROWS_PER_STEP) + compiled.repeats
    return made + sum(effect.items for effect in compiled.rule.effects)
