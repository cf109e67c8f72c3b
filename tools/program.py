"""Create a program with its first admin key, which an operator does once for each customer.

    python -m tools.program --env dev --name "Glow Cosmetics" [--currency EUR] [--timezone Europe/Berlin]

The key is printed this once; only its hash is stored.
"""

import secrets
import sys
from dataclasses import dataclass

from pydantic import ValidationError

from laurel import clock
from laurel.domain.program.programs import ProgramSettings
from laurel.store.table import Table
from laurel.workflows.program import programs
from tools.commands import operate
from tools.deployed import deployed, parser
from tools.failure import ToolError, say


@dataclass(frozen=True, slots=True)
class Credentials:
    """A program and the key that may do everything in it."""

    program_id: str
    admin_key: str


def create(table: Table, settings: ProgramSettings) -> Credentials:
    """Store a program and its key."""
    program, key = programs.create(table, settings, clock.now(), secrets.token_bytes)
    return Credentials(program.program_id, key)


def settings_of(name: str, currency: str, timezone: str) -> ProgramSettings:
    """The settings of a new program. Raises ToolError for what is not valid."""
    try:
        return ProgramSettings(name=name, currency=currency, timezone=timezone)
    except ValidationError as refused:
        wrong = (f"{error['loc'][0]}: {error['msg']}" for error in refused.errors())
        raise ToolError("; ".join(wrong)) from refused


def main() -> int:
    """The exit status: 0, or 1 if a setting is not valid or nothing runs here."""
    return operate(_run)


def _run() -> int:
    asked = parser(__doc__)
    asked.add_argument("--name", required=True)
    asked.add_argument("--currency", default="USD", help="ISO 4217")
    asked.add_argument("--timezone", default="UTC", help="IANA name")
    given = asked.parse_args()
    settings = settings_of(given.name, given.currency, given.timezone)
    made = create(deployed(given).table(), settings)
    say(f"program   {made.program_id}\nadmin key {made.admin_key}   (shown this once)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
