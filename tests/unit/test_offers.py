"""Offers, their payout options, and the enrollments of members in them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from laurel.domain.members.enrollments import (
    Enrollment,
    EnrollmentEdit,
    EnrollmentView,
    generated_code,
)
from laurel.domain.members.slugs import generated_slug
from laurel.domain.offers.offers import NewOffer
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.errors import Absent, Invalid
from tests.unit.kit.builders import BASIC, GOLD, an_id, at, claim, enrollment, offer, option

TEN = {"name": "Ten", "default": True, "terms": {"type": "percent_of_sale", "percent": "10"}}
FIVE = {"name": "Five", "terms": {"type": "flat_per_sale", "amount": 500}}
CLICKS = {"name": "Clicks", "terms": {"type": "per_click", "amount": 10}}

NOON = at("2026-11-21 12:00")


def new(*options: dict[str, Any], **changes: Any) -> NewOffer:
    plain = {"name": "Spring", "kind": "promo_code", "payout_options": options}
    return NewOffer.model_validate({**plain, **changes})


@pytest.mark.parametrize("options", [(), (FIVE,), (TEN, TEN), (FIVE, FIVE), (TEN,) + (FIVE,) * 20])
def test_an_offer_has_at_least_one_option_and_exactly_one_default(options: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(ValidationError):
        new(*options)


def test_any_of_the_options_may_be_the_default() -> None:
    assert [each.default for each in new(FIVE, TEN).payout_options] == [False, True]
    assert len(new(TEN, *[FIVE] * 19).payout_options) == 20


def test_clicks_cannot_be_paid_on_a_promo_code() -> None:
    with pytest.raises(ValidationError, match="per_click"):
        new(TEN, CLICKS)


def test_a_link_leads_somewhere_and_a_code_need_not() -> None:
    new(TEN, kind="promo_code").require_landing_page()
    with pytest.raises(Invalid) as refused:
        new(TEN, kind="link").require_landing_page()
    assert (refused.value.code, refused.value.pointer) == ("landing_url_required", "/landing_url")


def test_clicks_can_be_paid_on_a_link() -> None:
    link = new(TEN, CLICKS, kind="link", landing_url="https://shop.example/spring")
    assert link.payout_options[1].terms.type == "per_click"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "link", "landing_url": "shop.example"},
        {"kind": "banner"},
        {"name": ""},
        {"status": "draft"},
        {"lifetime": "yes"},
        {"offer_id": an_id("off")},
        {"discount": {}},
        {"discount": {"amount": 1, "percent": "1"}},
        {"landing_url": "javascript:alert(1)"},
        {"active_from": "2026-11-21T00:00:00Z", "active_until": "2026-11-21T00:00:00Z"},
        {"active_from": "2026-11-22T00:00:00Z", "active_until": "2026-11-21T00:00:00Z"},
    ],
)
def test_an_offer_that_means_nothing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        new(TEN, **changes)


def test_a_member_without_an_option_gets_the_default() -> None:
    basic, gold = option(default=False), option(payout_option_id=GOLD, name="Gold", default=True)
    spring = offer(payout_options=(basic, gold))
    assert spring.chosen(None) == gold
    assert spring.chosen(BASIC) == basic
    assert spring.option(BASIC) == basic


def test_an_option_of_another_offer_is_unknown_here() -> None:
    with pytest.raises(Invalid) as refused:
        offer().chosen(GOLD)
    assert (refused.value.code, refused.value.pointer) == ("unknown_payout_option", "/payout_option_id")
    with pytest.raises(Absent) as absent:
        offer().option(GOLD)
    assert absent.value.code == "payout_option_not_found"


@pytest.mark.parametrize(
    ("when", "reason"),
    [("2026-11-21 11:00", None), ("2026-11-21 12:00", "code_inactive"), ("2026-11-22", "code_inactive")],
)
def test_a_code_deactivated_at_noon_still_wins_an_order_of_eleven(when: str, reason: str | None) -> None:
    off = enrollment(active=False, deactivated_at=at("2026-11-21 12:00"))
    assert off.attributes_nothing_at(at(when)) == reason


def test_an_inactive_code_of_unknown_date_attributes_nothing() -> None:
    assert enrollment(active=False).attributes_nothing_at(at("2026-11-21")) == "code_inactive"


def switched(current: Enrollment, *instants: datetime) -> Enrollment:
    """Off at the first of `instants`, on at the second, off at the third and so on; on first if it is off."""
    for instant in instants:
        current = current.edited(EnrollmentEdit(active=not current.active), instant)
    return current


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("2026-11-21 11:59:59", None),
        ("2026-11-21 12:00:00", "code_inactive"),
        ("2026-11-21 12:59:59", "code_inactive"),
        ("2026-11-21 13:00:00", None),
    ],
)
def test_a_code_activated_again_wins_orders_before_the_gap_and_after_it(when: str, reason: str | None) -> None:
    on = switched(enrollment(), NOON, at("2026-11-21 13:00"))
    assert on.attributes_nothing_at(at(when)) == reason


def test_a_code_deactivated_again_keeps_its_first_gap() -> None:
    off = switched(enrollment(), *(at(f"2026-11-21 {hour}:00") for hour in (12, 13, 14)))
    won = [hour for hour in range(10, 17) if off.attributes_nothing_at(at(f"2026-11-21 {hour}:30")) is None]
    assert won == [10, 11, 13]


@pytest.mark.parametrize(
    ("when", "reason"), [("2026-11-21 11:59", "code_inactive"), ("2026-11-21 12:00", None), ("2000-01-01", None)]
)
def test_a_code_active_late_wins_as_one_issued_late_but_nothing_of_its_inactive_time(
    when: str, reason: str | None
) -> None:
    assert switched(enrollment(active=False), NOON).attributes_nothing_at(at(when)) == reason


def test_the_last_ten_gaps_are_remembered() -> None:
    days = [at(f"2026-11-{day:02} {hour}") for day in range(1, 13) for hour in ("06:00", "18:00")]
    on = switched(enrollment(), *days)
    lost = [day for day in range(1, 13) if on.attributes_nothing_at(at(f"2026-11-{day:02} 12:00"))]
    assert lost == list(range(3, 13))


def test_gaps_are_not_shown() -> None:
    on = switched(enrollment(), NOON, at("2026-11-21 13:00"))
    assert "gaps" not in EnrollmentView.of(on, "https://shop.example").model_dump(mode="json")


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("2026-10-31 23:59:59", "code_expired"),
        ("2026-11-01 00:00:00", None),
        ("2026-11-30 23:59:59", None),
        ("2026-12-01 00:00:00", "code_expired"),
    ],
)
def test_active_dates_are_half_open(when: str, reason: str | None) -> None:
    dated = enrollment(active_from=at("2026-11-01"), active_until=at("2026-12-01"))
    assert dated.attributes_nothing_at(at(when)) == reason


@pytest.mark.parametrize(
    ("dates", "fits"),
    [
        ({"active_from": at("2026-11-01")}, "2030-01-01"),
        ({"active_until": at("2026-12-01")}, "2000-01-01"),
        ({}, "2026-01-01"),
    ],
)
def test_a_date_that_is_not_set_does_not_limit(dates: dict[str, datetime], fits: str) -> None:
    assert enrollment(**dates).attributes_nothing_at(at(fits)) is None


def test_active_dates_stand_in_order() -> None:
    edit = EnrollmentEdit(active_from=at("2026-12-01"), active_until=at("2026-12-01"))
    with pytest.raises(Invalid, match="dates_out_of_order"):
        enrollment().edited(edit, NOON)
    with pytest.raises(Invalid, match="dates_out_of_order"):
        enrollment(active_from=at("2026-12-01")).edited(EnrollmentEdit(active_until=at("2026-11-01")), NOON)


def test_moving_to_another_option_is_counted_and_staying_is_not() -> None:
    assert enrollment().edited(EnrollmentEdit(payout_option_id=BASIC), NOON) == enrollment()
    moved = enrollment().edited(EnrollmentEdit(payout_option_id=GOLD), NOON)
    assert (moved.payout_option_id, moved.move) == (GOLD, 1)


def test_deactivating_counts_from_its_instant_and_again_changes_nothing() -> None:
    off = enrollment().edited(EnrollmentEdit(active=False), NOON)
    assert (off.active, off.deactivated_at) == (False, NOON)
    assert off.edited(EnrollmentEdit(active=False), at("2026-11-21 13:00")) == off
    on = off.edited(EnrollmentEdit(active=True), at("2026-11-21 13:00"))
    assert on == enrollment(gaps=((NOON, at("2026-11-21 13:00")),))


def test_an_edit_changes_what_it_gives_and_null_clears_a_date() -> None:
    dated = enrollment(active_from=at("2026-11-01"), fixed=True)
    assert dated.edited(EnrollmentEdit(), NOON) == dated
    assert dated.edited(EnrollmentEdit(active_from=None), NOON).active_from is None
    assert dated.edited(EnrollmentEdit(fixed=False), NOON).fixed is False
    assert dated.edited(EnrollmentEdit(fixed=None, active=None, payout_option_id=None), NOON) == dated


@pytest.mark.parametrize(("when", "dead"), [("2026-11-21 11:59", False), ("2026-11-21 12:00", True)])
def test_a_replaced_code_is_dead_from_that_instant(when: str, dead: bool) -> None:
    assert claim(ended_at=at("2026-11-21 12:00")).is_dead_at(at(when)) is dead
    assert not claim().is_dead_at(at(when))


def test_an_edit_names_only_what_can_be_set() -> None:
    assert EnrollmentEdit.model_validate({"active": False}).model_dump(exclude_none=True) == {"active": False}
    for wrong in ({"member_id": an_id("mem")}, {"active": 1}, {"promo_code": "a/b"}, {"move": 3}):
        with pytest.raises(ValidationError):
            EnrollmentEdit.model_validate(wrong)


def test_a_code_nobody_chose_is_itself_a_valid_code() -> None:
    code, slug = generated_code(b"\xff\1\2\3\4\5\6"), generated_slug(b"\xff\1\2\3\4\5\6")
    assert TypeAdapter(PromoCode).validate_python(code) == code
    assert (len(code), slug) == (10, code.lower())
    assert generated_code(b"\xff\1\2\3\4\5\7") != code


def test_a_move_by_a_rule_comes_after_the_edit_before_it_whoever_was_asked_first() -> None:
    current = enrollment(updated_at=NOON)
    moved = current.moved(GOLD, NOON - timedelta(seconds=1))
    assert current.updated_at < moved.updated_at < moved.moved(BASIC, NOON).updated_at
    assert current.moved(GOLD, NOON + timedelta(hours=1)).updated_at == NOON + timedelta(hours=1)
