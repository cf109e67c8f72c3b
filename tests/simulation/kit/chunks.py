"""Histories in portions that a test worker takes at once."""

from typing import Final

from tests.simulation.kit.trials import told, tried

CHUNK: Final = 50


def assert_all_is_well(first: int) -> None:
    """Plays the histories of CHUNK seeds; the first that is wrong is told with its trace."""
    for seed in range(first, first + CHUNK):
        history, wrong = tried(seed)
        assert not wrong, told(history, wrong)
