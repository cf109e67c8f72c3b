"""Sections of the sites: a section is found by the first part of a path, and only then loaded."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from laurel.console.site import site as console
from laurel.pages.site import Site
from laurel.portal.site import site as portal

SITES = pytest.mark.parametrize("site", [console, portal], ids=lambda site: site.name)
PAGES = "pages: Final = Pages()"


@SITES
def test_each_page_begins_with_a_part_of_its_section_and_of_no_other(site: Site):
    for section in site.sections:
        begins = {re.split(r"[/.]", route.path.removeprefix("/"))[0] for route in section.routes}
        assert begins == {*section.parts}
    parts = [part for section in site.sections for part in section.parts]
    assert len(parts) == len({*parts})


@SITES
def test_each_module_with_pages_is_of_one_section(site: Site):
    named = sorted(module for section in site.sections for module in section.modules)
    assert named == sorted(path.stem for path in Path(site.templates).parent.glob("*.py") if PAGES in path.read_text())


def test_a_page_loads_no_other_section():
    found = "import sys; from laurel.console.site import site; site._section('/console/sign-in').routes"
    loaded = subprocess.run(
        [sys.executable, "-c", f"{found}; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    names = {module for section in console.sections for module in section.modules}
    assert {name for name in names if f"laurel.console.{name}" in loaded.stdout.split()} == {"doors"}
