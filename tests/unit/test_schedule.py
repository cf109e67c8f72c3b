"""What a local midnight decides, and when it comes."""

from datetime import date, timedelta
from typing import Any

import pytest

from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Midnight, concerns, day_asked, next_close
from laurel.domain.values.calendar import ONE_DAY, Calendar
from tests.unit.kit.builders import (
    AUTUMN,
    GOLD,
    LONG_AGO,
    SATURDAY,
    SPRING,
    at,
    bonus,
    commission,
    condition,
    enrollment,
    mails,
    member,
    period,
    program,
    rule,
    sets,
)
from tests.unit.kit.ledger import Ledger, folded

IN_SPRING = {SPRING: enrollment()}
ROLLING = {"type": "last_n_days", "days": 7}
SHARE = {"type": "add_bonus_to_original_referrer", "percent": "5", "frequency": "every_sale"}


def day(text: str) -> date:
    return date.fromisoformat(text)


def less(ends: dict[str, Any], value: int = 1) -> dict[str, Any]:
    return condition("sales_count", operator="lt", value=value, period=ends)


def age(days: int, operator: str = "gte") -> dict[str, Any]:
    return {"metric": "days_since_approval", "operator": operator, "value": days}


def brought(ends: dict[str, Any], operator: str = "gte") -> dict[str, Any]:
    return condition("referred_members_count", operator=operator, value=1, period=ends)


@pytest.mark.parametrize(
    ("conditions", "begun", "about"),
    [
        ([condition()], "2026-11-23", None),
        ([less(period("current_day"))], "2026-11-21", "2026-11-20"),
        ([less(period("current_week"))], "2026-11-22", None),
        ([less(period("current_week"))], "2026-11-23", "2026-11-22"),
        ([less(period("current_month"))], "2024-03-01", "2024-02-29"),
        ([less(period("current_month"))], "2024-02-29", None),
        ([less(period("current_quarter"))], "2026-10-01", "2026-09-30"),
        ([less(period("current_year"))], "2027-01-01", "2026-12-31"),
        ([less(period("last_month"))], "2026-12-01", "2026-12-01"),
        ([less(period("last_month"))], "2026-12-02", None),
        ([condition(period=period("last_week"))], "2026-11-23", "2026-11-23"),
        ([condition(period=period("last_week"))], "2026-11-22", None),
        ([condition(period=period("last_year"))], "2027-01-01", "2027-01-01"),
        ([condition(period=ROLLING)], "2026-11-18", "2026-11-17"),
        ([less(ROLLING)], "2026-11-18", "2026-11-17"),
        ([age(30)], "2026-11-18", "2026-11-18"),
        ([brought(period("all_time"))], "2026-11-18", "2026-11-17"),
        ([brought(period("current_month"))], "2026-12-01", "2026-11-30"),
        ([condition(), brought(period("current_day"))], "2026-11-18", "2026-11-17"),
        ([brought(period("last_month"))], "2026-12-01", "2026-12-01"),
        ([brought(period("last_month"))], "2026-12-02", None),
        ([brought(period("current_week"), operator="lt")], "2026-11-18", None),
        ([condition(), age(30)], "2026-11-18", "2026-11-18"),
        ([condition(), condition(period=period("last_month"))], "2026-12-01", "2026-12-01"),
        ([less(period("current_week")), age(30)], "2026-11-18", None),
        ([condition(), less(period("current_month"))], "2026-12-01", None),
    ],
)
def test_a_midnight_asks_the_rules_that_it_decides_and_no_other(
    conditions: list[dict[str, Any]], begun: str, about: str | None
) -> None:
    assert day_asked(rule(when=conditions), day(begun) - ONE_DAY, day(begun)) == (about and day(about))


def test_a_share_of_every_sale_is_never_due_at_midnight() -> None:
    assert day_asked(rule(SHARE, when=[condition(period=ROLLING)]), day("2026-11-17"), day("2026-11-18")) is None


@pytest.mark.parametrize(
    ("zone", "begun", "instant"),
    [
        ("America/New_York", "2026-03-09", "2026-03-09 04:00"),  # the day before had 23 hours
        ("America/New_York", "2026-03-08", "2026-03-08 05:00"),
        ("America/New_York", "2026-11-02", "2026-11-02 05:00"),  # 25 hours
        ("Africa/Cairo", "2026-04-24", "2026-04-23 22:00"),  # a midnight that does not exist
        ("Asia/Tokyo", "2026-12-01", "2026-11-30 15:00"),
    ],
)
def test_a_day_begins_at_its_local_midnight(zone: str, begun: str, instant: str) -> None:
    assert Midnight.of(Calendar(zone), day(begun)).occurred_at == at(instant)


def test_closes_follow_one_another_from_the_day_after_the_program_was_made() -> None:
    made = program(timezone="America/New_York", created_at=at("2026-03-08 03:00"))  # there it is the 7th
    assert next_close(made) == Midnight(day("2026-03-08"), at("2026-03-08 05:00"))
    later = made.model_copy(update={"closed_until": day("2026-03-08")})
    assert next_close(later) == Midnight(day("2026-03-09"), at("2026-03-09 04:00"))


@pytest.mark.parametrize(
    ("zone", "closed", "following"),
    [
        ("Pacific/Apia", "2011-12-28", "2011-12-29"),
        ("Pacific/Apia", "2011-12-29", "2011-12-31"),  # Friday the 30th never was
        ("Pacific/Fakaofo", "2011-12-29", "2011-12-31"),
        ("Pacific/Auckland", "2011-12-29", "2011-12-30"),
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04"),  # begins at one o'clock
        ("Africa/Cairo", "2026-04-23", "2026-04-24"),
        ("Asia/Beirut", "2026-03-28", "2026-03-29"),
    ],
)
def test_a_day_that_never_was_is_not_closed_and_one_without_midnight_is(zone: str, closed: str, following: str) -> None:
    made = program(timezone=zone, created_at=LONG_AGO, closed_until=day(closed))
    assert next_close(made).day == day(following)


@pytest.mark.parametrize(
    ("conditions", "zone", "begun", "about"),
    [
        ([less(period("current_day"))], "Pacific/Apia", "2011-12-31", "2011-12-29"),
        ([less(ROLLING)], "Pacific/Apia", "2011-12-31", "2011-12-29"),
        ([less(period("current_week"))], "Pacific/Apia", "2011-12-31", None),
        ([brought(period("all_time"))], "Pacific/Apia", "2011-12-31", "2011-12-29"),
        # a week or month whose last or first day never was ends and begins all the same
        ([less(period("current_month"))], "Pacific/Kiritimati", "1995-01-01", "1994-12-30"),
        ([condition(period=period("last_year"))], "Pacific/Kiritimati", "1995-01-01", "1995-01-01"),
        ([less(period("current_day"))], "America/Sao_Paulo", "2018-11-05", "2018-11-04"),
    ],
)
def test_the_midnight_after_a_day_that_never_was_decides_the_last_one_that_was(
    conditions: list[dict[str, Any]], zone: str, begun: str, about: str | None
) -> None:
    over = Calendar(zone).day_before(day(begun))
    assert day_asked(rule(when=conditions), over, day(begun)) == (about and day(about))


def test_a_week_that_began_on_a_day_that_never_was_is_the_last_one_when_it_is_over() -> None:
    sunday, tuesday = day("2026-11-22"), day("2026-11-24")
    assert day_asked(rule(when=[condition(period=period("last_week"))]), sunday, tuesday) == tuesday
    assert day_asked(rule(when=[less(period("current_week"))]), sunday, tuesday) == sunday


def test_less_than_one_sale_is_not_paid_for_a_day_that_never_was() -> None:
    samoa = program(timezone="Pacific/Apia")
    since = {SPRING: enrollment(created_at=at("2011-01-01 00:00"))}
    slow = rule(bonus(amount=500), when=[less(period("current_day"))], created_at=at("2011-01-01 00:00"))
    ledger = Ledger([slow], samoa, member(), since)
    paid = [ledger.begin(day(f"2011-12-{number}")) for number in (29, 31)]
    assert paid == [[500], [500]]
    assert [row.period for row in ledger.bonuses] == ["current_day:2011-12-28", "current_day:2011-12-29"]


def test_an_order_of_the_last_minute_counts_in_the_week_that_is_closed() -> None:
    ny = program(timezone="America/New_York")
    slow = rule(bonus(amount=500), when=[less(period("current_week"), 2)])
    ledger = Ledger([slow], ny, member(), IN_SPRING)
    ledger.fold(commission("a", 100, when=at("2026-11-02 04:59"), zone=ny))  # Sunday, 23:59, after 169 hours
    ledger.fold(commission("b", 100, when=at("2026-11-02 05:00"), zone=ny))  # the next week
    assert ledger.begin(day("2026-11-02")) == [500]
    (marker,) = ledger.bonuses
    assert (marker.period, marker.occurred_at) == ("current_week:2026-10-26", at("2026-11-02 05:00"))
    assert marker.evidence is not None
    assert (marker.evidence.value, marker.evidence.base) == ("1", 100)


def test_less_is_not_decided_by_an_order_however_little_it_is() -> None:
    ledger = folded(rule(bonus(amount=500), when=[less(period("current_week"), 5)]), enrollments=IN_SPRING)
    assert ledger.fold(commission("a", 100)) == []
    assert ledger.begin(day("2026-11-22")) == []
    assert ledger.begin(day("2026-11-23")) == [500]
    assert ledger.fold(commission("late", 100)) == []


def test_more_over_rolling_days_fires_again_without_an_order_when_its_windows_part() -> None:
    ledger = folded(
        rule(bonus(amount=500), when=[condition("sales_count", value=0, period={"type": "last_n_days", "days": 2})]),
        enrollments=IN_SPRING,
    )
    assert ledger.fold(commission("a", 100, when=at("2026-11-20 12:00"))) == [500]
    assert ledger.fold(commission("b", 100, when=at("2026-11-21 12:00"))) == []  # shares the 20th
    assert ledger.begin(day("2026-11-22")) == []
    assert ledger.begin(day("2026-11-23")) == [500]  # as of the 22nd: the 21st and 22nd
    assert ledger.fold(commission("late", 100, when=at("2026-11-19 12:00"))) == []  # shares the 19th
    assert [made.period for made in ledger.bonuses] == ["last_n_days:2026-11-19", "last_n_days:2026-11-21"]


def test_a_late_order_between_two_windows_that_fired_pays_nothing_though_the_note_tells_only_one() -> None:
    ledger = folded(
        rule(bonus(amount=500), when=[condition("sales_count", value=0, period={"type": "last_n_days", "days": 3})]),
        enrollments=IN_SPRING,
    )
    paid = [ledger.fold(commission(d, 100, when=at(f"2026-11-{d} 12:00"))) for d in ("20", "10", "19", "21", "12")]
    assert paid == [[500], [500], [], [], []]  # the note is of the 10th, the marker of the 20th counts all the same
    assert ledger.fold(commission("15", 100, when=at("2026-11-15 12:00"))) == [500]


@pytest.mark.parametrize(("before", "after"), [(30, 7), (7, 30), (2, 3)])
def test_a_rolling_window_made_longer_or_shorter_cannot_pay_twice(before: int, after: int) -> None:
    rules = [rolling(before)]
    ledger = Ledger(rules, enrollments=IN_SPRING)
    assert ledger.fold(commission("a", 100, when=at("2026-11-01 12:00"))) == [500]
    ledger.rules = [rolling(after)]
    days = [date(2026, 11, 1) + timedelta(days=apart) for apart in range(1, after + 1)]
    paid = [ledger.fold(commission(str(d), 100, when=at(f"{d} 12:00"))) for d in days]
    assert paid == [*[[]] * (after - 1), [500]], "only when no day is shared"


def rolling(n: int) -> Rule:
    window = {"type": "last_n_days", "days": n}
    return rule(bonus(amount=500), when=[condition("sales_count", value=0, period=window)])


def test_days_since_approval_are_whole_local_days() -> None:
    tokyo = program(timezone="Asia/Tokyo")
    loyal = rule(bonus(amount=500), when=[age(30)])
    joined = member(approved_at=at("2026-10-01 15:30"))  # the 2nd in Tokyo
    ledger = Ledger([loyal], tokyo, joined, IN_SPRING)
    assert ledger.begin(day("2026-10-31")) == []
    assert ledger.begin(day("2026-11-01")) == [500]
    assert ledger.begin(day("2026-11-02")) == []
    assert ledger.bonuses[0].period == "all_time"


@pytest.mark.parametrize("operator", ["gt", "gte", "lt", "lte", "eq", "ne"])
def test_who_was_never_approved_is_no_days_old(operator: str) -> None:
    ledger = Ledger([rule(bonus(amount=500), when=[age(0, operator)])], program(), member(), IN_SPRING)
    assert (ledger.fold(commission("a", 100)), ledger.begin(day("2026-11-22"))) == ([], [])


def test_rules_of_one_midnight_see_what_earlier_ones_did_and_a_repetition_does_not_go_on_from_there() -> None:
    level = {"metric": "user_field", "field": "level", "operator": "eq"}
    back = rule(sets("level", "new"), name="back", when=[less(period("current_day")), {**level, "value": "slow"}])
    slow = rule(sets("level", "slow"), name="slow", priority=2, when=[less(period("current_day"))])
    told = rule(mails(), name="told", priority=3, when=[less(period("current_day")), {**level, "value": "slow"}])
    ledger = Ledger([back, slow, told], program(), member(), IN_SPRING)
    for _ in range(2):
        ledger.begin(day("2026-11-22"))
        assert (ledger.member.fields, len(ledger.mails)) == ({"level": "slow"}, 1)


def test_a_midnight_that_does_not_fit_into_one_transaction_goes_on_in_the_next() -> None:
    many = [rule(bonus(amount=n), mails(), name=str(n), when=[less(period("current_day"))]) for n in range(1, 9)]
    ledger = Ledger(many, program(), member(), IN_SPRING, budget=12)
    assert sorted(ledger.begin(day("2026-11-22"))) == list(range(1, 9))
    assert len(ledger.transitions) > 1
    assert ledger.begin(day("2026-11-22")) == []


@pytest.mark.parametrize(
    ("status", "places", "offers", "expected"),
    [
        ("approved", {SPRING: enrollment()}, "all", True),
        ("approved", {SPRING: enrollment()}, [SPRING, AUTUMN], True),
        ("approved", {SPRING: enrollment()}, [AUTUMN], False),
        ("approved", {}, "all", False),
        ("approved", {SPRING: enrollment(created_at=SATURDAY)}, "all", False),
        ("suspended", {SPRING: enrollment()}, "all", False),
        ("pending", {SPRING: enrollment()}, "all", False),
        ("approved", {SPRING: enrollment(payout_option_id=GOLD, active=False)}, "all", True),
    ],
)
def test_approved_members_who_were_enrolled_by_then_are_asked(
    status: str, places: dict[str, Any], offers: Any, expected: bool
) -> None:
    account = Ledger(member=member(status=status), enrollments=places)._read({SATURDAY.date()}, ())
    midnight = Midnight.of(Calendar("UTC"), SATURDAY.date())
    assert concerns(rule(offers=offers), account, midnight) is expected


def test_a_rule_never_fires_for_a_period_that_was_over_when_it_was_made() -> None:
    asks = [less(period("current_week"))]
    for made, pays in ((LONG_AGO, [500]), (at("2026-11-22 23:59"), [500]), (at("2026-11-23 00:00"), [])):
        ledger = folded(rule(bonus(amount=500), when=asks, created_at=made), enrollments=IN_SPRING)
        assert ledger.begin(day("2026-11-23")) == pays
        last_week = rule(bonus(amount=500), when=[less(period("last_week"))], created_at=made)
        assert folded(last_week, enrollments=IN_SPRING).begin(day("2026-11-23")) == pays


def test_a_midnight_that_sets_off_nothing_writes_nothing() -> None:
    ledger = folded(rule(bonus(amount=500), when=[less(period("current_week"))]), enrollments=IN_SPRING)
    ledger.fold(commission("a", 100))
    known = len(ledger.transitions)
    for begun in range(6):
        ledger.begin(day("2026-11-22") + timedelta(days=begun))
    assert len(ledger.transitions) == known
