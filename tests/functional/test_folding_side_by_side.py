"""A batch of many members is folded side by side: to the same end as in turn, and a failure is one member's own."""

import threading
import time
from typing import Any

import pytest

from laurel.concurrency import Run, in_turn, side_by_side
from laurel.store import keys
from laurel.store.operations import Put
from laurel.workflows.kernel import streams
from laurel.workflows.kernel.batches import StreamRecord
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.streams import Ways
from tests.functional.kit.crowd import crowd
from tests.functional.kit.paying_shop import NOW, Shop
from tests.simulation.kit.table.fake_table import FakeTable

MEMBERS, SALES = 12, 3


class Shared(FakeTable):
    """A table for many threads: each operation takes its time, and is done at one moment of it."""

    def __init__(self) -> None:
        self._alone = threading.RLock()
        self.under_way = self.most_under_way = 0
        super().__init__(gate=self._pass)

    def _pass(self, when: str, _: str) -> None:
        if when == "before":
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
            time.sleep(0.001)
            self._alone.acquire()
        else:
            self._alone.release()
            self.under_way -= 1


class Market(Shop):
    """Many members, each with some sales that wait to be counted."""

    def __init__(self) -> None:
        super().__init__()
        members = [self.world.ada, *crowd(self.table, self.world, MEMBERS - 1)]
        for number in range(MEMBERS * SALES):
            self.earn(f"order {number}", 100 + number, members[number % MEMBERS], fold=False)
        waiting = [item for item in self.table.contents().values() if item.get("pend") == 1]
        self.records = [StreamRecord(str(number), item) for number, item in enumerate(waiting)]
        shared = Shared()
        for item in self.table.contents().values():
            shared.write(Put(item))
        self.shared = self.table = shared

    def fold(self, run: Run) -> list[streams.Failure]:
        ways = Ways(pause=lambda _: None, run=run)
        return streams.fold_records(self.table, Rulebooks(), self.records, NOW, ways)

    def accounts(self) -> dict[Any, Any]:
        """All that is stored, but for the rows' own places in the order of threads."""
        return {key: item["body"] for key, item in self.table.contents().items() if "body" in item}


def test_side_by_side_comes_to_the_same_as_in_turn() -> None:
    ends = []
    for run in (in_turn, side_by_side):
        market = Market()
        assert market.fold(run) == []
        assert market.fold(run) == []  # again: nothing more
        assert (market.shared.most_under_way > 1) == (run is side_by_side)
        market.require_sound()
        ends.append(market.accounts())
    assert ends[0] == ends[1]


@pytest.mark.parametrize("run", [in_turn, side_by_side])
def test_only_the_records_of_the_member_whose_fold_fails_come_again(run: Run) -> None:
    market = Market()
    failing = market.records[0].image["body"]["member_id"]
    stranger = keys.member(market.program.program_id, failing)
    market.table.write(Put({**stranger._asdict(), "kind": "member", "version": 1, "body": {"unreadable": True}}))
    theirs = {r.sequence_number for r in market.records if r.image["body"]["member_id"] == failing}
    (failure,) = market.fold(run)
    assert set(failure.records) == theirs
    assert len(theirs) == SALES
    left = {item["body"]["member_id"] for item in market.table.contents().values() if item.get("pend") == 1}
    assert left == {failing}
