"""What README, the runbook and the page for storefronts claim exists."""

import json
import re

import pytest

from laurel.api.reference import operations
from tests.house.kit import names
from tests.house.kit.names import LAUREL, ROOT

README = (ROOT / "README.md").read_text()
GUIDES = (ROOT / "docs/runbook.md").read_text() + (ROOT / "docs/storefronts.md").read_text()
MOST_LINES = 170
ROUTES = {
    f"{method.upper()} {path}" for path, method, _ in operations(json.loads((ROOT / "docs/openapi.json").read_text()))
}
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
SUFFIXES = (".md", ".py", ".json", "/")


def named_paths() -> list[str]:
    linked = re.findall(r"\]\(([^)#]+)\)", README)
    quoted = [text for text in re.findall(r"`([A-Za-z_./0-9-]+)`", README) if text.endswith(SUFFIXES) and "/" in text]
    return sorted({*linked, *quoted} - {"/docs"})


def test_readme_is_short():
    assert len(README.splitlines()) <= MOST_LINES


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)", README + GUIDES))))
def test_every_make_target_that_readme_and_guides_name_exists(target: str):
    assert target in TARGETS


@pytest.mark.parametrize("route", sorted(set(re.findall(r"`([A-Z]+ /[^`]+)`", GUIDES))))
def test_every_route_that_a_guide_names_exists(route: str):
    assert route in ROUTES


@pytest.mark.parametrize("path", named_paths())
def test_every_file_that_readme_names_exists(path: str):
    assert names.found(path) or path == ".local/stack.json"


def test_the_map_shows_every_function_and_nothing_else():
    drawn = README.split("functions/ ", 1)[1].split("layers/", 1)[0]
    rooms = {line.split()[0].rstrip("/") for line in drawn.splitlines()[1:] if line.strip()}
    assert rooms == {folder.name for folder in (ROOT / "functions").iterdir() if (folder / "handler.py").exists()}


def test_the_map_shows_every_folder_of_the_project():
    hidden_or_built = {"cdk.out", "node_modules", "requirements"}
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")} - hidden_or_built
    drawn = README.split("```\nfunctions/", 1)[1].split("```", 1)[0]
    assert all(f"{name}/" in "functions/" + drawn for name in folders - {"__pycache__"})


@pytest.mark.parametrize(("floor", "until"), [("domain", "workflows/"), ("workflows", "store/")])
def test_the_map_shows_every_room(floor: str, until: str):
    drawn = README.split("```\nfunctions/", 1)[1].split(f"\n  {floor}/", 1)[1].split(f"\n  {until}", 1)[0]
    if floor == "workflows":  # it has the rooms of the domain, which are drawn there, and its own
        drawn += README.split("\n  domain/", 1)[1].split("\n  workflows/", 1)[0]
    rooms = {path.stem for path in (LAUREL / floor).glob("[a-z]*")}
    assert rooms <= set(re.findall(r"\b(\w+)(?:/|\.py)", drawn))
