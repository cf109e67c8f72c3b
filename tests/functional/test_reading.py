"""All reading comes before the one write of an order, in as few calls as its report allows."""

from typing import Any

import pytest

from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.tracking.conversions import ConversionReport, Received
from laurel.store.table import Table
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.program import programs
from laurel.workflows.tracking import ingestion, reading
from tests.functional.kit.world import AT, Randomness, World, furnished, request_of
from tests.simulation.kit.table.fake_table import FakeTable

NOBODY, NOTHING = "mem_" + "0" * 26, "off_" + "0" * 26


class Noting:
    """The given table; what it is asked is noted."""

    def __init__(self, table: Table) -> None:
        self.table, self.asked = table, list[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self.table, name)


@pytest.fixture
def table() -> FakeTable:
    return FakeTable()


@pytest.fixture
def world(table: FakeTable) -> World:
    """Its program has orders already. Ada is in two offers, Ben in one."""
    made = furnished(table)
    made.program = programs.mark_in_use(table, made.program)
    place, author = Place(made.program.program_id, made.codes_offer, made.ben), request_of(made.program).author
    enrollments.put(table, place, EnrollmentEdit(promo_code="BEN10"), author, Randomness("ben"))
    return made


def asked(table: Table, world: World, *reports: dict[str, Any]) -> list[str]:
    """What recording the reports asks of the table, after the read of the API key."""
    plain = {"amount": 1000, "currency": "EUR"}
    bodies = [{**plain, "order_id": str(number), **report} for number, report in enumerate(reports)]
    found = table.batch_get(set(reading.first_keys(world.program.program_id, bodies)))
    received = [Received(ConversionReport.model_validate(body), world.storefront_id, "hash", AT) for body in bodies]
    noting: Any = Noting(table)
    ingestion.record_all(noting, world.program, received, found)
    return noting.asked


def test_a_plain_order_takes_one_more_read_and_one_write(table: FakeTable, world: World):
    assert asked(table, world, {"promo_code": "ADA10"}) == ["batch_get", "write"]
    assert asked(table, world, {"promo_code": "ADA10"}) == ["batch_get", "write"], "a replay"


def test_an_order_that_leads_to_nobody_takes_no_second_read(table: FakeTable, world: World):
    assert asked(table, world, {"promo_code": "SUMMER"}) == ["write"]


def test_a_member_named_without_an_offer_takes_a_query(table: FakeTable, world: World):
    assert asked(table, world, {"member_id": world.ben}) == ["query", "batch_get", "write"]


def test_many_orders_are_read_at_once_and_written_one_by_one(table: FakeTable, world: World):
    many = [{"promo_code": "ADA10"}, {"promo_code": "BEN10"}, {"promo_code": "SUMMER"}, {"member_id": world.ben}]
    assert asked(table, world, *many) == ["query", "batch_get", *["write"] * 4]


@pytest.mark.parametrize(
    ("report", "calls"),
    [
        ({"occurred_at": "2099-01-01T00:00:00Z", "promo_code": "ADA10"}, []),
        ({"metadata": {"a": "x" * 5000}, "promo_code": "ADA10"}, []),
        ({"member_id": NOBODY, "promo_code": "ADA10"}, ["query"]),
        ({"member_id": NOBODY, "offer_id": NOTHING}, ["batch_get"]),
        ({"offer_id": NOTHING, "promo_code": "ADA10"}, ["batch_get"]),
        ({"currency": "USD", "promo_code": "ADA10"}, ["batch_get"]),
    ],
)
def test_for_a_refused_report_no_more_is_read_than_to_refuse_it_and_the_row_it_may_have(
    table: FakeTable, world: World, report: dict[str, Any], calls: list[str]
):
    assert asked(table, world, report) == [*calls, "get"]


def test_a_member_of_two_offers_who_is_named_without_one_is_refused_after_the_query(table: FakeTable, world: World):
    assert asked(table, world, {"member_id": world.ada, "promo_code": "ADA10"}) == ["query", "get"]


def test_the_first_order_of_a_program_is_judged_again_without_reading_again(table: FakeTable):
    world = furnished(table)
    programs.edit(table, world.program, {"name": "Renamed"}, None, AT)
    assert asked(table, world, {"promo_code": "ADA10"}) == ["batch_get", "write", "write", "write"]
