"""Pages wait for the table three times at most, and once for whoever is signed in, however much there is."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.receiver import EventsQueue
from tests.functional.kit.shop import Shop
from tests.functional.kit.world import World
from tests.pages.conftest import reader
from tests.pages.kit.crowded import Crowded, crowded
from tests.pages.kit.people import People
from tests.pages.kit.steps import counted

MOST = 1 + 3
AFTER_ALL = {"/now": MOST + 1}
"""The end of an address -> what it may take: who holds a rule is asked of every member, sixteen at a time."""
TIMES = 27
"""More changes than a page shows; eight times as many orders as before."""


@pytest.fixture
def program(
    table: Table, world: World, shop: Shop, jobs_queue: JobsQueue, events_queue: EventsQueue, people: People
) -> Crowded:
    return crowded(table, world, shop, jobs_queue, people)


@pytest.mark.usefixtures("outside")
def test_a_page_waits_three_times_at_most_however_much_there_is(program: Crowded, people: People):
    before = waits(program, people)
    assert {address: count for address, count in before.items() if count > most(address)} == {}
    program.goes_on(TIMES)
    after = waits(program, people)
    assert {address: (before[address], count) for address, count in after.items() if count > before[address]} == {}


def most(address: str) -> int:
    return next((bound for end, bound in AFTER_ALL.items() if address.endswith(end)), MOST)


def waits(program: Crowded, people: People) -> dict[str, int]:
    """Address -> how often its page waits."""
    found: dict[str, int] = {}
    for site, address in program.addresses():
        who = reader(people, "owner" if site.name == "console" else "member")
        with counted() as steps:
            page = who.once("GET", address)
        assert page.status == 200, (address, page.text)
        found[address] = steps.count
    return found
