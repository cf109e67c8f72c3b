"""Commissions that follow a first payment by themselves: each period exactly once, however often and late it is run."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from laurel.store import items, keys
from laurel.store.indexes import WORK
from laurel.store.table import Table
from laurel.workflows.earnings import recurrences
from laurel.workflows.upkeep import sweeps
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.kit.interference import Interfering
from tests.kit.shop_bodies import woocommerce_order, woocommerce_subscription

FIRST_AT = "2026-01-31T10:00:00Z"
LATE = datetime(2026, 11, 1, tzinfo=UTC)
Offered = Callable[..., str]


@pytest.fixture
def offered(api: Gateway, world: World) -> Offered:
    """Makes an offer whose sales recur each month; Ada has the code ADAS there."""

    def make(**changes: Any) -> str:
        recurring = {"interval": "month", "mode": "automatic", **changes}
        options = [
            {
                "name": "Basic",
                "default": True,
                "terms": {"type": "percent_of_sale", "percent": "10", "recurring": recurring},
            }
        ]
        body = {"name": "Boxes", "kind": "promo_code", "payout_options": options}
        offer_id = str(api.post("/v1/offers", body).body["offer_id"])
        assert api.put(enrollment_path(world, world.ada, offer_id), {"promo_code": "ADAS"}).status == 201
        return offer_id

    return make


def order(api: Gateway, world: World, number: str = "1", **changes: Any) -> str:
    body = {"order_id": number, "amount": 3000, "currency": "EUR", "promo_code": "ADAS", "occurred_at": FIRST_AT}
    answer = api.post("/v1/conversions", {**body, **changes}, key=world.reporter)
    assert answer.status == 201, answer.body
    return str(answer.body["conversion_id"])


def sweep(table: Table, world: World, now: datetime = LATE) -> int:
    made = sweeps.make_recurrences(table, world.program, now)
    assert made.failures == ()
    return made.done


def refund(api: Gateway, conversion_id: str, refund_id: str, amount: int) -> None:
    body = {"refund_id": refund_id, "amount": amount, "reason": "refund"}
    assert api.post(f"/v1/conversions/{conversion_id}/refunds", body).status == 201


def decline(api: Gateway, conversion_id: str) -> None:
    assert api.post(f"/v1/conversions/{conversion_id}/decline", {}).status == 200


def rows(api: Gateway, offer_id: str) -> list[tuple[str, int, str]]:
    found = api.get(f"/v1/commissions?offer_id={offer_id}&type=recurring&limit=100").body["items"]
    return [(row["occurred_at"], row["amount"], row["origin"]) for row in reversed(found)]


def in_work(table: Table) -> list[str]:
    return [item["pk"] for item in everything(table) if item["kind"] == "recurrence" and WORK.pk in item]


def test_a_commission_follows_each_month_dated_at_the_local_midnight(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered()
    order(api, world)
    assert sweep(items, world) == 0  # not before the first payment is counted
    drain(items)
    assert sweep(items, world, datetime(2026, 2, 27, 22, 59, tzinfo=UTC)) == 0
    assert sweep(items, world, datetime(2026, 2, 27, 23, tzinfo=UTC)) == 1
    assert sweep(items, world, datetime(2026, 4, 30, tzinfo=UTC)) == 2
    assert rows(api, offer_id) == [
        ("2026-02-27T23:00:00Z", 300, "schedule"),  # 28 February in Berlin
        ("2026-03-30T22:00:00Z", 300, "schedule"),
        ("2026-04-29T22:00:00Z", 300, "schedule"),
    ]


def test_a_run_repeated_or_late_makes_each_period_once(api: Gateway, world: World, items: Table, offered: Offered):
    offer_id = offered()
    order(api, world)
    drain(items)
    assert [sweep(items, world) for _ in range(3)] == [9, 0, 0]
    drain(items)
    assert sweep(items, world) == 0
    assert len(set(rows(api, offer_id))) == 9


def test_two_runs_at_once_make_each_period_once(api: Gateway, world: World, items: Table, offered: Offered):
    offer_id = offered()
    order(api, world)
    drain(items)
    raced: Any = Interfering(items, lambda: sweep(items, world))
    assert sweep(raced, world) == 0
    assert len(rows(api, offer_id)) == 9


def test_more_late_periods_than_one_run_makes_up_for_are_made_by_the_next(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered(interval="day", limit=40)
    order(api, world)
    drain(items)
    assert [sweep(items, world) for _ in range(3)] == [recurrences.MOST_AT_ONCE, 40 - recurrences.MOST_AT_ONCE, 0]
    assert len({when for when, *_ in rows(api, offer_id)}) == 40
    assert in_work(items) == []


def test_they_count_as_pay_but_are_in_no_list_of_conversions(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered(limit=2)
    first = order(api, world)
    drain(items)
    sweep(items, world)
    drain(items)
    (summary,) = api.get(f"/v1/reports/summary?group_by=member&offer_id={offer_id}").body["rows"]
    assert (summary["conversions"], summary["sales"], summary["commission"], summary["payout_due"]) == (
        1,
        3000,
        900,
        900,
    )
    listed = api.get(f"/v1/conversions?offer_id={offer_id}").body["items"]
    assert [conversion["conversion_id"] for conversion in listed] == [first]
    (newest, *_) = api.get(f"/v1/commissions?offer_id={offer_id}").body["items"]
    assert newest["renewal"] == {"conversion_id": first, "number": 2, "base": 3000}


def test_the_programs_approval_decides_about_them(api: Gateway, world: World, items: Table, offered: Offered):
    offer_id = offered(limit=1)
    order(api, world)
    drain(items)
    assert api.patch("/v1/program", {"approval": {"mode": "manual"}}).status == 200
    program = sweeps_program(items, world)
    assert sweeps.make_recurrences(items, program, LATE).done == 1
    (row,) = api.get(f"/v1/commissions?offer_id={offer_id}&type=recurring").body["items"]
    assert (row["status"], row["payout"]) == ("pending", "unpaid")


def sweeps_program(table: Table, world: World) -> Any:
    return items.parse_program(table.get(keys.program(world.program.program_id)) or {})


def test_reported_payments_of_an_automatic_subscription_earn_nothing_and_start_nothing(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered(limit=2)
    order(api, world, subscription_id="box-1")
    order(api, world, "2", subscription_id="box-1")  # not counted yet: a sale too
    drain(items)
    again = order(api, world, "3", subscription_id="box-1")
    drain(items)
    assert api.get(f"/v1/conversions/{again}").body["commission"] == 0
    sweep(items, world)
    assert [origin for *_, origin in rows(api, offer_id)].count("schedule") == 2


def test_a_subscription_that_its_shop_names_late_is_paid_once_a_month(
    api: Gateway, items: Table, offered: Offered, shop: Shop
):
    offer_id = offered(limit=2)
    assert api.patch("/v1/program", {"approval": {"mode": "manual"}}).status == 200
    sold = woocommerce_order(coupon_lines=[{"code": "ADAS"}], date_created_gmt="2026-01-31T10:00:00")
    shop.woocommerce("order.created", sold)
    drain(items)  # what follows it begins here, by the order alone
    shop.woocommerce("subscription.created", woocommerce_subscription())
    drain(items)
    first = shop.conversion("woocommerce", "4711")["conversion_id"]
    assert api.post(f"/v1/conversions/{first}/approve", {}).status == 200
    drain(items)
    sweep(items, shop.world)
    assert [when for when, *_ in rows(api, offer_id)] == ["2026-02-27T23:00:00Z", "2026-03-30T22:00:00Z"]


def test_a_partial_refund_lowers_what_follows_and_a_whole_one_ends_it(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered()
    first = order(api, world)
    drain(items)
    sweep(items, world, datetime(2026, 3, 1, tzinfo=UTC))
    refund(api, first, "r1", 1_000)
    sweep(items, world, datetime(2026, 4, 1, tzinfo=UTC))
    refund(api, first, "r2", 3_000)
    assert sweep(items, world) == 0
    assert [amount for _, amount, _ in rows(api, offer_id)] == [300, 200]
    assert in_work(items) == []


@pytest.mark.parametrize("how", ["declined", "suspended"])
def test_a_declined_payment_or_member_ends_it_for_good(
    api: Gateway, world: World, items: Table, offered: Offered, how: str
):
    offer_id = offered()
    first = order(api, world)
    drain(items)
    if how == "declined":
        decline(api, first)
    else:
        assert api.patch(f"/v1/members/{world.ada}", {"status": "suspended"}).status == 200
    assert sweep(items, world) == 0
    assert api.patch(f"/v1/members/{world.ada}", {"status": "approved"}).status == 200
    assert sweep(items, world) == 0
    assert (rows(api, offer_id), in_work(items)) == ([], [])


@pytest.mark.parametrize("how", ["declined", "suspended"])
def test_a_decline_or_suspension_in_the_middle_of_a_run_wins(
    api: Gateway, world: World, items: Table, offered: Offered, how: str
):
    offer_id = offered()
    first = order(api, world)
    drain(items)

    def meanwhile() -> None:
        if how == "declined":
            decline(api, first)
        else:
            assert api.patch(f"/v1/members/{world.ada}", {"status": "suspended"}).status == 200

    raced: Any = Interfering(items, meanwhile)
    assert sweep(raced, world) == 0
    assert sweep(items, world) == 0
    assert rows(api, offer_id) == []


def test_a_recurrence_is_stopped_once_and_what_was_made_stays(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered()
    first = order(api, world)
    drain(items)
    sweep(items, world, datetime(2026, 3, 1, tzinfo=UTC))
    for _ in range(2):
        assert api.delete(f"/v1/conversions/{first}/recurrence").status == 204
    assert sweep(items, world) == 0
    assert len(rows(api, offer_id)) == 1
    (line,) = api.get(f"/v1/conversions/{first}/history").body["items"]
    assert (line["action"], line["member_id"]) == ("recurrence_stopped", world.ada)


def test_a_recurrence_is_stopped_though_its_first_payment_has_other_terms_by_now(
    api: Gateway, world: World, items: Table, offered: Offered, jobs_queue: JobsQueue
):
    offer_id = offered()
    once = {"name": "Once", "terms": {"type": "percent_of_sale", "percent": "20"}}
    option_id = api.post(f"/v1/offers/{offer_id}/payout-options", once).body["payout_option_id"]
    assert api.patch("/v1/program", {"features": {"commission_groups": True}}).status == 200
    ever = {"metric": "sales_count", "operator": "gte", "value": 1, "period": {"type": "all_time"}}
    back = {"type": "put_into_commission_group_retroactively", "offer_id": offer_id, "payout_option_id": option_id}
    assert api.post("/v1/rules", {"name": "Gold", "conditions": [ever], "actions": [back]}).status == 201
    first = order(api, world)
    drain(items)
    jobs_queue.work()
    assert api.get(f"/v1/conversions/{first}").body["commission"] == 600
    assert api.delete(f"/v1/conversions/{first}/recurrence").status == 204
    assert (sweep(items, world), rows(api, offer_id)) == (0, [])


def test_a_stop_before_the_first_payment_is_counted_holds(api: Gateway, world: World, items: Table, offered: Offered):
    offer_id = offered()
    first = order(api, world)
    assert api.delete(f"/v1/conversions/{first}/recurrence").status == 204
    drain(items)
    assert [sweep(items, world), sweep(items, world)] == [0, 0]
    assert (rows(api, offer_id), in_work(items)) == ([], [])


def test_only_an_admin_stops_and_only_what_there_is(api: Gateway, world: World, items: Table):
    plain = order(api, world, promo_code="ADA10")
    assert api.delete(f"/v1/conversions/{plain}/recurrence", key=world.reporter).status == 403
    assert api.delete(f"/v1/conversions/{plain}/recurrence").status == 204
    assert api.delete("/v1/conversions/com_00000000000000000000000000/recurrence").status == 404


def test_what_is_due_in_great_numbers_is_left_to_later_sweeps(
    api: Gateway, world: World, items: Table, offered: Offered, monkeypatch: pytest.MonkeyPatch
):
    offer_id = offered(limit=3)
    for number in range(3):
        order(api, world, str(number))
    drain(items)
    monkeypatch.setattr(sweeps, "MOST_MADE", 4)
    assert [sweep(items, world) for _ in range(4)] == [4, 4, 1, 0]
    assert len(rows(api, offer_id)) == 9
