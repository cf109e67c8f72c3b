"""Break the domain's rules, money and periods one line at a time, and see whether the unit tests notice.

    python -m tools.mutants [--only money periods]

mutmut works on a copy in .local/mutants, by the settings below; `docs/mutation.md` lists the survivors, with reasons.
"""

import os
import shutil
import subprocess
import sys
from typing import Final

from tools.commands import Arguments, operate
from tools.places import LOCAL, ROOT

COPY: Final = LOCAL / "mutants"
MUTMUT: Final = ROOT / ".mutants/bin/mutmut"
MODULES: Final = {
    "money": "values",
    "periods": "values",
    "conditions": "rules",
    "compiled": "rules",
    "rules": "rules",
    "schedule": "rules",
    "firings": "kernel",
    "terms": "offers",
}
"""Module -> its room in laurel.domain; percentages are in money."""
TESTS: Final = (
    "test_money",
    "test_percent",
    "test_periods",
    "test_calendar",
    "test_terms",
    "test_every_condition",
    "test_rules",
    "test_schedule",
    "test_what_rules_make",
    "test_what_counts",
    "test_rule_effects",
    "test_transition",
    "test_conversions",
    "test_recurrences",
    "test_clicks",
)
"""The quick tests of these modules; the oracle (`test_oracle`) would take seconds for each mutant."""
_SETTINGS: Final = """[mutmut]
source_paths=src
only_mutate=
{modules}
pytest_add_cli_args_test_selection=
{tests}
pytest_add_cli_args=
    -q
    -p
    no:cacheprovider
use_git_change_detection=false
"""


def main() -> int:
    """The exit status: 0 if every possible mutant was tried, whether it survived or not."""
    return operate(_run)


def _run() -> int:
    asked = Arguments(__doc__)
    asked.add_argument("--only", nargs="+", choices=list(MODULES), default=list(MODULES))
    _copy(asked.parse_args().only)
    run = [str(MUTMUT), "run", "--max-children", str(os.cpu_count() or 1)]
    done = subprocess.run(["nice", "-n", "10", *run], cwd=COPY, check=False)
    subprocess.run([str(MUTMUT), "results"], cwd=COPY, check=False)
    return done.returncode


def _copy(modules: list[str]) -> None:
    """Copies the layer as `src`, and the unit tests, to the folders that mutmut expects."""
    shutil.rmtree(COPY, ignore_errors=True)
    source = COPY / "src/laurel"
    shutil.copytree(ROOT / "layers/shared/python/laurel", source, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests/unit", COPY / "tests/unit", ignore=shutil.ignore_patterns("__pycache__"))
    (COPY / "pyproject.toml").write_text('[tool.pytest.ini_options]\naddopts = ["--import-mode=importlib"]\n')
    names = {
        "modules": "\n".join(f"    src/laurel/domain/{MODULES[name]}/{name}.py" for name in modules),
        "tests": "\n".join(f"    tests/unit/{name}.py" for name in TESTS),
    }
    (COPY / "setup.cfg").write_text(_SETTINGS.format(**names))


if __name__ == "__main__":
    sys.exit(main())
