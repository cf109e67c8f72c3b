"""Orders of a shop, and backtests of rules over them as a client asks for them."""

from datetime import timedelta
from typing import Any

from laurel import clock
from laurel.domain.rules.rules import Rule
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import drain
from tests.functional.kit.world import CALENDAR, World

OVER_100 = {"metric": "commission_value", "operator": "gt", "value": 10_000, "period": {"type": "current_week"}}
TWO_PERCENT = {"type": "add_bonus_commission", "percent": "2"}
RULE = {"name": "Strong week", "conditions": [OVER_100], "actions": [TWO_PERCENT]}


def sell(api: Gateway, world: World, table: Table, order_id: str, amount: int, member_id: str = "", **said: str) -> str:
    order = {"order_id": order_id, "amount": amount, "currency": "EUR", "type": "sale", "offer_id": world.codes_offer}
    told = {**order, "storefront_id": world.storefront_id, "member_id": member_id or world.ada, **said}
    made = api.post("/v1/conversions", told)
    assert made.status == 201
    drain(table)
    conversion_id: str = made.body["conversion_id"]
    return conversion_id


def span() -> dict[str, str]:
    """The program's days until today, from the one before yesterday."""
    today = CALENDAR.day_of(clock.now())
    return {"from": (today - timedelta(days=2)).isoformat(), "to": today.isoformat()}


def backtest(api: Gateway, jobs_queue: JobsQueue, **asked: Any) -> dict[str, Any]:
    begun = api.post("/v1/rules/backtest", {**span(), **asked})
    assert begun.status == 202, begun.body
    while jobs_queue.work():
        pass
    found: dict[str, Any] = api.get(f"/v1/rules/backtests/{begun.body['job_id']}").body
    assert found["status"] == "done"
    return found


def begin_long_ago(table: Table, world: World, rule_id: str) -> None:
    """As if the rule had been made with its program."""
    key = keys.rule(world.program.program_id, rule_id)
    item = table.get(key)
    assert item is not None
    rule = items.parse(Rule, item).model_copy(update={"created_at": world.program.created_at})
    table.write(Put(items.rule(world.program.program_id, rule)))
