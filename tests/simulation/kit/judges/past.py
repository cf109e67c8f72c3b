"""What stood in the table when: the log of a history that is over, by key."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.world.world_table import Commit


class Past:
    """Every state of every item."""

    def __init__(self, log: Sequence[Commit]) -> None:
        self._numbers: dict[Key, list[int]] = defaultdict(list)
        self._states: dict[Key, list[Item | None]] = defaultdict(list)
        for commit in log:
            for record in commit.records:
                self._numbers[record.key].append(commit.number)
                self._states[record.key].append(record._new)

    def between(self, key: Key, since: int, until: int) -> list[Item | None]:
        """What somebody may have seen at `key` who began when there were `since` commits and ended before `until`."""
        if key not in self._numbers:
            return [None]
        numbers, states = self._numbers[key], self._states[key]
        first, last = bisect_left(numbers, since), bisect_left(numbers, until)
        return [states[first - 1] if first else None, *states[first:last]]

    def before(self, key: Key, until: int) -> list[Item | None]:
        """All states at `key` that were committed before `until`."""
        return self._states[key][: bisect_left(self._numbers[key], until)]


class Changed(Exception):
    """What was looked at changed meanwhile, so that more than one answer is right."""


class View:
    """The table as one invocation saw it: what changed while it ran cannot be told."""

    def __init__(self, past: Past, since: int, until: int) -> None:
        self.past = past
        self.since = since
        self.until = until

    def at(self, key: Key) -> Item | None:
        """The item at `key`. Raises Changed."""
        states = self.past.between(key, self.since, self.until)
        if len(states) > 1:
            raise Changed(key)
        return states[0]

    def before(self, key: Key) -> list[Item | None]:
        """All that ever stood at `key` until then."""
        return self.past.before(key, self.until)


def agreed_in(enrollments: Iterable[Item | None]) -> list[dict[str, Any] | None]:
    """The member's own terms in these states of an enrollment; None in those without."""
    return [item["body"].get("terms") for item in enrollments if item is not None]


def options_of(offers: Iterable[Item | None]) -> Iterator[dict[str, Any]]:
    """The payout options in these states of an offer, also those that were removed."""
    for offer in offers:
        if offer is not None:
            yield from offer["body"]["payout_options"]
            yield from offer["body"]["removed_options"]
