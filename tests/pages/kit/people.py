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
    random, program, made = Randomness(name), world.program, {}
    for role, full_name in NAMES.items():
        email = f"{role}@{name}.example.com"
        made[role] = users.invite(table, request_of(program), NewUser(email=email, name=full_name, role=role), random)[
            0
        ]
    persons = {**{role: user.user_id for role, user in made.items()}, "member": world.ada}
    return People(
        program, {role: begin(table, program, each, random) for role, each in persons.items()}, made, world.ada
    )


def begin(table: Table, program: Program, person_id: str, random: Randomness) -> str:
    """A session of that person."""
    session, put = sessions.begun(program, person_id, clock.now(), random)
    table.write(put)
    return session.text
