"""The simulation has teeth: it finds planted bugs soon, and repeats itself by the seed."""

import os
import subprocess
import sys
from itertools import islice

import pytest

from tests.simulation.kit.mutants.apply_mutants import APPLY_MUTANTS
from tests.simulation.kit.mutants.click_mutants import CLICK_MUTANTS
from tests.simulation.kit.mutants.mutants import MUTANTS, Mutant
from tests.simulation.kit.mutants.payee_mutants import PAYEE_MUTANTS
from tests.simulation.kit.mutants.payout_mutants import PAYOUT_MUTANTS
from tests.simulation.kit.mutants.refund_mutants import REFUND_MUTANTS
from tests.simulation.kit.mutants.reward_mutants import REWARD_MUTANTS
from tests.simulation.kit.mutants.slow_mutants import SLOW, SLOW_MUTANTS
from tests.simulation.kit.mutants.time_mutants import TIME_MUTANTS
from tests.simulation.kit.trials import first_shown, seeds, told, trace, tried
from tools.places import ROOT

MOST_HISTORIES = 300  # the same seeds pass without a mutant: test_histories.py
EVERY_MUTANT = (
    *MUTANTS,
    *APPLY_MUTANTS,
    *CLICK_MUTANTS,
    *PAYOUT_MUTANTS,
    *PAYEE_MUTANTS,
    *REFUND_MUTANTS,
    *REWARD_MUTANTS,
    *TIME_MUTANTS,
    *SLOW_MUTANTS,
)
PRINT_TRACES = """
from tests.simulation.kit.trials import trace, tried
for seed in range(25):
    print(*trace(tried(seed)[0]), sep="\\n")
"""


@pytest.mark.parametrize("mutant", EVERY_MUTANT, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant) -> None:
    assert first_shown(mutant, MOST_HISTORIES, tried), f"{MOST_HISTORIES} histories did not show that {mutant.name}"


@pytest.mark.parametrize("slowness", SLOW, ids=lambda slowness: slowness.name)
def test_who_takes_long_does_no_harm(slowness: Mutant) -> None:
    """So what finds the planted bugs beside it is the bug."""
    for seed in {seed for mutant in SLOW_MUTANTS for seed in islice(seeds(mutant, 0), 1)} | set(range(20)):
        history, wrong = tried(seed, slowness)
        assert not wrong, told(history, wrong)


def test_a_seed_says_everything() -> None:
    """Whatever the order of sets, which differs from process to process."""
    traces = [
        subprocess.run(
            [sys.executable, "-c", PRINT_TRACES],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert traces[0] == traces[1]
    assert len(traces[0].splitlines()) > 100


def test_a_failure_tells_how_to_see_it_again() -> None:
    history, wrong = tried(0, MUTANTS[0])
    assert f"make simulate N=1 SEED={history.seed}" in told(history, wrong)
    assert "transact" in "".join(trace(history))
