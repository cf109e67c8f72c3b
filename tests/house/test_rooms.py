"""The architecture, as facts about the source."""

import ast
import importlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from laurel.api.authorization import authorization_of
from laurel.api.reference import operations
from laurel.store import items, keys
from tools import openapi

ROOT = Path(__file__).parents[2]
LAUREL = ROOT / "layers/shared/python/laurel"
FUNCTIONS = sorted(folder.name for folder in (ROOT / "functions").iterdir() if (folder / "handler.py").exists())
CODE = [path for part in ("layers/shared", "functions", "infra", "tools") for path in (ROOT / part).rglob("*.py")]
LONGEST_FILE = 300
THIRD_PARTY_IN_FUNCTIONS = {"aws_lambda_powertools", "pydantic", "laurel"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def resolver(function: str) -> object | None:
    return getattr(importlib.import_module(f"{function}.handler"), "app", None)


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if resolver(name)])
def test_every_route_says_who_may_call_it(function: str):
    routes = resolver(function)._static_routes + resolver(function)._dynamic_routes
    assert routes
    for route in routes:
        assert authorization_of(route.middlewares) is not None, f"{route.method} {route.path}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_handlers_import_nothing_but_laurel_and_what_translates(function: str):
    for module in imports(ROOT / "functions" / function / "handler.py"):
        top = module.partition(".")[0]
        assert top in THIRD_PARTY_IN_FUNCTIONS or top in sys.stdlib_module_names, module


@pytest.mark.parametrize("function", FUNCTIONS)
def test_handlers_do_not_catch(function: str):
    tree = ast.parse((ROOT / "functions" / function / "handler.py").read_text())
    assert not any(isinstance(node, ast.Try) for node in ast.walk(tree))


def test_only_the_clients_of_aws_import_boto3():
    found = {
        path.name for path in LAUREL.rglob("*.py") if any(m.startswith(("boto3", "botocore")) for m in imports(path))
    }
    assert found == {"concurrency.py", "table.py", "mailer.py", "vault.py"}


def contracts() -> list[dict[str, Any]]:
    every = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return [contract for contract in every if contract["type"] == "layers"]


def rooms_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir() if path.suffix == ".py" or path.is_dir()} - {
        "__init__",
        "__pycache__",
        "py",
    }


@pytest.mark.parametrize("container", ["laurel", "laurel.domain", "laurel.workflows"])
def test_import_contracts_are_exhaustive(container: str):
    (contract,) = (each for each in contracts() if each["containers"] == [container])
    assert contract["exhaustive"]
    named = {name.strip() for layer in contract["layers"] for name in layer.split("|")}
    assert named == rooms_in(LAUREL.parent / container.replace(".", "/"))


def test_both_floors_have_the_same_rooms():
    assert rooms_in(LAUREL / "workflows") - {"requests", "upkeep"} == rooms_in(LAUREL / "domain") - {"values"}


@pytest.mark.parametrize("path", CODE, ids=relative)
def test_no_file_has_outgrown_its_room(path: Path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_every_kind_of_item_is_on_the_chart():
    kinds = set(re.findall(r'(?:_item\(|"kind": )"([a-z ]+)"', "".join(p.read_text() for p in LAUREL.rglob("*.py"))))
    chart = (keys.__doc__ or "").lower()
    missing = {kind for kind in kinds if kind.removesuffix(" door") not in chart}
    assert kinds
    assert not missing
    assert items.__doc__


def test_every_function_has_events_and_every_folder_of_events_is_a_function():
    assert sorted(folder.name for folder in (ROOT / "events").iterdir()) == FUNCTIONS


def test_no_event_is_an_orphan():
    tested = "".join(path.read_text() for path in (ROOT / "tests/functional").rglob("*.py"))
    for path in (ROOT / "events").rglob("*.json"):
        name, _, is_response = path.stem.partition(".")
        answered = path.with_name(f"{name}.response.json").exists()
        assert answered or f'"{path.parent.name}", "{name}"' in tested, relative(path)
        assert not is_response or path.with_name(f"{name}.json").exists(), relative(path)


def test_every_id_in_a_path_is_known_by_its_pattern():
    parameters = [
        (path, each)
        for path, _, operation in operations(openapi.document())
        for each in operation.get("parameters", ())
        if each["in"] == "path"
    ]
    assert parameters
    for path, each in parameters:
        assert "pattern" in each["schema"], f"{each['name']} of {path}"


def test_the_api_document_is_what_the_handlers_say():
    assert json.loads(openapi.DOCUMENT.read_text()) == openapi.document()
