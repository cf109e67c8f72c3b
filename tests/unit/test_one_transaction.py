"""How a transition is asked and written: the markers it needs, and what does not fit."""

from datetime import timedelta

from laurel.domain.kernel.outcomes import NOTHING, Known, Needed, Transition
from laurel.domain.kernel.transition import transition
from laurel.domain.ledger.commissions import marker_id
from laurel.domain.ledger.totals import Totals
from laurel.domain.members.accounts import Account, Change, Head
from laurel.domain.rules.rulebook import Rulebook
from tests.unit.kit.builders import (
    ANNA,
    SATURDAY,
    at,
    bonus,
    commission,
    condition,
    mails,
    member,
    period,
    program,
    rule,
    sets,
)
from tests.unit.kit.ledger import Ledger, folded


def test_the_transition_asks_for_the_markers_of_rules_that_hold_and_for_no_other() -> None:
    holds, rests = rule(name="holds"), rule(name="rests", when=[condition(value=90000)])
    book = Rulebook.of(program(), [holds, rests, rule(sets("level", "gold"), name="state")])
    changes = [Change(commission("a", 21000), None)]
    account = Account(member(), Head(), {}, Totals())
    asked = transition(account, changes, book, NOTHING, SATURDAY)
    marker = marker_id(book.program.program_id, holds.rule_id, ANNA, "current_week:2026-11-16")
    assert asked == Needed(frozenset({marker}))
    absent = transition(account, changes, book, Known({marker: False}), SATURDAY)
    present = transition(account, changes, book, Known({marker: True}), SATURDAY)
    assert isinstance(absent, Transition)
    assert isinstance(present, Transition)
    assert [made.commission.commission_id for made in absent.bonuses] == [marker]
    assert present.bonuses == ()


def test_a_rule_that_is_noted_to_have_fired_costs_no_reading_until_the_next_period() -> None:
    paying = rule()
    book = Rulebook.of(program(), [paying])
    noted = Account(member(), Head(), {}, Totals(), {paying.rule_id: "current_week:2026-11-16"})
    this_week, next_week = commission("a", 21000), commission("b", 21000, when=at("2026-11-23"))
    done = transition(noted, [Change(this_week, None)], book, NOTHING, SATURDAY)
    assert isinstance(done, Transition)
    assert done.bonuses == ()
    marker = marker_id(book.program.program_id, paying.rule_id, ANNA, "current_week:2026-11-23")
    asked = transition(noted, [Change(next_week, None)], book, NOTHING, SATURDAY)
    assert asked == Needed(frozenset({marker}))


def test_a_note_of_another_period_hides_no_marker() -> None:
    ledger = folded(rule())
    last_week = at("2026-11-14 10:00")
    ledger.fold(commission("a", 21000))
    ledger.fold(commission("late", 21000, when=last_week))
    assert ledger.fold(commission("b", 50000), commission("later", 50000, when=last_week)) == []
    assert len(ledger.bonuses) == 2


def test_a_batch_that_goes_to_and_fro_between_weeks_pays_each_of_them_once() -> None:
    ledger = folded(rule())
    ledger.fold(commission("a", 21000))
    last_week = at("2026-11-14 10:00")
    late, later = commission("late", 21000, when=last_week), commission("later", 50000, when=last_week)
    assert ledger.fold(commission("b", 50000), late, commission("c", 50000), later) == [420]


def test_after_a_payout_only_a_note_of_what_is_unpaid_since_then_saves_the_reading() -> None:
    paying = rule(when=[condition(period=period("all_unpaid"))])
    book, changes = Rulebook.of(program(), [paying]), [Change(commission("a", 21000), None)]

    def done(noted: str) -> Transition | Needed:
        account = Account(member(), Head(last_payout="pay_1"), {}, Totals(), {paying.rule_id: noted})
        return transition(account, changes, book, NOTHING, SATURDAY)

    since_then = done("all_unpaid:pay_1")
    assert isinstance(since_then, Transition)
    assert since_then.bonuses == ()
    marker = marker_id(book.program.program_id, paying.rule_id, ANNA, "all_unpaid:pay_1")
    assert done("all_unpaid") == Needed(frozenset({marker}))


def test_deciding_changes_nothing_of_what_was_read() -> None:
    book = Rulebook.of(program(), [rule(sets("level", "gold"))])
    totals, anna, head = Totals(), member(fields={"city": "Oslo"}), Head(3, {"approved": 5})
    done = transition(Account(anna, head, {}, totals), [Change(commission("a", 21000), None)], book, NOTHING, SATURDAY)
    assert isinstance(done, Transition)
    assert (totals.rows, anna.fields, head.balances) == ({}, {"city": "Oslo"}, {"approved": 5})
    assert (done.fields, done.balances) == ({"level": "gold", "city": "Oslo"}, {"approved": 21005})


def test_a_change_that_was_counted_already_is_not_counted_again() -> None:
    ledger = folded()
    row = commission("a", 21000)
    ledger.fold(row)
    ledger.fold(row)
    assert ledger.head.balances == {"approved": 21000}
    assert ledger.transitions[-1].rows == {}
    assert [fold.commission for fold in ledger.transitions[-1].folds] == [row]


def test_a_full_transaction_leaves_the_commission_waiting_for_the_rules_that_did_not_fit() -> None:
    many = [rule(bonus(amount=n), mails(), mails(), name=f"{n}", priority=n) for n in range(1, 6)]
    ledger = Ledger(many, budget=12)
    row = commission("a", 21000)
    assert ledger.fold(row, commission("b", 1)) == [1, 2, 3, 4, 5]
    again = [fold for done in ledger.transitions for fold in done.folds if fold.again]
    assert [fold.change.read.version for fold in again] == list(range(1, 1 + len(again)))
    assert all(fold.commission.version == fold.change.read.version + 1 for fold in again)
    assert not any(fold.is_rewritten for fold in again)
    assert not any(fold.again for fold in ledger.transitions[-1].folds)
    assert len(again) > 1
    assert {b.evidence.base for b in ledger.bonuses if b.evidence} == {21000}


def test_many_commissions_of_many_days_are_folded_in_several_transactions() -> None:
    rows = [commission(f"{n}", 100, when=SATURDAY - timedelta(days=n)) for n in range(120)]
    ledger = folded(rule(bonus(percent="10"), when=[condition(period=period("all_time"), value=11999)]))
    assert ledger.fold(*rows) == [1200]
    assert len(ledger.transitions) > 1
    assert sum(len(done.folds) for done in ledger.transitions) == 120


def test_a_rule_that_has_nothing_to_do_takes_no_room() -> None:
    exactly_full = 5  # the account's head, the commission, and the three rows it counts in
    ledger = Ledger([rule(sets("level", "gold"))], member=member(fields={"level": "gold"}), budget=exactly_full)
    ledger.fold(commission("a", 21000))
    assert [len(done.folds) for done in ledger.transitions] == [1]
    assert not ledger.transitions[0].folds[0].again


def test_what_fits_exactly_is_written_at_once() -> None:
    with_marker = 4 + 2 + 2 + 2  # the marker and its note, the two rows of totals that it counts in, and two mails
    ledger = Ledger([rule(mails(), mails())], budget=with_marker)
    ledger.fold(commission("a", 21000))
    assert len(ledger.transitions) == 1
    tighter = Ledger([rule(mails(), mails())], budget=with_marker - 1)
    tighter.fold(commission("a", 21000))
    assert len(tighter.transitions) == 2
    assert len(tighter.mails) == 2
    with_field = Ledger([rule(mails(), mails(), sets("level", "gold"))], budget=with_marker)
    with_field.fold(commission("a", 21000))
    assert len(with_field.transitions) == 2
