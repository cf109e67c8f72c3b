"""The second half of the histories of `make test`."""

import pytest

from tests.simulation.kit.chunks import CHUNK, played


@pytest.mark.parametrize("first", range(1000, 2000, CHUNK))
def test_whatever_fails_every_order_counts_once_and_every_rule_fires_once(first: int) -> None:
    played(first)
