"""Asking for changed orders: how far a watch has come, whatever the clock of the shop says."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.shops.watches import ASKED_EVERY, MOST_PAGES, OVERLAP, Watch

START = datetime(2026, 11, 20, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def watch() -> Watch:
    return Watch.of("sf_00000000000000000000000000", START, START)


def test_what_was_told_near_the_end_of_a_look_is_asked_for_once_more():
    after = watch().told(START + HOUR, None, START + HOUR)
    assert (after.since, after.next_attempt_at) == (START + HOUR - OVERLAP, START + HOUR + ASKED_EVERY)
    again = after.told(START + HOUR, None, START + 2 * HOUR)
    assert again.since == START + HOUR + timedelta(seconds=1)


def test_a_quiet_shop_is_asked_from_where_it_was():
    assert watch().told(None, None, START + HOUR).since == START


def test_the_time_from_which_is_asked_moves_only_with_the_last_page():
    half = watch().told(START + HOUR, "2", START + HOUR)
    assert (half.since, half.page, half.next_attempt_at) == (START, "2", START + HOUR)
    assert half.told(START, None, START + HOUR).since == START + HOUR - OVERLAP


def test_a_shop_whose_clock_is_ahead_hides_nothing():
    after = watch().told(START + 24 * HOUR, None, START + HOUR)
    assert after.since == START + HOUR - OVERLAP


def test_a_shop_whose_clock_is_behind_loses_nothing():
    behind = watch().told(START + timedelta(minutes=5), None, START + HOUR)
    assert behind.since == START  # not of our hour, which the shop has not reached


def test_a_shop_that_never_ends_is_left_alone_for_a_while():
    endless, now = watch(), START
    for number in range(MOST_PAGES):
        endless = endless.told(None, str(number), now)
    assert endless.next_attempt_at == now + ASKED_EVERY


def test_a_page_that_fails_is_asked_for_again_smaller_and_smaller():
    tried = [watch().model_copy(update={"attempts": attempts}) for attempts in range(9)]
    assert [each.most for each in tried] == [20, 20, 10, 5, 2, 1, 1, 1, 1]
    assert tried[3].put_off(START, "shop_unreachable").page == tried[3].page
    assert tried[3].told(None, None, START).tries == 0


@given(st.lists(st.tuples(st.integers(-3, 90), st.booleans()), max_size=12))
def test_no_change_is_passed_by(told: list[tuple[int, bool]]):
    """Whatever a shop told when, and however its clock runs: what it has not told yet is asked for."""
    current, reached = watch(), START
    for number, (minutes, is_last) in enumerate(told, 1):
        now = START + number * HOUR
        newest = reached + timedelta(minutes=minutes)
        current = current.told(newest, None if is_last else "more", now)
        if is_last:
            reached = max(reached, min(newest, now))
        assert START <= current.since <= max(reached, current.reached) + timedelta(seconds=1)
