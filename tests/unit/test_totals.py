"""Totals: what is stored reads back the same, and the rows that are read cover a range exactly once."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.ledger.commissions import Bucket, Contribution
from laurel.domain.ledger.totals import (
    DayRow,
    MonthRow,
    Totals,
    added,
    from_stored,
    is_part,
    rows_of,
    to_stored,
)
from laurel.domain.members.accounts import reach
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.periods import CurrentQuarter, CurrentYear, DayRange, LastDays, first_of_month
from tests.unit.kit.builders import BASIC, GOLD, SPRING, steady
from tests.unit.kit.ledger import is_read

START = date(2023, 11, 1)
DAYS = st.integers(0, 900).map(lambda n: START + timedelta(days=n))
RANGES = st.one_of(
    st.tuples(DAYS, st.integers(1, 500)).map(lambda pair: DayRange(pair[0], pair[0] + timedelta(days=pair[1]))),
    st.tuples(DAYS, st.integers(60, 65)).map(lambda pair: DayRange(pair[0], pair[0] + timedelta(days=pair[1]))),
    st.tuples(DAYS, st.sampled_from([CurrentQuarter(), CurrentYear(), LastDays(days=90)])).map(
        lambda pair: pair[1].range(pair[0])
    ),
    DAYS.map(DayRange),  # since a day, without end
    st.just(DayRange()),
)
BUCKETS = st.builds(
    Bucket,
    payout_option_id=st.sampled_from([BASIC, GOLD, ""]),
    type=st.sampled_from(["sale", "action", "click", "recurring", "extra_bonus", "adjustment"]),
    action_code=st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.just("|"), max_size=6),
    tier=st.integers(1, 21),
    state=st.sampled_from(["pending", "approved", "paid", "declined"]),
)
CONTRIBUTIONS = st.builds(
    Contribution, BUCKETS, st.sampled_from([-1, 1, 7]), st.integers(-(10**12), 10**12), st.integers(0, 10**12)
)
SALE = Bucket(BASIC, "sale", "", 1, "approved")


@steady
@given(st.dictionaries(BUCKETS, st.tuples(*[st.integers(-5, 5)] * 3).map(list), max_size=6))
def test_counters_read_back_as_they_were_stored(counters: dict[Bucket, list[int]]) -> None:
    assert from_stored(to_stored(counters)) == {bucket: counter for bucket, counter in counters.items() if any(counter)}


def test_codes_that_look_like_our_separator_stay_apart() -> None:
    tricky = ["", "|", "a|b", "a|b|", "|1|approved|", "sale|1|paid|x"]
    counters = {Bucket(BASIC, "action", code, 1, "approved"): [1, n, 0] for n, code in enumerate(tricky)}
    assert len(to_stored(counters)) == len(tricky)
    assert from_stored(to_stored(counters)) == counters


def test_what_was_counted_in_and_out_is_not_stored() -> None:
    counters: dict[Bucket, list[int]] = {}
    contribution = Contribution(SALE, 1, 300, 3000)
    counters = added(counters, contribution, 1)
    assert to_stored(counters) == {f"{BASIC}|sale|1|approved|": [1, 300, 3000]}
    counters = added(counters, contribution, -1)
    assert to_stored(counters) == {}


def test_a_counter_of_which_only_one_number_is_left_is_stored() -> None:
    for counter in ([1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0]):
        assert from_stored(to_stored({SALE: counter})) == {SALE: counter}


@steady
@given(st.lists(st.tuples(DAYS, CONTRIBUTIONS), max_size=12), st.randoms(use_true_random=False))
def test_counting_out_what_was_counted_in_leaves_nothing(rows: list[tuple[date, Contribution]], order: object) -> None:
    totals = Totals()
    for day, contribution in rows:
        totals.count(day, SPRING, contribution, 1)
    order.shuffle(rows)  # type: ignore[attr-defined]
    for day, contribution in rows:
        totals.count(day, SPRING, contribution, -1)
    assert not any(to_stored(counters) for counters in totals.rows.values())


def test_a_commission_counts_in_its_day_and_its_month() -> None:
    day = date(2026, 11, 21)
    assert rows_of(day, SPRING) == (DayRow(day, SPRING), MonthRow(date(2026, 11, 1), SPRING))


@steady
@given(RANGES, st.lists(DAYS, min_size=1, max_size=60))
def test_the_rows_that_make_a_range_cover_each_of_its_days_once_and_no_other(
    wanted: DayRange, days: list[date]
) -> None:
    totals = Totals()
    for n, day in enumerate(days):
        totals.count(day, SPRING, Contribution(SALE, 1, 1 << n, 0), 1)
    parts = [counters[SALE] for row, counters in totals.rows.items() if is_part(row, wanted)]
    inside = [n for n, day in enumerate(days) if day in wanted]
    assert sum(part[1] for part in parts) == sum(1 << n for n in inside)
    assert sum(part[0] for part in parts) == len(inside)


@steady
@given(RANGES, st.lists(DAYS, min_size=1, max_size=3))
def test_every_row_of_a_wanted_range_or_of_a_changed_day_is_read(wanted: DayRange, changed: list[date]) -> None:
    needed = reach(changed, [wanted])
    touched = {row for day in changed for row in rows_of(day, SPRING)}
    everything = [row for n in range(1500) for row in rows_of(START + timedelta(days=n), SPRING)]
    parts = {row for row in everything if is_part(row, wanted)}
    assert [row for row in touched | parts if not is_read(row, needed)] == []


@steady
@given(st.lists(RANGES, max_size=4), st.lists(DAYS, min_size=1, max_size=4))
def test_what_is_read_is_few_stretches_far_apart_and_oldest_first(ranges: list[DayRange], changed: list[date]) -> None:
    needed = reach(changed, ranges)
    pairs = list(zip(needed.stretches, needed.stretches[1:], strict=False))
    assert all(first <= last for first, last in needed.stretches)
    assert all((later[0] - earlier[1]).days > 31 for earlier, later in pairs)
    assert needed.first_month.day == 1


def test_a_long_period_is_read_by_month_with_the_days_at_its_edges() -> None:
    day = date(2026, 11, 21)
    ninety = LastDays(days=90).range(day)  # 2026-08-24 to 2026-11-21
    needed = reach([day], [ninety])
    assert needed.stretches == ((date(2026, 8, 24), date(2026, 8, 31)), (date(2026, 11, 1), day))
    assert needed.first_month == date(2026, 9, 1)


def test_a_whole_year_is_read_by_month_only() -> None:
    day = date(2026, 11, 21)
    needed = reach([day], [CurrentYear().range(day)])
    assert needed.stretches == ((day, day),)
    assert needed.first_month == date(2026, 1, 1)


def test_a_week_is_read_by_day_and_near_stretches_as_one() -> None:
    day = date(2026, 11, 21)
    week = DayRange(date(2026, 11, 16), date(2026, 11, 23))
    needed = reach([day, date(2026, 10, 16), date(2026, 8, 1)], [week])
    assert needed.stretches == ((date(2026, 8, 1), date(2026, 8, 1)), (date(2026, 10, 16), date(2026, 11, 22)))
    assert needed.first_month == date(2026, 8, 1)


def test_what_counts_for_ever_is_read_by_month_only() -> None:
    day = date(2026, 11, 21)
    needed = reach([day], [DayRange()])
    assert needed.stretches == ((day, day),)
    assert needed.first_month == date.min


def test_a_copy_of_totals_changes_alone() -> None:
    totals = Totals()
    totals.count(START, SPRING, Contribution(SALE, 1, 300, 3000), 1)
    copied = totals.copy()
    copied.count(START, SPRING, Contribution(SALE, 1, 300, 3000), 1)
    assert totals.rows[DayRow(START, SPRING)][SALE] == [1, 300, 3000]
    assert copied.rows[DayRow(START, SPRING)][SALE] == [2, 600, 6000]
    assert first_of_month(START + ONE_DAY) == START
