"""What may be asked of the past, whoever asks again meanwhile, and what is shown of the answer."""

from datetime import timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.store.table import Table
from tests.functional.kit.backtesting import OVER_100, RULE, backtest, begin_long_ago, sell, span
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.functional.test_clicks import offer, slug_of

pytestmark = pytest.mark.usefixtures("outside")


BAD = [
    ({}, 422, ""),
    ({"rule": RULE, "rule_id": f"rul_{'0' * 26}"}, 422, ""),
    ({"rule": {**RULE, "conditions": []}}, 422, ""),
    ({"rule": RULE, "from": "2026-12-31", "to": "2026-01-01"}, 422, "dates_out_of_order"),
    ({"rule": RULE, "to": (clock.now() + timedelta(days=3)).date().isoformat()}, 422, "future_day"),
    ({"rule": RULE, "from": "2020-01-01"}, 422, "range_too_large"),
    ({"rule": RULE}, 422, "span_without_data"),
    ({"rule": {**RULE, "conditions": [{**OVER_100, "offers": [f"off_{'0' * 26}"]}]}}, 422, "unknown_offer"),
    ({"rule_id": f"rul_{'0' * 26}"}, 404, "rule_not_found"),
]


@pytest.mark.parametrize(("asked", "status", "code"), BAD)
def test_what_cannot_be_tried_is_refused(api: Gateway, asked: dict[str, Any], status: int, code: str):
    refused: Answer = api.post("/v1/rules/backtest", {**span(), **asked})
    assert refused.status == status, refused.body
    assert code in {"", refused.code}
    if code == "span_without_data":
        assert refused.pointers == ["/from"]
    if "offers" in str(asked):
        assert refused.pointers == ["/rule/conditions/0/offers/0"]


NO_SALE = {"metric": "sales_count", "operator": "lt", "value": 1, "period": {"type": "current_day"}}


def test_a_rule_that_fires_because_it_is_quiet_needs_no_sale(api: Gateway, world: World, jobs_queue: JobsQueue):
    assert backtest(api, jobs_queue, rule={**RULE, "conditions": [NO_SALE]})["done"] == 2
    unpaid = {**OVER_100, "period": {"type": "all_unpaid"}}
    assert backtest(api, jobs_queue, rule={**RULE, "conditions": [unpaid]})["done"] == 2


def test_clicks_that_earn_nothing_are_something_that_happened(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    slug = slug_of(api, offer(api, None), world.ada)
    assert api.post("/v1/clicks", {"slug": slug, "visitor_id": "v"}, key=world.reporter).status == 201
    drain(table)
    clicks = {"metric": "clicks_count", "operator": "gte", "value": 1, "period": {"type": "current_month"}}
    paid = {"type": "add_bonus_commission", "amount": 70}
    found = backtest(api, jobs_queue, rule={**RULE, "conditions": [clicks], "actions": [paid]})
    assert [each["amount"] for each in found["fired"]] == [70]


def test_a_row_of_no_offer_is_something_that_happened(api: Gateway, world: World, table: Table, jobs_queue: JobsQueue):
    by_hand = {"member_id": world.ada, "amount": 20_000, "reason": "Fair of May"}
    assert api.post("/v1/commissions", by_hand).status == 201
    drain(table)
    assert backtest(api, jobs_queue, rule=RULE)["done"] == 2


def test_a_rule_that_is_edited_meanwhile_is_another_question(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    rule_id = api.post("/v1/rules", RULE).body["rule_id"]
    begin_long_ago(table, world, rule_id)
    sell(api, world, table, "a", 120_000)
    begun = api.post("/v1/rules/backtest", {**span(), "rule_id": rule_id}).body["job_id"]
    assert api.post("/v1/rules/backtest", {**span(), "rule_id": rule_id}).code == "job_running"
    half = {"type": "add_bonus_commission", "percent": "50"}
    assert api.patch(f"/v1/rules/{rule_id}", {"actions": [half]}).status == 200
    again = backtest(api, jobs_queue, rule_id=rule_id)
    first = api.get(f"/v1/rules/backtests/{begun}").body
    assert (first["paid"], again["paid"]) == (240, 6_000)


def test_asking_again_while_it_runs_writes_nothing(api: Gateway, world: World, table: Table, jobs_queue: JobsQueue):
    sell(api, world, table, "a", 120_000)
    asked = {**span(), "rule": RULE}
    assert api.post("/v1/rules/backtest", asked).status == 202
    before = everything(table)
    assert api.post("/v1/rules/backtest", asked).code == "job_running"
    assert [each for each in everything(table) if each not in before] == []


def test_a_backtest_is_nobody_elses(api: Gateway, world: World, table: Table, jobs_queue: JobsQueue):
    sell(api, world, table, "a", 120_000)
    begun = api.post("/v1/rules/backtest", {**span(), "rule": RULE}, key=world.reader)
    assert begun.status == 202
    assert api.post("/v1/rules/backtest", {**span(), "rule": RULE}).code == "job_running"
    path = f"/v1/rules/backtests/{begun.body['job_id']}"
    assert api.get(path, key=world.reporter).status == 403
    assert api.get(f"/v1/rules/backtests/job_{'0' * 26}").code == "backtest_not_found"
