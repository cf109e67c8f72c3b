"""`make` lists what there is, and what it says of each target is so."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
WHERE = re.search(r"^WHERE = (.*)$", MAKEFILE, re.MULTILINE)
OURS = {"BIN", "SETUP", "ENGINE", "MUTANTS", "QUICK", "TYPED", "LOCKS", "MAKEFILE_LIST", "OPTIONS"}
LISTED = {
    name: (told, recipe)
    for name, told, recipe in re.findall(r"^([a-z]+):[^\n#]*## ([^\n]*)\n((?:\t[^\n]*\n)*)", MAKEFILE, re.MULTILINE)
}


def taken(recipe: str) -> set[str]:
    """The variables that a recipe reads, which somebody may set."""
    whole = recipe.replace("$(WHERE)", WHERE[1] if WHERE else "")
    return set(re.findall(r"\$\((?:if \$\()?(?:filter 0,\$\()?([A-Z_]+)", whole)) - OURS


@pytest.mark.parametrize("target", sorted(LISTED))
def test_the_list_names_all_that_a_target_takes(target: str):
    told, recipe = LISTED[target]
    assert {name for name in taken(recipe) if f"{name}=" not in told} - {"TABLE"} == set()


@pytest.mark.parametrize("target", sorted(LISTED))
def test_the_list_names_nothing_that_a_target_does_not_take(target: str):
    told, recipe = LISTED[target]
    named = set(re.findall(r"\b([A-Z][A-Z_]*)=", told))
    assert named - taken(recipe) - {"OPTIONS"} == set()


@pytest.mark.parametrize("target", sorted(LISTED))
def test_help_of_the_command_behind_a_target_can_be_asked_for(target: str):
    _, recipe = LISTED[target]
    assert "-m tools." not in recipe or "$(OPTIONS)" in recipe
