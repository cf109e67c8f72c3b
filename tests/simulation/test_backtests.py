"""Whatever fails, a rule that was active all the time finds in a backtest just what it has paid; and planted bugs."""

import pytest

from tests.simulation.kit.chunks import CHUNK, played
from tests.simulation.kit.mutants.mutants import Mutant
from tests.simulation.kit.mutants.try_mutants import TRY_MUTANTS
from tests.simulation.kit.trials import first_shown
from tests.simulation.kit.trying import tried

MOST_HISTORIES = 80


@pytest.mark.parametrize("first", range(0, MOST_HISTORIES, CHUNK))
def test_a_backtest_finds_what_its_rule_has_paid(first: int) -> None:
    counts = played(first, tried)
    assert counts["backtests"] > CHUNK
    assert counts["firings tried"] > 5 * CHUNK
    assert counts["multiples tried"] > CHUNK // 2


@pytest.mark.parametrize("mutant", TRY_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant) -> None:
    assert first_shown(mutant, MOST_HISTORIES, tried), f"{MOST_HISTORIES} histories did not show that {mutant.name}"
