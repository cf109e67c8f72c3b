"""The dependency layer says what it was built for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.constructs.layers import target
from infra.environments import DEV, LOCAL, PROD
from laurel.console.site import site as console
from laurel.pages.rendering import COMPILED, environment
from laurel.portal.site import site as portal
from tools.layer import NATIVE, TARGETS, build, compile_bytecode, is_built, strip
from tools.places import ROOT
from tools.shared_layer import package

ASKED = """
from laurel.console.site import site
from laurel.pages.rendering import environment
template = environment(site.templates).get_template("ui.html")
print(template.filename, template.module.copy("<b>"))
"""


@pytest.fixture
def dependencies(tmp_path: Path) -> Path:
    """A layer that depends on nothing: the build fetches nothing."""
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    return tmp_path


def test_deployed_environments_run_on_arm_and_the_engine_on_this_machine() -> None:
    assert target(PROD) is target(DEV) is TARGETS["arm64"]
    assert target(LOCAL) is NATIVE


def test_a_layer_is_built_once(dependencies: Path) -> None:
    assert not is_built(NATIVE, dependencies)
    build(NATIVE, dependencies)
    assert is_built(NATIVE, dependencies)


def test_a_layer_for_one_machine_is_none_for_another(dependencies: Path) -> None:
    build(NATIVE, dependencies)
    assert not is_built(TARGETS["arm64"], dependencies)


def test_new_versions_make_the_layer_stale(dependencies: Path) -> None:
    build(NATIVE, dependencies)
    (dependencies / "requirements.txt").write_text("# nothing else\n")
    assert not is_built(NATIVE, dependencies)


def test_the_layer_goes_without_what_no_function_imports(tmp_path: Path) -> None:
    dropped = ["bin/run", "dns/resolver.py", "pydantic/v1/main.py", "a.dist-info/RECORD", "a/tests/test_a.py"]
    kept = ["tzdata/zones", "pydantic/main.py", "a.dist-info/METADATA", "a/__init__.py"]
    for name in [*dropped, *kept]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    strip(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)


def test_bytecode_is_not_checked_against_dates(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("A = 1\n")
    compile_bytecode(NATIVE, tmp_path)
    (compiled,) = tmp_path.glob("__pycache__/*.pyc")
    assert compiled.read_bytes()[4:8] == b"\x01\x00\x00\x00"


def test_pages_are_deployed_with_templates_that_are_compiled(tmp_path: Path) -> None:
    package(ROOT / "layers" / "shared", tmp_path, NATIVE)
    for site in (console, portal):
        compiled = tmp_path / site.templates.relative_to(ROOT / "layers" / "shared") / COMPILED
        written = environment(site.templates).list_templates(["html"])
        assert len(list(compiled.glob("tmpl_*.py"))) == len(list(compiled.glob("__pycache__/*.pyc"))) == len(written)
        assert not (site.templates / COMPILED).exists()
    where = {**os.environ, "PYTHONPATH": str(tmp_path / "python")}
    ran = subprocess.run([sys.executable, "-c", ASKED], env=where, capture_output=True, text=True, check=True)
    here = environment(console.templates).get_template("ui.html")
    file, _, said = ran.stdout.strip().partition(" ")
    assert file.startswith(str(tmp_path))
    assert said == str(vars(here.module)["copy"]("<b>"))
