"""The shared layer as it is deployed: the source, with its templates and its bytecode compiled."""

import shutil
from pathlib import Path

from laurel.pages.rendering import COMPILED, SHARED, environment
from tools.layer import Target, compile_bytecode


def package(folder: Path, copy: Path, target: Target) -> None:
    """Fills `copy` from `folder`, which stays as it is: beside the source itself, both would outlive an edit."""
    shutil.copytree(folder, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for templates in folder.glob("python/laurel/*/templates"):
        if templates != SHARED:
            compiled = copy / templates.relative_to(folder) / COMPILED
            environment(templates).compile_templates(compiled, ["html"], zip=None, ignore_errors=False)
    compile_bytecode(target, copy / "python")
