"""Backtests: a rule over the past, with numbers; what is replayed is what happened, and nothing of it is changed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.concurrency import in_turn, side_by_side
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.rules import backtests, replaying
from laurel.workflows.rules.replaying import Means
from tests.functional.kit.backtesting import OVER_100, RULE, TWO_PERCENT, backtest, begin_long_ago, sell
from tests.functional.kit.crowd import crowd
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import drafted
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.kit.tables import TABLE_NAME

pytestmark = pytest.mark.usefixtures("outside")


def test_a_rule_that_is_not_saved_tells_whom_it_would_have_paid_when_and_what(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    sell(api, world, table, "a", 90_000)
    crossing = sell(api, world, table, "b", 30_000)
    sell(api, world, table, "c", 50_000)
    found = backtest(api, jobs_queue, rule=RULE)
    at = api.get(f"/v1/conversions/{crossing}").body["occurred_at"]
    (fired,) = found["fired"]
    assert fired["period"].startswith("current_week:")
    assert {**fired, "period": ""} == {
        "member_id": world.ada,
        "period": "",
        "at": at,
        "base": 12_000,
        "value": "12000",
        "amount": 240,
    }
    assert (found["paid"], found["really"]) == (240, {"fired": 0, "paid": 0})
    assert (found["only_here"], found["only_there"], found["done"]) == ([fired], [], 2)


def test_a_rule_that_was_active_has_exactly_its_own_markers(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    saved = {**RULE, "conditions": [{**OVER_100, "period": {"type": "current_month"}}]}
    rule_id = api.post("/v1/rules", saved).body["rule_id"]
    begin_long_ago(table, world, rule_id)
    sell(api, world, table, "a", 90_000)
    sell(api, world, table, "b", 30_000)
    found = backtest(api, jobs_queue, rule_id=rule_id)
    assert (found["fired_count"], found["paid"], found["really"]) == (1, 240, {"fired": 1, "paid": 240})
    assert (found["only_here"], found["only_there"]) == ([], [])


def test_a_rule_that_would_have_paid_another_amount_differs_from_what_happened(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    rule_id = api.post("/v1/rules", RULE).body["rule_id"]
    begin_long_ago(table, world, rule_id)
    sell(api, world, table, "a", 120_000)
    half = {"type": "add_bonus_commission", "percent": "50"}
    assert api.patch(f"/v1/rules/{rule_id}", {"actions": [half]}).status == 200
    found = backtest(api, jobs_queue, rule_id=rule_id)
    amounts = {name: [each["amount"] for each in found[name]] for name in ("fired", "only_here", "only_there")}
    assert amounts == {"fired": [6_000], "only_here": [6_000], "only_there": [240]}
    assert (found["only_here_count"], found["only_there_count"]) == (1, 1)


def test_what_members_below_sold_counts_in_offers_that_one_is_not_in(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    terms = {"type": "percent_of_sale", "percent": "10", "tiers": [{"percent_of_sale": "5"}]}
    options = [{"name": "std", "default": True, "terms": terms}]
    offer = api.post("/v1/offers", {"name": "T", "kind": "promo_code", "status": "active", "payout_options": options})
    below = {"email": "kid@x.example.org", "first_name": "K", "last_name": "D", "status": "approved"}
    kid = api.post("/v1/members", {**below, "referrer_id": world.ada}).body["member_id"]
    api.put(f"/v1/offers/{offer.body['offer_id']}/enrollments/{kid}", {})
    second_tier = {**OVER_100, "value": 1_000, "tier": 2, "period": {"type": "current_month"}}
    rule_id = api.post("/v1/rules", {**RULE, "conditions": [second_tier]}).body["rule_id"]
    begin_long_ago(table, world, rule_id)
    sell(api, replace(world, codes_offer=offer.body["offer_id"]), table, "a", 90_000, kid)
    drain(table)
    found = backtest(api, jobs_queue, rule_id=rule_id)
    assert [(each["member_id"], each["amount"]) for each in found["fired"]] == [(world.ada, 90)]
    assert (found["really"], found["only_here"], found["only_there"]) == ({"fired": 1, "paid": 90}, [], [])


def test_refunds_and_approvals_are_replayed_when_they_came(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    first = sell(api, world, table, "a", 90_000)
    api.post(f"/v1/conversions/{first}/refunds", {"refund_id": "r1", "reason": "refund"})
    drain(table)
    sell(api, world, table, "b", 30_000)
    assert backtest(api, jobs_queue, rule=RULE)["fired"] == []  # both were never there together
    api.patch("/v1/program", {"approval": {"mode": "manual"}})
    held = sell(api, world, table, "c", 70_000)
    sell(api, world, table, "d", 500_000, crowd(table, world, 1)[0])
    sell(api, world, table, "e", 10_000)
    api.post(f"/v1/conversions/{held}/approve", {})
    drain(table)
    api.patch("/v1/program", {"approval": {"mode": "immediate"}})
    sell(api, world, table, "f", 10_000)
    (fired,) = backtest(api, jobs_queue, rule=RULE)["fired"]
    assert (fired["member_id"], fired["base"]) == (world.ada, 11_000)  # 30.00 + 70.00 are not more than 100.00


def test_a_draft_that_holds_rows_changes_nothing_of_a_backtest(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    sell(api, world, table, "a", 90_000)
    refunded = sell(api, world, table, "b", 30_000)
    drafted(api, jobs_queue)
    assert backtest(api, jobs_queue, rule=RULE)["paid"] == 240
    refund = {"refund_id": "r", "amount": 30_000, "reason": "refund"}
    assert api.post(f"/v1/conversions/{refunded}/refunds", refund).status == 201
    drain(table)
    assert backtest(api, jobs_queue, rule={**RULE, "name": "Since the refund"})["paid"] == 240
    lines = api.get(f"/v1/conversions/{refunded}/history").body["items"]
    told = {each["action"]: {of["field"]: of["after"] for of in each["changes"]} for each in lines}
    assert told["refunded"] == {"refunded_amount": 30_000, "reason": "refund"}
    assert (told["settled"]["commission"], told["settled"]["status"]) == (0, "declined")


def test_what_a_payout_took_is_replayed_as_paid(api: Gateway, world: World, table: Table, jobs_queue: JobsQueue):
    unpaid = {**OVER_100, "period": {"type": "all_unpaid"}}
    sell(api, world, table, "a", 120_000)
    until = world.program.calendar.day_of(clock.now()).isoformat()
    begun = api.post("/v1/payouts", {"until": until})
    for path in ("", f"/{begun.body['payout_id']}/confirm"):
        assert not path or api.post(f"/v1/payouts{path}", {}).status == 202
        while jobs_queue.work():
            pass
    sell(api, world, table, "b", 130_000)
    rule = {**RULE, "conditions": [unpaid]}
    assert [each["base"] for each in backtest(api, jobs_queue, rule=rule)["fired"]] == [12_000, 13_000]


def test_a_backtest_writes_nothing_of_members(api: Gateway, world: World, table: Table, jobs_queue: JobsQueue):
    sell(api, world, table, "a", 120_000)

    def told() -> list[Any]:
        own = {"job", "backtest", "backtest page"}
        return sorted((each for each in everything(table) if each["kind"] not in own), key=str)

    before = told()
    move = {
        "type": "update_user_field",
        "field": "level",
        "value": "gold",
    }
    assert backtest(api, jobs_queue, rule={**RULE, "actions": [TWO_PERCENT, move]})["fired_count"] == 1
    assert told() == before


def test_a_page_that_is_repeated_counts_once_and_the_same_question_is_answered_anew(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replaying, "MOST_MEMBERS", 1)
    sell(api, world, table, "a", 120_000)
    first = backtest(api, jobs_queue, rule=RULE)
    cursor = {"job_id": first["job_id"]}
    rulebook = Rulebooks().current(table, world.program.program_id)
    pages = [replaying.page(table, rulebook, cursor, clock.now()) for _ in range(2)]
    assert pages[0] == pages[1]
    sell(api, world, table, "b", 120_000, crowd(table, world, 1)[0])
    again = backtest(api, jobs_queue, rule=RULE)
    assert (again["job_id"], first["fired_count"], again["fired_count"]) == (first["job_id"], 1, 2)


def test_a_page_ends_when_it_has_read_many_rows_and_the_next_goes_on(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replaying, "ROWS_AT_ONCE", 1)
    for number, member_id in enumerate((world.ada, *crowd(table, world, 3))):
        sell(api, world, table, str(number), 120_000, member_id)
    found = backtest(api, jobs_queue, rule=RULE)
    assert (found["fired_count"], found["paid"], found["done"]) == (4, 960, 5)


def test_a_page_that_finds_many_firings_is_kept_in_pieces_and_shown_whole(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    each_cent = {"metric": "commission_value", "operator": "gte", "value": 1, "every": True}
    rule = {**RULE, "conditions": [{**each_cent, "period": {"type": "current_month"}}]}
    sell(api, world, table, "a", 2_500)  # pays 2.50
    found = backtest(api, jobs_queue, rule=rule)
    listed = (len(found["fired"]), len(found["only_here"]), found["fired_count"])
    assert listed == (250, 250, 250)
    assert sum(item["kind"] == "backtest page" for item in everything(table)) == 3
    counting = _Counting(TABLE_NAME)
    assert len(backtests.view(counting, world.program.program_id, found["job_id"]).fired) == 250
    assert counting.gets == 1  # of the job; all pieces come together


class _Counting(Table):
    """Counts the items that are got one by one."""

    gets = 0

    def get(self, key: Key) -> Item | None:
        self.gets += 1
        return super().get(key)


def test_a_member_with_too_many_rows_is_left_out_and_counted(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(replaying, "MOST_ROWS", 1)
    for number in range(2):
        sell(api, world, table, str(number), 120_000)
    assert backtest(api, jobs_queue, rule=RULE)["left_out"] == 1


def test_histories_of_rows_are_read_side_by_side_and_come_to_the_same(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    for order_id in ("a", "b"):
        sold = sell(api, world, table, order_id, 120_000)
        api.post(f"/v1/conversions/{sold}/refunds", {"refund_id": order_id, "reason": "refund"})
    drain(table)
    cursor = {"job_id": backtest(api, jobs_queue, rule=RULE)["job_id"]}
    rulebook = Rulebooks().current(table, world.program.program_id)
    asked: list[int] = []

    def noted(work: Any, things: Any) -> list[Any]:
        asked.append(len(wanted := list(things)))
        return side_by_side(work, wanted)

    pages = [replaying.page(table, rulebook, cursor, clock.now(), Means(run)) for run in (in_turn, noted)]
    assert pages[0] == pages[1]
    assert sorted(asked) == [0, 2]


def brought_by_ada(api: Gateway, world: World, table: Table, jobs_queue: JobsQueue) -> tuple[str, str]:
    """A rule that pays her for each of two members whom she brought, and has paid; a backtest of it."""
    pays = {"type": "add_bonus_to_original_referrer", "frequency": "once_per_period", "amount": 500}
    assert api.patch("/v1/program", {"features": {"forced_matrix": {"active": True, "width": 3}}}).status == 200
    rule_id = api.post("/v1/rules", {**RULE, "conditions": [{**OVER_100, "value": 1}], "actions": [pays]}).body[
        "rule_id"
    ]
    begin_long_ago(table, world, rule_id)
    for name in ("kid", "kit"):
        brought = {"email": f"{name}@x.example.org", "first_name": name, "last_name": "D", "status": "approved"}
        member_id = api.post("/v1/members", {**brought, "referrer_id": world.ada}).body["member_id"]
        assert api.put(f"/v1/offers/{world.codes_offer}/enrollments/{member_id}", {}).status == 201
        sell(api, world, table, name, 1_000, member_id)
    return rule_id, backtest(api, jobs_queue, rule_id=rule_id)["job_id"]


def test_what_a_rule_paid_a_referrer_is_found_beside_the_members_whom_it_was_for(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    rule_id, job_id = brought_by_ada(api, world, table, jobs_queue)
    found = backtest(api, jobs_queue, rule_id=rule_id)
    assert (found["really"], found["only_here"], found["only_there"]) == ({"fired": 2, "paid": 1_000}, [], [])
    rulebook = Rulebooks().current(table, world.program.program_id)
    # each of both has a row, and her two are read with the first of them
    for most, done in ((4, 2), (3, 1)):
        monkeypatch.setattr(replaying, "ROWS_AT_ONCE", most)
        assert replaying.page(table, rulebook, {"job_id": job_id}, clock.now()).done == done
    monkeypatch.setattr(replaying, "MOST_ROWS", 1)
    assert backtest(api, jobs_queue, rule_id=rule_id)["left_out"] == 4  # she, and all whom she brought


def test_rows_of_a_referrer_that_are_not_of_the_span_leave_nobody_out(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    rule_id, _ = brought_by_ada(api, world, table, jobs_queue)
    long_ago = clock.now() - timedelta(days=20)
    sell(api, world, table, "old", 1_000, occurred_at=long_ago.isoformat())
    monkeypatch.setattr(replaying, "MOST_ROWS", 1)
    first, last = (each.date().isoformat() for each in (long_ago - timedelta(days=2), long_ago + timedelta(days=2)))
    before = {"from": first, "to": last}
    assert backtest(api, jobs_queue, rule_id=rule_id, **before)["left_out"] == 1


def move_back_and_forth(api: Gateway, world: World, times: int) -> None:
    options = api.get(f"/v1/offers/{world.codes_offer}").body["payout_options"]
    terms = {"type": "percent_of_sale", "percent": "20"}
    made = api.post(f"/v1/offers/{world.codes_offer}/payout-options", {"name": "more", "terms": terms}).body
    first, other = options[0]["payout_option_id"], made["payout_option_id"]
    for number in range(times):
        moved = {"payout_option_id": (other, first)[number % 2]}
        assert api.patch(f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}", moved).status == 200


def test_a_member_whose_history_is_too_long_is_left_out_and_counted(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    assert api.patch("/v1/program", {"features": {"commission_groups": True}}).status == 200
    sell(api, world, table, "a", 120_000)
    in_group = {"metric": "commission_group", "operator": "eq", "value": "x", "period": {"type": "all_time"}}
    group = api.get(f"/v1/offers/{world.codes_offer}").body["payout_options"][0]["payout_option_id"]
    asked = {**RULE, "conditions": [OVER_100, {**in_group, "value": group}]}
    move_back_and_forth(api, world, 4)
    assert backtest(api, jobs_queue, rule=asked)["left_out"] == 0
    monkeypatch.setattr(replaying, "MOST_EDITS", 3)
    assert backtest(api, jobs_queue, rule=asked)["left_out"] == 1


def test_a_member_who_takes_too_long_is_left_out_and_the_others_are_told(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
):
    changed = sell(api, world, table, "a", 120_000)
    api.post(f"/v1/conversions/{changed}/refunds", {"refund_id": "r1", "amount": 1_000, "reason": "refund"})
    other = crowd(table, world, 1)[0]
    sell(api, world, table, "b", 120_000, other)
    monkeypatch.setattr(replaying, "MOST_SECONDS", 0)
    found = backtest(api, jobs_queue, rule=RULE)
    assert (found["left_out"], [each["member_id"] for each in found["fired"]]) == (1, [other])


def test_a_page_ends_with_the_member_with_whom_its_time_is_up(
    api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    sell(api, world, table, "a", 120_000)
    cursor = {"job_id": backtest(api, jobs_queue, rule=RULE)["job_id"]}
    rulebook = Rulebooks().current(table, world.program.program_id)
    found = replaying.page(table, rulebook, cursor, clock.now(), Means(has_time=lambda: False))
    assert (found.done, found.is_last) == (1, False)
    rest = replaying.page(table, rulebook, found.cursor or {}, clock.now(), Means(has_time=lambda: False))
    assert rest.done == 1
