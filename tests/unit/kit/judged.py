"""A history by the transition and by the oracle: the same totals, firings and bonuses."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from laurel.domain.ledger.totals import DayRow, MonthRow, from_stored
from laurel.domain.rules.schedule import Payday
from tests.kit.oracle import Firing, Oracle, balances, counters
from tests.unit.kit.builders import LINKS
from tests.unit.kit.histories import History
from tests.unit.kit.ledger import Ledger


def asked(history: History) -> Oracle:
    enrolled = {offer: place.payout_option_id for offer, place in history.enrollments.items()}
    oracle = Oracle(
        history.program, history.rules, history.member, enrolled, joined=list(history.referred), links=LINKS
    )
    for step in history.one_by_one:
        match step:
            case Payday():
                oracle.pay(step.payout_id, step.day, step.occurred_at)
            case date():
                oracle.begin(step)
            case _:
                oracle.fold(*step)
    return oracle


def folded(history: History, budget: int = 100, steps: Iterable[Any] | None = None) -> Ledger:
    ledger = ledger_of(history, budget)
    for step in history.steps if steps is None else steps:
        match step:
            case Payday():
                ledger.pay(step)
            case date():
                ledger.begin(step)
                assert ledger.begin(step) == [], "a close that is repeated changes nothing more"
            case _:
                ledger.fold(*step)
    return ledger


def ledger_of(history: History, budget: int = 100) -> Ledger:
    ledger = Ledger(history.rules, history.program, history.member, history.enrollments, budget=budget)
    ledger.refer(*history.referred)
    return ledger


def firings(ledger: Ledger) -> list[Firing]:
    found = []
    for row in ledger.bonuses:
        assert row.rule_id is not None
        assert row.period is not None
        assert row.evidence is not None
        assert row.evidence.base is not None
        mails = [mail for mail in ledger.mails if mail.marker_id == row.commission_id]
        proven = row.evidence.number, row.evidence.commission_id
        seen = (row.evidence.base, row.evidence.value, row.amount, len(mails), *proven)
        found.append(Firing(row.rule_id, row.period, row.offer_id, row.occurred_at, *seen))
    return found


def sums(ledger: Ledger) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    found = {}
    for row, stored in ledger.stored.items():
        match row:
            case DayRow(day, _):
                when: Any = day
            case MonthRow(month, _):
                when = (month.year, month.month)
        for bucket, (count, commission, sales) in from_stored(stored).items():
            found[ledger.member.member_id, when, row.offer_id, *bucket] = (count, commission, sales)
    return found


def require_same(ledger: Ledger, oracle: Oracle) -> None:
    assert firings(ledger) == oracle.firings
    assert {name: value for name, value in oracle.fields.items() if value} == ledger.member.fields
    rows = [*oracle.rows.values(), *ledger.bonuses]
    assert sums(ledger) == counters(rows)
    assert {state: amount for state, amount in ledger.head.balances.items() if amount} == balances(rows)
    assert len(ledger.markers) == len(ledger.bonuses)
    assert len({mail.mail_id for mail in ledger.mails}) == len(ledger.mails)
