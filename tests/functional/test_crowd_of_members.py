"""Many who join at once below one member: all are let in, nobody has more children than the matrix is wide."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from laurel.domain.members.members import MemberView, NewMember
from laurel.domain.program.programs import Program
from laurel.store.operations import Conflict, Op
from laurel.workflows.members import members
from laurel.workflows.program import programs
from laurel.workflows.requests.optimistic import MOST_IN_A_CROWD, LostRace, redo_in_turn
from tests.functional.kit.world import AT, Randomness, program, request_of
from tests.simulation.kit.table.fake_table import FakeTable

MANY = 30


class Crowded(FakeTable):
    """A table that many use at once: a transaction takes its time, and refuses others that need one of its items."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._held = set[Any]()

    def batch_get(self, keys: Any) -> Any:
        with self._lock:
            return super().batch_get(keys)

    def transact(self, ops: Sequence[Op], *, token: str | None = None) -> None:
        wanted = {op.key for op in ops}
        with self._lock:
            if wanted & self._held:
                raise Conflict("held by another transaction")
            self._held |= wanted
        time.sleep(0.002)
        try:
            with self._lock:
                super().transact(ops, token=token)
        finally:
            with self._lock:
                self._held -= wanted


class Team:
    """A program, and a member below whom others join."""

    def __init__(self, width: int | None) -> None:
        self.table = Crowded()
        made = program(self.table).program
        matrix = {"active": width is not None, "width": width or 2}
        self.program: Program = programs.edit(self.table, made, {"features": {"forced_matrix": matrix}}, None, AT)
        self.root = self.join(0, None).member_id

    def join(self, number: int, referrer_id: str | None) -> MemberView:
        new = NewMember(email=f"{number}@example.com", referrer_id=referrer_id)
        request = request_of(self.program, at=AT + timedelta(seconds=1, milliseconds=number))
        return members.create(self.table, request, new, Randomness(str(number)))[0]

    def join_at_once(self, numbers: range) -> list[MemberView | Exception]:
        told: list[MemberView | Exception] = []
        gate = threading.Barrier(len(numbers))

        def one(number: int) -> None:
            gate.wait()
            try:
                told.append(self.join(number, self.root))
            except Exception as error:
                told.append(error)

        threads = [threading.Thread(target=one, args=(number,)) for number in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told

    def parents(self) -> dict[str, str | None]:
        bodies = [item["body"] for item in self.table.contents().values() if item["kind"] == "member"]
        return {body["member_id"]: body.get("parent_id") for body in bodies}

    def levels(self) -> Counter[int]:
        parents = self.parents()

        def depth(at: str | None) -> int:
            return 0 if at == self.root or at is None else 1 + depth(parents[at])

        return Counter(depth(member_id) for member_id in parents)


@pytest.mark.parametrize("width", [1, 2, 3, 10])
def test_all_who_join_at_once_below_a_full_member_get_a_place_on_the_first_levels(width: int) -> None:
    team = Team(width)
    for number in range(1, width + 1):
        team.join(number, team.root)
    told = team.join_at_once(range(100, 100 + MANY))
    assert [each for each in told if isinstance(each, Exception)] == []
    children = Counter(parent for parent in team.parents().values() if parent)
    assert max(children.values()) <= width
    levels, last = team.levels(), max(team.levels())
    assert {level: levels[level] for level in range(last)} == {level: width**level for level in range(last)}
    assert sum(levels.values()) == 1 + width + MANY


def test_all_who_join_at_once_without_a_matrix_are_let_in_and_counted() -> None:
    team = Team(None)
    told = team.join_at_once(range(100, 100 + MANY))
    assert [each for each in told if isinstance(each, Exception)] == []
    assert Counter(team.parents().values())[team.root] == MANY
    (tree,) = [item["body"] for item in team.table.contents().values() if item["kind"] == "tree"]
    assert len(tree["children"]) == MANY


def test_whoever_comes_next_gets_the_first_place_that_a_crowd_has_left() -> None:
    team = Team(2)
    team.join_at_once(range(100, 120))
    parents = team.parents()
    for number in (200, 201, 202):
        children = Counter(parent for parent in parents.values() if parent)
        free = [member_id for member_id in parents if children[member_id] < 2]
        depths = {each: _depth(team, parents, each) for each in free}
        joined = team.join(number, team.root)
        assert depths[joined.parent_id or ""] == min(depths.values())
        parents[joined.member_id] = joined.parent_id


def _depth(team: Team, parents: dict[str, str | None], at: str) -> int:
    return 0 if at == team.root else 1 + _depth(team, parents, parents[at] or team.root)


def test_who_waits_for_their_turn_goes_on_trying_often(pauses: list[float]) -> None:
    lost = iter([LostRace()] * (MOST_IN_A_CROWD - 1))

    def attempt() -> str:
        for race in lost:
            raise race
        return "in"

    assert redo_in_turn(attempt) == "in"
    assert len(pauses) == MOST_IN_A_CROWD - 1
    assert max(pauses) <= 0.16
