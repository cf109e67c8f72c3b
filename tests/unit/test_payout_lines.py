"""Rows on their way through payouts: whatever happens in whatever order, a line is their sum, and all are paid once."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.kernel.outcomes import Known, Needed, Transition
from laurel.domain.kernel.payday import Installment, paid_out
from laurel.domain.kernel.transition import recalculated, transition
from laurel.domain.ledger.commissions import Adjusted, Commission, Decision
from laurel.domain.ledger.payment import drafted, freed, paid
from laurel.domain.ledger.row_parts import Adjusts
from laurel.domain.ledger.totals import Totals
from laurel.domain.ledger.worth import revalued, taken_up
from laurel.domain.members.accounts import Account, Change, Head
from laurel.domain.payouts.lines import Line, Place
from laurel.domain.payouts.payable import payable
from laurel.domain.payouts.payouts import NewPayout, Payout
from laurel.domain.payouts.reasons import unpaid_because
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.tracking.facts import News, told
from laurel.domain.values.errors import Conflict, Invalid
from tests.unit.kit.builders import (
    ANNA,
    LONG_AGO,
    SATURDAY,
    a_refund,
    an_id,
    an_order,
    commission,
    member,
    program,
    steady,
    terms,
)
from tests.unit.kit.payouts import BANK

PROGRAM = program()
RULEBOOK = Rulebook.of(PROGRAM, ())
DAY = PROGRAM.calendar.day_of(SATURDAY)


def payout(number: int, **changes: Any) -> Payout:
    made = {"payout_id": an_id("pay", f"{number}"), "job_id": an_id("job"), "currency": "USD", "actor": "system"}
    new = NewPayout.model_validate({"until": DAY, **changes})
    return Payout.of(new, PROGRAM.calendar, **made, created_at=SATURDAY)


def sold(name: str, amount: int = 10_000) -> Commission:
    by = terms(type="percent_of_sale", percent="10")
    return commission(name, amount // 10, terms=by, order=an_order(name, amount))


@dataclass
class Books:
    """One member's rows, payouts and lines, each step done as its transaction does it."""

    rows: dict[str, Commission] = field(default_factory=dict)
    counted: dict[str, Any] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    payouts: dict[str, Payout] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    evidence: dict[str, dict[str, int]] = field(default_factory=dict)
    totals: Totals = field(default_factory=Totals)
    head: Head = field(default_factory=Head)

    def add(self, *rows: Commission) -> None:
        self.rows |= {row.commission_id: row for row in rows}
        self.counted |= dict.fromkeys((row.commission_id for row in rows), None)
        self.waiting |= {row.commission_id for row in rows}
        self.fold()

    @property
    def account(self) -> Account:
        return Account(member(), self.head, {}, self.totals)

    def place(self, payout_id: str) -> Place:
        return Place(self.payouts[payout_id], self.lines.get(payout_id))

    def decide(self, ask: Any) -> None:
        known = Known()
        while isinstance(done := ask(known), Needed):
            known = known.with_more(Known(places={each: self.place(each) for each in done.payout_ids}))
        self.write(done)

    def write(self, done: Transition) -> None:
        for fold in done.folds:
            row = fold.commission
            self.rows[row.commission_id], self.counted[row.commission_id] = row, fold.counted
            self.waiting.discard(row.commission_id)
        for made in done.adjustments:
            self.rows[made.commission_id], self.counted[made.commission_id] = made, made.contribution()
        for move in done.lines:
            of = self.payouts[move.after.payout_id]
            self.lines[of.payout_id] = move.after
            self.payouts[of.payout_id] = of.model_copy(update={"total": of.total + move.added})
        self.totals.rows.update(done.rows)
        self.head = replace(self.head, version=self.head.version + 1, balances=done.balances)

    def fold(self) -> None:
        changes = [Change(self.rows[each], self.counted[each]) for each in sorted(self.waiting)]
        if changes:
            self.decide(lambda known: transition(self.account, changes, RULEBOOK, known, SATURDAY))

    def change(self, row: Commission) -> None:
        if row is not self.rows[row.commission_id]:
            self.rows[row.commission_id] = row
            self.waiting.add(row.commission_id)

    def free_for(self, batch: Payout) -> list[Commission]:
        free = []
        for row_id, row in sorted(self.rows.items()):
            is_held = row.payout == "in_payout" and row.payout_id and self.place(row.payout_id).holds
            if row_id not in self.waiting and batch.is_due(row, PROGRAM.calendar) and not is_held:
                free.append(row)
        return free

    def draft(self, minimum: int) -> None:
        batch = payout(len(self.payouts), minimum=minimum)
        rows = self.free_for(batch)
        self.payouts[batch.payout_id] = batch.model_copy(update={"state": "draft"})
        if unpaid_because(sum(row.amount for row in rows), minimum) is None:
            line = Line(payout_id=batch.payout_id, member_id=ANNA).grown(rows).whole(minimum)
            self.lines[batch.payout_id] = line
            self.payouts[batch.payout_id] = self.payouts[batch.payout_id].model_copy(update={"total": line.worth})
            self.rows |= {row.commission_id: drafted(row, batch.payout_id) for row in rows}

    def turn(self, payout_id: str, state: str) -> None:
        self.payouts[payout_id] = self.payouts[payout_id].model_copy(update={"state": state})

    def pay(self, payout_id: str) -> None:
        """The page of the confirmation: the rows that the folds left."""
        self.fold()
        found = [row for row in self.rows.values() if (row.payout, row.payout_id) == ("in_payout", payout_id)]
        changes = [
            Change(paid(row, payout_id), self.counted[row.commission_id], stored=row, is_pending=False) for row in found
        ]
        if self.lines[payout_id].state == "open":
            ask = Installment(changes, self.payouts[payout_id].payday(PROGRAM.calendar))
            self.decide(lambda known: paid_out(self.account, ask, RULEBOOK, known, SATURDAY))
            self.lines[payout_id] = self.lines[payout_id].sent(None)
            self.turn(payout_id, "confirmed")

    def fail(self, payout_id: str) -> None:
        self.fold()
        self.lines[payout_id] = self.lines[payout_id].failed("closed")
        found = [row for row in self.rows.values() if (row.payout, row.payout_id) == ("paid", payout_id)]
        changes = [Change(freed(row), self.counted[row.commission_id], stored=row, is_pending=False) for row in found]
        self.evidence[payout_id] = {row.commission_id: row.amount for row in found}
        self.decide(lambda known: recalculated(self.account, changes, RULEBOOK, known, SATURDAY))

    def require_sound(self) -> None:
        """The sums at this moment."""
        for payout_id, batch in self.payouts.items():
            line = self.lines.get(payout_id)
            assert batch.total == (line.worth if line else 0)
            if line is None:
                continue
            of = [row for row in self.rows.values() if row.payout_id == payout_id]
            if self.place(payout_id).holds:
                assert (sum(row.amount for row in of), len(of)) == (line.amount, line.rows)
                assert unpaid_because(line.amount, batch.minimum) is None
            if line.state == "failed":
                assert sum(self.evidence[payout_id].values()) == line.amount
        paid_now = sum(row.amount for row in self.rows.values() if row.payout == "paid")
        lines = [line for line in self.lines.values() if line.state in {"open", "sent"}]
        decided = sum(line.amount for line in lines if self.payouts[line.payout_id].is_decided)
        held = sum(
            row.amount
            for row in self.rows.values()
            if row.payout == "in_payout" and row.payout_id and self.place(row.payout_id).pays
        )
        assert decided == paid_now + held

    def earned(self, row_id: str) -> int:
        every = [row for row in self.rows.values() if row.commission_id == row_id]
        every += [row for row in self.rows.values() if row.adjusts and row.adjusts.commission_id == row_id]
        return sum(row.amount for row in every if row.status != "declined")


STEPS = st.sampled_from(
    [
        *("draft", "draft", "confirm", "page", "cancel", "fail"),
        *("refund", "refund", "undo", "revise", "cancel order", "reopen", "decline", "approve", "fold", "fold"),
    ]
)


class Play:
    """Random steps over a few orders of one member."""

    def __init__(self, draw: Any, orders: int) -> None:
        self.draw, self.books = draw, Books()
        self.news: dict[str, dict[str, Any]] = {}
        for number in range(orders):
            row = sold(f"{number}", 1_000 * (number + 1))
            self.books.add(row)
            self.news[row.commission_id] = {}
        self.minute = 0

    def step(self, what: str) -> None:
        books, row_id = self.books, self.draw(st.sampled_from(sorted(self.news)))
        row = books.rows[row_id]
        match what:
            case "draft":
                books.draft(self.draw(st.sampled_from([0, 0, 150])))
            case "fold":
                books.fold()
            case "decline" | "approve":
                status = "declined" if what == "decline" else "approved"
                if row.payout != "paid":
                    books.change(revalued(row, SATURDAY, decision=Decision(status=status)))
            case "confirm" | "page" | "cancel" | "fail":
                self.turn(what)
            case _:
                self.tell(row, what)

    def turn(self, what: str) -> None:
        books = self.books
        wanted = {"confirm": "draft", "cancel": "draft", "page": "confirming", "fail": "confirmed"}[what]
        found = [each for each, batch in books.payouts.items() if batch.state == wanted and batch.total]
        if not found:
            return
        payout_id = self.draw(st.sampled_from(sorted(found)))
        if what == "page":
            books.pay(payout_id)
        elif what == "fail":
            if books.lines[payout_id].state == "sent":
                books.fail(payout_id)
        else:
            books.turn(payout_id, "confirming" if what == "confirm" else "cancelled")

    def tell(self, row: Commission, what: str) -> None:
        known = self.news[row.commission_id]
        assert row.order is not None
        match what:
            case "refund" | "undo":
                each = known.get("r") or a_refund("r", self.draw(st.integers(1, 1_200)))
                news = News(refunds=(each.model_copy(update={"stands": what == "refund"}),))
            case "revise":
                news = News(amount=self.draw(st.integers(0, 5_000)))
            case _:
                news = News(state="cancelled" if what == "cancel order" else "standing", money="collected")
        step = told(row, known, news, SATURDAY)
        known |= {refund.refund_id: refund for refund in step.refunds}
        self.books.change(step.after)


BEGUN = st.sampled_from(
    [[], ["draft"], ["draft", "confirm", "page"], ["draft", "confirm", "page", "refund", "refund", "fold", "fail"]]
)
"""So that what takes many steps to come about is not rare."""


@steady
@given(st.data(), BEGUN, st.lists(STEPS, min_size=1, max_size=25))
def test_whatever_happens_sums_agree_and_every_order_pays_what_it_is_worth(
    data: st.DataObject, begun: list[str], steps: list[str]
) -> None:
    play = Play(data.draw, 3)
    for what in begun + steps:
        play.step(what)
        play.books.require_sound()
    books = play.books
    books.fold()
    books.require_sound()
    for row_id in play.news:
        row = books.rows[row_id]
        worth = taken_up(row.model_copy(update={"payout": "unpaid", "adjusted": Adjusted()}), SATURDAY)
        declined = worth.status == "declined"
        assert books.earned(row_id) == (0 if declined else worth.amount)
        assert row.payout != "unpaid" or row.payout_id is None


@steady
@given(st.data(), st.lists(STEPS, min_size=5, max_size=20))
def test_the_totals_are_those_of_the_rows(data: st.DataObject, steps: list[str]) -> None:
    play = Play(data.draw, 2)
    for what in steps:
        play.step(what)
    play.books.fold()
    sums: dict[str, int] = {}
    for row in play.books.rows.values():
        sums[str(row.state)] = sums.get(str(row.state), 0) + row.amount
    told_of = {state: amount for state, amount in play.books.head.balances.items() if amount}
    assert told_of == {state: amount for state, amount in sums.items() if amount}


def in_draft(*amounts: int, **changes: Any) -> Books:
    books = Books()
    books.add(*(sold(f"{number}", 10 * amount) for number, amount in enumerate(amounts)))
    books.draft(changes.pop("minimum", 0))
    return books


@pytest.mark.parametrize(("minimum", "left", "reason"), [(0, "open", None), (150, "left", "below_minimum")])
def test_a_refund_moves_the_line_of_a_draft_or_takes_it_out(minimum: int, left: str, reason: str | None) -> None:
    books = in_draft(100, 100, minimum=minimum)
    (row_id, *_) = sorted(books.rows)
    books.change(told(books.rows[row_id], {}, News(refunds=(a_refund("r", 600),)), SATURDAY).after)
    books.fold()
    (line,) = books.lines.values()
    assert (line.amount, line.rows, line.state, line.reason) == (140, 2, left, reason)
    assert next(iter(books.payouts.values())).total == (140 if left == "open" else 0)


def test_a_row_that_is_refunded_whole_leaves_its_line_and_one_that_is_left_alone_stays() -> None:
    books = in_draft(100, 200)
    row = next(row for row in books.rows.values() if row.amount == 100)
    books.change(told(row, {}, News(refunds=(a_refund("r"),)), SATURDAY).after)
    books.fold()
    (line,) = books.lines.values()
    gone = books.rows[row.commission_id]
    assert (line.amount, line.rows, line.state) == (200, 1, "open")
    assert (gone.status, gone.payout, gone.payout_id) == ("declined", "unpaid", None)


def test_what_a_failed_row_was_adjusted_by_stands_beside_it_for_ever() -> None:
    books = in_draft(100)
    ((payout_id, _),) = books.lines.items()
    books.turn(payout_id, "confirming")
    books.pay(payout_id)
    (row_id,) = books.rows
    refund = a_refund("r", 400)
    books.change(told(books.rows[row_id], {}, News(refunds=(refund,)), SATURDAY).after)
    books.fold()
    books.fail(payout_id)
    row = books.rows[row_id]
    assert (row.amount, row.payout, books.earned(row_id)) == (100, "unpaid", 60)
    undone = News(refunds=(refund.model_copy(update={"stands": False}),))
    books.change(told(row, {"r": refund}, undone, SATURDAY).after)
    books.fold()
    assert (books.rows[row_id].amount, books.earned(row_id)) == (100, 100)
    books.draft(0)
    assert [line.amount for line in books.lines.values()] == [100, 100]


def test_who_can_be_paid_and_who_cannot() -> None:
    assert payable(member(), None, "csv", "EUR") is None
    assert payable(member(), None, "paypal", "EUR") == "no_payee"
    assert payable(member(), BANK.masked, "sepa", "EUR") is None
    assert payable(member(), BANK.masked, "sepa", "USD") == "rail_cannot"
    assert payable(member(), BANK.masked, "paypal", "EUR") == "rail_cannot"
    assert payable(member(status="suspended"), BANK.masked, "csv", "EUR") == "not_approved"
    assert payable(member(status="suspended", erased_at=LONG_AGO), None, "sepa", "EUR") == "erased"
    assert [unpaid_because(amount, 5) for amount in (-1, 0, 4, 5)] == ["owes", "owes", "below_minimum", None]


def test_until_is_a_day_that_has_begun() -> None:
    NewPayout(until=DAY).require_past(PROGRAM.calendar, SATURDAY)
    with pytest.raises(Invalid, match="until_in_future"):
        NewPayout(until=DAY.replace(day=DAY.day + 1)).require_past(PROGRAM.calendar, SATURDAY)


@pytest.mark.parametrize("state", ["drafting", "confirming", "confirmed", "cancelled"])
def test_only_a_draft_is_confirmed_or_cancelled(state: Any) -> None:
    batch = payout(1).model_copy(update={"state": state, "total": 1})
    with pytest.raises(Conflict, match="payout_state"):
        batch.confirmed(an_id("job"), "key:1", SATURDAY)
    with pytest.raises(Conflict, match="payout_state"):
        batch.cancelled(is_stuck=False)


@pytest.mark.parametrize(
    ("row", "counted"),
    [
        (commission("sale", 500), -1),
        (commission("clicks", 30, type="click", clicks=3), -3),
        (commission("less", -500, adjusts=Adjusts(commission_id=an_id("com"), kind="sale", quantity=-1)), 1),
    ],
)
def test_what_is_declined_once_its_payout_is_decided_is_taken_back_as_often_as_it_counts(
    row: Commission, counted: int
) -> None:
    held = drafted(row, an_id("pay"))
    declined = revalued(held, SATURDAY, decision=Decision(status="declined"))
    assert paid(declined, an_id("pay")).due == Adjusted(amount=-row.amount, quantity=counted)
