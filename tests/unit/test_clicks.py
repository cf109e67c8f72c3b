"""Clicks: once per visitor, link and local day, in a row that pays for each at the terms of its own instant."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Winner, judge
from laurel.domain.tracking.clicks import (
    KEPT_FOR,
    REPORTED_WITHIN,
    Click,
    ClickReport,
    Visitor,
    grown,
    named_visitor,
    opened,
    record,
)
from laurel.domain.values.errors import Invalid
from tests.unit.kit.builders import INSTANTS, SATURDAY, an_id, at, candidate, offer, option, program, steady, terms

SLUG = "0123456789"
CLICK_ID = an_id("clk")
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


def winner(amount: int | None = 10, **changes: Any) -> Winner:
    """Anna's link in an offer that pays `amount` a click, or a share of sales."""
    paid = terms(type="per_click", amount=amount) if amount is not None else terms(type="none")
    link = offer(kind="link", payout_options=(option(terms=paid, **changes),))
    judged = judge(candidate(by="click", offer=link, code=None), 30, SATURDAY)
    assert isinstance(judged, Winner)
    return judged


def clicks(count: int, amount: int | None = 10, **changes: Any) -> list[Click]:
    """So many visitors, one minute after the other."""
    when = [SATURDAY + timedelta(minutes=number) for number in range(count)]
    by = winner(amount, **changes)
    return [record(program(), SLUG, f"visitor {n}", by, instant, instant) for n, instant in enumerate(when)]


def click(visitor: str, when: datetime, zone: Program, slug: str = SLUG) -> Click:
    return record(zone, slug, visitor, winner(), when, SATURDAY)


@steady
@given(INSTANTS, INSTANTS, st.sampled_from(["a", "b"]), st.sampled_from(["0000000000", "1111111111"]))
def test_a_click_is_the_same_for_the_same_visitor_link_and_local_day_and_for_nothing_else(
    one: datetime, other: datetime, visitor: str, slug: str
) -> None:
    zone = program(timezone="America/New_York")
    first, second = click("a", one, zone, "0000000000"), click(visitor, other, zone, slug)
    same_day = zone.calendar.day_of(one) == zone.calendar.day_of(other)
    assert (first.click_id == second.click_id) == (same_day and (visitor, slug) == ("a", "0000000000"))


def test_another_program_has_other_clicks() -> None:
    assert (
        click("a", SATURDAY, program()).click_id != click("a", SATURDAY, program(program_id=an_id("prg", "x"))).click_id
    )


@steady
@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 10**6))
def test_a_row_is_worth_its_clicks_however_they_came_in(first: int, more: int, amount: int) -> None:
    made = clicks(first + more, amount)
    row = grown(opened(program(), 0, made[:first], SATURDAY), made[first:], SATURDAY)
    assert (row.clicks, row.amount) == (first + more, (first + more) * amount)
    contribution = row.contribution()
    assert contribution is not None
    assert contribution[1:] == (first + more, (first + more) * amount, 0)
    assert row.version == 2


def test_clicks_that_earn_nothing_are_tallied_and_nobodys_pay() -> None:
    tally = opened(program(approval={"mode": "manual"}), 0, clicks(3, None), SATURDAY)
    assert (tally.is_tally, tally.amount, tally.payout, tally.state, tally.clicks) == (True, 0, None, "approved", 3)


def test_a_click_that_pays_waits_for_approval_like_a_sale() -> None:
    held = opened(program(approval={"mode": "hold", "hold_days": 5}), 0, clicks(2), SATURDAY)
    assert (held.status, held.hold_until) == ("pending", SATURDAY + timedelta(days=5))
    assert opened(program(), 0, clicks(1), SATURDAY).status == "approved"


def test_another_price_begins_a_row_of_its_own_and_another_edit_does_not() -> None:
    (before,), (after,) = clicks(1, 10), clicks(1, 20, version=2)
    assert before.row != after.row
    assert clicks(1, 10, version=3)[0].row == before.row
    assert clicks(1, None)[0].row not in {before.row, after.row}
    assert [opened(program(), 0, [each], SATURDAY).amount for each in (before, after)] == [10, 20]


def test_a_click_keeps_none_of_the_terms_for_sales() -> None:
    rich = terms(type="per_click", amount=7, actions={"signup": {"amount": 100}}, tiers=[{"amount": 1}])
    link = offer(kind="link", payout_options=(option(terms=rich),))
    judged = judge(candidate(by="click", offer=link, code=None), 30, SATURDAY)
    assert isinstance(judged, Winner)
    assert record(program(), SLUG, "v", judged, SATURDAY, SATURDAY).terms == terms(type="per_click", amount=7)


@steady
@given(DAYS, DAYS, st.text(max_size=40), st.text(max_size=40))
def test_the_cookie_that_a_visit_sets_makes_no_second_visitor_that_day(
    first: date, later: date, address: str, agent: str
) -> None:
    fresh = Visitor.new("salt", first, address, agent, b"x" * 16)
    known = Visitor.parse(fresh.text)
    assert known == fresh
    assert known.on(first) == Visitor.new("salt", first, address, agent, b"y" * 16).on(first)
    if later != first:
        assert known.on(later) == fresh.later != Visitor.new("salt", later, address, agent, b"x" * 16).on(later)


def test_two_people_behind_one_address_are_two_visitors_from_their_second_day_on() -> None:
    one, other = (Visitor.new("salt", date(2026, 11, 21), "192.0.2.1", "Firefox", bytes([n]) * 16) for n in (1, 2))
    assert one.on(date(2026, 11, 21)) == other.on(date(2026, 11, 21))
    assert one.on(date(2026, 11, 22)) != other.on(date(2026, 11, 22))


def test_nothing_of_the_address_is_in_what_is_kept() -> None:
    fresh = Visitor.new("salt", date(2026, 11, 21), "192.0.2.1", "Firefox", b"x" * 16)
    assert "192.0.2.1" not in fresh.text
    assert "Firefox" not in fresh.text
    assert fresh.first != Visitor.new("other", date(2026, 11, 21), "192.0.2.1", "Firefox", b"x" * 16).first


@pytest.mark.parametrize(
    "cookie", ["", "x", "a.b.c", "2026-11-21.vis_x.vis_y", ".".join(["vis_" + "0" * 26] * 3), "é" * 99]
)
def test_a_cookie_that_is_none_of_ours_says_nothing(cookie: str) -> None:
    assert Visitor.parse(cookie) is None


def test_a_visitor_whom_a_storefront_names_is_nobody_whom_a_cookie_names() -> None:
    shops = [named_visitor(salt, shop, visitor) for salt in "ab" for shop in "ab" for visitor in "ab"]
    assert len(set(shops)) == 8


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("2026-11-21 10:05", None),
        ("2026-11-21 10:05:01", "occurred_in_future"),
        ("2025-11-20 10:00", None),
        ("2025-11-20 09:59", "occurred_too_long_ago"),
    ],
)
def test_a_click_is_reported_in_time(when: str, code: str | None) -> None:
    reported = ClickReport(slug=SLUG, visitor_id="v", occurred_at=at(when))
    if code is None:
        reported.require_timely(SATURDAY)
    else:
        with pytest.raises(Invalid) as refused:
            reported.require_timely(SATURDAY)
        assert refused.value.code == code


def test_a_click_is_remembered_for_as_long_as_it_can_be_reported_again() -> None:
    assert KEPT_FOR > REPORTED_WITHIN
    (made,) = clicks(1)
    assert made.expires_at == SATURDAY + KEPT_FOR
