"""What members do to themselves lies within what the portal may write, also while a payout to them is drafted."""

from collections.abc import Iterator

import pytest

from laurel import clock
from laurel.domain.history import Author
from laurel.domain.payouts.payees import PaypalAccount
from laurel.store import keys
from laurel.store.operations import Delete, Update
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.payouts import payees
from laurel.workflows.payouts.payees import Place
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import drafted
from tests.functional.kit.world import World
from tests.pages.kit.filled import fill
from tests.pages.kit.reader import answering


@pytest.fixture
def in_a_draft(api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, outside: None) -> str:
    """A draft that pays Ada alone; its path."""
    fill(table, world)
    path = drafted(api, jobs_queue)
    assert api.get(path).body["total"] > 0
    return path


@pytest.fixture
def portal_at_work() -> Iterator[None]:
    answering.append("portal")
    yield
    answering.pop()


def by_ada(world: World) -> Author:
    return Author(f"member:{world.ada}", clock.now())


def test_a_member_in_a_draft_can_be_paid_elsewhere(
    in_a_draft: str, table: Table, world: World, portal_at_work: None, secrets_key: str
):
    place = Place(world.program.program_id, world.ada)
    payees.put(table, place, PaypalAccount(method="paypal", email="ada@elsewhere.example"), None, by_ada(world))
    payees.remove(table, place, None, by_ada(world))


def test_a_member_in_a_draft_can_be_erased(in_a_draft: str, table: Table, world: World, portal_at_work: None):
    members.erase(table, world.program, world.ada, by_ada(world), confirmed=True)


def test_the_portal_writes_nothing_of_the_merchants(table: Table, world: World, portal_at_work: None):
    program_id = world.program.program_id
    for key in (keys.program(program_id), keys.offer(program_id, world.links_offer), keys.api_key_door("0" * 64)):
        with pytest.raises(PermissionError):
            table.write(Update(key, set={"kind": "x"}, exists=False))
    with pytest.raises(PermissionError):
        table.write(Delete(keys.member(program_id, world.ada)))
