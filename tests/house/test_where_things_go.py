"""README's "Where things go": each file that it names defines the union of which it speaks, and the union's members."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import get_args

import pytest

from laurel.domain.program.jobs import JobKind
from laurel.domain.program.programs import Platform
from tests.house.kit.names import LAUREL, ROOT, found, names_in, quoted

README = (ROOT / "README.md").read_text()
SECTION = README.split("## Where things go\n", 1)[1].split("\n## ", 1)[0]
BULLETS = {
    title: " ".join(text.split())
    for title, text in re.findall(r"^- \*\*(.+?)\*\*: (.+?)(?=^- |\Z)", SECTION, re.M | re.S)
}
THINGS = {
    "A payout term",
    "A metric",
    "An action",
    "A period",
    "A storefront's platform",
    "An outbound message",
    "A rail",
    "An event",
    "A page",
    "A route",
    "A function",
    "Long work",
}
UNIONS = {
    "A rail": ("Rail", "domain/payouts/rails/rails.py"),
    "A payout term": ("PayoutTerms", "domain/offers/terms.py"),
    "A metric": ("Condition", "domain/rules/conditions.py"),
    "An action": ("Action", "domain/rules/actions.py"),
    "A period": ("Period", "domain/values/periods.py"),
    "An outbound message": ("Message", "domain/mail/mails.py"),
}
CLOSED_LISTS = {
    "An event": ("EventType", "domain/events/events.py"),
    "A storefront's platform": ("Platform", "domain/program/programs.py"),
    "Long work": ("JobKind", "domain/program/jobs.py"),
}


def assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """What a module binds at its top: name -> value."""
    plain = {node.targets[0]: node.value for node in tree.body if isinstance(node, ast.Assign)}
    typed = {node.target: node.value for node in tree.body if isinstance(node, ast.AnnAssign) and node.value}
    return {target.id: value for target, value in {**plain, **typed}.items() if isinstance(target, ast.Name)}


def members(value: ast.expr, known: Mapping[str, ast.expr]) -> Iterator[str]:
    """The classes of a union, through `Annotated` and through unions of unions."""
    match value:
        case ast.BinOp(left=left, right=right):
            yield from members(left, known)
            yield from members(right, known)
        case ast.Subscript(slice=ast.Tuple(elts=[union, *_])):
            yield from members(union, known)
        case ast.Name(id=name) if name in known:
            yield from members(known[name], known)
        case ast.Name(id=name):
            yield name


def defined_or_imported(tree: ast.Module) -> set[str]:
    imported = {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    return imported | {node.name for node in tree.body if isinstance(node, ast.ClassDef)}


def parsed(path: str) -> ast.Module:
    return ast.parse((LAUREL / path).read_text())


def test_every_kind_of_thing_has_its_place():
    assert set(BULLETS) == THINGS


@pytest.mark.parametrize("thing", [*UNIONS, *CLOSED_LISTS])
def test_a_place_names_its_union_and_the_file_that_defines_it(thing: str):
    union, path = {**UNIONS, **CLOSED_LISTS}[thing]
    assert {union, path} <= set(quoted(BULLETS[thing]))
    assert union in assigned(parsed(path))


@pytest.mark.parametrize("thing", UNIONS)
def test_every_member_of_a_union_is_defined_where_readme_says_or_imported_there(thing: str):
    union, path = UNIONS[thing]
    tree = parsed(path)
    found = set(members(assigned(tree)[union], assigned(tree)))
    assert found
    assert found <= defined_or_imported(tree)


@pytest.mark.parametrize(("thing", "method"), [("A payout term", "on_sale"), ("A period", "range")])
def test_what_a_member_must_have_every_member_has(thing: str, method: str):
    union, path = UNIONS[thing]
    tree = parsed(path)
    classes = {node.name: set(names_in(node)) for node in tree.body if isinstance(node, ast.ClassDef)}
    assert method in quoted(BULLETS[thing])
    assert all(method in classes[member] for member in members(assigned(tree)[union], assigned(tree)))


@pytest.mark.parametrize("platform", [name for name in get_args(Platform) if name != "api"])
def test_every_platform_has_its_module_and_its_route(platform: str):
    assert (LAUREL / f"domain/tracking/webhooks/{platform}.py").exists()
    assert f"/{platform}" in (ROOT / "functions/webhooks/handler.py").read_text()


def test_every_kind_of_long_work_has_its_page():
    pages = (LAUREL / "workflows/upkeep/job_pages.py").read_text()
    assert set(re.findall(r'case "(\w+)":', pages)) == set(get_args(JobKind))


def test_every_kind_of_message_is_written_where_readme_says():
    written = (LAUREL / "store/outbox.py").read_text()
    tree = parsed("domain/mail/mails.py")
    assert {"store/outbox.py", "functions/mail/"} <= set(quoted(BULLETS["An outbound message"]))
    assert all(
        re.search(rf"\bcase (\w+\(\) \| )*{member}\(\)", written)
        for member in members(assigned(tree)["Message"], assigned(tree))
    )


@pytest.mark.parametrize("path", [text for text in quoted(SECTION) if "/" in text and not text.startswith("/")])
def test_every_place_is_there(path: str):
    assert found(path)
