"""The histories of `make test`, and what happens in them."""

from collections import Counter
from itertools import chain

import pytest

from tests.simulation.kit.chunks import CHUNK, played
from tests.simulation.kit.world.faults import QUEUEING, READING, SENDING, WRITING

HISTORIES = 1_000
HAPPENS = (
    "accounts quiet at a close",
    "answered ConditionFailed",
    "bulk edit changed",
    "bulk edit error",
    "bulk edit unchanged",
    "changes of rows with a line",
    "changes with a line",
    "click rows paid",
    "clicks counted",
    "clicks paid by own terms",
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
    "multiples",
    "moves by rules",
    "orders paid by own terms",
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
    "rows drafted",
    "rows of higher tiers",
    "rows paid",
    "rows taken back",
    "rows taken over",
    "stream record again",
    "stream record given up",
    "stream record lost",
    "torn read",
)


@pytest.mark.parametrize("first", range(0, HISTORIES, CHUNK))
def test_whatever_fails_every_order_counts_once_and_every_rule_fires_once(first: int) -> None:
    played(first)


def test_every_kind_of_fault_happens() -> None:
    counts, missing = Counter[str](), [*chain(HAPPENS, READING, WRITING, SENDING, QUEUEING)]
    for first in range(0, HISTORIES, CHUNK):
        counts += played(first)
        if not (missing := [what for what in missing if not counts[what]]):
            return
    raise AssertionError(missing)
