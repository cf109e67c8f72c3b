"""Edits of more than a hundred members: a hundred at a time, everybody once."""

from datetime import timedelta

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.values.ids import derived_id
from laurel.store import items
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from tests.functional.kit.world import AT, World
from tests.pages.conftest import reader
from tests.pages.kit.people import People


def test_all_are_gone_through_a_hundred_at_a_time(people: People, table: Table, world: World):
    for number in range(100):  # newer than Ada, and switched off already
        join(table, world, number)
    manager, offer = reader(people, "manager"), f"/console/offers/{world.codes_offer}"
    seen = manager.send(manager.get(f"{offer}/bulk"), "See who changes", active="no")
    assert "None of these 100 would change" in seen.text
    assert "follow a hundred at a time" in seen.text
    first = manager.send(seen, "Change all, a hundred at a time")
    assert first.headings == ["0 members have changed"]
    assert "100 were so already" in first.text
    for _ in range(2):
        last = manager.send(first, "Change the next hundred")
        assert last.headings == ["1 member has changed"]
        assert "Change the next hundred" not in last.html
    assert not enrollments.get(table, Place(world.program.program_id, world.codes_offer, world.ada)).active


def join(table: Table, world: World, number: int) -> None:
    at, program_id = AT + timedelta(days=1), world.program.program_id
    stamps = {"member_id": derived_id("mem", str(number)), "created_at": at, "updated_at": at}
    member = Member(email=f"m{number}@example.com", **stamps)
    place = {"offer_id": world.codes_offer, "payout_option_id": world.options[0]}
    enrollment = Enrollment(**place, **stamps, promo_code=f"M{number}", active=False, deactivated_at=at)
    table.write(Put(items.member(program_id, member)))
    table.write(Put(items.enrollment(program_id, enrollment)))
