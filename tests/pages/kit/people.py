"""People of the small program: users of each role and Ada, a member, all of them signed in."""

from dataclasses import dataclass
from typing import get_args

from laurel import clock
from laurel.domain.people.people import NewUser, Role, User
from laurel.domain.program.programs import Program
from laurel.store.table import Table
from laurel.workflows.people import sessions, users
from tests.functional.kit.world import Randomness, World, request_of

NAMES: dict[Role, str] = {"owner": "Olga Owner", "manager": "Max Manager", "viewer": "Vera Viewer"}
ROLES = (*get_args(Role), "member")


@dataclass(frozen=True, slots=True)
class People:
    """`sessions`: role -> the text of the cookie; `users`: role -> user. The role of Ada is `member`."""

    program: Program
    sessions: dict[str, str]
    users: dict[str, User]
    ada: str

    def cookie(self, role: str) -> tuple[str, str]:
        """The name and the value of the cookie of a role."""
        return ("laurel_portal" if role == "member" else "laurel_console"), self.sessions[role]


def seated(table: Table, world: World, name: str = "people") -> People:
    """The people of `world`'s program; `name`: of their secrets."""
    random = Randomness(name)
    return signed_in(table, world, invited(table, world.program, random), random)


def invited(table: Table, program: Program, random: Randomness) -> dict[str, User]:
    """A user of each role; role -> user."""
    return {role: _user(table, program, role, full_name, random) for role, full_name in NAMES.items()}


def signed_in(table: Table, world: World, made: dict[str, User], random: Randomness) -> People:
    """Those users and Ada, each with a session that begins now."""
    persons = {**{role: user.user_id for role, user in made.items()}, "member": world.ada}
    begun = {role: begin(table, world.program, each, random) for role, each in persons.items()}
    return People(world.program, begun, made, world.ada)


def _user(table: Table, program: Program, role: Role, full_name: str, random: Randomness) -> User:
    new = NewUser(email=f"{role}@{random.name}.example.com", name=full_name, role=role)
    return users.invite(table, request_of(program), new, random)[0]


def begin(table: Table, program: Program, person_id: str, random: Randomness) -> str:
    """A session of that person."""
    session, put = sessions.begun(program, person_id, clock.now(), random)
    table.write(put)
    return session.text
