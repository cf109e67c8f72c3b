"""The transition against the slow obvious answer: the same totals, firings and bonuses in every random history."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.kit.builders import steady
from tests.unit.kit.histories import History, histories
from tests.unit.kit.judged import asked, folded, require_same

SMALLEST_ROOM = 15
"""A commission, its three rows, and the costliest rule of these histories."""


@steady
@given(histories())
def test_rules_fire_as_the_bare_list_of_commissions_says_however_it_is_batched(history: History) -> None:
    truth = asked(history)
    together, one_by_one = folded(history), folded(history, steps=history.one_by_one)
    require_same(together, truth)
    require_same(one_by_one, truth)


@steady
@given(histories(with_fields=False), st.integers(SMALLEST_ROOM, 40))
def test_what_does_not_fit_into_one_transaction_follows_in_the_next(history: History, budget: int) -> None:
    crowded = folded(history, budget=budget)
    require_same(crowded, asked(history))


@steady
@given(histories(), st.data())
def test_folding_a_commission_again_changes_nothing(history: History, data: Any) -> None:
    ledger = folded(history)
    latest = ledger.rows[data.draw(st.sampled_from(sorted(change.commission_id for change in history.changes)))]
    ledger.fold(latest)  # level, not edge: a rule may still fire, but nothing is counted twice
    oracle = asked(history)
    oracle.fold(latest)
    require_same(ledger, oracle)
