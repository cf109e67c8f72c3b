"""The portal's Rewards: how far a member is towards each reward that may still fire, and nothing of others'."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World
from tests.pages.kit.earning import Shop
from tests.pages.kit.reader import Reader

PAYS = {"type": "add_bonus_commission", "amount": 2_500}
SALES = {"metric": "sales_count", "operator": "gte", "value": 10, "period": {"type": "current_month"}}
LEVEL = {"metric": "user_field", "field": "level", "operator": "eq", "value": "silver"}


@pytest.fixture
def shop(table: Table, world: World, api: Gateway) -> Shop:
    shop = Shop(table, world, api)
    shop.does("DELETE", f"/v1/rules/{world.rule_id}")
    shop.does("PATCH", "/v1/program", {"features": {"commission_groups": True, "forced_matrix": {"active": True}}})
    return shop


@pytest.fixture
def rewards(portal: str) -> str:
    return f"{portal}/rewards"


def rule(shop: Shop, *conditions: dict[str, Any], actions: object = (PAYS,), **more: Any) -> str:
    told = {"name": "A reward", "conditions": conditions, "actions": list(actions), **more}  # type: ignore[call-overload]
    return str(shop.does("POST", "/v1/rules", told)["rule_id"])


def now(shop: Shop, order_id: str, amount: int = 4_900) -> None:
    """A sale of today."""
    order = {"order_id": order_id, "amount": amount, "type": "sale", "currency": "EUR", "promo_code": "ADA10"}
    shop.does("POST", "/v1/conversions", {**order, "storefront_id": shop.world.storefront_id})


def test_a_reward_says_how_far_it_is_and_what_it_pays(ada: Reader, shop: Shop, rewards: str):
    week = {"metric": "commission_value", "operator": "gt", "value": 20_000, "period": {"type": "current_week"}}
    rule(shop, week, actions=[{"type": "add_bonus_commission", "percent": "2"}])
    now(shop, "1001", 120_000)
    page = ada.get(rewards)
    assert "More than €200.00 commission this week, then 2 % of what you earn this week on top." in page.text
    assert "€120.00 of €200.00 commission this week" in page.text
    assert '<progress max="100" value="60"' in page.html


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (SALES, "10 sales or more this month, then €25.00 on top."),
        ({**SALES, "every": True}, "For each 10 sales this month, €25.00 on top, each time."),
        ({**SALES, "period": {"type": "last_n_days", "days": 30}}, "10 sales or more within 30 days, then"),
        ({**SALES, "period": {"type": "since", "date": "2026-01-01"}}, "10 sales or more since 1 Jan 2026, then"),
        ({**SALES, "period": {"type": "all_unpaid"}}, "10 sales or more since your last payout, then"),
        ({**SALES, "period": {"type": "last_month"}}, "10 sales or more this month, then"),
        ({**SALES, "tier": "any"}, "10 sales or more this month, your team's included, then"),
        ({**SALES, "operator": "lt"}, "Less than 10 sales this month, then"),
        ({**SALES, "metric": "referred_members_count", "value": 1}, "1 member whom you brought or more this month"),
        ({"metric": "order_amount", "operator": "gte", "value": 10_000}, "With each sale of €100.00 or more, €25.00"),
        ({"metric": "first_order", "operator": "eq", "value": True}, "With your first sale, €25.00 on top"),
        ({"metric": "days_since_approval", "operator": "gte", "value": 90}, "90 days since you were approved or more"),
        (
            {"metric": "average_order_value", "operator": "gt", "value": 5_000, "period": {"type": "current_year"}},
            "More than €50.00 a sale on average this year, then",
        ),
        (
            {"metric": "conversion_rate", "operator": "gte", "value": "2.5", "period": {"type": "current_year"}},
            "2.5 % of your clicks becoming sales or more this year, then",
        ),
    ],
)
def test_each_condition_has_its_words(ada: Reader, shop: Shop, rewards: str, condition: dict[str, Any], said: str):
    rule(shop, condition)
    assert said in ada.get(rewards, **{"accept-language": "en-GB"}).text


def test_better_terms_are_told_as_terms(ada: Reader, shop: Shop, rewards: str, world: World):
    to = {"offer_id": world.codes_offer, "payout_option_id": world.options[1]}
    rule(shop, SALES, actions=[{"type": "put_into_commission_group", **to}])
    assert "then 15 % of each sale in Autumn glow (Gold) from then on." in ada.get(rewards).text
    shop.does(
        "PATCH", f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}", {"payout_option_id": world.options[1]}
    )
    assert "No rewards at the moment" in ada.get(rewards).text


def test_a_reward_that_was_reached_says_so_and_begins_anew(ada: Reader, shop: Shop, rewards: str):
    rule(shop, {**SALES, "value": 2})
    for number in range(2):
        now(shop, f"100{number}")
    page = ada.get(rewards)
    assert ("reached" in page.text, "You have it for this time, until" in page.text) == (True, True)


def test_a_reward_that_repeats_leads_to_its_next_multiple(ada: Reader, shop: Shop, rewards: str):
    rule(shop, {**SALES, "value": 2, "every": True})
    for number in range(3):
        now(shop, f"100{number}")
    assert "3 of 4 sales this month" in ada.get(rewards).text


def test_several_conditions_have_a_bar_each_and_the_merchants_notes_stay_theirs(ada: Reader, shop: Shop, rewards: str):
    spent = {"metric": "sales_total", "operator": "gte", "value": 100_000, "period": {"type": "current_month"}}
    rule(shop, SALES, spent, LEVEL)
    page = ada.get(rewards)
    assert "10 sales or more this month and €1,000.00 of sales or more this month, then €25.00 on top." in page.text
    assert page.html.count("<progress") == 2
    assert [word for word in ("level", "Level", "silver") if word in page.text] == []


@pytest.mark.parametrize(
    "more",
    [
        {"enabled": False},
        {"conditions": [SALES, {**LEVEL, "value": "gold"}]},
        {"actions": [{"type": "update_user_field", "field": "level", "value": "gold"}]},
        {"actions": [{"type": "add_bonus_to_original_referrer", "frequency": "once_per_period", "amount": 500}]},
    ],
    ids=["off", "another level", "a note of the merchant's", "for somebody else"],
)
def test_what_is_no_reward_to_the_member_is_not_shown(ada: Reader, shop: Shop, rewards: str, more: dict[str, Any]):
    rule_id = rule(shop, SALES)
    shop.does("PATCH", f"/v1/rules/{rule_id}", more)
    assert "No rewards at the moment" in ada.get(rewards).text


def test_a_reward_of_another_offer_is_not_shown(ada: Reader, shop: Shop, rewards: str):
    options = [{"name": "All", "default": True, "terms": {"type": "none"}}]
    other = shop.does("POST", "/v1/offers", {"name": "Other", "kind": "promo_code", "payout_options": options})
    rule(shop, SALES, offers=[other["offer_id"]])
    assert "No rewards at the moment" in ada.get(rewards).text


def test_a_name_of_a_reward_is_text(ada: Reader, shop: Shop, rewards: str):
    rule(shop, SALES, name="<img src=x onerror=alert(1)>")
    page = ada.get(rewards)
    assert ("<img src=x" in page.html, "<img src=x" in page.text) == (False, True)
