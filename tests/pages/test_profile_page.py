"""The portal's Profile: a member's own name, and nothing that is not theirs to change."""

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.store.table import Table
from laurel.workflows.members import members
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader


def test_a_member_changes_their_name_and_the_history_says_who(ada: Reader, portal: str, table: Table, world: World):
    done = ada.send(ada.get(f"{portal}/profile"), "Save", first_name="Augusta", last_name="")
    assert "Your profile is saved." in done.text
    member = members.get(table, world.program.program_id, world.ada)
    assert (member.first_name, member.last_name) == ("Augusta", "")
    (line, *_) = Gateway(world.admin).get(f"/v1/members/{world.ada}/history").body["items"]
    assert (line["actor"], line["actor_name"]) == (f"member:{world.ada}", "Augusta")


def test_a_history_names_a_user_also_once_they_are_removed(people: People, table: Table, world: World):
    user, api = people.users["manager"], Gateway(world.admin)
    members.edit(table, world.program, world.ada, {"first_name": "A."}, None, Author(user.person.actor, clock.now()))
    for _ in range(2):
        (line, *_) = api.get(f"/v1/members/{world.ada}/history").body["items"]
        assert (line["actor"], line["actor_name"]) == (f"user:{user.user_id}", "Max Manager")
        api.delete(f"/v1/users/{user.user_id}")


@pytest.mark.parametrize(("name", "value"), [("status", "approved"), ("email", "x@example.com"), ("parent_id", "")])
def test_what_is_the_merchants_to_change_is_refused(
    ada: Reader, portal: str, table: Table, world: World, name: str, value: str
):
    before = members.get(table, world.program.program_id, world.ada)
    answer = ada.send(ada.get(f"{portal}/profile"), "Save", first_name="Mallory", **{name: value or "mem_1"})
    assert (answer.status, "There is no such field here" in answer.text) == (422, True)
    assert members.get(table, world.program.program_id, world.ada) == before
