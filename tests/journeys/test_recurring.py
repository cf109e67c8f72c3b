"""Subscriptions on the deployed stack: payments that a storefront reports, and those the program makes by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.shop import TEN_PERCENT, Shop, at_least_one_sale, open_shop

WEEK = timedelta(weeks=1)


def subscriptions(admin: Api, mode: str, limit: int) -> Shop:
    return open_shop(admin, **TEN_PERCENT, recurring={"interval": "week", "mode": mode, "limit": limit})


def recurring(shop: Shop) -> list[dict[str, Any]]:
    return list(reversed(shop.rows(type="recurring")))


def ago(weeks: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - weeks * WEEK


def test_each_further_payment_of_a_subscription_is_a_recurring_commission(admin: Api) -> None:
    shop = subscriptions(admin, "on_payment", limit=2)
    shop.sell(5_000, subscription_id="sub-1")
    shop.drain()
    later = [shop.sell(4_000, subscription_id="sub-1", promo_code=None) for _ in range(3)]
    assert [(each["type"], each["member_id"]) for each in later] == [("recurring", shop.member_id)] * 3
    assert [each["commission"] for each in later] == [400, 400, 0], "the third is past the limit"


def test_the_program_makes_one_commission_a_week_by_itself_until_the_limit(
    admin: Api, minute: Callable[[], None]
) -> None:
    shop = subscriptions(admin, "automatic", limit=3)
    first = ago(weeks=5)
    shop.sell(5_000, occurred_at=first.isoformat())
    shop.drain()
    for _ in range(2):  # a run repeated makes nothing more
        minute()
    made = eventually(lambda: rows if len(rows := recurring(shop)) == 3 else None)
    assert [(row["amount"], row["origin"], row["renewal"]["number"]) for row in made] == [
        (500, "schedule", number) for number in (1, 2, 3)
    ]
    days = [datetime.fromisoformat(row["occurred_at"]) for row in made]
    # of local midnights: an hour more or less where the clocks change
    assert first < days[0] <= first + WEEK + timedelta(hours=1)
    assert all(abs(after - before - WEEK) <= timedelta(hours=1) for before, after in pairwise(days))


def test_a_subscription_that_is_stopped_makes_nothing_more(admin: Api, minute: Callable[[], None]) -> None:
    shop = subscriptions(admin, "automatic", limit=3)
    sold = shop.sell(5_000, occurred_at=ago(weeks=5).isoformat())
    stopped = admin.send("DELETE", f"/v1/conversions/{sold['conversion_id']}/recurrence")
    assert stopped.status == 204, stopped.text
    shop.drain()
    minute()
    assert recurring(shop) == []


def test_an_action_bonus_of_a_code_that_recurs_is_paid_again_each_interval(
    admin: Api, minute: Callable[[], None]
) -> None:
    shop = open_shop(
        admin,
        **TEN_PERCENT,
        actions={"loyalty": {"amount": 50}},
        recurring={"interval": "week", "mode": "automatic", "limit": 2},
    )
    admin.patch("/v1/program", {"features": {"action_commissions": True}})
    bonus = {"type": "add_action_commission_bonus", "action_code": "loyalty", "amount": 700}
    rule = shop.rule("Loyalty", at_least_one_sale(), bonus)
    shop.sell(5_000, occurred_at=ago(weeks=5).isoformat())
    paid = shop.bonus(rule)
    assert (paid["type"], paid["action_code"], paid["amount"]) == ("action", "loyalty", 700)
    shop.drain()
    minute()
    again = [row for row in recurring(shop) if row["renewal"]["conversion_id"] == paid["commission_id"]]
    assert [(row["amount"], row["action_code"]) for row in again] == [(700, "loyalty")] * 2
