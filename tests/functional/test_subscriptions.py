"""Reported payments of subscriptions: the first one wins it, each later one is `recurring` and counted once."""

from collections.abc import Callable
from typing import Any

import pytest

from laurel import clock
from laurel.domain.tracking.conversions import ConversionReport
from laurel.store.table import Table
from laurel.workflows.requests import access
from laurel.workflows.tracking import ingestion, reading
from laurel.workflows.tracking.recording import Recorded
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.kit.interference import Interfering

TERMS = {"type": "percent_of_sale", "percent": "10", "actions": {"trial": {"amount": 70}}}
ON_PAYMENT = {"interval": "month", "mode": "on_payment", "limit": 2}
Offered = Callable[..., str]


@pytest.fixture
def offered(api: Gateway, world: World) -> Offered:
    """Makes an offer with some recurring terms; Ada has the code ADAS there, and Ben BENS."""

    def make(recurring: dict[str, Any] | None = None) -> str:
        terms = TERMS if recurring is None else {**TERMS, "recurring": recurring}
        options = [{"name": "Basic", "default": True, "terms": terms}]
        offer_id = api.post("/v1/offers", {"name": "Boxes", "kind": "promo_code", "payout_options": options}).body[
            "offer_id"
        ]
        for member_id, code in ((world.ada, "ADAS"), (world.ben, "BENS")):
            assert api.put(f"/v1/offers/{offer_id}/enrollments/{member_id}", {"promo_code": code}).status == 201
        return str(offer_id)

    return make


def report(api: Gateway, key: str, number: str, amount: int = 1000, **changes: Any) -> Answer:
    body = {"order_id": number, "amount": amount, "currency": "EUR", "subscription_id": "box-1", **changes}
    return api.post("/v1/conversions", body, key=key)


def paid(api: Gateway, key: str, number: str, amount: int = 1000, **changes: Any) -> dict[str, Any]:
    answer = report(api, key, number, amount, **changes)
    assert answer.status == 201, answer.body
    return dict(answer.body)


def brief(conversion: dict[str, Any]) -> tuple[Any, ...]:
    return conversion["type"], conversion["member_id"], conversion["commission"], conversion["attribution"]["by"]


def test_later_payments_earn_by_the_terms_of_the_first_up_to_the_limit(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered(ON_PAYMENT)
    first = paid(api, world.reporter, "1", 3000, promo_code="ADAS")
    assert brief(first) == ("sale", world.ada, 300, "promo_code")
    drain(items)
    option = first["payout_option_id"]
    dearer = {"terms": {"type": "percent_of_sale", "percent": "50"}}
    assert api.patch(f"/v1/offers/{offer_id}/payout-options/{option}", dearer).status == 200
    assert brief(paid(api, world.reporter, "2", 2000)) == ("recurring", world.ada, 200, "customer")
    assert brief(paid(api, world.reporter, "3", 1000)) == ("recurring", world.ada, 100, "customer")
    assert brief(paid(api, world.reporter, "4", 1000)) == ("recurring", world.ada, 0, "customer")
    drain(items)
    (row,) = api.get(f"/v1/reports/summary?group_by=offer&offer_id={offer_id}").body["rows"]
    assert (row["conversions"], row["sales"], row["commission"]) == (4, 7000, 600)
    assert len(api.get(f"/v1/conversions?offer_id={offer_id}&type=recurring").body["items"]) == 3


@pytest.mark.parametrize("recurring", [None, {"interval": "month", "mode": "automatic"}])
def test_terms_that_pay_for_no_reported_payment_make_it_recurring_and_earn_nothing(
    api: Gateway, world: World, items: Table, offered: Offered, recurring: dict[str, Any] | None
):
    offered(recurring)
    paid(api, world.reporter, "1", promo_code="ADAS")
    drain(items)
    assert brief(paid(api, world.reporter, "2")) == ("recurring", world.ada, 0, "customer")


def test_who_won_a_subscription_keeps_it_whoever_else_is_named(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered(ON_PAYMENT)
    paid(api, world.reporter, "1", promo_code="ADAS")
    drain(items)
    rival = paid(api, world.reporter, "2", promo_code="BENS", member_id=world.ben, offer_id=offer_id)
    assert brief(rival) == ("recurring", world.ada, 100, "customer")
    losers = api.get(f"/v1/conversions/{rival['conversion_id']}").body["evidence"]
    assert [(loser["by"], loser["member_id"], loser["reason"]) for loser in losers] == [
        ("member", world.ben, None),
        ("promo_code", world.ben, None),
    ]


def test_a_subscription_outlives_offer_and_enrollment_but_not_its_member(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered(ON_PAYMENT)
    paid(api, world.reporter, "1", promo_code="ADAS")
    drain(items)
    assert api.patch(enrollment_path(world, world.ada, offer_id), {"active": False}).status == 200
    assert api.patch(f"/v1/offers/{offer_id}", {"status": "paused"}).status == 200
    assert brief(paid(api, world.reporter, "2")) == ("recurring", world.ada, 100, "customer")
    assert api.patch(f"/v1/offers/{offer_id}", {"status": "active"}).status == 200
    assert api.patch(f"/v1/members/{world.ada}", {"status": "suspended"}).status == 200
    assert brief(paid(api, world.reporter, "3", promo_code="BENS")) == ("sale", world.ben, 100, "promo_code")
    assert api.patch(f"/v1/members/{world.ada}", {"status": "approved"}).status == 200
    assert brief(paid(api, world.reporter, "4")) == ("recurring", world.ada, 100, "customer")


def test_until_the_first_payment_is_counted_each_is_a_sale_and_the_first_counted_wins(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offered(ON_PAYMENT)
    paid(api, world.reporter, "1", promo_code="ADAS")
    assert brief(paid(api, world.reporter, "2", promo_code="BENS")) == ("sale", world.ben, 100, "promo_code")
    drain(items)
    (claim,) = (item for item in everything(items) if item["kind"] == "subscription")
    assert paid(api, world.reporter, "3")["member_id"] == claim[world.storefront_id]["member_id"]


def test_a_payment_reported_again_takes_no_place_under_the_limit(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offered(ON_PAYMENT)
    first = paid(api, world.reporter, "1", promo_code="ADAS")
    drain(items)
    second = paid(api, world.reporter, "2")
    for _ in range(3):
        again = report(api, world.reporter, "2")
        assert (again.status, again.body) == (200, second)
        assert report(api, world.reporter, "1", promo_code="ADAS").body == first
    assert report(api, world.reporter, "2", 999).code == "order_conflict"
    assert paid(api, world.reporter, "3")["commission"] == 100
    assert paid(api, world.reporter, "4")["commission"] == 0


def test_of_two_payments_at_once_only_one_gets_the_last_place(
    api: Gateway, world: World, items: Table, offered: Offered, pauses: list[float]
):
    offered({**ON_PAYMENT, "limit": 1})
    paid(api, world.reporter, "1", promo_code="ADAS")
    drain(items)
    body = {"order_id": "3", "amount": 1000, "currency": "EUR", "subscription_id": "box-1"}
    caller = access.identify(items, world.reporter, lambda program_id: reading.first_keys(program_id, [body]))
    received = ingestion.received(caller, ConversionReport.model_validate(body), "hash", clock.now())
    faster: list[dict[str, Any]] = []
    raced: Any = Interfering(items, lambda: faster.append(paid(api, world.reporter, "2")))
    (late,) = ingestion.record_all(raced, caller.program, [received], caller.found)
    assert isinstance(late, Recorded)
    assert late.commission.renewal is not None
    assert (faster[0]["commission"], late.commission.amount, late.commission.renewal.number) == (100, 0, 2)


def test_a_later_payment_takes_two_batched_reads_and_one_transaction(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offered(ON_PAYMENT)
    paid(api, world.reporter, "1", promo_code="ADAS")
    drain(items)
    body = {"order_id": "2", "amount": 1000, "currency": "EUR", "subscription_id": "box-1", "promo_code": "BENS"}
    noted: Any = Noting(items)
    caller = access.identify(noted, world.reporter, lambda program_id: reading.first_keys(program_id, [body]))
    received = ingestion.received(caller, ConversionReport.model_validate(body), "hash", clock.now())
    ingestion.record_all(noted, caller.program, [received], caller.found)
    assert noted.asked == ["batch_get", "batch_get", "transact"]


class Noting:
    """The given table; what it is asked is noted."""

    def __init__(self, table: Table) -> None:
        self.table, self.asked = table, list[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self.table, name)


def test_payments_of_one_call_are_counted_one_after_the_other(
    api: Gateway, world: World, items: Table, offered: Offered, pauses: list[float]
):
    offered(ON_PAYMENT)
    paid(api, world.reporter, "1", promo_code="ADAS")
    drain(items)
    each = {"amount": 1000, "currency": "EUR", "subscription_id": "box-1"}
    body = {"conversions": [{**each, "order_id": str(number)} for number in range(2, 6)]}
    results = api.post("/v1/conversions/bulk", body, key=world.reporter).body["results"]
    assert [result["conversion"]["commission"] for result in results] == [100, 100, 0, 0]


def test_a_subscription_of_another_shop_with_the_same_number_is_another_one(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offered(ON_PAYMENT)
    shop = api.post("/v1/storefronts", {"name": "Second shop", "platform": "api"}).body["storefront_id"]
    paid(api, world.reporter, "1", promo_code="ADAS")
    paid(api, world.admin, "1", promo_code="BENS", storefront_id=shop)
    drain(items)
    assert brief(paid(api, world.reporter, "2")) == ("recurring", world.ada, 100, "customer")
    assert brief(paid(api, world.admin, "2", storefront_id=shop)) == ("recurring", world.ben, 100, "customer")


def test_a_first_payment_that_nobody_won_wins_no_subscription_until_it_is_attributed(
    api: Gateway, world: World, items: Table, offered: Offered
):
    offer_id = offered(ON_PAYMENT)
    first = paid(api, world.reporter, "1")
    drain(items)
    assert brief(paid(api, world.reporter, "2")) == ("sale", None, 0, None)
    claimant = {"member_id": world.ada, "offer_id": offer_id}
    assert api.post(f"/v1/conversions/{first['conversion_id']}/attribute", claimant).status == 200
    drain(items)
    assert brief(paid(api, world.reporter, "3")) == ("recurring", world.ada, 100, "customer")


def test_an_action_of_a_subscription_earns_by_its_code(api: Gateway, world: World, items: Table, offered: Offered):
    offered(ON_PAYMENT)
    trial = {"type": "action", "action_code": "trial"}
    assert brief(paid(api, world.reporter, "1", 0, promo_code="ADAS", **trial)) == (
        "action",
        world.ada,
        70,
        "promo_code",
    )
    drain(items)
    assert brief(paid(api, world.reporter, "2")) == ("recurring", world.ada, 100, "customer")
    assert brief(paid(api, world.reporter, "3", 0, **trial)) == ("recurring", world.ada, 70, "customer")


@pytest.mark.parametrize("subscription_id", ["", " x", 7, "y" * 256, ["s"]])
def test_an_unsound_subscription_id_is_refused(api: Gateway, world: World, subscription_id: object):
    assert report(api, world.reporter, "1", subscription_id=subscription_id).status == 422
