"""Applications: whoever applies becomes a member who waits for approval, and is mailed a link to sign in."""

from datetime import datetime
from typing import Final

from laurel.domain.history import SYSTEM
from laurel.domain.members.members import Application, NewMember
from laurel.domain.people.people import Person
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Conflict, Invalid
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.people import signing_in
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import Request

_APPLICANT: Final = Person(SYSTEM, "")
"""The author of a member who made themselves: nobody else has an id yet."""


def apply(
    table: Table, program: Program, wanted: Application, origin: str, now: datetime, randomness: Randomness
) -> None:
    """Makes a pending member; an address that is a member's already is only mailed a link, which nothing tells.

    Raises Invalid `terms_not_agreed`.
    """
    if program.applications.terms_url is not None and not wanted.agrees:
        raise Invalid("terms_not_agreed", "the program asks you to agree to its terms", "/agrees")
    new = NewMember(email=wanted.email, first_name=wanted.first_name, last_name=wanted.last_name, status="pending")
    try:
        members.create(table, Request(program, _APPLICANT, None, "", now), new, randomness)
    except Conflict as refusal:
        if refusal.code != "email_taken":
            raise
    signing_in.ask_member(table, program.program_id, wanted.email, origin, now)
