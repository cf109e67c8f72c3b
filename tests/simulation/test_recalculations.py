"""Whatever fails, every open row ends at the price of the last retroactive move that concerns it; and planted bugs."""

import pytest

from tests.simulation.kit.chunks import CHUNK, played
from tests.simulation.kit.mutants.mutants import Mutant
from tests.simulation.kit.mutants.retro_mutants import RETRO_MUTANTS
from tests.simulation.kit.retroactive import tried
from tests.simulation.kit.trials import first_shown

MOST_HISTORIES = 200


@pytest.mark.parametrize("first", range(0, MOST_HISTORIES, CHUNK))
def test_every_open_row_ends_at_the_price_of_the_last_retroactive_move(first: int) -> None:
    counts = played(first, tried)
    assert counts["recalculations"] > CHUNK // 2
    assert counts["rows repriced"] > CHUNK


def test_sales_that_pay_those_above_are_moved_too() -> None:
    assert sum(played(first, tried)["rows above a sale that was moved"] for first in range(0, 3 * CHUNK, CHUNK)) > 5


@pytest.mark.parametrize("mutant", RETRO_MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant) -> None:
    assert first_shown(mutant, MOST_HISTORIES, tried), f"{MOST_HISTORIES} histories did not show that {mutant.name}"
