"""Approving and declining over HTTP: conversions one by one and many at once, every other payable row, and holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.domain.earnings.approvals import Decision
from laurel.domain.history import Author
from laurel.domain.values.errors import Refusal
from laurel.store import indexes
from laurel.store.table import Table
from laurel.workflows.earnings import approvals, holds
from laurel.workflows.upkeep import sweeps
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paths import enrollment_path, option_path
from tests.functional.kit.paying import pay_out
from tests.functional.kit.selling import sell
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import drain
from tests.functional.kit.world import AT, World
from tests.kit.interference import Interfering
from tests.kit.shop_bodies import woocommerce_order

HAND = Author("key:key_" + "0" * 26, AT)
NOBODY = "com_" + "0" * 26


@pytest.fixture
def manual(api: Gateway) -> Gateway:
    """The merchant approves by hand."""
    assert api.patch("/v1/program", {"approval": {"mode": "manual"}}).status == 200
    return api


def decide(api: Gateway, conversion: str, what: str, reason: str | None = None) -> Answer:
    return api.post(f"/v1/conversions/{conversion}/{what}", {} if reason is None else {"reason": reason})


def history(api: Gateway, conversion: str) -> list[tuple[str, str]]:
    found = api.get(f"/v1/conversions/{conversion}/history").body["items"]
    return [(each["actor"].partition(":")[0], each["action"]) for each in found]


def test_a_merchant_approves_and_declines(manual: Gateway, world: World, items: Table) -> None:
    sold = sell(world)
    told = decide(manual, sold, "approve")
    assert (told.status, told.body["status"], told.body["reason"], told.body["version"]) == (200, "approved", None, 2)
    drain(items)
    assert manual.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["payout_due"] == 1_000
    told = decide(manual, sold, "decline", "duplicate")
    assert (told.body["status"], told.body["reason"], told.body["commission"]) == ("declined", "duplicate", 1_000)
    drain(items)
    totals = manual.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    assert (totals["conversions"], totals["commission"]) == (0, 0)
    assert decide(manual, sold, "approve").body["status"] == "approved"
    assert history(manual, sold) == [("key", "approved"), ("key", "declined"), ("key", "approved")]


def test_a_body_is_not_needed(manual: Gateway, world: World) -> None:
    assert manual.post(f"/v1/conversions/{sell(world)}/approve").body["status"] == "approved"
    assert manual.post(f"/v1/conversions/{sell(world)}/approve", {"surprise": 1}).status == 422


def test_what_is_so_already_is_not_written_again(manual: Gateway, world: World) -> None:
    sold = sell(world)
    first = decide(manual, sold, "decline", "late")
    again = decide(manual, sold, "decline", "later")
    assert (again.status, again.body) == (200, first.body)
    assert len(history(manual, sold)) == 1


@pytest.mark.parametrize(("reason", "status"), [("fraud", 409), ("refund", 200), ("chargeback", 200), ("late", 200)])
def test_of_what_was_declined_by_hand_only_fraud_is_for_good(
    manual: Gateway, world: World, reason: str, status: int
) -> None:
    sold = sell(world)
    decide(manual, sold, "decline", reason)
    told = decide(manual, sold, "approve")
    assert (told.status, told.body.get("code")) == (status, "not_approvable" if status == 409 else None)


def test_paid_is_final(api: Gateway, world: World, items: Table, jobs_queue: JobsQueue) -> None:
    sold = sell(world, items)
    pay_out(api, jobs_queue)
    assert decide(api, sold, "decline").code == "paid"
    assert decide(api, sold, "approve").body["payout"] == "paid"
    assert history(api, sold) == [("key", "paid")]


def test_an_approval_can_cross_a_threshold(manual: Gateway, world: World, items: Table) -> None:
    sold = sell(world, items, amount=500_000)
    bonuses = f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}"
    assert manual.get(bonuses).body["items"] == []
    decide(manual, sold, "approve")
    drain(items)
    (bonus,) = manual.get(bonuses).body["items"]
    assert (bonus["amount"], bonus["status"]) == (1_000, "approved")


def test_bonuses_are_decided_the_same_way(api: Gateway, world: World, items: Table) -> None:
    sell(world, items, amount=500_000)
    (bonus,) = api.get(f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}").body["items"]
    path = f"/v1/commissions/{bonus['commission_id']}"
    assert api.post(f"/v1/conversions/{bonus['commission_id']}/decline").status == 404
    told = api.post(f"{path}/decline", {"reason": "mistake"})
    assert (told.status, told.body["status"], told.body["reason"]) == (200, "declined", "mistake")
    drain(items)
    totals = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    assert totals["commission"] == 50_000
    assert len(api.get(f"/v1/commissions?member_id={world.ada}&rule_id={world.rule_id}").body["items"]) == 1
    assert api.post(f"{path}/approve").body["status"] == "approved"
    assert [each["action"] for each in api.get(f"{path}/history").body["items"]] == ["approved", "declined"]


def test_what_is_nobodys_cannot_be_decided(api: Gateway, world: World) -> None:
    assert decide(api, sell(world, promo_code="NOBODY"), "approve").code == "not_payable"
    assert decide(api, NOBODY, "approve").status == 404
    assert api.post(f"/v1/commissions/{NOBODY}/approve").status == 404
    assert decide(Gateway(world.reporter), NOBODY, "approve").status == 403


def test_rows_of_higher_tiers_follow_their_sale(api: Gateway, world: World, items: Table) -> None:
    terms = {"type": "percent_of_sale", "percent": "10", "tiers": [{"percent_of_sale": "5"}]}
    option = option_path(world, world.options[0])
    assert api.patch(option, {"terms": terms}).status == 200
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN10"})
    sold = sell(world, items, promo_code="BEN10")
    (above,) = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    for verb in ("approve", "decline"):
        told = api.post(f"/v1/commissions/{above['commission_id']}/{verb}")
        assert (told.status, told.code) == (409, "follows_sale")
    decide(api, sold, "decline", "late")
    drain(items)
    (above,) = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    assert (above["status"], above["reason"]) == ("declined", "late")


def test_many_are_decided_at_once_each_with_its_own_result(
    manual: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    sold = [sell(world) for _ in range(4)]
    decide(manual, sold[1], "approve")
    decide(manual, sold[2], "decline", "fraud")
    drain(items)
    pay_out(manual, jobs_queue)
    body = {"conversion_ids": [*sold, NOBODY, sold[0]], "set": "approved"}
    told = manual.post("/v1/conversions/bulk-status", body)
    assert told.status == 200
    results = {each["conversion_id"]: (each["status"], each["code"]) for each in told.body["results"]}
    assert results == {
        sold[0]: ("changed", None),
        sold[1]: ("unchanged", None),
        sold[2]: ("error", "not_approvable"),
        sold[3]: ("changed", None),
        NOBODY: ("error", "commission_not_found"),
    }
    (line,) = manual.get(f"/v1/conversions/{sold[3]}/history").body["items"]
    assert line["batch_id"] == told.body["batch_id"]
    again = manual.post("/v1/conversions/bulk-status", body).body["results"]
    assert {each["status"] for each in again} == {"unchanged", "error"}
    declined = manual.post("/v1/conversions/bulk-status", {**body, "set": "declined", "reason": "late"})
    assert [each["code"] for each in declined.body["results"]] == [None, "paid", None, None, "commission_not_found"]
    assert manual.get(f"/v1/conversions/{sold[0]}").body["reason"] == "late"


@pytest.mark.parametrize("ids", [[], [NOBODY] * 101, ["1001"]])
def test_a_bulk_decision_names_1_to_100_ids(api: Gateway, ids: list[str]) -> None:
    assert api.post("/v1/conversions/bulk-status", {"conversion_ids": ids, "set": "approved"}).status == 422


def test_the_end_of_a_hold_is_in_the_history(api: Gateway, world: World, items: Table) -> None:
    assert api.patch("/v1/program", {"approval": {"mode": "hold", "hold_days": 1}}).status == 200
    sold = sell(world, items, occurred_at="2026-11-18T10:00:00Z")
    later = datetime(2026, 11, 30, tzinfo=UTC)
    (held,) = sweeps.due(items, world.program.program_id, indexes.HOLD, later)
    assert holds.release(items, world.program.program_id, held, later)
    assert history(api, sold) == [("system", "approved")]
    assert api.get(f"/v1/conversions/{sold}").body["status"] == "approved"


def test_after_its_hold_an_order_waits_again_once_its_money_does(api: Gateway, items: Table, shop: Shop) -> None:
    assert api.patch("/v1/program", {"approval": {"mode": "hold", "hold_days": 1}}).status == 200
    shop.woocommerce("order.created", woocommerce_order())
    drain(items)
    later = datetime(2026, 11, 30, tzinfo=UTC)
    (held,) = sweeps.due(items, shop.world.program.program_id, indexes.HOLD, later)
    assert holds.release(items, shop.world.program.program_id, held, later)
    assert shop.conversion("woocommerce", "4711")["status"] == "approved"
    for status, becomes in (("on-hold", "pending"), ("completed", "approved")):
        shop.woocommerce("order.updated", woocommerce_order(status=status))
        assert shop.conversion("woocommerce", "4711")["status"] == becomes


def test_a_decision_ends_the_hold(api: Gateway, world: World, items: Table) -> None:
    assert api.patch("/v1/program", {"approval": {"mode": "hold", "hold_days": 1}}).status == 200
    decide(api, sell(world, occurred_at="2026-11-18T10:00:00Z"), "decline", "late")
    drain(items)
    assert sweeps.due(items, world.program.program_id, indexes.HOLD, datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_of_two_who_decide_at_once_the_second_decides_about_what_the_first_left(
    manual: Gateway, world: World, items: Table
) -> None:
    sold, program_id = sell(world), world.program.program_id

    def by(table: Any, status: str, reason: str | None) -> str:
        decision = Decision.model_validate({"status": status, "reason": reason})
        try:
            return str(approvals.decide_conversion(table, program_id, sold, decision, HAND).status)
        except Refusal as refusal:
            return refusal.code

    slower = Interfering(items, lambda: by(items, "declined", "fraud"))
    assert by(slower, "approved", None) == "not_approvable"
    assert history(manual, sold) == [("key", "declined")]


def test_the_history_is_in_order_whatever_the_clocks_say(manual: Gateway, world: World, items: Table) -> None:
    sold, program_id = sell(world), world.program.program_id
    for minutes, status in ((10, "declined"), (5, "approved")):
        by = Author(HAND.actor, datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
        approvals.decide_conversion(items, program_id, sold, Decision.model_validate({"status": status}), by)
    assert history(manual, sold) == [("key", "approved"), ("key", "declined")]
