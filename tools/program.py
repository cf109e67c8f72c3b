"""Create a program with its first admin key: what an operator does once for each customer.

    python -m tools.program --table NAME --name "Glow Cosmetics" [--currency EUR] [--timezone Europe/Berlin]

The key is printed this once; only its hash is stored.
"""

import argparse
import secrets
import sys
from dataclasses import dataclass

from pydantic import ValidationError

from laurel import clock
from laurel.domain.programs import ProgramSettings
from laurel.store.table import Table
from laurel.workflows import programs
from tools.failure import say


@dataclass(frozen=True, slots=True)
class Credentials:
    """A program and the key that may do everything in it."""

    program_id: str
    admin_key: str


def create(table: Table, settings: ProgramSettings) -> Credentials:
    """Store a program and its key."""
    program, key = programs.create(table, settings, clock.now(), secrets.token_bytes)
    return Credentials(program.program_id, key)


def main() -> int:
    """With this machine's AWS credentials and region; 0, or 1 if a setting is not valid."""
    parser = argparse.ArgumentParser(description="Create a program with an admin key")
    parser.add_argument("--table", required=True, help="name of the deployed table (an output of the data stack)")
    parser.add_argument("--name", required=True)
    parser.add_argument("--currency", default="USD", help="ISO 4217")
    parser.add_argument("--timezone", default="UTC", help="IANA name")
    given = parser.parse_args()
    try:
        settings = ProgramSettings(name=given.name, currency=given.currency, timezone=given.timezone)
    except ValidationError as refused:
        for error in refused.errors():
            print(f"laurel: {'.'.join(map(str, error['loc']))}: {error['msg']}", file=sys.stderr)
        return 1
    made = create(Table(given.table), settings)
    say(f"program   {made.program_id}\nadmin key {made.admin_key}   (shown this once)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
