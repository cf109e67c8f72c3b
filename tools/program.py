"""Create a program with its first admin key, which an operator does once for each customer.

    python -m tools.program --env dev --name "Glow Cosmetics" [--owner olga@glow.example] [--currency EUR]
        [--timezone Europe/Berlin]

The key, and the address that signs the owner in to the console once, are printed now alone; only hashes are stored.
"""

import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import ValidationError

from laurel import clock
from laurel.domain.people.people import NewUser
from laurel.domain.program.programs import ProgramSettings
from laurel.store.table import Table
from laurel.workflows.people import entrances
from laurel.workflows.program import programs
from tools.commands import operate
from tools.deployed import deployed, parser
from tools.failure import ToolError, say


@dataclass(frozen=True, slots=True)
class Credentials:
    """A program and the key that may do everything in it. `entrance`: the path by which its owner signs in, once."""

    program_id: str
    admin_key: str
    entrance: str | None = None


def create(table: Table, settings: ProgramSettings, owner: NewUser | None = None) -> Credentials:
    """Store a program, its key and its first owner."""
    program, key = programs.create(table, settings, clock.now(), secrets.token_bytes)
    if owner is None:
        return Credentials(program.program_id, key)
    path = entrances.appoint(table, program.program_id, owner, clock.now(), secrets.token_bytes)
    return Credentials(program.program_id, key, path)


def settings_of(name: str, currency: str, timezone: str) -> ProgramSettings:
    """The settings of a new program. Raises ToolError for what is not valid."""
    with _told_in_a_line():
        return ProgramSettings(name=name, currency=currency, timezone=timezone)


def owner_of(address: str | None) -> NewUser | None:
    """The first user of the console, if one is named. Raises ToolError for what is no address."""
    with _told_in_a_line():
        return NewUser(email=address, role="owner") if address else None


@contextmanager
def _told_in_a_line() -> Iterator[None]:
    try:
        yield
    except ValidationError as refused:
        wrong = (f"{error['loc'][0]}: {error['msg']}" for error in refused.errors())
        raise ToolError("; ".join(wrong)) from refused


def main() -> int:
    """The exit status: 0, or 1 if a setting is not valid or nothing runs here."""
    return operate(_run)


def _run() -> int:
    asked = parser(__doc__)
    asked.add_argument("--name", required=True)
    asked.add_argument("--owner", help="e-mail address of the first user of the console")
    asked.add_argument("--currency", default="USD", help="ISO 4217")
    asked.add_argument("--timezone", default="UTC", help="IANA name")
    given = asked.parse_args()
    settings, owner = settings_of(given.name, given.currency, given.timezone), owner_of(given.owner)
    place = deployed(given)
    made = create(place.table(), settings, owner)
    say(f"program   {made.program_id}\nadmin key {made.admin_key}   (shown this once)")
    if made.entrance:
        say(f"console   {place.api_url()}{made.entrance}   (good once, for 7 days)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
