"""`make keys`: whoever operates Laurel sees which programs there are, and the keys of one."""

import pytest

from laurel.domain.values.errors import Absent
from laurel.store.table import Table
from tests.functional.kit.world import World, program
from tools import keys


def test_without_a_program_the_programs_are_listed(items: Table, world: World):
    other = program(items, "Otter Shoes").program
    lines = list(keys.told(items, "list", "", None))
    assert lines == [
        f"{each.program_id}  2026-11-02  {each.name}"
        for each in sorted((world.program, other), key=lambda each: each.program_id)
    ]


def test_with_one_its_keys_are_listed(items: Table, world: World):
    lines = list(keys.told(items, "list", world.program.program_id, None))
    assert [line.partition("_")[0] for line in lines] == ["key"] * 3


@pytest.mark.parametrize("task", ["list", "issue", "revoke"])
def test_a_program_that_is_not_there_is_told(items: Table, world: World, task: str):
    with pytest.raises(Absent, match="there is no program prg_1"):
        list(keys.told(items, task, "prg_1", "key_1"))
