"""Links that no mail brings: for operators, who have the table. Good once, as long as an invitation is."""

from datetime import datetime

from laurel.domain.people.people import NewUser
from laurel.domain.people.sign_in_links import path_of
from laurel.store.table import Table
from laurel.workflows.people import signing_in, users
from laurel.workflows.requests.access import Randomness


def appoint(table: Table, program_id: str, new: NewUser, now: datetime, randomness: Randomness) -> str:
    """A new user, such as a program's first owner; the path of a link that signs them in.

    Raises ConditionFailed if the address is a user's already.
    """
    user = users.named(new, now, randomness)
    table.transact(users.made(program_id, user))
    return entrance(table, program_id, user.user_id, now, randomness)


def entrance(table: Table, program_id: str, person_id: str, now: datetime, randomness: Randomness) -> str:
    """The path of a new link for a user or a member."""
    token, opened = signing_in.opened(program_id, person_id, "invitation", now, randomness)
    table.write(opened)
    return path_of(person_id, program_id, token)
