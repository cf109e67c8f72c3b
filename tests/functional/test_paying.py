"""Paying members in the table: each due row once, whatever breaks off, comes twice or changes in between."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from laurel.domain.ledger.commissions import Commission
from laurel.domain.payouts.payouts import NewPayout, PayoutView
from laurel.domain.program.jobs import Job
from laurel.queue import JobMessage
from laurel.store import items, keys, ledger
from laurel.store.operations import ConditionFailed, Conflict, Put, Unavailable
from laurel.store.values import Item
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.transitions import fold_member
from laurel.workflows.ledger import summaries
from laurel.workflows.ledger.summaries import Asked
from laurel.workflows.payouts import paying, payouts
from laurel.workflows.rules import rules
from laurel.workflows.upkeep import job_pages
from tests.functional.kit.world import Randomness, World, furnished, request_of
from tests.simulation.kit.table.fake_table import FakeTable
from tests.unit.kit.builders import commission

NOVEMBER = datetime(2026, 11, 20, 9, tzinfo=UTC)
DECEMBER = datetime(2026, 11, 30, 23, tzinfo=UTC)
"""Midnight in Berlin, where the program is at home."""
NOW = DECEMBER + timedelta(hours=9)


class Crash(BaseException):
    """The process is gone."""


class Sent:
    """A queue that only notes what is sent."""

    def __init__(self) -> None:
        self.messages: list[JobMessage] = []

    def send(self, message: JobMessage) -> None:
        self.messages.append(message)


class Shop:
    """A program with members to whom something is due."""

    def __init__(self) -> None:
        self.table = FakeTable()
        self.world: World = furnished(self.table)
        self.program = self.world.program
        self.queue = Sent()
        self.random = Randomness("payouts")

    def earn(self, name: str, amount: int, member_id: str = "", fold: bool = True, **changes: Any) -> Commission:
        """A row of Ada's, unless told otherwise."""
        place = {"member_id": member_id or self.world.ada, "offer_id": self.world.codes_offer, "currency": "EUR"}
        given = {"when": NOVEMBER, "payout_option_id": self.world.options[0], **place, **changes}
        row = commission(name, amount, zone=self.program, **given)
        self.table.write(Put(ledger.commission(self.program.program_id, row, buckets=1), new=True))
        if fold:
            self.drain()
        return row

    def change(self, row: Commission, **changes: Any) -> None:
        stored = self.row(row)
        self.table.write(ledger.changed(self.program.program_id, stored, stored.revised(NOW, **changes)))

    def drain(self) -> None:
        """What the stream does with all that waits."""
        waiting: dict[str, list[Item]] = {}
        for item in self.table.contents().values():
            if item.get("pend") == 1:
                waiting.setdefault(item["body"]["member_id"], []).append(item)
        for member_id, found in waiting.items():
            fold_member(self.table, self.rulebook, member_id, found, NOW, lambda _: None)

    @property
    def rulebook(self) -> Any:
        return Rulebooks().current(self.table, self.program.program_id)

    def start(self, **changes: Any) -> str:
        new = NewPayout.model_validate({"until": DECEMBER, **changes})
        return payouts.start(self.table, self.queue, request_of(self.program, at=NOW), new, self.random)[0].payout_id

    def run(self, payout_id: str, has_time: Callable[[], bool] = lambda: True) -> Job:
        job_id = self.payout(payout_id).job_id
        return job_pages.run(self.table, self.queue, self.rulebook, job_id, NOW, has_time)

    def pay(self, **changes: Any) -> str:
        payout_id = self.start(**changes)
        assert self.run(payout_id).status == "done"
        return payout_id

    def payout(self, payout_id: str) -> PayoutView:
        return payouts.get(self.table, self.program.program_id, payout_id)

    def lines(self, payout_id: str) -> dict[str, tuple[int, int]]:
        found = payouts.rows(self.table, self.program.program_id, payout_id, 100, None).items
        return {line.member_id: (line.amount, line.commissions) for line in found}

    def row(self, row: Commission) -> Commission:
        key = keys.commission(self.program.program_id, row.commission_id)
        return items.parse(Commission, self.table.get(key) or {})

    def rows(self) -> Iterator[Commission]:
        found = self.table.contents().items()
        return (items.parse(Commission, item) for key, item in found if item["kind"] == "commission")

    def due(self) -> int:
        return summaries.summary(self.table, self.program, Asked()).totals.payout_due

    def last_payout(self) -> str | None:
        return (self.table.get(keys.head(self.program.program_id, self.world.ada)) or {}).get("last_payout")

    def require_sound(self) -> None:
        """Each line is the sum of its rows, each payout of its lines; due is what is approved and not paid."""
        amounts, counts = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for row in self.rows():
            assert (row.payout == "paid") == (row.payout_id is not None)
            if row.payout_id is not None:
                amounts[row.payout_id, str(row.member_id)] += row.amount
                counts[row.payout_id, str(row.member_id)] += 1
        told = payouts.page(self.table, self.program.program_id, 100, None).items
        for payout in told:
            lines = self.lines(payout.payout_id)
            of = {member: amount for (pay, member), amount in amounts.items() if pay == payout.payout_id}
            assert {member: amount for member, (amount, _) in lines.items()} == of
            assert {m: n for m, (_, n) in lines.items()} == {m: counts[payout.payout_id, m] for m in of}
            assert payout.total == sum(of.values())
            assert min(of.values(), default=1) > 0
        assert self.due() == sum(row.amount for row in self.rows() if row.state == "approved")
        heads = [item for key, item in self.table.contents().items() if key.sk == "head"]
        assert sum(head["balances"].get("paid", 0) for head in heads) == sum(amounts.values())


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


def test_a_second_payout_finds_nothing_and_makes_no_line(shop: Shop) -> None:
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
    cut = shop.pay(until=DECEMBER + timedelta(milliseconds=1))
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
    assert shop.payout(shop.pay(until=NOW + timedelta(minutes=1))).total == 30


def test_clicks_of_today_do_not_help_many_rows_over_the_minimum(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "MOST_ROWS", 1)
    shop.earn("a", 100)
    shop.earn("b", 50)
    shop.earn("yesterday", 7, type="click", clicks=1, when=NOW - timedelta(days=1))
    shop.earn("today", 40, type="click", clicks=4, when=NOW)
    shop.earn("also today", 3, when=NOW)
    later = NOW + timedelta(days=2)
    assert shop.payout(shop.pay(until=later, minimum=161)).total == 0
    assert shop.payout(shop.pay(until=later, minimum=160)).total == 160


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


@pytest.mark.parametrize("until", [DECEMBER, datetime(2026, 11, 12, 15, tzinfo=UTC)])
@pytest.mark.parametrize("at_once", [7, 40])
def test_a_member_of_more_rows_than_are_read_at_once_is_decided_on_by_the_totals(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, at_once: int, until: datetime
) -> None:
    monkeypatch.setattr(paying, "MOST_ROWS", at_once)
    many(shop, 90)
    of_before = [row.amount for row in shop.rows() if row.occurred_at < until]
    due = sum(of_before)
    assert shop.payout(shop.pay(until=until, minimum=due + 1)).total == 0
    payout_id = shop.pay(until=until, minimum=due)
    assert shop.lines(payout_id) == {shop.world.ada: (due, len(of_before))}
    assert shop.last_payout() == payout_id
    shop.require_sound()


def test_what_is_owed_is_taken_off_when_there_is_enough_also_of_many_rows(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paying, "MOST_ROWS", 5)
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
        shop.earn(f"a{number}", 100 + number, when=NOVEMBER - timedelta(days=8 * number))
        shop.earn(f"b{number}", 10, member_id=shop.world.ben)
    shop.earn("owed", -60, type="extra_bonus")
    shop.change(shop.earn("refunded", 90), amount=45)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_call_it_goes_on_and_pays_each_row_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(paying, "MOST_CHANGES", 3)
    crowd(shop)
    untouched = shop.table.copied()
    total, calls = 0, 1
    while calls:
        shop.table.restore(untouched)
        payout_id, left = shop.start(), [calls]

        def kill(moment: str, _: str, left: list[int] = left) -> None:
            left[0] -= moment == when
            if left[0] == 0 and moment == when:
                raise Crash

        shop.table.gate = kill
        try:
            shop.run(payout_id)
        except Crash:
            calls += 1
        else:
            calls = 0
        shop.table.gate = None
        assert shop.run(payout_id).status == "done"
        shop.drain()
        shop.require_sound()
        assert shop.due() == 0
        total = shop.payout(payout_id).total
        assert total == sum(range(100, 106)) + 60 - 60 + 45
    assert total


def test_a_page_repeated_pays_nothing_more(shop: Shop) -> None:
    crowd(shop)
    payout_id = shop.pay()
    before = shop.table.contents()
    paying.page(shop.table, shop.rulebook, paying.first_cursor(payout_id), NOW)
    assert shop.table.contents() == before


def test_two_payouts_at_once_share_the_rows_and_pay_none_twice(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paying, "MOST_CHANGES", 3)
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
    assert shop.due() == 0
    assert shop.payout(first).total + shop.payout(second).total == sum(range(100, 106)) + 45


@pytest.mark.parametrize(
    "change", [{"status": "declined", "reason": "fraud"}, {"amount": 7}, {"amount": 0}, {"amount": -2_000}]
)
def test_a_row_that_changes_at_any_moment_is_paid_as_it_stands_or_not_at_all(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.setattr(paying, "MOST_CHANGES", 3)
    crowd(shop)
    row = next(row for row in shop.rows() if row.amount == 103)
    untouched, calls, happened = shop.table.copied(), 1, True
    while happened:
        shop.table.restore(untouched)
        payout_id, left, happened = shop.start(), [calls], False
        edited: list[Commission] = []

        def edit(moment: str, _: str, left: list[int] = left, edited: list[Commission] = edited) -> None:
            nonlocal happened
            left[0] -= moment == "before"
            if left[0] == 0 and moment == "before":
                shop.table.gate, happened = (lambda *_: None), True
                if shop.row(row).payout == "unpaid":
                    shop.change(row, **change)
                    edited.append(shop.row(row))

        shop.table.gate = edit
        shop.run(payout_id)
        shop.table.gate = None
        shop.drain()
        shop.require_sound()
        for each in edited:
            left_as = shop.row(row)
            assert (left_as.amount, left_as.status, left_as.reason) == (each.amount, each.status, each.reason)
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
    real = paying.paid_out
    monkeypatch.setattr(paying, "paid_out", partial(real, budget=15))
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
