"""Many members."""

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.values.ids import derived_id
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.table import Table
from tests.functional.kit.world import World


def crowd(table: Table, world: World, size: int) -> list[str]:
    """Members like Ada, enrolled like her."""
    program_id = world.program.program_id
    ada = items.parse(Member, table.get(keys.member(program_id, world.ada)))
    place = items.parse(Enrollment, table.get(keys.enrollment(program_id, world.ada, world.codes_offer)))
    members = [derived_id("mem", str(number)) for number in range(size)]
    for member_id in members:
        table.write(Put(items.member(program_id, ada.model_copy(update={"member_id": member_id}))))
        table.write(Put(items.enrollment(program_id, place.model_copy(update={"member_id": member_id}))))
    return members
