"""The small program and its people, in this process."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from jobs.handler import rulebooks as seen_by_jobs
from laurel.console.profiles import rulebooks as seen_by_console
from laurel.domain.people.people import User
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
    table_client,
    world,
)
from tests.functional.kit.quick_moto import kept, lay_over, put_back
from tests.functional.kit.world import Randomness, World
from tests.kit.tables import TABLE_NAME
from tests.pages.kit.people import People, invited, signed_in
from tests.pages.kit.reader import Reader, answering
from tests.pages.kit.rights import hold_the_portal_to_them

if TYPE_CHECKING:
    from moto.dynamodb.models import Table as MotoTable


@dataclass(frozen=True, slots=True)
class Guests:
    """Users by role, what their next secrets are made of, and the table before they were invited and after."""

    users: dict[str, User]
    random: Randomness
    before: "MotoTable"
    after: "MotoTable"


@pytest.fixture(autouse=True)
def rights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal writes what its policy lets it write, in every test."""
    hold_the_portal_to_them(monkeypatch, lambda: answering[-1] if answering else "")


@pytest.fixture(autouse=True)
def no_rules_seen() -> None:
    """Every test has the same program, with other rules."""
    for seen in (seen_by_jobs, seen_by_console, seen_by_portal):
        seen._kept.clear()


@pytest.fixture(scope="session")
def guests(boto_session: boto3.Session, furniture: "tuple[World, MotoTable]") -> Guests:  # noqa: F811
    """A user of each role in the world's table, invited once."""
    world, furnished = furniture  # noqa: F811
    with mock_aws():
        put_back(furnished)
        random = Randomness("people")
        users = invited(Table(TABLE_NAME, boto_session.client("dynamodb")), world.program, random)
        return Guests(users, random, furnished, kept(TABLE_NAME))


@pytest.fixture
def people(table: Table, world: World, guests: Guests) -> People:  # noqa: F811
    """Users of each role and Ada, signed in."""
    lay_over(guests.before, guests.after)
    return signed_in(table, world, guests.users, replace(guests.random))


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
