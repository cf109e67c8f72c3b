"""Refunds of what was paid: the row stays, and rows of their own take off what it should no longer pay."""

from typing import Any

import pytest

from laurel.domain.ledger.commissions import Commission
from laurel.store import items as stored
from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.paying import pay
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World

ORDER = {"order_id": "1001", "amount": 10_000, "currency": "EUR", "promo_code": "ADA10"}
DATED = {**ORDER, "occurred_at": "2026-11-18T10:00:00Z"}


@pytest.fixture
def paid(api: Gateway, world: World, items: Table) -> str:
    """A conversion of 100.00 at 7.5 %, paid."""
    return sell(api, world, items, {"type": "percent_of_sale", "percent": "7.5"})


def sell(api: Gateway, world: World, items: Table, terms: dict[str, Any], **changes: Any) -> str:
    option = f"/v1/offers/{world.codes_offer}/payout-options/{world.options[0]}"
    assert api.patch(option, {"terms": terms}).status == 200
    sold = Gateway(world.reporter).post("/v1/conversions", {**DATED, **changes}).body["conversion_id"]
    drain(items)
    pay(items, world, sold)
    return str(sold)


def refund(api: Gateway, items: Table, sold: str, refund_id: str, amount: int | None = None) -> None:
    body = {"refund_id": refund_id, "reason": "refund"} | ({} if amount is None else {"amount": amount})
    assert api.post(f"/v1/conversions/{sold}/refunds", body).status == 201
    drain(items)


def adjustments(api: Gateway, member: str) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/commissions?member_id={member}&type=adjustment").body["items"])


def totals(api: Gateway, world: World) -> tuple[int, ...]:
    told = api.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]
    return told["conversions"], told["sales"], told["commission"], told["payout_due"]


def value(api: Gateway, world: World, metric: str, **more: Any) -> Any:
    condition = {"metric": metric, "operator": "gt", "value": 0, "period": {"type": "all_time"}, **more}
    rule = {"name": metric, "conditions": [condition], "actions": [{"type": "add_bonus_commission", "amount": 1}]}
    made = api.post("/v1/rules", {**rule, "enabled": False}).body["rule_id"]
    dry = api.post(f"/v1/rules/{made}/dry-run", {"member_id": world.ada, "at": "2026-11-18T12:00:00Z"}).body
    return dry["conditions"][0]["value"]


def test_a_paid_row_stays_and_adjustments_carry_the_difference(
    api: Gateway, world: World, items: Table, paid: str
) -> None:
    before = api.get(f"/v1/commissions/{paid}").body
    for number, amount in enumerate((3_300, 3_300, 3_400)):
        refund(api, items, paid, f"r{number}", amount)
    after = api.get(f"/v1/commissions/{paid}").body
    assert {name for name in before if before[name] != after[name]} == {"reason", "updated_at", "version"}
    told = api.get(f"/v1/conversions/{paid}").body
    assert (told["commission"], told["status"], told["payout"]) == (750, "approved", "paid")
    assert (told["amount"], told["refunded_amount"]) == (10_000, 10_000)
    made = adjustments(api, world.ada)
    assert sorted(each["amount"] for each in made) == [-255, -248, -247]  # 750 - 503, 503 - 255, 255
    for each in made:
        assert (each["adjusts"], each["origin"], each["reason"]) == (paid, "conversion", "refund")
        assert (each["status"], each["payout"], each["occurred_at"]) == ("approved", "unpaid", DATED["occurred_at"])
        assert (each["offer_id"], each["payout_option_id"]) == (world.codes_offer, world.options[0])


def test_a_summary_and_the_lists_under_it_agree(api: Gateway, world: World, items: Table, paid: str) -> None:
    refund(api, items, paid, "r1", 3_300)
    assert totals(api, world) == (1, 6_700, 503, -247)
    refund(api, items, paid, "r2")
    assert totals(api, world) == (1, 0, 0, -750)
    listed = api.get(f"/v1/conversions?member_id={world.ada}").body["items"]
    assert [each["conversion_id"] for each in listed] == [paid]
    assert sum(each["amount"] - each["refunded_amount"] for each in listed) == 0
    rows = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    assert sum(each["amount"] for each in rows) == 0
    reported = api.get(f"/v1/reports/conversions?member_id={world.ada}").body["items"]
    assert len(reported) == 1


def test_adjustments_count_in_the_metrics_of_their_row(api: Gateway, world: World, items: Table, paid: str) -> None:
    refund(api, items, paid, "r1", 3_300)
    metrics = ("sales_count", "commission_value", "sale_commission_value", "sales_total")
    assert [value(api, world, metric) for metric in metrics] == [1, 503, 503, 6_700]
    refund(api, items, paid, "r2")
    assert [value(api, world, metric) for metric in metrics] == [0, 0, 0, 0]
    assert value(api, world, "action_commission_value") == 0


def test_actions_are_adjusted_by_their_code(api: Gateway, world: World, items: Table) -> None:
    terms = {"type": "none", "actions": {"signup": {"amount": 150}}}
    sold = sell(api, world, items, terms, type="action", action_code="signup")
    refund(api, items, sold, "r1", 5_000)
    assert adjustments(api, world.ada) == []  # a flat part stays until the refund is whole
    refund(api, items, sold, "r2")
    (made,) = adjustments(api, world.ada)
    assert (made["amount"], made["action_code"]) == (-150, "signup")
    assert value(api, world, "actions_count", action_code="signup") == 0
    assert value(api, world, "action_commission_value") == 0


def test_what_paid_nothing_still_counts_one_less(api: Gateway, world: World, items: Table) -> None:
    sold = sell(api, world, items, {"type": "none"})
    refund(api, items, sold, "r1")
    (made,) = adjustments(api, world.ada)
    assert made["amount"] == 0
    assert value(api, world, "sales_count") == 0


def test_an_adjustment_can_be_declined_and_is_no_conversion(
    api: Gateway, world: World, items: Table, paid: str
) -> None:
    refund(api, items, paid, "r1")
    (made,) = adjustments(api, world.ada)
    assert api.get(f"/v1/conversions/{made['commission_id']}").status == 404
    assert api.post(f"/v1/commissions/{made['commission_id']}/decline", {"reason": "goodwill"}).status == 200
    drain(items)
    assert totals(api, world)[2:] == (750, 0)


def test_paying_it_off_changes_no_metric(api: Gateway, world: World, items: Table, paid: str) -> None:
    refund(api, items, paid, "r1", 3_300)
    (made,) = adjustments(api, world.ada)
    pay(items, world, made["commission_id"])
    assert value(api, world, "commission_value") == 503
    refund(api, items, paid, "r2")
    assert value(api, world, "commission_value") == 0
    assert totals(api, world) == (1, 0, 0, -503)


def test_a_chargeback_of_a_paid_row_says_so(api: Gateway, world: World, items: Table, paid: str) -> None:
    api.post(f"/v1/conversions/{paid}/refunds", {"refund_id": "dp_1", "reason": "chargeback"})
    drain(items)
    assert api.get(f"/v1/conversions/{paid}").body["reason"] == "chargeback"
    assert adjustments(api, world.ada)[0]["reason"] == "chargeback"


TIERED = {"type": "percent_of_sale", "percent": "10", "tiers": [{"percent_of_first_tier": "50"}]}


@pytest.fixture
def tiered(api: Gateway, world: World, items: Table) -> tuple[str, str]:
    """A sale of Ben's, and the row that Ada has of it; only that is paid."""
    option = f"/v1/offers/{world.codes_offer}/payout-options/{world.options[0]}"
    assert api.patch(option, {"terms": TIERED}).status == 200
    api.put(f"/v1/offers/{world.codes_offer}/enrollments/{world.ben}", {"promo_code": "BEN10"})
    order = {**DATED, "promo_code": "BEN10"}
    sold = Gateway(world.reporter).post("/v1/conversions", order).body["conversion_id"]
    drain(items)
    (above,) = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    pay(items, world, above["commission_id"])
    return str(sold), str(above["commission_id"])


@pytest.mark.parametrize("is_sale_paid", [False, True])
def test_a_paid_row_of_a_higher_tier_is_adjusted_with_its_sale(
    api: Gateway, world: World, items: Table, tiered: tuple[str, str], is_sale_paid: bool
) -> None:
    sold, above = tiered
    if is_sale_paid:
        pay(items, world, sold)
    refund(api, items, sold, "r1", 5_000)
    assert [each["amount"] for each in adjustments(api, world.ada)] == [-250]
    refund(api, items, sold, "r2", 2_500)
    refund(api, items, sold, "r3")
    made = adjustments(api, world.ada)
    assert sorted(each["amount"] for each in made) == [-250, -125, -125]
    assert {(each["adjusts"], each["tier"], each["origin"], each["reason"]) for each in made} == {
        (above, 2, "tier", "refund")
    }
    assert len(adjustments(api, world.ben)) == (3 if is_sale_paid else 0)
    assert value(api, world, "sales_count", tier=2) == 0
    assert value(api, world, "commission_value", tier="any") == 0
    assert api.get(f"/v1/commissions/{above}").body["amount"] == 500


def test_an_unpaid_row_of_a_higher_tier_follows_a_sale_that_was_paid(api: Gateway, world: World, items: Table) -> None:
    api.put(f"/v1/offers/{world.codes_offer}/enrollments/{world.ben}", {"promo_code": "BEN10"})
    sold = sell(api, world, items, TIERED, promo_code="BEN10")
    refund(api, items, sold, "r1", 5_000)
    (above,) = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    assert (above["amount"], above["status"], above["payout"]) == (250, "approved", "unpaid")
    refund(api, items, sold, "r2")
    (above,) = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    assert (above["amount"], above["status"], above["reason"]) == (0, "declined", "refund")


def test_what_a_declined_sale_paid_above_is_taken_off_and_given_back(
    api: Gateway, world: World, items: Table, tiered: tuple[str, str]
) -> None:
    sold, _ = tiered
    for verb, left in (("decline", 0), ("approve", 500), ("decline", 0)):
        assert api.post(f"/v1/conversions/{sold}/{verb}").status == 200
        drain(items)
        assert value(api, world, "commission_value", tier=2) == left
        assert value(api, world, "sales_count", tier=2) == bool(left)


def test_every_row_says_what_it_was_adjusted_by(api: Gateway, world: World, items: Table, paid: str) -> None:
    for number, amount in enumerate((100, 7, 9_999)):
        refund(api, items, paid, f"r{number}", amount)
    rows = [stored.parse(Commission, each) for each in everything(items) if each["kind"] == "commission"]
    (row,) = [each for each in rows if each.commission_id == paid]
    made = [each for each in rows if each.adjusts is not None]
    assert row.adjusted.amount == sum(each.amount for each in made) == -row.amount
    assert row.adjusted.quantity == sum(each.adjusts.quantity for each in made if each.adjusts) == -1
