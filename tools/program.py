"""Create a program with its first admin key: what an operator does once for each customer.

    python -m tools.program --table NAME --name "Glow Cosmetics" [--currency EUR] [--timezone Europe/Berlin]

The key is printed this once; only its hash is stored.
"""

import argparse
from dataclasses import dataclass

from laurel import clock
from laurel.store.table import Table
from laurel.workflows import programs
from tools.engine import aws
from tools.failure import say


@dataclass(frozen=True, slots=True)
class Credentials:
    """A program and the key that may do everything in it."""

    program_id: str
    admin_key: str


def create(table: Table, *, name: str, currency: str, timezone: str) -> Credentials:
    """Store the program and its key; raises laurel.domain.errors for an unknown currency or zone."""
    program, key = programs.create(table, name, clock.now(), currency=currency, timezone=timezone)
    return Credentials(program.program_id, key)


def create_at(endpoint_url: str, table_name: str, *, name: str, currency: str, timezone: str) -> Credentials:
    """The same, at a local engine."""
    table = Table(table_name, aws("dynamodb", endpoint_url))
    return create(table, name=name, currency=currency, timezone=timezone)


def main() -> None:
    """With this machine's AWS credentials and region."""
    parser = argparse.ArgumentParser(description="Create a program with an admin key")
    parser.add_argument("--table", required=True, help="name of the deployed table (an output of the data stack)")
    parser.add_argument("--name", required=True)
    parser.add_argument("--currency", default="EUR", help="ISO 4217")
    parser.add_argument("--timezone", default="UTC", help="IANA name")
    given = parser.parse_args()
    made = create(Table(given.table), name=given.name, currency=given.currency, timezone=given.timezone)
    say(f"program   {made.program_id}\nadmin key {made.admin_key}   (shown this once)")


if __name__ == "__main__":
    main()
