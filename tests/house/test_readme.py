"""What README and the runbook claim exists."""

import json
import re
from pathlib import Path

import pytest

from laurel.api.reference import operations

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
ROUTES = {
    f"{method.upper()} {path}" for path, method, _ in operations(json.loads((ROOT / "docs/openapi.json").read_text()))
}
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
SUFFIXES = (".md", ".py", ".json", "/")


def named_paths() -> list[str]:
    linked = re.findall(r"\]\(([^)#]+)\)", README)
    quoted = [text for text in re.findall(r"`([A-Za-z_./0-9-]+)`", README) if text.endswith(SUFFIXES) and "/" in text]
    return sorted({*linked, *quoted} - {"/docs"})


def found(path: str) -> bool:
    inside = "layers/shared/python/laurel"
    return (ROOT / path).exists() or (ROOT / inside / path).exists() or path in {".local/stack.json"}


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z]+)", README + RUNBOOK))))
def test_every_make_target_that_readme_and_runbook_name_exists(target: str):
    assert target in TARGETS


@pytest.mark.parametrize("route", sorted(set(re.findall(r"`([A-Z]+ /[^`]+)`", RUNBOOK))))
def test_every_route_that_the_runbook_names_exists(route: str):
    assert route in ROUTES


@pytest.mark.parametrize("path", named_paths())
def test_every_file_that_readme_names_exists(path: str):
    assert found(path)


def test_the_map_shows_every_function_and_nothing_else():
    drawn = README.split("functions/ ", 1)[1].split("layers/", 1)[0]
    rooms = {line.split()[0].rstrip("/") for line in drawn.splitlines()[1:] if line.strip()}
    assert rooms == {folder.name for folder in (ROOT / "functions").iterdir() if (folder / "handler.py").exists()}


def test_the_map_shows_every_folder_of_the_project():
    hidden_or_built = {"cdk.out", "node_modules", "requirements"}
    folders = {p.name for p in ROOT.iterdir() if p.is_dir() and not p.name.startswith(".")} - hidden_or_built
    drawn = README.split("```\nfunctions/", 1)[1].split("```", 1)[0]
    assert all(f"{name}/" in "functions/" + drawn for name in folders - {"__pycache__"})


def test_decisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
