"""What is unpaid begins anew with a payout, unless that did not arrive: nothing is rewarded twice by it."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.backtesting import backtest
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed, drafted
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World


@pytest.fixture
def merchant(api: Gateway, world: World) -> Gateway:
    """Who has 10.00 and more unpaid gets 10 % of it, once before each payout."""
    assert api.delete(f"/v1/rules/{world.rule_id}").status == 204
    unpaid = {"metric": "commission_value", "operator": "gte", "value": 1_000, "period": {"type": "all_unpaid"}}
    rule = {"name": "Patience", "conditions": [unpaid], "actions": [{"type": "add_bonus_commission", "percent": "10"}]}
    assert api.post("/v1/rules", rule).status == 201
    return api


def bonuses(api: Gateway, world: World) -> list[tuple[Any, ...]]:
    found = api.get(f"/v1/commissions?member_id={world.ada}&type=extra_bonus").body["items"]
    return [(each["period"], each["amount"]) for each in reversed(found)]


def fail(api: Gateway, jobs_queue: JobsQueue, items: Table, world: World, path: str) -> None:
    assert api.post(f"{path}/lines/{world.ada}/fail", {"reason": "account closed"}).status == 200
    jobs_queue.work()
    drain(items)


def test_what_was_rewarded_before_a_payout_that_failed_is_not_rewarded_again(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    sell(world, items)
    path = confirmed(merchant, jobs_queue)
    fail(merchant, jobs_queue, items, world, path)
    sell(world, items, amount=100)
    assert bonuses(merchant, world) == [("all_unpaid", 100)]


def test_a_payout_that_failed_leaves_the_one_before_it_the_last(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    sell(world, items)
    first = confirmed(merchant, jobs_queue)
    sell(world, items)
    second = confirmed(merchant, jobs_queue)
    after_first = [("all_unpaid", 100), (f"all_unpaid:{first.removeprefix('/v1/payouts/')}", 100)]
    assert bonuses(merchant, world) == after_first
    fail(merchant, jobs_queue, items, world, second)
    fail(merchant, jobs_queue, items, world, second)  # again it changes nothing
    sell(world, items)
    assert bonuses(merchant, world) == after_first
    third = confirmed(merchant, jobs_queue)
    sell(world, items)
    assert bonuses(merchant, world) == [*after_first, (f"all_unpaid:{third.removeprefix('/v1/payouts/')}", 100)]


def test_of_several_payouts_that_failed_none_is_the_last_one(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    sell(world, items)
    first = confirmed(merchant, jobs_queue)
    sell(world, items, amount=100)
    second = confirmed(merchant, jobs_queue)
    fail(merchant, jobs_queue, items, world, first)
    fail(merchant, jobs_queue, items, world, second)
    sell(world, items)
    assert bonuses(merchant, world) == [("all_unpaid", 100)]


def test_a_backtest_rewards_what_is_due_again_as_often_as_the_rule_does(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    sell(world, items)
    fail(merchant, jobs_queue, items, world, confirmed(merchant, jobs_queue))
    sell(world, items, amount=100)
    (rule,) = merchant.get("/v1/rules").body["items"]
    asked = {"rule": {name: rule[name] for name in ("name", "conditions", "actions")}}
    fired = backtest(merchant, jobs_queue, **asked)["fired"]
    assert [each["amount"] for each in fired] == [amount for _, amount in bonuses(merchant, world)]


def test_a_bonus_that_was_adjusted_is_not_deleted_from_beside_its_adjustment(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    sell(world, items)
    (bonus,) = merchant.get(f"/v1/commissions?member_id={world.ada}&type=extra_bonus").body["items"]
    place = f"/v1/commissions/{bonus['commission_id']}"
    path = drafted(merchant, jobs_queue)
    assert merchant.post(f"{path}/confirm").status == 202
    assert merchant.post(f"{place}/decline", {}).status == 200  # its payout is decided: it is paid, and taken back
    jobs_queue.work()
    fail(merchant, jobs_queue, items, world, path)
    refused = merchant.delete(f"{place}?confirm=true")
    assert (refused.status, refused.code) == (409, "already_paid")
    assert merchant.get(f"/v1/reports/summary?member_id={world.ada}").body["totals"]["payout_due"] == 1_000
