"""What the pages of docs/ claim of a source document: the routes exist, and so do the tests that show them."""

import json
import re
from pathlib import Path

import pytest

from laurel.api.reference import operations
from laurel.console.site import site

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs/sales-tracking-offers.md", ROOT / "docs/performance-rewards.md"]
ROUTES = {
    f"{method.upper()} {path}" for path, method, _ in operations(json.loads((ROOT / "docs/openapi.json").read_text()))
}
JOURNEYS = {
    name
    for path in (ROOT / "tests/journeys").glob("*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
}
CONSOLE = {"/console", *(route.path for route in site.routes if route.method == "GET")}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_sentence_has_routes_and_tests_that_exist(page: Path):
    text = page.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows
    for row in rows:
        _, route, shown, *seen = row.strip("|").split("|")
        assert set(re.findall(r"`([A-Z]+ [^`]+)`", route)) <= ROUTES, row
        assert re.findall(r"`(test_\w+)`", shown), row
        assert {path for cell in seen for path in re.findall(r"`(/[^`]*)`", cell)} <= CONSOLE, row
    assert set(re.findall(r"`(test_\w+)`", text)) <= JOURNEYS
