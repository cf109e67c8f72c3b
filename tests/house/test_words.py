"""The words that docstrings begin with: the subject comes first, so that nobody reads a sentence twice."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(path for part in ("layers/shared", "functions", "infra", "tools") for path in (ROOT / part).rglob("*.py"))
NO_SUBJECT = re.compile(r"(Whose|Those|Who|For whom|Which)\b")
WHAT = re.compile(r"What\b")
MOST_WHAT = 40


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The docstrings of module, classes, functions and attributes: texts that are statements; each with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value.strip()


def beginning_with(words: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line} {text.splitlines()[0]}"
        for path in paths
        for line, text in docstrings(path.read_text())
        if words.match(text)
    ]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_docstring_begins_with_its_subject(path: Path):
    assert beginning_with(NO_SUBJECT, [path]) == []


def test_few_docstrings_begin_with_what():
    assert len(beginning_with(WHAT, CODE)) <= MOST_WHAT


def test_docstrings_of_every_kind_are_read():
    source = '"""M."""\nclass C:\n    """C."""\n    a = 1\n    """A."""\n    def f(self):\n        """F."""\n'
    assert sorted(text for _, text in docstrings(source)) == ["A.", "C.", "F.", "M."]
