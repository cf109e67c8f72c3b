"""Paths in a checkout."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
SCHEMAS: Final = ROOT / ".schemas"
LOCAL: Final = ROOT / ".local"
ENGINE_PYTHON: Final = ROOT / ".engine" / "bin" / "python"
STACK_FILE: Final = LOCAL / "stack.json"
EVENTS: Final = ROOT / "events"
