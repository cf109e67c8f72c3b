"""Decisions: short, of one form, and about code that is there."""

import re
from pathlib import Path

import pytest

from tests.house.kit.names import ALL, ROOT, defined, found, quoted

DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
ABOUT_CODE = [*DECISIONS, ROOT / "docs/findings.md"]
PAGES = [*DECISIONS, *sorted((ROOT / "docs").glob("*.md"))]
MOST_WORDS = 250
PARTS = ["Context", "Decision", "Consequences", "Rejected"]
PATH = re.compile(r"[A-Za-z_./0-9-]+(?:\.(?:md|py|json|toml)|(?<=.)/)")
CAPITAL = re.compile(r"(?:\w+\.)*[A-Z]\w+(?:\.\w+)*")
SNAKE_CASE = re.compile(r"(?:\w+\.)*\w+_\w+")
SOURCE = "\n".join(path.read_text() for folder in (*ALL, "tests") for path in (ROOT / folder).rglob("*.py"))


def of_pages(form: re.Pattern[str], pages: list[Path]) -> list[str]:
    return sorted({text for page in pages for text in quoted(page.read_text()) if form.fullmatch(text)})


def test_decisions_are_numbered_without_gaps():
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_has_its_four_parts(path: Path):
    text = path.read_text()
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"^\*\*([A-Z]\w+)\.\*\*\s", text, re.MULTILINE) == PARTS
    assert len(text.split()) <= MOST_WORDS


@pytest.mark.parametrize("path", of_pages(PATH, PAGES))
def test_every_file_that_a_page_names_exists(path: str):
    assert found(path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_somewhere(page: Path):
    assert all((page.parent / link).exists() for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text()))


@pytest.mark.parametrize("name", of_pages(CAPITAL, ABOUT_CODE))
def test_every_type_and_constant_that_a_page_names_is_defined(name: str):
    assert set(name.split(".")) <= defined()


@pytest.mark.parametrize("name", of_pages(SNAKE_CASE, ABOUT_CODE))
def test_every_name_that_a_page_quotes_stands_in_the_source(name: str):
    assert all(re.search(rf"\b{part}\b", SOURCE) for part in name.split("."))
