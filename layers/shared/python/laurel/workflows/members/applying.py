"""Applications: whoever applies becomes a member who waits for approval, and is mailed a link to sign in."""

from datetime import datetime
from typing import Final

from laurel.domain.history import SYSTEM
from laurel.domain.members.members import Application, NewMember
from laurel.domain.people.people import Person
from laurel.domain.program.dealings import MOST_APPLICATIONS
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Conflict, Invalid
from laurel.store import people_keys
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.people import signing_in
from laurel.workflows.requests import hourly
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.optimistic import racing, redo_in_turn

_APPLICANT: Final = Person(SYSTEM, "")
"""The author of a member who made themselves: nobody else has an id yet."""


def apply(
    table: Table, program: Program, wanted: Application, origin: str, now: datetime, randomness: Randomness
) -> None:
    """Makes a pending member; an address that is a member's already is only mailed a link, which nothing tells.

    Raises Invalid `terms_not_agreed`, Conflict `too_many_applications`.
    """
    if program.applications.terms_url is not None and not wanted.agrees:
        raise Invalid("terms_not_agreed", "the program asks you to agree to its terms", "/agrees")
    redo_in_turn(lambda: _count(table, program.program_id, now))
    new = NewMember(email=wanted.email, first_name=wanted.first_name, last_name=wanted.last_name, status="pending")
    try:
        members.create(table, Request(program, _APPLICANT, None, "", now), new, randomness)
    except Conflict as refusal:
        if refusal.code != "email_taken":
            raise
    signing_in.ask_member(table, program.program_id, wanted.email, origin, now)


def _count(table: Table, program_id: str, now: datetime) -> None:
    """Counts an application, of a known address too: nothing tells them apart. Raises Conflict."""
    free, counted = hourly.one_more(table, people_keys.applications(program_id), "applications", MOST_APPLICATIONS, now)
    if free > now:
        raise Conflict(
            "too_many_applications", "more people apply at the moment than can be taken in: try again in an hour"
        )
    with racing():
        table.write(counted)
