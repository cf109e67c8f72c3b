"""The glossary: a page of words, each of which is a name in the code."""

import re

import pytest

from tests.house.kit.names import PRODUCT, ROOT, defined, quoted

PAGE = (ROOT / "docs/glossary.md").read_text()
LINES = [line for line in PAGE.splitlines() if line.startswith("- ")]
WORD = re.compile(r"- \*\*[a-z ]+\*\*(?: and \*\*[a-z ]+\*\*)? \((`\w+`(?:, `\w+`)?)\): \S.*")


def test_the_glossary_is_a_page_and_not_a_book():
    assert 25 <= len(LINES) <= 45


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("**")[1])
def test_every_word_is_told_in_one_line_beside_its_name_in_the_code(line: str):
    assert WORD.fullmatch(line)


@pytest.mark.parametrize("name", sorted(set(quoted(PAGE))))
def test_every_name_in_the_glossary_is_defined_in_the_code(name: str):
    assert name in defined(PRODUCT)


def test_readme_leads_to_the_glossary_on_its_first_screen():
    first_screen = (ROOT / "README.md").read_text().splitlines()[:24]
    assert any("(docs/glossary.md)" in line for line in first_screen)
