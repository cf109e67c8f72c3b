"""The small program and its people, in this process."""

import pytest

from jobs.handler import rulebooks as seen_by_jobs
from laurel.console.profiles import rulebooks as seen_by_console
from laurel.portal.rewards import rulebooks as seen_by_portal
from laurel.store.table import Table
from tests.functional.conftest import (  # noqa: F401 -- fixtures
    api,
    boto_session,
    deployed,
    dynamodb,
    empty_table,
    events_queue,
    furniture,
    items,
    jobs_queue,
    outside,
    secrets_key,
    shop,
    shops,
    table,
    world,
)
from tests.functional.kit.world import World
from tests.pages.kit.people import People, seated
from tests.pages.kit.reader import Reader, answering
from tests.pages.kit.rights import hold_the_portal_to_them


@pytest.fixture(autouse=True)
def rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal writes what its policy lets it write, in every test."""
    hold_the_portal_to_them(monkeypatch, lambda: answering[-1] if answering else "")


@pytest.fixture(autouse=True)
def no_rules_seen() -> None:
    """Every test has the same program, with other rules."""
    for seen in (seen_by_jobs, seen_by_console, seen_by_portal):
        seen._kept.clear()


@pytest.fixture
def people(table: Table, world: World) -> People:  # noqa: F811
    """Users of each role and Ada, signed in."""
    return seated(table, world)


@pytest.fixture
def owner(people: People) -> Reader:
    """The console in the hands of an owner."""
    return reader(people, "owner")


@pytest.fixture
def ada(people: People) -> Reader:
    """The portal in Ada's hands."""
    return reader(people, "member")


@pytest.fixture
def portal(world: World) -> str:  # noqa: F811
    """What paths of the program's portal begin with."""
    return f"/portal/{world.program.program_id}"


def reader(people: People, role: str) -> Reader:
    """The browser of whoever has that role."""
    return Reader(dict([people.cookie(role)]))
