"""Automatic commissions: when each is due, what it earns, and why they end."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.earnings.recurrences import Recurrence, Source, due_at, due_day, started, starts, step
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.ledger.worth import revalued
from laurel.domain.members.accounts import Change
from laurel.domain.offers.terms import Recurring
from laurel.domain.values.calendar import Calendar
from tests.unit.kit.builders import SATURDAY, at, commission, member, program, refunded, steady, terms
from tests.unit.kit.zones import DAYS, ZONES

INTERVALS = st.sampled_from(["day", "week", "month", "year"])
EVER_AFTER = at("2100-01-01 00:00")


def every(interval: str, **changes: Any) -> Recurring:
    return Recurring.model_validate({"interval": interval, "mode": "automatic", **changes})


def first(recurring: Recurring | None = None, amount: int = 1000, **changes: Any) -> Commission:
    """A first payment of 100.00, of which 10 % are earned."""
    given_ = terms(type="percent_of_sale", percent="10", recurring=(recurring or every("month")).model_dump())
    return commission("first", amount, sale=10_000, **{"terms": given_, **changes})


def made_by(
    row: Commission, until: datetime, zone: str = "UTC", most: int = 100, **subject: Any
) -> tuple[Recurrence, list[Commission]]:
    """What a recurrence has made by an instant, at one sweep."""
    shop = program(timezone=zone)
    recurrence, made = started(shop, row, row.created_at), []
    source = Source(row, member(**subject))
    while len(made) < most and (done := step(shop, recurrence, source, until)) is not None:
        recurrence = done.after
        if done.row is None:
            break
        made.append(done.row)
        if recurrence.ended:
            break
    return recurrence, made


@pytest.mark.parametrize(
    ("interval", "start", "days"),
    [
        ("month", "2026-01-31", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("month", "2024-01-30", ["2024-02-29", "2024-03-30"]),
        ("month", "2026-12-15", ["2027-01-15"]),
        ("year", "2024-02-29", ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
        ("week", "2026-12-28", ["2027-01-04", "2027-01-11"]),
        ("day", "2026-02-27", ["2026-02-28", "2026-03-01"]),
    ],
)
def test_the_end_of_a_short_month_does_not_drag_later_months_along(interval: str, start: str, days: list[str]) -> None:
    due = [due_day(every(interval), date.fromisoformat(start), number) for number in range(1, len(days) + 1)]
    assert [str(day) for day in due] == days


@steady
@given(INTERVALS, DAYS.filter(lambda day: day.year < 2090), st.integers(1, 40))
def test_the_nth_day_is_n_intervals_on_clamped_to_its_month(interval: str, start: date, number: int) -> None:
    day, following = (due_day(every(interval), start, each) for each in (number, number + 1))
    assert start < day < following
    months = {"month": number, "year": 12 * number}.get(interval)
    if months is None:
        assert (day - start).days == number * {"day": 1, "week": 7}[interval]
        return
    assert (day.year * 12 + day.month) - (start.year * 12 + start.month) == months
    assert day.day == start.day or (day.day < start.day and (day + timedelta(days=1)).day == 1)


@steady
@given(ZONES, INTERVALS, DAYS.filter(lambda day: day.year < 2090), st.integers(1, 40))
def test_a_payment_is_due_as_its_local_day_begins_and_none_before_the_one_before_it(
    zone: str, interval: str, start: date, number: int
) -> None:
    calendar = Calendar(zone)
    due, following = (due_at(calendar, every(interval), start, each) for each in (number, number + 1))
    assert due == calendar.start_of(due_day(every(interval), start, number))
    assert due <= following
    assert due < following or calendar.start_of(calendar.day_of(due)) == due  # a day that its zone skipped


def test_each_row_applies_the_stored_terms_to_the_first_payment() -> None:
    recurrence, made = made_by(first(when=at("2026-01-31 10:00")), at("2026-03-31 00:00"))
    assert [(str(row.day), row.amount, row.type, row.origin) for row in made] == [
        ("2026-02-28", 1000, "recurring", "schedule"),
        ("2026-03-31", 1000, "recurring", "schedule"),
    ]
    assert recurrence.next_at == at("2026-04-30 00:00")
    assert len({row.commission_id for row in made}) == 2
    assert [row.renewal and row.renewal.number for row in made] == [1, 2]
    assert not any(starts(Change(row, None)) for row in made)


@steady
@given(st.lists(st.integers(0, 400), max_size=5))
def test_however_often_and_late_it_runs_the_same_rows_come_of_it(runs: list[int]) -> None:
    begun = at("2025-01-31 10:00")
    shop, row = program(), first(every("week", limit=30), when=begun)
    source, recurrence, made = Source(row, member()), started(shop, row, begun), []
    for day in [*sorted(runs), 401]:
        while (done := step(shop, recurrence, source, begun + timedelta(days=day))) is not None and done.row:
            recurrence = done.after
            made.append((done.row.commission_id, done.row.occurred_at, done.row.amount))
    at_once = made_by(row, begun + timedelta(days=401))[1]
    assert made == [(each.commission_id, each.occurred_at, each.amount) for each in at_once]
    assert len(made) == 30


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (12, 12)])
def test_the_limit_counts_what_follows_the_first_payment(limit: int, count: int) -> None:
    recurrence, made = made_by(first(every("month", limit=limit)), EVER_AFTER)
    assert (len(made), recurrence.ended) == (count, "limit")


def test_what_was_refunded_of_the_first_payment_earns_no_more() -> None:
    row = first()
    partly = refunded(row, 4_000)
    _, made = made_by(partly, SATURDAY + timedelta(days=40))
    assert [(each.amount, each.renewal and each.renewal.base) for each in made] == [(600, 6_000)]
    wholly = refunded(row)
    recurrence, made = made_by(wholly, EVER_AFTER)
    assert (made, recurrence.ended) == ([], "refund")


def test_a_first_payment_of_nothing_is_not_a_refunded_one() -> None:
    flat = terms(type="flat_per_sale", amount=500, recurring=every("month", limit=2).model_dump())
    row = commission("free", 500, sale=0, terms=flat)
    assert [each.amount for each in made_by(row, EVER_AFTER)[1]] == [500, 500]


def test_a_declined_payment_and_a_member_who_is_not_approved_end_it() -> None:
    assert made_by(first(status="declined"), EVER_AFTER)[0].ended == "declined"
    assert made_by(first(), EVER_AFTER, status="suspended")[0].ended == "member_inactive"


def test_a_payment_declined_once_its_payout_was_decided_ends_it_too() -> None:
    declined = revalued(
        first(payout="in_payout", payout_id="pay_" + "0" * 26), SATURDAY, decision=Decision(status="declined")
    )
    assert made_by(declined, EVER_AFTER)[0].ended == "declined"
    paid_all_the_same = declined.model_copy(update={"payout": "paid"})
    assert made_by(paid_all_the_same, EVER_AFTER)[0].ended == "declined"


def test_nothing_is_made_before_it_is_due() -> None:
    row = first(when=at("2026-01-31 10:00"))
    assert made_by(row, at("2026-02-27 23:59"))[1] == []
    assert made_by(row, at("2026-02-28 04:59"), "America/New_York")[1] == []
    assert len(made_by(row, at("2026-02-28 05:00"), "America/New_York")[1]) == 1


@pytest.mark.parametrize(
    ("row", "does"),
    [
        (first(), True),
        (first(type="action", action_code="trial"), True),
        (first(status="declined"), False),
        (first(tier=2), False),
        (first(terms=terms(type="none")), False),
        (first(terms=terms(type="none", recurring={"interval": "day", "mode": "on_payment"})), False),
    ],
)
def test_only_a_first_payment_of_automatic_terms_recurs(row: Commission, does: bool) -> None:
    assert starts(Change(row, None)) is does
    assert not starts(Change(row, row.contribution()))
    assert starts(Change(row, row.model_copy(update={"status": "declined"}).contribution())) is does  # approved after


def test_nothing_follows_an_order_by_itself_before_its_shop_has_the_money() -> None:
    row = first(status="pending")
    assert row.order is not None
    waiting = row.model_copy(update={"order": row.order.model_copy(update={"money": "awaiting"})})
    assert not starts(Change(waiting, None))
    assert starts(Change(row.revised(SATURDAY, status="approved"), waiting.contribution()))
    assert starts(Change(row, waiting.contribution())), "held, or to be approved by hand: paid all the same"


def test_what_a_hand_approves_before_its_shop_has_the_money_recurs_from_then_on() -> None:
    row = first(status="pending")
    assert row.order is not None
    waiting = row.model_copy(update={"order": row.order.model_copy(update={"money": "awaiting"})})
    approved = revalued(waiting, SATURDAY, decision=Decision(status="approved"))
    assert starts(Change(approved, waiting.contribution()))


def test_a_trial_whose_order_comes_to_more_later_recurs_from_then_on() -> None:
    row = first()
    assert row.order is not None
    free = row.model_copy(
        update={"order": row.order.model_copy(update={"subscription": "sub", "amount": 0, "sale": 0})}
    )
    sold = row.model_copy(update={"order": row.order.model_copy(update={"subscription": "sub"})})
    assert not starts(Change(free, None))
    assert starts(Change(sold, free.contribution()))


def test_a_row_without_order_is_recurring_to_rules_and_no_conversion() -> None:
    _, (row, *_) = made_by(first(), SATURDAY + timedelta(days=40))
    counted = row.contribution()
    assert counted is not None
    assert (counted.bucket.type, counted.quantity, counted.commission, counted.sales) == ("recurrence", 1, 1000, 0)
    assert row.occurred_at.tzinfo is UTC
