"""The referral tree over HTTP: who brought whom, where they stand, and what those above earn."""

from datetime import UTC, datetime
from typing import Any

import pytest

from laurel.domain.members.members import NewMember
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.program import programs
from laurel.workflows.upkeep import sweeps
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.selling import report, sell
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import Randomness, World, request_of
from tests.kit.interference import Interfering

TIERS = [{"percent_of_sale": "5"}, {"percent_of_first_tier": "10"}, {"amount": 7}]


@pytest.fixture
def matrix(api: Gateway, world: World) -> Gateway:
    assert api.patch("/v1/program", {"features": {"forced_matrix": {"active": True, "width": 2}}}).status == 200
    return api


def sign_up(api: Gateway, name: str, referrer_id: str | None = None, **changes: Any) -> dict[str, Any]:
    answer = api.post("/v1/members", {"email": f"{name}@example.com", "referrer_id": referrer_id, **changes})
    assert answer.status == 201, answer.body
    return answer.body


def test_without_the_feature_the_parent_is_who_brought_the_member(api: Gateway, world: World):
    for number in range(4):
        member = sign_up(api, str(number), world.ada)
        assert (member["parent_id"], member["original_referrer_id"]) == (world.ada, world.ada)


def test_who_finds_no_room_spills_over_breadth_first_and_keeps_their_referrer(matrix: Gateway, world: World):
    root = sign_up(matrix, "root")["member_id"]
    team = [sign_up(matrix, str(number), root) for number in range(6)]
    ids = [member["member_id"] for member in team]
    assert [member["parent_id"] for member in team] == [root, root, ids[0], ids[0], ids[1], ids[1]]
    assert {member["original_referrer_id"] for member in team} == {root}


def test_two_who_sign_up_at_once_never_take_one_place(matrix: Gateway, world: World, items: Table):
    root = sign_up(matrix, "root")["member_id"]
    sign_up(matrix, "first", root)

    def faster() -> None:
        sign_up(matrix, "faster", root)

    racing = Interfering(items, faster)
    new = NewMember(email="slower@example.com", referrer_id=root)

    program = programs.get(items, world.program.program_id)
    slower, _ = members.create(racing, request_of(program), new, Randomness("slower"))
    below = [m for m in matrix.get("/v1/members?limit=100").body["items"] if m["parent_id"] == root]
    assert len(below) == 2
    assert slower.parent_id not in {root, None}


def tiered(api: Gateway, **further: Any) -> str:
    terms = {"type": "percent_of_sale", "percent": "10", "tiers": TIERS, **further}
    options = [{"name": "Tiers", "default": True, "terms": terms}]
    body = {"name": "Tiers", "kind": "promo_code", "payout_options": options}
    return api.post("/v1/offers", body).body["offer_id"]


def line_of(api: Gateway, depth: int, terms: dict[str, Any] | None = None, **last: Any) -> list[str]:
    """Members each of whom brought the next; the last has the code LINE."""
    ids: list[str] = []
    for number in range(depth):
        ids.append(
            sign_up(api, f"line{number}", ids[-1] if ids else None, **(last if number == 1 else {}))["member_id"]
        )
    offer_id = tiered(api, **(terms or {}))
    assert api.put(f"/v1/offers/{offer_id}/enrollments/{ids[-1]}", {"promo_code": "LINE"}).status == 201
    return ids


def rows(api: Gateway, member_id: str) -> list[dict[str, Any]]:
    return api.get(f"/v1/commissions?member_id={member_id}").body["items"]


def test_those_above_earn_of_a_sale_by_their_tier(api: Gateway, world: World, items: Table):
    top, great, grand, parent, seller = line_of(api, 5)
    sold = sell(world, items, promo_code="LINE")
    assert [row["amount"] for row in rows(api, seller)] == [1_000]
    told = [
        (row["tier"], row["amount"], row["origin"], row["type"])
        for who in (parent, grand, great)
        for row in rows(api, who)
    ]
    assert told == [(2, 500, "tier", "sale"), (3, 100, "tier", "sale"), (4, 7, "tier", "sale")]
    assert rows(api, top) == []
    assert {row["first_tier"] for row in rows(api, parent)} == {sold}
    assert api.get(f"/v1/conversions?member_id={parent}").body["items"] == []
    summary = api.get(f"/v1/reports/summary?member_id={parent}").body["totals"]
    assert (summary["commission"], summary["conversions"], summary["sales"]) == (500, 0, 0)


def test_who_is_not_approved_earns_nothing_and_those_above_do(api: Gateway, world: World, items: Table):
    top, middle, _ = line_of(api, 3, status="suspended")
    sell(world, items, promo_code="LINE")
    assert rows(api, middle) == []
    assert [row["amount"] for row in rows(api, top)] == [100]
    api.patch(f"/v1/members/{middle}", {"status": "approved"})
    sell(world, items, promo_code="LINE")
    assert [row["amount"] for row in rows(api, middle)] == [500]


def test_tiers_follow_their_sale(api: Gateway, world: World, items: Table):

    _, parent, _ = line_of(api, 3)
    sold = sell(world, items, promo_code="LINE")

    def refund(**report: Any) -> list[tuple[Any, ...]]:
        path = f"/v1/conversions/{sold}/refunds"
        assert api.post(path, {"reason": "refund", **report}).status == 201
        drain(items)
        return [(row["amount"], row["status"], row["reason"]) for row in rows(api, parent)]

    assert refund(refund_id="r1", amount=5_000) == [(250, "approved", "refund")]
    assert refund(refund_id="r2") == [(0, "declined", "refund")]
    assert api.get(f"/v1/reports/summary?member_id={parent}").body["totals"]["commission"] == 0


def test_an_order_that_is_told_again_pays_no_tier_twice(api: Gateway, world: World, items: Table):
    _, parent, _ = line_of(api, 3)
    sell(world, items, order_id="1", promo_code="LINE")
    assert report(world, order_id="1", promo_code="LINE").status == 200
    drain(items)
    assert len(rows(api, parent)) == 1


def test_rules_can_look_at_a_tier(api: Gateway, world: World, items: Table):
    _, parent, _ = line_of(api, 3)
    second = {"metric": "sales_count", "operator": "gte", "value": 2, "period": {"type": "all_time"}, "tier": 2}
    body = {"name": "Team", "conditions": [second], "actions": [{"type": "add_bonus_commission", "percent": "10"}]}
    rule_id = api.post("/v1/rules", body).body["rule_id"]
    sell(world, items, promo_code="LINE")
    sell(world, items, promo_code="LINE")
    made = [row for row in rows(api, parent) if row["rule_id"] == rule_id]
    assert [row["amount"] for row in made] == [100]  # 10 % of the 10.00 of the second tier


def test_those_above_earn_of_each_payment_that_the_program_makes_by_itself(api: Gateway, world: World, items: Table):
    monthly = {"recurring": {"interval": "month", "mode": "automatic", "limit": 2}}
    _, _, grand, parent, seller = line_of(api, 5, monthly)
    sold = sell(world, items, promo_code="LINE")
    assert sweeps.make_recurrences(items, world.program, datetime(2100, 1, 1, tzinfo=UTC)).done == 2
    drain(items)
    for member_id, amount in ((seller, 1_000), (parent, 500), (grand, 100)):
        made = [row for row in rows(api, member_id) if row["type"] == "recurring"]
        assert [row["amount"] for row in made] == [amount, amount]
        assert [row["renewal"]["conversion_id"] for row in made] == [sold] * 2
    assert types_counted(items, parent) == {"sale", "recurrence"}  # payments that nobody reported are no conversions


def types_counted(items: Table, member_id: str) -> set[str]:
    found = [item for item in everything(items) if item["kind"] == "commission" and item.get("counted")]
    return {item["counted"][1] for item in found if item["body"]["member_id"] == member_id}
