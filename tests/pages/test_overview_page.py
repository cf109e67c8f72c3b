"""The overview: figures beside the days before, what needs a person, and the same as CSV."""

from datetime import UTC, datetime, timedelta

import pytest

from laurel import clock
from laurel.domain.mail.mails import Mail
from laurel.domain.tracking.deliveries import Delivery
from laurel.store import deliveries, outbox
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.upkeep import attention
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World, program
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader

HOME = "/console"
DAYS = "from=2026-11-16&to=2026-11-22"


def sell(table: Table, world: World, *orders: tuple[str, int, str]) -> None:
    """Orders as (day of November, amount, code)."""
    for number, (day, amount, code) in enumerate(orders):
        order = {"order_id": f"{day}-{number}", "amount": amount, "currency": "EUR", "type": "sale", "promo_code": code}
        when = {"storefront_id": world.storefront_id, "occurred_at": f"2026-11-{day}T10:00:00Z"}
        assert Gateway(world.admin).post("/v1/conversions", {**order, **when}).status == 201
    drain(table)


def test_each_figure_stands_beside_that_of_as_many_days_before(owner: Reader, table: Table, world: World):
    sell(table, world, ("10", 10_000, "ADA10"), ("17", 12_000, "ADA10"), ("18", 3_000, "ADA10"))
    page = owner.get(f"{HOME}?{DAYS}")
    for said in (
        "16 Nov 2026 to 22 Nov 2026, beside the 7 days before.",
        "Sales €150.00 +50 % on €100.00",
        "Orders 2 +100 % on 1",
        "Commission €15.00 +50 % on €10.00",
        "Clicks 0 0 before",
        "Still due €15.00",
        "Ada Lovelace 2 €150.00 €15.00",
        "Autumn glow 2 €150.00 €15.00",
    ):
        assert said in page.text
    assert "17 Nov 2026; These days €120.00; Before €100.00" in page.html
    assert "18 Nov 2026 €30.00 €0.00" in page.text


def test_a_program_that_sold_nothing_is_told_the_next_step(owner: Reader):
    page = owner.get(HOME)
    assert "Nothing has been sold yet" in page.text
    assert page.links["Connect a shop"] == "/console/shops"
    assert "Your offers say what members promote, and what they earn. done" in page.text


def test_one_offer_alone_can_be_looked_at_and_taken_along_as_csv(owner: Reader, table: Table, world: World):
    sell(table, world, ("17", 12_000, "ADA10"))
    page = owner.get(f"{HOME}?{DAYS}&offer_id={world.links_offer}")
    assert "Sales €0.00" in page.text
    for group, named in {"by day": "2026-11-17", "by member": "Ada Lovelace", "by offer": "Autumn glow"}.items():
        file = owner.get(owner.get(f"{HOME}?{DAYS}").links[group])
        assert file.headers["Content-Type"].startswith("text/csv")
        assert named in file.html
        assert "Total" in file.html.splitlines()[-1]


NONSENSE = {
    "from=soon": "A day is written",
    "from=2026-11-22&to=2026-11-01": "The first day lies after the last one",
    "from=2020-01-01": "At most 366 days",
    "offer_id=mine": "",
    "x=1": "",
    "to=9999-12-31": "",
}


def test_nonsense_is_said_above_a_page_that_still_stands(owner: Reader, table: Table, world: World):
    sell(table, world, ("17", 12_000, "ADA10"))
    for query, said in NONSENSE.items():
        page = owner.get(f"{HOME}?{query}")
        assert (page.status, page.headings, said in page.text) == (422, ["Overview"], True), query
    assert owner.get("/console/overview.csv?group_by=weather").status == 422
    nobodys = owner.get(f"{HOME}?offer_id=off_{'0' * 26}")
    assert (nobodys.status, "Sales €0.00" in nobodys.text) == (200, True)


def test_a_longer_time_is_shown_by_the_week(owner: Reader, table: Table, world: World):
    sell(table, world, ("17", 12_000, "ADA10"), ("18", 3_000, "ADA10"))
    page = owner.get(f"{HOME}?from=2026-08-31&to=2026-11-29")
    assert "Week from 16 Nov 2026; These days €150.00" in page.html


def test_days_that_are_too_many_say_so_and_leave_the_rest(
    owner: Reader, table: Table, world: World, monkeypatch: pytest.MonkeyPatch
):
    sell(table, world, ("10", 1_000, "ADA10"), ("17", 12_000, "ADA10"), ("18", 3_000, "ADA10"))
    monkeypatch.setattr("laurel.workflows.ledger.summaries.MOST_MEMBER_DAYS", 1)
    page = owner.get(f"{HOME}?{DAYS}")
    assert (page.status, "choose fewer days" in page.text) == (422, True)
    assert "Sales €120.00" in owner.get(f"{HOME}?from=2026-11-17&to=2026-11-17").text


@pytest.mark.usefixtures("jobs_queue")
def test_what_needs_a_person_leads_there(owner: Reader, table: Table, world: World):
    program_id, now = world.program.program_id, clock.now()
    api = Gateway(world.admin)
    for number in range(2):
        person = {"email": f"n{number}@example.com", "first_name": "Nina", "status": "pending"}
        assert api.post("/v1/members", person).status == 201
    sell(table, world, ("17", 12_000, "ADA10"))
    assert api.post("/v1/payouts", {"until": "2026-11-20"}).status == 202
    table.write(Put(deliveries.delivery(program_id, world.storefront_id, refused(now))))
    table.write(Put(outbox.item(program_id, lost_mail(world, now))))
    page = owner.get(HOME)
    assert page.links["2 people want to join"] == "/console/members?status=pending"
    assert page.links["1 message of a shop was refused: an order may be missing"].endswith("?outcome=refused")
    assert page.links["1 mail did not arrive, or nobody knows whether it did"] == "/console/mail"
    assert page.links["1 payout waits to be confirmed"].startswith("/console/payouts/pay_")


def refused(now: datetime) -> Delivery:
    told = {"topic": "orders/create", "platform": "shopify", "outcome": "refused", "reason": "malformed"}
    return Delivery(delivery_id=f"dlv_{'0' * 26}", at=now, pieces=0, **told)


def lost_mail(world: World, now: datetime) -> Mail:
    told = {"rule_name": "r", "recipient": "member", "period": "all_time", "value": "1", "bonus": 0}
    ids = {"member_id": world.ada, "rule_id": world.rule_id, "template_id": world.template_id}
    made = {"mail_id": f"mai_{'0' * 26}", "marker_id": f"com_{'0' * 26}", "next_attempt_at": now}
    return Mail(**told, **ids, **made, status="unknown", created_at=now, updated_at=now)


def test_orders_that_wait_for_a_hand_are_counted_where_hands_approve(owner: Reader, table: Table, world: World):
    assert Gateway(world.admin).patch("/v1/program", {"approval": {"mode": "manual"}}).status == 200
    sell(table, world, ("17", 12_000, "ADA10"), ("18", 3_000, "ADA10"))
    page = owner.get(f"{HOME}?{DAYS}")
    link = page.links["2 orders of these days wait for approval"]
    assert [name for name in owner.get(link).links if name.startswith("1")] == ["18-1", "17-0"]


def test_work_that_nobody_took_up_is_told_once_it_is_late(table: Table, world: World):
    order = {"order_id": "x", "amount": 1, "currency": "EUR", "type": "sale", "promo_code": "ADA10"}
    told = {**order, "storefront_id": world.storefront_id}
    assert Gateway(world.admin).post("/v1/conversions", told).status == 201
    asked = [clock.now() + timedelta(minutes=minutes) for minutes in (15, 25)]
    found = [attention.waiting(table, world.program.program_id, at) for at in asked]
    assert [[(each.kind, each.count) for each in waiting] for waiting in found] == [[], [("overdue", 1)]]


def test_another_programs_figures_are_its_own(table: Table, world: World, people: People):
    other = program(table, "Another")
    sell(table, world, ("17", 12_000, "ADA10"))
    assert attention.waiting(table, other.program.program_id, datetime.now(UTC)) == []
    assert "Sales €120.00" in reader(people, "viewer").get(f"{HOME}?{DAYS}").text
