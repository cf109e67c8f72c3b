"""The names that the code defines: modules, folders of them, classes, functions and what is assigned."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
LAUREL = ROOT / "layers/shared/python/laurel"
PRODUCT = ("layers/shared/python", "functions")
ALL = (*PRODUCT, "infra", "tools")


def quoted(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


@cache
def defined(folders: tuple[str, ...] = ALL) -> frozenset[str]:
    """All names that the files in `folders` define, in whatever scope."""
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    modules = {name for path in files for name in (path.stem, path.parent.name)}
    return frozenset(modules.union(*(names_in(ast.parse(path.read_text())) for path in files)))


def names_in(tree: ast.AST) -> Iterator[str]:
    """The names that a piece of source defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def found(path: str) -> bool:
    """Whether a page may name that file or folder: as it lies in the repository, or in `laurel`."""
    return (ROOT / path).exists() or (LAUREL / path).exists()
