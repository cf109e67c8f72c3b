"""Paying members in the table: each due row once, whatever breaks off, comes twice or changes in between."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from laurel.domain.ledger.commissions import Commission, Decision
from laurel.domain.payouts.payable import MOST_DRAFTS
from laurel.domain.values.errors import Conflict as Refused
from laurel.store.operations import ConditionFailed, Conflict, Unavailable
from laurel.workflows.earnings import approvals, markers
from laurel.workflows.payouts import confirming, drafting, lines
from laurel.workflows.rules import rules
from tests.functional.kit.paying_shop import DECEMBER, NOVEMBER, NOW, Crash, Shop
from tests.functional.kit.world import Randomness, request_of
from tests.unit.kit.builders import an_order, terms


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr("time.sleep", lambda _: None)
    return Shop()


def test_what_is_approved_and_of_before_is_paid_and_nothing_else(shop: Shop) -> None:
    paid = shop.earn("sale", 1_000)
    bonus = shop.earn("bonus", 500, type="extra_bonus", origin="manual", offer_id=None, payout_option_id=None)
    second = shop.earn("tier", 70, tier=2, origin="tier")
    owed = shop.earn("owed", -300, type="extra_bonus", origin="manual")
    others = [
        shop.earn("held", 1_000, status="pending"),
        shop.earn("declined", 1_000, status="declined"),
        shop.earn("later", 1_000, when=DECEMBER),
    ]
    payout_id = shop.pay()
    assert shop.lines(payout_id) == {shop.world.ada: (1_270, 4)}
    assert shop.payout(payout_id).total == 1_270
    assert {shop.row(row).payout_id for row in (paid, bonus, second, owed)} == {payout_id}
    assert {shop.row(row).payout for row in others} == {"unpaid"}
    assert shop.due() == 1_000
    assert shop.last_payout() == payout_id
    shop.require_sound()


def test_a_second_payout_finds_nothing_and_has_no_line(shop: Shop) -> None:
    shop.earn("sale", 1_000)
    first = shop.pay()
    again = shop.pay()
    assert (shop.lines(again), shop.payout(again).total, shop.last_payout()) == ({}, 0, first)
    shop.require_sound()


def test_the_last_instant_before_until_is_paid_and_until_itself_is_not(shop: Shop) -> None:
    shop.earn("at", 100, when=DECEMBER)
    shop.earn("before", 20, when=DECEMBER - timedelta(milliseconds=1))
    payout_id = shop.pay()
    assert shop.lines(payout_id) == {shop.world.ada: (20, 1)}
    cut = shop.pay(until=date(2026, 12, 1))
    assert shop.lines(cut) == {shop.world.ada: (100, 1)}


@pytest.mark.parametrize(("amounts", "minimum", "paid"), [
    ((499,), 500, 0),
    ((500,), 500, 500),
    ((500, -1), 500, 0),
    ((300, -300), 0, 0),
    ((300, -400), 0, 0),
    ((0,), 0, 0),
    ((0, 1), 0, 1),
])  # fmt: skip
def test_who_is_below_the_minimum_or_owes_is_passed_over(
    shop: Shop, amounts: tuple[int, ...], minimum: int, paid: int
) -> None:
    for number, amount in enumerate(amounts):
        shop.earn(f"{number}", amount, type="extra_bonus", when=NOVEMBER - timedelta(days=20 * number))
    payout_id = shop.pay(minimum=minimum)
    assert shop.payout(payout_id).total == paid
    assert bool(shop.lines(payout_id)) == (paid > 0)
    shop.require_sound()


def test_only_listed_members_are_paid(shop: Shop) -> None:
    shop.earn("adas", 100)
    shop.earn("bens", 50, member_id=shop.world.ben)
    payout_id = shop.pay(member_ids=[shop.world.ben, shop.world.ben])
    assert shop.lines(payout_id) == {shop.world.ben: (50, 1)}


def test_a_change_that_waits_is_counted_first_and_then_paid(shop: Shop) -> None:
    row, gone = shop.earn("sale", 1_000), shop.earn("gone", 1_000)
    shop.change(row, amount=800)
    shop.change(gone, status="declined", reason="fraud")
    payout_id = shop.pay()
    assert shop.lines(payout_id) == {shop.world.ada: (800, 1)}
    shop.drain()
    shop.require_sound()


def test_a_row_that_was_never_counted_is_in_the_next_payout(shop: Shop) -> None:
    shop.earn("new", 1_000, fold=False)
    assert shop.payout(shop.pay()).total == 0
    shop.drain()
    assert shop.payout(shop.pay()).total == 1_000


def test_clicks_of_today_wait_until_their_day_is_over(shop: Shop) -> None:
    shop.earn("today", 40, type="click", clicks=4, when=NOW)
    shop.earn("yesterday", 30, type="click", clicks=3, when=NOW - timedelta(days=1))
    assert shop.payout(shop.pay(until=date(2026, 12, 1))).total == 30


def test_clicks_of_today_do_not_help_many_rows_over_the_minimum(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "MOST_ROWS", 1)
    shop.earn("a", 100)
    shop.earn("b", 50)
    shop.earn("yesterday", 7, type="click", clicks=1, when=NOW - timedelta(days=1))
    shop.earn("today", 40, type="click", clicks=4, when=NOW)
    shop.earn("also today", 3, when=NOW)
    today = date(2026, 12, 1)
    assert shop.payout(shop.pay(until=today, minimum=161)).total == 0
    shop.work()
    assert shop.payout(shop.pay(until=today, minimum=160)).total == 160


def test_a_month_of_clicks_that_earn_nothing_is_not_read(shop: Shop) -> None:
    shop.earn("sale", 100)
    queries = [0]

    def count(moment: str, name: str) -> None:
        queries[0] += (moment, name) == ("before", "query")

    def cost() -> int:
        payout_id, queries[0] = shop.start(), 0
        shop.table.gate = count
        shop.run(payout_id)
        shop.table.gate = None
        return queries[0]

    shop.pay()
    nothing_due = cost()
    shop.earn("tally", 0, type="click", clicks=3, payout=None, when=NOVEMBER - timedelta(days=40))
    assert cost() == nothing_due


def test_what_the_storefront_was_told_first_is_kept(shop: Shop) -> None:
    row = shop.earn("1001", 1_000, sale=10_000)
    shop.pay()
    told = shop.row(row).as_first_told()
    assert (told.payout, told.status, told.amount) == ("unpaid", "approved", 1_000)


def many(shop: Shop, count: int = 250) -> None:
    for number in range(count):
        amount = -150 if number % 10 == 0 else 100
        when = NOVEMBER - timedelta(days=number % 45, minutes=number)
        shop.earn(f"{number}", amount, fold=False, when=when, type="extra_bonus" if amount < 0 else "sale")
    shop.drain()


def test_a_member_of_many_rows_is_paid_in_several_transactions(shop: Shop) -> None:
    many(shop)
    payout_id = shop.pay()
    assert shop.lines(payout_id) == {shop.world.ada: (225 * 100 - 25 * 150, 250)}
    assert shop.due() == 0
    shop.require_sound()


@pytest.mark.parametrize("until", [date(2026, 11, 30), date(2026, 11, 12)])
@pytest.mark.parametrize("at_once", [7, 40])
def test_a_member_of_more_rows_than_are_read_at_once_is_decided_on_by_the_whole_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, at_once: int, until: date
) -> None:
    monkeypatch.setattr(drafting, "MOST_ROWS", at_once)
    many(shop, 90)
    of_before = [row.amount for row in shop.rows() if row.day <= until]
    due = sum(of_before)
    below = shop.pay(until=until, minimum=due + 1)
    assert (shop.payout(below).total, shop.left_out(below)) == (0, {shop.world.ada: (due, "below_minimum")})
    shop.work()
    shop.require_sound()
    payout_id = shop.pay(until=until, minimum=due)
    assert shop.lines(payout_id) == {shop.world.ada: (due, len(of_before))}
    assert shop.last_payout() == payout_id
    shop.require_sound()


def test_what_is_owed_is_taken_off_when_there_is_enough_also_of_many_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "MOST_ROWS", 5)
    for number in range(8):
        shop.earn(f"owed{number}", -50, type="extra_bonus", when=NOVEMBER - timedelta(days=40 - number), fold=False)
    for number in range(8):
        shop.earn(f"{number}", 100, when=NOVEMBER + timedelta(minutes=number), fold=False)
    shop.drain()
    payout_id = shop.pay()
    assert shop.lines(payout_id) == {shop.world.ada: (400, 16)}
    shop.require_sound()


def crowd(shop: Shop) -> None:
    for number in range(6):
        shop.earn(f"a{number}", 100 + number, when=NOVEMBER - timedelta(days=8 * number), **percent(100 + number))
        shop.earn(f"b{number}", 10, member_id=shop.world.ben)
    shop.earn("owed", -60, type="extra_bonus")
    shop.change(shop.earn("refunded", 90), amount=45)


TOTAL = sum(range(100, 106)) + 60 - 60 + 45


def percent(amount: int) -> dict[str, Any]:
    return {
        "order": an_order(f"{amount}", 10 * amount, currency="EUR"),
        "terms": terms(type="percent_of_sale", percent="10"),
    }


def killed_at(shop: Shop, run: Callable[[], object], when: str, calls: int) -> bool:
    """Whether the run came to that call, at which it was killed."""
    left = calls

    def kill(moment: str, _: str) -> None:
        nonlocal left
        left -= moment == when
        if left == 0 and moment == when:
            raise Crash

    shop.table.gate = kill
    try:
        run()
    except Crash:
        return True
    finally:
        shop.table.gate = None
    return False


@pytest.mark.parametrize("when", ["before", "after"])
def test_drafting_that_is_killed_at_any_call_goes_on_and_takes_each_row_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(drafting, "MOST_CHANGES", 3)
    crowd(shop)
    untouched, calls = shop.table.copied(), 1
    while True:
        shop.table.restore(untouched)
        payout_id = shop.start()
        was_killed = killed_at(shop, lambda: shop.run(payout_id), when, calls)  # noqa: B023
        assert shop.run(payout_id).status == "done"
        shop.require_sound()
        assert (shop.payout(payout_id).total, shop.due()) == (TOTAL, TOTAL)
        calls += 1
        if not was_killed:
            return


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_confirmation_that_is_killed_at_any_call_goes_on_and_pays_each_row_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(drafting, "MOST_CHANGES", 3)
    crowd(shop)
    payout_id = shop.draft()
    shop.confirm(payout_id)
    untouched, calls = shop.table.copied(), 1
    while True:
        shop.table.restore(untouched)
        was_killed = killed_at(shop, lambda: shop.run(payout_id), when, calls)
        assert shop.run(payout_id).status == "done"
        shop.require_sound()
        assert (shop.payout(payout_id).total, shop.due()) == (TOTAL, 0)
        calls += 1
        if not was_killed:
            return


def statements_mailed(shop: Shop) -> list[tuple[str, int, int]]:
    """The statements in the outbox: of whom, how much, and of how many rows."""
    found = [item["message"] for item in shop.table.contents().values() if item["kind"] == "mail"]
    return sorted((mail["member_id"], mail["amount"], mail["rows"]) for mail in found if mail["kind"] == "statement")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_statement_is_mailed_once_for_each_line_wherever_its_payment_breaks_off(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(drafting, "MOST_CHANGES", 3)
    shop.mail_statements()
    crowd(shop)
    payout_id = shop.draft()
    assert statements_mailed(shop) == []
    shop.confirm(payout_id)
    told = sorted((member_id, *line) for member_id, line in shop.lines(payout_id).items())
    untouched, calls = shop.table.copied(), 1
    while True:
        shop.table.restore(untouched)
        was_killed = killed_at(shop, lambda: shop.run(payout_id), when, calls)
        assert shop.run(payout_id).status == "done"
        assert statements_mailed(shop) == told
        calls += 1
        if not was_killed:
            return


def test_nobody_is_mailed_a_statement_unless_the_program_wants_it(shop: Shop) -> None:
    shop.earn("sale", 1_000)
    shop.pay()
    assert statements_mailed(shop) == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("end", ["cancel", "fail"])
def test_rows_are_let_go_once_wherever_it_breaks_off(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str, end: str
) -> None:
    monkeypatch.setattr(drafting, "MOST_CHANGES", 3)
    crowd(shop)
    payout_id = shop.draft() if end == "cancel" else shop.pay()
    shop.cancel(payout_id) if end == "cancel" else shop.fail(payout_id)
    untouched, calls = shop.table.copied(), 1
    while True:
        shop.table.restore(untouched)
        was_killed = killed_at(shop, shop.work, when, calls)
        shop.work()
        shop.require_sound()
        left = TOTAL if end == "cancel" else TOTAL - 60
        assert shop.due() == left
        again = shop.pay()
        assert shop.payout(again).total == left
        shop.require_sound()
        calls += 1
        if not was_killed:
            return


def test_pages_repeated_do_nothing_more(shop: Shop) -> None:
    crowd(shop)
    payout_id = shop.pay()
    before = shop.table.contents()
    drafting.page(shop.table, shop.rulebook, lines.first_cursor(payout_id), NOW)
    confirming.page(shop.table, shop.rulebook, {"payout_id": payout_id}, NOW)
    assert shop.table.contents() == before


def test_two_drafts_at_once_share_no_row(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "MOST_CHANGES", 3)
    crowd(shop)
    first, second = shop.start(), shop.start()
    turns = iter([False] * 9 + [True] + [False] * 1_000)

    def interrupt(moment: str, _: str) -> None:
        if moment == "before" and next(turns):
            shop.table.gate = None
            shop.run(second)
            shop.table.gate = interrupt

    shop.table.gate = interrupt
    shop.run(first)
    shop.table.gate = None
    shop.require_sound()
    assert shop.payout(first).total + shop.payout(second).total == TOTAL
    for payout_id in (first, second):
        if shop.payout(payout_id).total:
            shop.confirm(payout_id)
            shop.run(payout_id)
    shop.require_sound()
    assert shop.due() == 0


def earned(shop: Shop, row: Commission) -> int:
    """What the row pays by now, with its adjustments."""
    return sum(
        each.amount
        for each in shop.rows()
        if each.status != "declined"
        and (
            each.commission_id == row.commission_id
            or (each.adjusts and each.adjusts.commission_id == row.commission_id)
        )
    )


CHANGES: dict[str, tuple[Callable[[Shop, Commission], bool], int]] = {
    "declined": (lambda shop, row: shop.decline(row), 0),
    "refunded in part": (lambda shop, row: shop.refund(row, 330), 70),
    "refunded": (lambda shop, row: shop.refund(row, None), 0),
    "revised": (lambda shop, row: shop.revise(row, 40_000), 4_000),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("folded", [True, False])
def test_a_row_that_changes_at_any_moment_moves_its_line_or_is_adjusted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, change: str, folded: bool
) -> None:
    monkeypatch.setattr(drafting, "MOST_CHANGES", 3)
    crowd(shop)
    row = next(row for row in shop.rows() if row.amount == 103)
    happens, worth = CHANGES[change]
    untouched, calls, happened = shop.table.copied(), 1, True
    while happened:
        shop.table.restore(untouched)
        payout_id, left, happened, counts = shop.start(), calls, False, False

        def edit(moment: str, _: str) -> None:
            nonlocal happened, left, counts
            left -= moment == "before"
            if left == 0 and moment == "before":
                shop.table.gate, happened = (lambda *_: None), True
                counts = happens(shop, row)
                if folded:
                    shop.drain()
                    shop.require_sound(is_quiet=False)

        shop.table.gate = edit
        shop.run(payout_id)
        if shop.payout(payout_id).total:
            shop.confirm(payout_id)
            shop.run(payout_id)
        shop.table.gate = None
        shop.drain()
        shop.work()
        shop.require_sound()
        assert earned(shop, row) == (worth if counts else 103)
        calls += 1


UNPAID = {"metric": "commission_value", "operator": "gte", "value": 100, "period": {"type": "all_unpaid"}}


def ruled(shop: Shop, *conditions: dict[str, Any], name: str = "Rule") -> str:
    says = {"name": name, "conditions": conditions, "actions": [{"type": "add_bonus_commission", "percent": "10"}]}
    said = rules.RuleSettings.model_validate(says)
    return rules.create(shop.table, request_of(shop.program), said, Randomness(name))[0].rule_id


def bonuses(shop: Shop, rule_id: str) -> list[tuple[str | None, int]]:
    found = [row for row in shop.rows() if row.rule_id == rule_id]
    return [(row.period, row.amount) for row in sorted(found, key=lambda row: row.occurred_at)]


def test_what_is_unpaid_is_a_period_that_ends_with_each_payout(shop: Shop) -> None:
    rule_id = ruled(shop, UNPAID)
    shop.earn("a", 90)
    shop.earn("b", 30)
    shop.earn("c", 300)
    assert bonuses(shop, rule_id) == [("all_unpaid", 12)]
    payout_id = shop.pay()
    shop.earn("d", 90, when=DECEMBER)
    assert len(bonuses(shop, rule_id)) == 1
    shop.earn("e", 20, when=DECEMBER)
    assert bonuses(shop, rule_id) == [("all_unpaid", 12), (f"all_unpaid:{payout_id}", 11)]


def test_what_the_payout_leaves_unpaid_counts_at_once_in_the_next_period(shop: Shop) -> None:
    rule_id = ruled(shop, UNPAID)
    weekly = ruled(shop, {**UNPAID, "period": {"type": "current_week"}, "operator": "lte"}, name="Other")
    shop.earn("a", 100)
    shop.earn("later", 400, when=DECEMBER)
    payout_id = shop.pay()
    assert bonuses(shop, rule_id) == [("all_unpaid", 10), (f"all_unpaid:{payout_id}", 40)]
    assert bonuses(shop, weekly) == []


def test_a_bonus_of_the_payday_is_counted_beside_what_its_day_holds_already(shop: Shop) -> None:
    nothing = {**UNPAID, "operator": "lte", "value": 0}
    ruled(shop, {"metric": "sales_count", "operator": "gte", "value": 1, "tier": "any"}, nothing)
    shop.earn("old", 100, when=NOVEMBER - timedelta(days=100))
    shop.earn("today", 50, type="extra_bonus", origin="manual", offer_id=None, payout_option_id=None, when=NOW)
    shop.pay()
    assert shop.due() == 50 + 10
    shop.require_sound()


def test_a_rule_fires_when_everything_is_paid(shop: Shop) -> None:
    nothing = {**UNPAID, "operator": "eq", "value": 0}
    rule_id = ruled(shop, {"metric": "sales_count", "operator": "gte", "value": 1}, nothing)
    shop.earn("a", 100)
    assert bonuses(shop, rule_id) == []
    shop.pay()
    assert bonuses(shop, rule_id) == [("all_time", 10)]
    shop.require_sound()


def test_a_full_transaction_leaves_rules_for_the_next_and_the_line_open_until_then(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [ruled(shop, {**UNPAID, "value": 10}, name=f"{n}") for n in range(4)]
    real = confirming.paid_out
    monkeypatch.setattr(confirming, "paid_out", partial(real, budget=15))
    shop.earn("a", 5)
    shop.earn("later", 400, when=DECEMBER)
    payout_id = shop.pay()
    assert [bonuses(shop, rule_id)[-1] for rule_id in made] == [(f"all_unpaid:{payout_id}", 40)] * 4
    assert shop.last_payout() == payout_id


@pytest.mark.parametrize("refusal", [Conflict("taken"), Unavailable("no answer"), ConditionFailed([None], [0])])
def test_a_refusal_is_tried_again(shop: Shop, refusal: Exception) -> None:
    shop.earn("a", 100)
    payout_id, refusals = shop.start(), iter([refusal])

    def refuse(moment: str, name: str) -> None:
        if (moment, name) == ("before", "transact") and (error := next(refusals, None)):
            raise error

    shop.table.gate = refuse
    assert shop.run(payout_id).status == "done"
    shop.require_sound()
    assert shop.payout(payout_id).total == 100


@pytest.mark.parametrize("end", ["confirm", "cancel"])
def test_a_fold_that_the_end_of_a_draft_overtakes_settles_its_row_by_what_the_payout_is_then(
    shop: Shop, end: str
) -> None:
    rows = [shop.earn(f"{amount}", amount, **percent(amount)) for amount in (100, 200)]
    payout_id = shop.draft()
    shop.refund(rows[0], 400)

    def overtake(moment: str, name: str) -> None:
        if (moment, name) == ("before", "transact"):
            shop.table.gate = lambda *_: None
            shop.confirm(payout_id) if end == "confirm" else shop.cancel(payout_id)

    shop.table.gate = overtake
    shop.drain()
    shop.require_sound(is_quiet=False)
    shop.work()
    shop.require_sound()
    assert shop.payout(payout_id).total == 300
    assert shop.row(rows[0]).amount == (100 if end == "confirm" else 60)
    assert earned(shop, rows[0]) == 60
    assert shop.due() == (-40 if end == "confirm" else 260)


def test_a_refund_that_comes_while_its_row_is_freed_is_not_lost(shop: Shop) -> None:
    row = shop.earn("sale", 100, **percent(100))
    payout_id = shop.draft()
    shop.cancel(payout_id)

    def refund(moment: str, name: str) -> None:
        if (moment, name) == ("before", "transact"):
            shop.table.gate = lambda *_: None
            shop.refund(row, 400)

    shop.table.gate = refund
    shop.work()
    shop.drain()
    shop.require_sound()
    assert (shop.row(row).amount, shop.row(row).payout, shop.due()) == (60, "unpaid", 60)


def test_a_bonus_and_an_adjustment_that_are_declined_while_they_are_being_paid_are_taken_off(shop: Shop) -> None:
    bonus = shop.earn("bonus", 500, type="extra_bonus", origin="manual", offer_id=None, payout_option_id=None)
    granted = shop.earn("granted", 300, type="action", origin="manual", action_code="signup")
    shop.earn("sale", 10_000)
    payout_id = shop.draft()
    for row in (bonus, granted):
        assert shop.decline(row)
    shop.confirm(payout_id)
    shop.drain()
    shop.work()
    shop.require_sound()
    assert (earned(shop, bonus), earned(shop, granted), shop.due()) == (0, 0, -800)
    for taken in [row for row in shop.rows() if row.type == "adjustment"]:
        shop.earn(f"more {taken.amount}", 10_000)
    again = shop.draft()
    for taken in [row for row in shop.rows() if row.type == "adjustment"]:
        assert shop.decline(taken)
    shop.confirm(again)
    shop.drain()
    shop.work()
    shop.require_sound()
    assert shop.due() == 800


def test_a_marker_of_a_draft_is_deleted_with_its_part_of_the_line_and_of_a_decided_one_not(shop: Shop) -> None:
    ruled(shop, {"metric": "sales_count", "operator": "gte", "value": 1})
    shop.earn("sale", 1_000)
    (marker,) = [row for row in shop.rows() if row.rule_id]
    payout_id = shop.draft()
    assert shop.lines(payout_id) == {shop.world.ada: (1_100, 2)}
    markers.delete(shop.table, shop.program, marker.commission_id, "key:boss", NOW)
    assert shop.lines(payout_id) == {shop.world.ada: (1_000, 1)}
    shop.require_sound()
    shop.earn("another", 10)
    (marker,) = [row for row in shop.rows() if row.rule_id]
    again = shop.draft()
    shop.confirm(again)
    with pytest.raises(Refused, match="already_paid"):
        markers.delete(shop.table, shop.program, marker.commission_id, "key:boss", NOW)
    shop.work()
    shop.require_sound()


def test_a_row_that_left_a_long_line_while_it_was_drafted_does_not_come_back_into_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafting, "MOST_ROWS", 1)
    rows = [shop.earn(f"{n}", 100, when=NOVEMBER + timedelta(minutes=n), **percent(100)) for n in range(3)]
    payout_id = shop.start()
    cursor = drafting.page(shop.table, shop.rulebook, lines.first_cursor(payout_id), NOW).cursor
    shop.decline(rows[0], "late")
    shop.drain()
    assert shop.lines(payout_id) == {shop.world.ada: (0, 0)}
    approvals.decide(shop.table, shop.program.program_id, rows[0].commission_id, Decision(status="approved"), shop.by)
    shop.drain()
    drafting.page(shop.table, shop.rulebook, lines.first_cursor(payout_id), NOW)
    assert cursor is not None
    shop.work()
    assert shop.lines(payout_id) == {shop.world.ada: (200, 2)}
    assert shop.row(rows[0]).payout == "unpaid"
    shop.require_sound()


def test_no_more_drafts_have_a_line_of_a_member_than_are_left_at_once(shop: Shop) -> None:
    days = [NOVEMBER + timedelta(days=n) for n in range(MOST_DRAFTS + 1)]
    for when in days:
        shop.earn(f"{when}", 100, when=when)
    drafts = [shop.draft(until=when.date()) for when in days]
    assert shop.left_out(drafts[-1]) == {shop.world.ada: (100, "too_many_drafts")}
    shop.cancel(drafts[0])
    shop.work()
    assert shop.payout(shop.draft()).total == 200
    shop.become("suspended")
    shop.work()
    assert shop.due() == 100 * len(days)
    shop.require_sound()


@pytest.mark.parametrize("end", ["confirm", "cancel", "fail"])
def test_two_who_end_a_payout_at_once_begin_one_job_and_get_one_answer(shop: Shop, end: str) -> None:
    shop.earn("sale", 100)
    payout_id = shop.pay() if end == "fail" else shop.draft()
    act: Callable[[str], object] = {"confirm": shop.confirm, "cancel": shop.cancel, "fail": shop.fail}[end]
    first: list[object] = []

    def overtake(moment: str, name: str) -> None:
        if (moment, name) == ("before", "transact"):
            shop.table.gate = lambda *_: None
            first.append(act(payout_id))

    sent = len(shop.queue.messages)
    shop.table.gate = overtake
    assert [act(payout_id)] == first
    assert len(shop.queue.messages) == sent + 1
    shop.work()
    shop.require_sound()
    assert (shop.payout(payout_id).failed_total, shop.due()) == ((100, 100) if end == "fail" else (0, shop.due()))


@pytest.mark.parametrize("at_once", [2, 500])
def test_what_another_draft_holds_is_neither_taken_nor_reckoned_with(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(drafting, "MOST_ROWS", at_once)
    for number in range(5):
        shop.earn(f"early {number}", 100, when=NOVEMBER - timedelta(days=9, minutes=number))
    for number in range(4):
        shop.earn(f"late {number}", 10, when=NOVEMBER - timedelta(minutes=number))
    first = shop.draft(until=NOVEMBER.date() - timedelta(days=9))
    second = shop.draft(minimum=41)
    assert (shop.lines(first), shop.lines(second)) == ({shop.world.ada: (500, 5)}, {})
    assert shop.left_out(second) == {shop.world.ada: (40, "below_minimum")}
    shop.work()
    third = shop.draft(minimum=40)
    assert shop.lines(third) == {shop.world.ada: (40, 4)}
    shop.require_sound()
