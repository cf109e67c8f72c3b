"""The examples of the performance-rewards guide on the deployed stack, each with its own numbers."""

import secrets
from typing import Any

import pytest

from tests.journeys.conftest import Mailbox
from tests.journeys.kit.client import eventually
from tests.journeys.kit.shop import Shop, week_above

FEATURES = {"commission_groups": True, "action_commissions": True, "forced_matrix": {"active": True, "width": 2}}
ALL_TIME = {"type": "all_time"}


@pytest.fixture
def rich(shop: Shop) -> Shop:
    """A shop in a program with every feature."""
    shop.admin.patch("/v1/program", {"features": FEATURES})
    return shop


def above(value: int, metric: str = "sales_count", **changes: Any) -> dict[str, Any]:
    return {"metric": metric, "operator": "gt", "value": value, "period": ALL_TIME, **changes}


def brought_by(shop: Shop, referrer_id: str) -> dict[str, Any]:
    """A member with a code in the shop's offer, whom somebody brought."""
    name = secrets.token_hex(6)
    member = shop.admin.post("/v1/members", {"email": f"{name}@example.com", "referrer_id": referrer_id})
    shop.admin.put(f"/v1/offers/{shop.offer_id}/enrollments/{member['member_id']}", {"promo_code": name})
    return {**member, "code": name}


def paid(shop: Shop, member_id: str, rule: dict[str, Any]) -> list[dict[str, Any]]:
    query = f"/v1/commissions?member_id={member_id}&rule_id={rule['rule_id']}&limit=100"
    return list(shop.admin.get(query)["items"])


def test_above_twenty_thousand_of_all_time_a_user_field_is_filled(rich: Shop) -> None:
    rich.declare_field("club")
    fill = {"type": "update_user_field", "field": "club", "value": "gold"}
    rich.rule("Club", above(2_000_000, "commission_value"), fill)
    rich.sell(20_000_000)
    rich.drain()
    assert "club" not in rich.admin.get(f"/v1/members/{rich.member_id}")["fields"]
    rich.sell(1_000)
    eventually(lambda: rich.admin.get(f"/v1/members/{rich.member_id}")["fields"].get("club") == "gold")


def test_180_and_30_in_a_week_are_210_and_2_percent_of_them_come_once(rich: Shop) -> None:
    rule = rich.rule("Week", week_above(20_000), {"type": "add_bonus_commission", "percent": "2"})
    rich.sell(180_000)
    rich.sell(30_000)
    bonus = rich.bonus(rule)
    assert (bonus["amount"], bonus["type"], bonus["evidence"]["base"]) == (420, "extra_bonus", 21_000)
    rich.sell(40_000)
    rich.drain()
    assert len(rich.rows(rule_id=rule["rule_id"])) == 1


def test_an_action_commission_bonus_is_of_the_action_that_was_named(rich: Shop) -> None:
    rich.admin.patch("/v1/program", {"action_codes": ["loyalty"]})
    action = {"type": "add_action_commission_bonus", "action_code": "loyalty", "percent": "2"}
    rule = rich.rule("Week", week_above(20_000), action)
    rich.sell(180_000)
    rich.sell(30_000)
    bonus = rich.bonus(rule)
    assert (bonus["amount"], bonus["type"], bonus["action_code"]) == (420, "action", "loyalty")


def test_the_original_referrer_is_paid_whatever_parent_the_matrix_gave(rich: Shop) -> None:
    team = [brought_by(rich, rich.member_id) for _ in range(3)]
    spilled = team[2]
    assert spilled["parent_id"] == team[0]["member_id"]
    assert spilled["original_referrer_id"] == rich.member_id
    pay = {"type": "add_bonus_to_original_referrer", "frequency": "once_per_period", "amount": 2_500}
    rule = rich.rule("Milestone", above(2), pay)
    for _ in range(4):
        rich.sell(1_000, promo_code=spilled["code"])
    (row,) = eventually(lambda: paid(rich, rich.member_id, rule))
    assert (row["amount"], row["earned_by"]) == (2_500, spilled["member_id"])
    rich.drain()
    assert len(paid(rich, rich.member_id, rule)) == 1
    assert paid(rich, team[0]["member_id"], rule) == []


def test_the_original_referrer_gets_a_share_of_every_sale(rich: Shop) -> None:
    seller = brought_by(rich, rich.member_id)
    pay = {"type": "add_bonus_to_original_referrer", "frequency": "every_sale", "percent": "10"}
    rule = rich.rule("Share", {**above(0), "operator": "gt"}, pay)
    for amount in (10_000, 20_000):
        rich.sell(amount, promo_code=seller["code"])
    rows = eventually(lambda: rows if len(rows := paid(rich, rich.member_id, rule)) == 2 else None)
    assert sorted(row["amount"] for row in rows) == [100, 200]


def test_a_member_is_put_into_a_commission_group_and_earlier_commissions_stay(rich: Shop) -> None:
    vip = rich.admin.post(
        f"/v1/offers/{rich.offer_id}/payout-options", {"name": "VIP", "terms": {"type": "flat_per_sale", "amount": 800}}
    )["payout_option_id"]
    move = {"type": "put_into_commission_group", "offer_id": rich.offer_id, "payout_option_id": vip}
    rich.rule("VIP", above(1), move)
    sold = [rich.sell(5_000) for _ in range(2)]
    place = f"/v1/offers/{rich.offer_id}/enrollments/{rich.member_id}"
    eventually(lambda: rich.admin.get(place)["payout_option_id"] == vip)
    assert rich.sell(5_000)["commission"] == 800
    kept = [rich.admin.get(f"/v1/conversions/{each['conversion_id']}")["commission"] for each in sold]
    assert kept == [500, 500]
    (line, *_) = rich.admin.get(f"/v1/offers/{rich.offer_id}/history?member_id={rich.member_id}")["items"]
    assert line["actor"].startswith("rule:rul_")


def test_actions_wait_for_their_feature(shop: Shop, stranger: Any) -> None:
    bonus = {"type": "add_action_commission_bonus", "action_code": "x", "amount": 1}
    body = {"name": "R", "conditions": [above(0)], "actions": [bonus]}
    refused = stranger.send("POST", "/v1/rules", body)
    assert (refused.status, refused.json["code"]) == (409, "feature_inactive")


def test_those_above_earn_by_their_tier_and_follow_the_matrix(rich: Shop) -> None:
    tiers = {"type": "percent_of_sale", "percent": "10", "tiers": [{"percent_of_sale": "5"}, {"amount": 25}]}
    option = rich.admin.post(f"/v1/offers/{rich.offer_id}/payout-options", {"name": "Tiers", "terms": tiers})
    team = [brought_by(rich, rich.member_id) for _ in range(3)]
    place = f"/v1/offers/{rich.offer_id}/enrollments/{team[2]['member_id']}"
    rich.admin.patch(place, {"payout_option_id": option["payout_option_id"]})
    rich.sell(10_000, promo_code=team[2]["code"])
    by_tier = {2: team[0]["member_id"], 3: rich.member_id}
    for tier, amount in ((2, 500), (3, 25)):
        path = f"/v1/commissions?member_id={by_tier[tier]}"
        (row,) = eventually(lambda path=path: rich.admin.get(path)["items"])
        assert (row["tier"], row["amount"], row["origin"]) == (tier, amount, "tier")


def test_a_copied_rule_has_a_template_of_its_own(rich: Shop) -> None:
    template_id = rich.template("Well done", "{{ member.first_name }}")
    rule = rich.rule("Mail", above(10), {"type": "send_mail", "to": "member", "template_id": template_id})
    copy = rich.admin.post(f"/v1/rules/{rule['rule_id']}/copy", {})
    assert (copy["enabled"], copy["name"]) == (False, "Mail (copy)")
    assert copy["actions"][0]["template_id"] != template_id
    (line,) = rich.admin.get(f"/v1/rules/{copy['rule_id']}/history")["items"]
    assert line["action"] == "created"


def test_a_deleted_marker_lets_the_rule_run_and_mail_again(shop: Shop, mailbox: Mailbox) -> None:
    template_id = shop.template("Hello", "Your first sale")
    rule = shop.rule("Hello", above(0), {"type": "send_mail", "to": "member", "template_id": template_id})
    shop.sell(1_000)
    path = f"/v1/commissions/{shop.bonus(rule)['commission_id']}"
    assert shop.admin.send("DELETE", path).json["code"] == "confirmation_required"
    assert shop.admin.send("DELETE", f"{path}?confirm=true").status == 204
    shop.sell(1_000)
    assert shop.bonus(rule)["amount"] == 0
    eventually(lambda: len(mailbox.to(shop.member["email"])) == 2)


def test_a_member_is_put_into_a_commission_group_retroactively(rich: Shop) -> None:
    flat = {"terms": {"type": "flat_per_sale", "amount": 500}}
    path = f"/v1/offers/{rich.offer_id}/payout-options"
    (basic,) = rich.admin.get(f"/v1/offers/{rich.offer_id}")["payout_options"]
    rich.admin.patch(f"{path}/{basic['payout_option_id']}", flat)
    vip = rich.admin.post(path, {"name": "VIP", "terms": {"type": "flat_per_sale", "amount": 800}})["payout_option_id"]
    kind = "put_into_commission_group_retroactively"
    rich.rule("VIP", above(3), {"type": kind, "offer_id": rich.offer_id, "payout_option_id": vip})
    rich.rule("Rich", above(3_000, "commission_value"), {"type": "add_bonus_commission", "percent": "10"}, priority=2)
    assert [rich.sell(5_000)["commission"] for _ in range(4)] == [500] * 4
    eventually(lambda: [row["amount"] for row in rich.rows(type="sale")] == [800] * 4)
    (bonus,) = eventually(lambda: rich.rows(type="extra_bonus"))  # the rules are asked once more, of 32.00
    assert bonus["amount"] == 320
    (line, *_) = rich.admin.get(f"/v1/offers/{rich.offer_id}/history?member_id={rich.member_id}")["items"]
    assert {"field": "recalculated_period", "before": None, "after": "all_time"} in line["changes"]


def test_each_multiple_is_rewarded_once(rich: Shop) -> None:
    every_two = {**above(2), "operator": "gte", "every": True}
    rule = rich.rule("Each second sale", every_two, {"type": "add_bonus_commission", "amount": 500})
    for _ in range(4):
        rich.sell(1_000)
    rows = eventually(lambda: rows if len(rows := paid(rich, rich.member_id, rule)) == 2 else None)
    assert sorted(row["evidence"]["multiple"] for row in rows) == [2, 4]
    rich.drain()  # by a fifth sale
    assert len(paid(rich, rich.member_id, rule)) == 2


def test_the_first_order_is_rewarded(rich: Shop) -> None:
    first = {"metric": "first_order", "operator": "eq", "value": True}
    large = {"metric": "order_amount", "operator": "gte", "value": 20_000}
    pays = {"type": "add_bonus_commission", "percent": "50"}
    welcome, great = rich.rule("Welcome", first, pays), rich.rule("Great", large, pays)
    sold = [rich.sell(amount) for amount in (1_000, 20_000)]
    for rule, order, amount in ((welcome, sold[0], 50), (great, sold[1], 1_000)):
        (row,) = eventually(lambda rule=rule: paid(rich, rich.member_id, rule))
        assert (row["amount"], row["evidence"]["commission_id"]) == (amount, order["conversion_id"])
