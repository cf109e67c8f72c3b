"""The error codes of every operation, read from the source: a function has those of all that it names, and so on.

A method is looked for by its name in the classes that its module knows, so a code may be listed that cannot occur. No
code that occurs is missing: the functional tests compare each refusal with the document.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from laurel.api.problems import STATUSES
from laurel.domain.values.errors import Refusal
from tools.places import ROOT

_ROOTS: Final = (ROOT / "layers/shared/python", ROOT / "functions")
_KINDS: Final = {kind.__name__: status for kind, status in STATUSES.items() if issubclass(kind, Refusal)}
_ERRORS: Final = Refusal.__module__
_ABSENT: Final = re.compile(r"[a-z_]+_not_found")
Place = tuple[str, str]
"""A module, and the name of a function, of a `Class` or of a `Class.method` in it."""
Code = tuple[int, str]
"""A status and a code."""


@dataclass(slots=True)
class Module:
    """A source file: what it defines, and where the other names in it come from."""

    defined: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, Place] = field(default_factory=dict)

    @staticmethod
    def of(file: Path) -> "Module":
        """Reads a file."""
        module, tree = Module(), ast.parse(file.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                module.imported |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
        for statement in tree.body:
            module.defined |= dict(_definitions(statement))
        return module


def codes_of(function: str, route: str) -> list[Code]:
    """The codes of the route `route` in the handler of `function`, with their statuses, in order."""
    return sorted({code for place in _reached((f"{function}.handler", route)) for code in _raised(place)})


def all_codes() -> set[Code]:
    """Every code that is anywhere in the source."""
    return {code for name, module in _modules().items() for what in module.defined for code in _raised((name, what))}


def _definitions(statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    match statement:
        case ast.FunctionDef(name=name):
            yield name, statement
        case ast.ClassDef(name=name, body=body):
            methods = [each for each in body if isinstance(each, ast.FunctionDef)]
            yield name, ast.Module([each for each in body if each not in methods], [])
            yield from ((f"{name}.{method.name}", method) for method in methods)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value


@cache
def _modules() -> dict[str, Module]:
    return {_name(root, file): Module.of(file) for root in _ROOTS for file in sorted(root.rglob("*.py"))}


def _name(root: Path, file: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def _reached(start: Place) -> set[Place]:
    found, waiting = {start}, [start]
    while waiting:
        new = _mentioned(waiting.pop()) - found
        found |= new
        waiting += new
    return found


@cache
def _mentioned(place: Place) -> frozenset[Place]:
    name, what = place
    module = _modules()[name]
    found = set[Place]()
    for node in ast.walk(module.defined[what]):
        match node:
            case ast.Name(id=said):
                found |= set(_resolved(name, said))
            case ast.Attribute(value=ast.Name(id=owner), attr=said) if (
                owner in module.imported or owner in module.defined
            ):
                found |= set(_inside(name, owner, said))
            case ast.Attribute(attr=said):
                found |= _methods(name, said)
    return frozenset(found)


def _resolved(name: str, said: str) -> Iterator[Place]:
    """Where a name in a module is defined, through any number of imports."""
    module = _modules().get(name)
    if module is None:
        return
    if said in module.defined:
        yield name, said
    elif said in module.imported:
        yield from _resolved(*module.imported[said])


def _inside(name: str, owner: str, said: str) -> Iterator[Place]:
    """A function of an imported module, or a method of a class; of any class, where the owner is neither."""
    module = _modules()[name]
    if owner in module.imported and (submodule := ".".join(module.imported[owner])) in _modules():
        yield from _resolved(submodule, said)
        return
    for home, class_name in _resolved(name, owner):
        yield home, class_name
        if f"{class_name}.{said}" in _modules()[home].defined:
            yield home, f"{class_name}.{said}"
            return
    yield from _methods(name, said)


@cache
def _imported(name: str) -> frozenset[str]:
    """The modules that a module imports, or names from."""
    places = _modules()[name].imported.values()
    return frozenset({*(home for home, _ in places), *map(".".join, places)} & _modules().keys())


@cache
def _methods(name: str, said: str) -> frozenset[Place]:
    """The methods of that name in the classes that a module has or imports; the only one of its name, further away."""
    near = _imported(name) | {name}
    far = near.union(*map(_imported, near))
    found = [place for place in _named().get(said, ()) if place[0] in far]
    return frozenset(place for place in found if place[0] in near or len(found) == 1)


@cache
def _named() -> dict[str, list[Place]]:
    """All methods by name."""
    found = defaultdict[str, list[Place]](list)
    for home, module in _modules().items():
        for what in module.defined:
            if "." in what:
                found[what.rpartition(".")[2]].append((home, what))
    return found


@cache
def _raised(place: Place) -> frozenset[Code]:
    name, what = place
    calls = [node for node in ast.walk(_modules()[name].defined[what]) if isinstance(node, ast.Call)]
    return frozenset(code for call in calls for code in _of_call(name, call))


def _of_call(name: str, call: ast.Call) -> Iterator[Code]:
    """The code that a refusal is made with, or that is handed on to what makes one: by its ending, an absence."""
    texts = [_text(name, value) for value in call.args]
    said = call.func.id if isinstance(call.func, ast.Name) else ""
    home, kind = _modules()[name].imported.get(said, ("", ""))
    if home == _ERRORS and kind in _KINDS and texts and texts[0]:
        yield _KINDS[kind], texts[0]
    yield from ((404, text) for text in texts if text is not None and _ABSENT.fullmatch(text))


def _text(name: str, value: ast.AST) -> str | None:
    """A text as it is written, or as the constant says that is named."""
    if isinstance(value, ast.Name):
        named = [_modules()[home].defined[what] for home, what in _resolved(name, value.id)]
        value = named[0] if named else value
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
