"""The simulation has teeth: it finds planted bugs soon, does what it says it does, and repeats itself by the seed."""

import os
import subprocess
import sys
from collections import Counter
from itertools import chain

import pytest

from tests.simulation.kit.mutants.click_mutants import CLICK_MUTANTS
from tests.simulation.kit.mutants.mutants import MUTANTS, Mutant
from tests.simulation.kit.mutants.payout_mutants import PAYOUT_MUTANTS
from tests.simulation.kit.mutants.refund_mutants import REFUND_MUTANTS
from tests.simulation.kit.mutants.time_mutants import TIME_MUTANTS
from tests.simulation.kit.trials import seeds, told, trace, tried
from tests.simulation.kit.world.faults import QUEUEING, READING, SENDING, WRITING
from tools.places import ROOT

MOST_HISTORIES = 300  # the same seeds pass without a mutant: test_histories.py
EVERY_MUTANT = (*MUTANTS, *CLICK_MUTANTS, *PAYOUT_MUTANTS, *REFUND_MUTANTS, *TIME_MUTANTS)
HAPPENS = (
    "answered ConditionFailed",
    "accounts quiet at a close",
    "bulk edit changed",
    "bulk edit error",
    "bulk edit unchanged",
    "changes of rows with a line",
    "changes with a line",
    "click rows paid",
    "clicks counted",
    "clicks refused",
    "clicks told again",
    "clicks visited again",
    "customers claimed",
    "days closed",
    "firings",
    "fold partial batch",
    "job runs",
    "killed by time-out",
    "later payments reported",
    "left out: below_minimum",
    "left out: not_approved",
    "left out: owes",
    "lines failed",
    "lines left",
    "lines sent",
    "mail failed",
    "mail sent",
    "mail unknown",
    "midnights that set off something",
    "monotone checks",
    "moves by rules",
    "orders that never came",
    "orders won by click",
    "orders won by customer",
    "orders won by member",
    "orders won by promo_code",
    "paid rows refunded",
    "payments made",
    "payouts cancelled",
    "payouts confirmed",
    "recurrences begun",
    "refunds answered 200",
    "refunds answered 202",
    "refunds answered refund_conflict",
    "refunds applied",
    "refunds joined",
    "rows of higher tiers",
    "rows drafted",
    "rows paid",
    "rows taken back",
    "rows taken over",
    "stream record again",
    "stream record given up",
    "stream record lost",
    "torn read",
)
PRINT_TRACES = """
from tests.simulation.kit.mutants.payout_mutants import PAYOUT_MUTANTS
from tests.simulation.kit.trials import trace, tried
for seed in range(25):
    print(*trace(tried(seed)[0]), sep="\\n")
"""


@pytest.mark.parametrize("mutant", EVERY_MUTANT, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant) -> None:
    found = (wrong for seed in seeds(mutant, MOST_HISTORIES) if (wrong := tried(seed, mutant)[1]))
    assert next(found, None), f"{MOST_HISTORIES} histories did not show that {mutant.name}"


def test_every_kind_of_fault_happens() -> None:
    counts = Counter[str]()
    for seed in range(120):
        counts += tried(seed)[0].counts
    assert not [what for what in chain(HAPPENS, READING, WRITING, SENDING, QUEUEING) if not counts[what]], counts


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
