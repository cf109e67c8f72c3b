"""Subscriptions whose member is moved to other terms: each month is paid once, by the shop's payment or by itself."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from laurel.store.table import Table
from laurel.workflows.upkeep import sweeps
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paths import enrollment_path, options_path
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

ONCE: Final[dict[str, Any]] = {}
BY_ITSELF: Final = {"recurring": {"interval": "month", "mode": "automatic"}}
REPORTED: Final = {"recurring": {"interval": "month", "mode": "on_payment"}}


class Boxes:
    """An offer at 10 % with another option at 20 %, and one subscription of 30.00 a month since 15 January."""

    def __init__(self, api: Gateway, world: World, items: Table, by: dict[str, Any], other: dict[str, Any]) -> None:
        self.api, self.world, self.items = api, world, items
        basic = {"name": "Basic", "default": True, "terms": {"type": "percent_of_sale", "percent": "10", **by}}
        made = api.post("/v1/offers", {"name": "Boxes", "kind": "promo_code", "payout_options": [basic]}).body
        self.offer_id = str(made["offer_id"])
        gold = {"name": "Gold", "terms": {"type": "percent_of_sale", "percent": "20", **other}}
        self.gold = api.post(options_path(world, self.offer_id), gold).body["payout_option_id"]
        assert api.put(enrollment_path(world, world.ada, self.offer_id), {"promo_code": "ADAS"}).status == 201

    def month(self, number: int) -> None:
        """The payment of one month is reported, and what the program makes by itself until its end is made."""
        body = {"order_id": str(number), "amount": 3_000, "currency": "EUR", "subscription_id": "box-1"}
        when = {"occurred_at": f"2026-{number:02}-15T10:00:00Z", "promo_code": "ADAS"}
        assert self.api.post("/v1/conversions", {**body, **when}, key=self.world.reporter).status == 201
        drain(self.items)
        sweeps.make_recurrences(self.items, self.world.program, datetime(2026, number, 28, tzinfo=UTC))
        drain(self.items)

    def move(self, jobs_queue: JobsQueue) -> None:
        """Ada gets into the other option, and what she earned there before is priced by it."""
        assert self.api.patch("/v1/program", {"features": {"commission_groups": True}}).status == 200
        ever = {"metric": "sales_count", "operator": "gte", "value": 1, "period": {"type": "all_time"}}
        kind = {"type": "put_into_commission_group_retroactively"}
        back = {**kind, "offer_id": self.offer_id, "payout_option_id": self.gold}
        assert self.api.post("/v1/rules", {"name": "Gold", "conditions": [ever], "actions": [back]}).status == 201
        sell(self.world, self.items)  # in another offer
        jobs_queue.work()
        drain(self.items)

    def paid(self) -> list[int]:
        """Minor units by month."""
        rows = self.api.get(f"/v1/commissions?offer_id={self.offer_id}&limit=100").body["items"]
        months = sorted({row["occurred_at"][:7] for row in rows})
        return [sum(row["amount"] for row in rows if row["occurred_at"].startswith(month)) for month in months]


@pytest.mark.parametrize("by", [BY_ITSELF, REPORTED])
@pytest.mark.parametrize("other", [BY_ITSELF, REPORTED])
def test_each_month_is_paid_once_at_the_new_price_whoever_makes_its_payment(
    api: Gateway, world: World, items: Table, jobs_queue: JobsQueue, by: dict[str, Any], other: dict[str, Any]
) -> None:
    boxes = Boxes(api, world, items, by, other)
    for number in (1, 2):
        boxes.month(number)
    assert boxes.paid() == [300, 300]
    boxes.move(jobs_queue)
    assert boxes.paid() == [600, 600]
    for number in (3, 4):
        boxes.month(number)
    assert boxes.paid() == [600, 600, 600, 600]


def test_what_recurs_by_itself_goes_on_though_the_new_terms_have_no_recurrence(
    api: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    boxes = Boxes(api, world, items, BY_ITSELF, ONCE)
    boxes.month(1)
    boxes.move(jobs_queue)
    boxes.month(2)
    assert boxes.paid() == [600, 600]


@pytest.mark.parametrize("other", [ONCE, BY_ITSELF, REPORTED])
def test_a_move_that_is_not_retroactive_changes_nothing_of_a_subscription(
    api: Gateway, world: World, items: Table, other: dict[str, Any]
) -> None:
    boxes = Boxes(api, world, items, BY_ITSELF, other)
    boxes.month(1)
    moved = {"payout_option_id": boxes.gold}
    assert api.patch(enrollment_path(world, world.ada, boxes.offer_id), moved).status == 200
    for number in (2, 3):
        boxes.month(number)
    assert boxes.paid() == [300, 300, 300]
