"""Retroactive moves: what was earned before is priced anew, whatever breaks off, comes twice or comes between."""

import itertools
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from laurel import clock, queue
from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.jobs import Job
from laurel.domain.rules.schedule import Midnight
from laurel.store import indexes, keys, ledger
from laurel.store import items as stored
from laurel.store.operations import Delete, Put
from laurel.store.table import Table
from laurel.workflows.kernel import transitions
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.upkeep import job_pages, sweeps
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paths import enrollment_path, option_path
from tests.functional.kit.paying import pay_out, up_to_today
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import as_stream, drain, everything, run
from tests.functional.kit.world import World
from tests.kit.interference import Interfering

if TYPE_CHECKING:
    pass

ALL_TIME = {"type": "all_time"}
MONTH = {"type": "current_month"}


@pytest.fixture
def merchant(api: Gateway, world: World, jobs_queue: JobsQueue) -> Gateway:
    """Ben, whom Ada brought, has the code BEN10 in an offer that pays 10 %, or 15 % in the group Gold."""
    assert api.patch("/v1/program", {"features": {"commission_groups": True}}).status == 200
    assert api.delete(f"/v1/rules/{world.rule_id}").status == 204
    place = enrollment_path(world, world.ben)
    assert api.put(place, {"promo_code": "BEN10"}).status == 201
    return api


def back(world: World, option: int = 1, **changes: Any) -> dict[str, Any]:
    move = {"type": "put_into_commission_group_retroactively", "offer_id": world.codes_offer}
    return {**move, "payout_option_id": world.options[option], **changes}


def above(value: int, metric: str = "sales_count", **changes: Any) -> dict[str, Any]:
    return {"metric": metric, "operator": "gt", "value": value, "period": ALL_TIME, **changes}


def rule(api: Gateway, condition: dict[str, Any], *actions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = api.post("/v1/rules", {"name": "Gold", "conditions": [condition], "actions": list(actions), **changes})
    assert answer.status == 201, answer.body
    return answer.body


def sales(world: World, items: Table, count: int, **changes: Any) -> list[str]:
    """So many of Ben's, counted one after the other."""
    return [sell(world, items, promo_code="BEN10", **changes) for _ in range(count)]


def earned(api: Gateway, sold: list[str]) -> list[int]:
    return [api.get(f"/v1/commissions/{each}").body["amount"] for each in sold]


def the_job(table: Table) -> Job:
    (job,) = [stored.parse(Job, item) for item in everything(table) if item["kind"] == "job"]
    return job


def work(table: Any, world: World, job_id: str, has_time: Callable[[], bool] = lambda: True) -> Job:
    rulebook = Rulebooks().current(table, world.program.program_id)
    return job_pages.run(table, queue.queue(), rulebook, job_id, clock.now(), has_time)


def work_all(table: Table, world: World) -> None:
    """Until no job is left."""
    while running := [i for i in everything(table) if i["kind"] == "job" and i["body"]["status"] == "running"]:
        for each in running:
            work(table, world, each["sk"])
        drain(table)


def draft(api: Gateway, table: Table, world: World, **changes: Any) -> str:
    """A payout of all that is due, unless told otherwise, as a draft; its path."""
    begun = api.post("/v1/payouts", up_to_today(**changes)).body
    assert work(table, world, begun["job_id"]).status == "done"
    return f"/v1/payouts/{begun['payout_id']}"


def confirm(api: Gateway, table: Table, world: World, path: str) -> dict[str, Any]:
    """The payout once it is carried out."""
    assert work(table, world, api.post(f"{path}/confirm").body["job_id"]).status == "done"
    told: dict[str, Any] = api.get(path).body
    return told


def head(table: Table, world: World) -> dict[str, Any]:
    return table.get(keys.head(world.program.program_id, world.ben)) or {}


def require_totals(table: Table, world: World) -> None:
    """The totals and the summary are those of the bare rows."""
    rows = [stored.parse(Commission, item) for item in everything(table) if item["kind"] == "commission"]
    mine = [row for row in rows if row.member_id == world.ben]
    balances: dict[str, int] = {}
    for row in mine:
        balances[row.state or ""] = balances.get(row.state or "", 0) + row.amount
    counted = head(table, world)
    assert counted["balances"] == {state: amount for state, amount in balances.items() if amount}
    assert counted.get("outstanding", {}) == {}


def test_the_sale_that_crosses_takes_all_before_it_into_the_better_group(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    made = rule(merchant, above(2), back(world))
    sold = sales(world, items, 3)
    assert earned(merchant, sold) == [1_000] * 3
    (message,) = jobs_queue.take()
    assert run("jobs", {"Records": [{"messageId": "1", "body": message}]}) == {"batchItemFailures": []}
    assert earned(merchant, sold) == [1_500] * 3
    assert [merchant.get(f"/v1/conversions/{each}").body["payout_option_id"] for each in sold] == [world.options[1]] * 3
    (line, *_) = merchant.get(f"/v1/offers/{world.codes_offer}/history?member_id={world.ben}").body["items"]
    assert line["actor"] == f"rule:{made['rule_id']}"
    assert line["changes"] == [
        {"field": "payout_option_id", "before": world.options[0], "after": world.options[1]},
        {"field": "recalculated_period", "before": None, "after": "all_time"},
    ]
    job = the_job(items)
    assert (job.kind, job.status, job.done) == ("recalculate", "done", 3)
    require_totals(items, world)
    shown = merchant.get(enrollment_path(world, world.ben)).body
    assert "recalculations" not in shown
    sales(world, items, 1)
    assert jobs_queue.take() == []


def test_the_history_of_a_row_tells_which_rule_priced_it_anew(merchant: Gateway, world: World, items: Table) -> None:
    moving = rule(merchant, above(1), back(world))
    first, _ = sales(world, items, 2)
    work_all(items, world)
    after = sell(world, promo_code="BEN10")
    drain(items)
    (told,) = merchant.get(f"/v1/conversions/{first}/history").body["items"]
    assert (told["actor"], told["action"], told["member_id"]) == (
        f"rule:{moving['rule_id']}",
        "recalculated",
        world.ben,
    )
    assert told["changes"] == [{"field": "payout_option_id", "before": None, "after": world.options[1]}]
    assert merchant.get(f"/v1/conversions/{after}/history").body["items"] == [], "it was of that group from the first"


def test_a_replay_is_answered_as_the_first_report_was(merchant: Gateway, world: World, items: Table) -> None:
    rule(merchant, above(0), back(world))
    order = {"order_id": "replayed", "amount": 10_000, "currency": "EUR", "promo_code": "BEN10"}
    first = merchant.post("/v1/conversions", order, key=world.reporter)
    drain(items)
    work(items, world, the_job(items).job_id)
    again = merchant.post("/v1/conversions", order, key=world.reporter)
    assert (again.status, again.body["commission"]) == (200, first.body["commission"])


def test_only_the_month_of_the_condition_is_recalculated(merchant: Gateway, world: World, items: Table) -> None:
    last_month = (clock.now().replace(day=1) - timedelta(days=3)).isoformat()
    before = sales(world, items, 2, occurred_at=last_month)
    rule(merchant, above(1, period=MONTH), back(world))
    now = sales(world, items, 2)
    work(items, world, the_job(items).job_id)
    assert earned(merchant, before + now) == [1_000, 1_000, 1_500, 1_500]


def test_a_lost_message_waits_for_tick(merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue) -> None:
    rule(merchant, above(0), back(world))
    sales(world, items, 1)
    assert len(jobs_queue.take()) == 1
    program_id = world.program.program_id
    assert job_pages.resend_stalled(items, queue.queue(), program_id, clock.now()) == 1
    assert len(jobs_queue.take()) == 1
    work(items, world, the_job(items).job_id)
    assert sweeps.due(items, program_id, indexes.JOB, clock.now() + timedelta(days=1)) == []


class _Killed(BaseException):
    pass


class _Dying:
    """The given table; its user dies right after so many writes."""

    def __init__(self, table: Table, writes: int) -> None:
        self._table, self._left = table, writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def write(self, *args: Any, **kwargs: Any) -> None:
        self._table.write(*args, **kwargs)
        self._die()

    def transact(self, *args: Any, **kwargs: Any) -> None:
        self._table.transact(*args, **kwargs)
        self._die()

    def _die(self) -> None:
        self._left -= 1
        if self._left <= 0:
            raise _Killed


def test_killed_after_any_write_it_goes_on_and_evaluates_the_rules_once(
    merchant: Gateway, world: World, items: Table
) -> None:
    rule(merchant, above(2), back(world))
    follows = rule(
        merchant, above(4_000, "commission_value"), {"type": "add_bonus_commission", "percent": "10"}, priority=2
    )
    sold = sales(world, items, 3)
    job_id, deaths = the_job(items).job_id, 0
    for writes in itertools.chain([1, 2, 2], range(2, 20)):
        try:
            if work(_Dying(items, writes), world, job_id).status == "done":
                break
        except _Killed:
            deaths += 1
    assert deaths == 4  # the try, the page, where it got to, the end: each write of it all
    assert earned(merchant, sold) == [1_500] * 3
    (bonus,) = merchant.get(f"/v1/commissions?member_id={world.ben}&rule_id={follows['rule_id']}").body["items"]
    assert (bonus["amount"], bonus["evidence"]["base"]) == (450, 4_500)
    require_totals(items, world)
    before = everything(items)
    assert work(items, world, job_id).status == "done"
    assert everything(items) == before


def pays(table: Table, world: World, row_id: str) -> None:
    """What a payout does to a row."""
    program_id = world.program.program_id
    row = stored.parse(Commission, table.get(keys.commission(program_id, row_id)) or {})
    if row.payout == "unpaid":
        table.write(ledger.changed(program_id, row, row.revised(clock.now(), payout="paid")))


@pytest.mark.parametrize("meanwhile", ["paid", "declined", "sold", "moved by hand", "fixed"])
def test_what_happens_during_a_page_is_neither_lost_nor_written_over(
    merchant: Gateway, world: World, items: Table, meanwhile: str
) -> None:
    rule(merchant, above(2), back(world))
    sold = sales(world, items, 3)
    place = enrollment_path(world, world.ben)
    more: list[str] = []

    def happens() -> None:
        match meanwhile:
            case "paid":
                pays(items, world, sold[0])
            case "declined":
                row = stored.parse(Commission, items.get(keys.commission(world.program.program_id, sold[0])) or {})
                changed = row.revised(clock.now(), status="declined", reason="fraud")
                items.write(ledger.changed(world.program.program_id, row, changed))
            case "sold":
                more.extend(sales(world, items, 1))
            case "moved by hand":
                assert merchant.patch(place, {"payout_option_id": world.options[0]}).status == 200
                more.append(sell(world, promo_code="BEN10"))
            case "fixed":
                assert merchant.patch(place, {"fixed": True}).status == 200

    work(Interfering(items, happens), world, the_job(items).job_id)
    drain(items)
    work_all(items, world)
    first = 1_000 if meanwhile in {"paid", "declined"} else 1_500
    assert earned(merchant, sold) == [first, 1_500, 1_500]
    assert set(earned(merchant, more)) <= {1_500}
    require_totals(items, world)


def test_a_row_that_was_recorded_before_and_is_counted_after_is_repriced_by_its_fold(
    merchant: Gateway, world: World, items: Table
) -> None:
    rule(merchant, above(1), back(world))
    early = sell(world, promo_code="BEN10")
    late = [item for item in everything(items) if item.get("pend") == 1]
    sold = [sell(world, promo_code="BEN10") for _ in range(2)]
    found = [item for item in everything(items) if item.get("pend") == 1 and item not in late]
    run("rule_evaluation", as_stream(*found))
    work(items, world, the_job(items).job_id)
    assert earned(merchant, [early, *sold]) == [1_000, 1_500, 1_500]
    drain(items)
    assert earned(merchant, [early]) == [1_500]
    require_totals(items, world)


def test_a_row_with_a_change_that_waits_is_left_to_its_fold_and_the_job_waits_for_it(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    rule(merchant, above(2), back(world))
    sold = sales(world, items, 3)
    program_id = world.program.program_id
    row = stored.parse(Commission, items.get(keys.commission(program_id, sold[0])) or {})
    items.write(ledger.changed(program_id, row, row.revised(clock.now(), status="pending")))
    jobs_queue.take()
    job = work(items, world, the_job(items).job_id)
    assert jobs_queue.take() == []  # not before some seconds have passed
    assert (job.status, job.done, list(head(items, world)["outstanding"].values())) == ("running", 2, [1])
    drain(items)
    assert work(items, world, job.job_id).status == "done"
    assert earned(merchant, sold) == [1_500] * 3
    require_totals(items, world)


def test_a_job_may_wait_for_as_long_as_it_takes(
    merchant: Gateway, world: World, items: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_pages, "MOST_HOPS", 1)
    rule(merchant, above(0), back(world))
    (sold,) = sales(world, items, 1)
    program_id = world.program.program_id
    row = stored.parse(Commission, items.get(keys.commission(program_id, sold)) or {})
    items.write(ledger.changed(program_id, row, row.revised(clock.now(), status="pending")))
    job_id = the_job(items).job_id
    assert {work(items, world, job_id).status for _ in range(3)} == {"running"}
    drain(items)
    assert work(items, world, job_id).status == "done"


def test_a_job_that_only_sends_itself_messages_is_ended(
    merchant: Gateway, world: World, items: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_pages, "MOST_HOPS", 1)
    rule(merchant, above(0), back(world))
    sales(world, items, 1)
    job_id = the_job(items).job_id
    assert [work(items, world, job_id, lambda: False).status for _ in range(2)] == ["running", "failed"]


@pytest.fixture
def tiered(merchant: Gateway, world: World) -> str:
    """Ada, who brought Ben, earns a tenth of his 10 %; where he is in Gold, a fifth of his 15 %."""
    for option, percent, share in ((0, "10", "10"), (1, "15", "20")):
        terms = {"type": "percent_of_sale", "percent": percent, "tiers": [{"percent_of_first_tier": share}]}
        assert merchant.patch(option_path(world, world.options[option]), {"terms": terms}).status == 200
    return str(rule(merchant, above(1), back(world))["rule_id"])


@pytest.mark.usefixtures("tiered")
def test_what_members_above_earn_is_not_moved_by_a_move_of_who_sold(
    merchant: Gateway, world: World, items: Table
) -> None:
    sold = sales(world, items, 2)
    assert (earned(merchant, sold), above_of(merchant, world)) == ([1_000] * 2, [100] * 2)
    work_all(items, world)
    assert (earned(merchant, sold), above_of(merchant, world)) == ([1_500] * 2, [100] * 2)
    refund(merchant, items, sold[0], 5_000)
    assert (earned(merchant, sold), above_of(merchant, world)) == ([750, 1_500], [100, 50])
    sales(world, items, 1)
    assert above_of(merchant, world) == [300, 100, 50], "a later sale is recorded by the group of then"
    require_totals(items, world)


@pytest.mark.usefixtures("tiered")
def test_members_above_who_were_paid_are_adjusted_by_the_terms_of_the_sale_as_it_was_recorded(
    merchant: Gateway, world: World, items: Table, jobs_queue: JobsQueue
) -> None:
    (first,) = sales(world, items, 1)
    pay_out(merchant, jobs_queue, world.ada)
    sales(world, items, 1)
    work_all(items, world)
    assert (earned(merchant, [first]), above_of(merchant, world)) == ([1_500], [100, 100])
    refund(merchant, items, first, 5_000)
    assert sorted(above_of(merchant, world)) == [-50, 100, 100]


@pytest.mark.usefixtures("tiered")
def test_a_sale_that_is_first_counted_after_the_move_pays_above_by_the_terms_that_it_was_recorded_by(
    merchant: Gateway, world: World, items: Table
) -> None:
    late = sell(world, promo_code="BEN10")
    waiting = [item for item in everything(items) if item.get("pend") == 1]
    for _ in range(2):
        sell(world, promo_code="BEN10")
    run("rule_evaluation", as_stream(*(i for i in everything(items) if i.get("pend") == 1 and i not in waiting)))
    work_all(items, world)
    drain(items)
    assert earned(merchant, [late]) == [1_500]
    assert above_of(merchant, world) == [100, 100, 100]


def refund(merchant: Gateway, items: Table, sold: str, amount: int) -> None:
    body = {"refund_id": "half", "reason": "refund", "amount": amount}
    assert merchant.post(f"/v1/conversions/{sold}/refunds", body).status == 201
    drain(items)


def above_of(merchant: Gateway, world: World) -> list[int]:
    """What Ada has of Ben's sales."""
    listed = merchant.get(f"/v1/commissions?member_id={world.ada}&offer_id={world.codes_offer}").body["items"]
    return [row["amount"] for row in listed]


def test_tiers_that_the_new_group_adds_begin_with_what_is_sold_in_it(
    merchant: Gateway, world: World, items: Table
) -> None:
    path = option_path(world, world.options[1])
    terms = {"type": "percent_of_sale", "percent": "15", "tiers": [{"percent_of_sale": "1"}]}
    assert merchant.patch(path, {"terms": terms}).status == 200
    rule(merchant, above(1), back(world))
    sold = sales(world, items, 2)
    work_all(items, world)
    drain(items)
    assert (earned(merchant, sold), above_of(merchant, world)) == ([1_500] * 2, [])
    sales(world, items, 1)
    assert above_of(merchant, world) == [100]


def test_clicks_are_priced_anew_and_late_ones_join_their_row(merchant: Gateway, world: World, items: Table) -> None:
    path = f"/v1/offers/{world.links_offer}"
    (option,) = merchant.get(path).body["payout_options"]
    per_click = {"terms": {"type": "per_click", "amount": 10}}
    merchant.patch(f"{path}/payout-options/{option['payout_option_id']}", per_click)
    better = {"name": "Better", "terms": {"type": "per_click", "amount": 25}}
    gold = merchant.post(f"{path}/payout-options", better).body["payout_option_id"]
    move = back(world, offer_id=world.links_offer, payout_option_id=gold)
    rule(merchant, above(1, "clicks_count"), move)

    def click(visitor: str) -> None:
        told = merchant.post("/v1/clicks", {"slug": world.slug, "visitor_id": visitor}, key=world.reporter)
        assert told.status == 201, told.body

    click("late")
    late = [item for item in everything(items) if item["kind"] == "click"]
    for visitor in ("a", "b"):
        click(visitor)
    found = [item for item in everything(items) if item.get("pend") == 1 and item not in late]
    run("rule_evaluation", as_stream(*found))
    row = [item for item in everything(items) if item.get("pend") == 1 and item["kind"] == "commission"]
    run("rule_evaluation", as_stream(*row))
    work(items, world, the_job(items).job_id)
    assert click_rows(items) == [(2, 50)]
    click("new")
    drain(items)
    assert click_rows(items) == [(1, 25), (3, 75)]


def click_rows(table: Table) -> list[tuple[int, int]]:
    bodies = [item["body"] for item in everything(table) if item["kind"] == "commission"]
    return sorted((body["clicks"], body["amount"]) for body in bodies if body["type"] == "click")


def test_a_midnight_moves_too_and_is_asked_once_more_at_the_end(merchant: Gateway, world: World, items: Table) -> None:
    sold = sales(world, items, 2, occurred_at="2026-10-20T10:00:00Z")
    rule(merchant, above(1, period={"type": "last_month"}), back(world))
    richer = above(2_500, "commission_value", period={"type": "last_month"})
    follows = rule(merchant, richer, {"type": "add_bonus_commission", "amount": 7}, priority=2)
    program_id = world.program.program_id
    rulebook = Rulebooks().current(items, program_id)
    midnight = Midnight.of(rulebook.program.calendar, date(2026, 11, 1))
    since_ever(items, world, [each["rule_id"] for each in merchant.get("/v1/rules").body["items"]])
    rulebook = Rulebooks().current(items, program_id)
    transitions.begin_day(items, rulebook, world.ben, midnight, clock.now())
    work(items, world, the_job(items).job_id)
    assert earned(merchant, sold) == [1_500, 1_500]
    (bonus,) = merchant.get(f"/v1/commissions?member_id={world.ben}&rule_id={follows['rule_id']}").body["items"]
    assert bonus["amount"] == 7


def since_ever(table: Table, world: World, rule_ids: list[str]) -> None:
    """Ben was enrolled, and the rules were made, long before the midnight."""
    program_id, long_ago = world.program.program_id, "2026-01-01T00:00:00Z"
    place = keys.enrollment(program_id, world.ben, world.codes_offer)
    for key in (place, *(keys.rule(program_id, each) for each in rule_ids)):
        item = table.get(key) or {}
        table.write(Put({**item, "body": {**item["body"], "created_at": long_ago}}))


def test_a_trigger_that_was_deleted_asks_nothing_and_the_job_ends(
    merchant: Gateway, world: World, items: Table
) -> None:
    rule(merchant, above(0), back(world))
    (sold,) = sales(world, items, 1)
    job_id = the_job(items).job_id
    one_page = iter([True, False])
    work(items, world, job_id, lambda: next(one_page))
    items.write(Delete(keys.commission(world.program.program_id, sold)))
    assert work(items, world, job_id).status == "done"
    assert "outstanding" not in head(items, world) or head(items, world)["outstanding"] == {}


def test_a_payout_that_is_faster_than_the_job_pays_the_new_price(merchant: Gateway, world: World, items: Table) -> None:
    rule(merchant, above(2), back(world))
    sold = sales(world, items, 3)
    job_id = the_job(items).job_id
    path = draft(merchant, items, world, minimum=4_500)
    assert confirm(merchant, items, world, path)["total"] == 4_500
    assert earned(merchant, sold) == [1_500] * 3
    assert work(items, world, job_id).status == "done"
    drain(items)
    require_totals(items, world)


def test_rows_of_a_draft_are_recalculated_and_their_line_with_them(
    merchant: Gateway, world: World, items: Table
) -> None:
    sold = sales(world, items, 2)
    path = draft(merchant, items, world)
    rule(merchant, above(2), back(world))
    sold += sales(world, items, 1)
    work_all(items, world)
    assert earned(merchant, sold) == [1_500] * 3
    (line,) = merchant.get(path).body["lines"]
    assert (line["amount"], line["rows"]) == (3_000, 2)
    assert confirm(merchant, items, world, path)["total"] == 3_000
    drain(items)
    require_totals(items, world)


def test_what_was_confirmed_before_its_recalculation_came_is_paid_as_it_was(
    merchant: Gateway, world: World, items: Table
) -> None:
    sold = sales(world, items, 2)
    path = draft(merchant, items, world)
    rule(merchant, above(2), back(world))
    sold += sales(world, items, 1)
    assert merchant.post(f"{path}/confirm").status == 202
    work_all(items, world)
    assert earned(merchant, sold) == [1_000, 1_000, 1_500]
    assert merchant.get(path).body["lines"][0]["amount"] == 2_000
    require_totals(items, world)


def test_a_payout_moves_too_and_is_asked_once_more_at_the_end(merchant: Gateway, world: World, items: Table) -> None:
    unpaid = {"metric": "commission_value", "period": {"type": "all_unpaid"}}
    rule(merchant, above(1), back(world), conditions=[above(1), {**unpaid, "operator": "lte", "value": 1_000}])
    bounds = [{**unpaid, "operator": "gte", "value": 1_400}, {**unpaid, "operator": "lte", "value": 1_600}]
    bonus = {"type": "add_bonus_commission", "percent": "10"}
    follows = rule(merchant, above(1), bonus, conditions=bounds, priority=2)
    sold = [*sales(world, items, 1, occurred_at="2026-10-20T10:00:00Z"), *sales(world, items, 1)]
    payout = confirm(merchant, items, world, draft(merchant, items, world, until="2026-10-20"))
    work_all(items, world)
    assert earned(merchant, sold) == [1_000, 1_500]
    (made,) = merchant.get(f"/v1/commissions?member_id={world.ben}&rule_id={follows['rule_id']}").body["items"]
    assert (made["amount"], made["occurred_at"]) == (150, payout["confirmed_at"])


def test_the_dry_run_tells_of_the_move(merchant: Gateway, world: World, items: Table) -> None:
    made = rule(merchant, above(0), back(world), enabled=False)
    sales(world, items, 1)
    told = merchant.post(f"/v1/rules/{made['rule_id']}/dry-run", {"member_id": world.ben}).body
    assert (told["would_fire"], told["effects"]) == (True, [back(world)])


def test_a_retroactive_move_is_refused_like_any_move(merchant: Gateway, world: World) -> None:
    unknown = back(world, payout_option_id=f"opt_{'0' * 26}")
    says = {"name": "R", "conditions": [above(0)]}
    answer = merchant.post("/v1/rules", {**says, "actions": [unknown]})
    assert (answer.status, answer.pointers) == (422, ["/actions/0/payout_option_id"])
    merchant.patch("/v1/program", {"features": {"commission_groups": False}})
    answer = merchant.post("/v1/rules", {**says, "actions": [back(world)]})
    assert (answer.status, answer.code) == (409, "feature_inactive")
