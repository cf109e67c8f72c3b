"""Attribution: one winner per order, as of the order's own time; losers are kept with their reasons."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.members.members import email_identity
from laurel.domain.program.programs import PRECEDENCE, AttributionPolicy
from laurel.domain.tracking.attribution import Candidate, Outcome, attribute
from tests.unit.kit.builders import BEN, SATURDAY, at, candidate, claim, enrollment, member, offer, steady

PAUSED: dict[str, Any] = {"offer": offer(status="paused")}
SUSPENDED: dict[str, Any] = {"member": member(status="suspended")}
SWITCHED_OFF: dict[str, Any] = {"enrollment": enrollment(active=False)}


def judged(*candidates: Candidate, when: Any = SATURDAY, email: str | None = None) -> Outcome:
    return attribute(candidates, AttributionPolicy(), when, email)


def winner_of(outcome: Outcome) -> str | None:
    return outcome.winner.by if outcome.winner else None


@steady
@given(st.permutations(PRECEDENCE), st.permutations(PRECEDENCE), st.sets(st.sampled_from(PRECEDENCE)))
def test_the_first_in_order_of_precedence_whom_nothing_refuses_wins(
    found: list[Any], order: list[Any], refused: set[Any]
) -> None:
    lasting = offer(lifetime=True)
    people = [candidate(by=by, offer=lasting, **(SUSPENDED if by in refused else {})) for by in found]
    outcome = attribute(people, AttributionPolicy(order=tuple(order)), SATURDAY, None)
    fit = [by for by in order if by not in refused]
    assert winner_of(outcome) == (fit[0] if fit else None)
    assert outcome.reason == (None if fit else "member_inactive")
    losers = [(loser.candidate.by, loser.reason) for loser in outcome.losers]
    assert losers == [(by, "member_inactive" if by in refused else None) for by in order if by not in fit[:1]]


def test_the_member_whom_the_storefront_names_comes_before_the_code() -> None:
    outcome = judged(candidate(by="promo_code"), candidate(by="member", code=None))
    assert winner_of(outcome) == "member"
    assert [(loser.candidate.by, loser.reason) for loser in outcome.losers] == [("promo_code", None)]


def test_a_candidate_that_is_refused_is_passed_over_for_the_next() -> None:
    outcome = judged(candidate(by="member", **PAUSED), candidate(by="click", code=None))
    assert winner_of(outcome) == "click"
    assert outcome.reason is None
    assert [loser.reason for loser in outcome.losers] == ["offer_inactive"]


def test_the_reason_kept_is_the_first_refusal() -> None:
    outcome = judged(candidate(by="click", **SWITCHED_OFF), candidate(by="promo_code", **SUSPENDED))
    assert outcome.winner is None
    assert outcome.reason == "member_inactive"
    assert [loser.reason for loser in outcome.losers] == ["member_inactive", "code_inactive"]


def test_nobody_named_is_no_match() -> None:
    assert judged() == Outcome(None, "no_match", ())


def test_a_way_that_the_program_does_not_use_is_not_asked() -> None:
    codes_only = AttributionPolicy(order=("promo_code",))
    assert attribute([candidate(by="click")], codes_only, SATURDAY, None) == Outcome(None, "no_match", ())


@pytest.mark.parametrize("missing", ["offer", "member", "enrollment"])
def test_who_was_not_found_is_no_match(missing: str) -> None:
    outcome = judged(candidate(**{missing: None}))
    assert (outcome.winner, outcome.reason) == (None, "no_match")


@pytest.mark.parametrize("status", ["paused", "archived"])
def test_an_offer_that_is_not_active_wins_nothing(status: str) -> None:
    assert judged(candidate(offer=offer(status=status))).reason == "offer_inactive"


@pytest.mark.parametrize("status", ["pending", "suspended"])
def test_a_member_who_is_not_approved_wins_nothing(status: str) -> None:
    assert judged(candidate(member=member(status=status))).reason == "member_inactive"


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("2026-10-31 23:59:59", "offer_inactive"),
        ("2026-11-01", None),
        ("2026-11-30 23:59:59", None),
        ("2026-12-01", "offer_inactive"),
    ],
)
def test_an_offers_dates_are_half_open_and_count_as_of_the_order(when: str, reason: str | None) -> None:
    dated = offer(active_from=at("2026-11-01"), active_until=at("2026-12-01"))
    assert judged(candidate(offer=dated), when=at(when)).reason == reason


@pytest.mark.parametrize(("when", "reason"), [("2026-11-21 11:00", None), ("2026-11-21 12:00", "code_inactive")])
def test_a_code_refreshed_at_noon_still_wins_an_order_of_eleven(when: str, reason: str | None) -> None:
    replaced = claim(ended_at=at("2026-11-21 12:00"))
    assert judged(candidate(code=replaced), when=at(when)).reason == reason


def test_a_code_issued_later_also_wins_earlier_orders() -> None:
    assert winner_of(judged(candidate(code=claim(issued_at=at("2026-11-21 12:00"))), when=at("2026-11-20"))) is not None


def test_a_code_switched_off_or_out_of_its_dates_says_so() -> None:
    assert judged(candidate(**SWITCHED_OFF)).reason == "code_inactive"
    assert judged(candidate(enrollment=enrollment(active_until=at("2026-11-21")))).reason == "code_expired"


@pytest.mark.parametrize("email", ["anna@example.com", "ANNA@Example.COM", " anna@example.com "])
def test_a_members_own_purchase_earns_nothing(email: str) -> None:
    assert judged(candidate(), email=email).reason == "self_purchase"


def test_somebody_elses_purchase_earns() -> None:
    assert winner_of(judged(candidate(), email="ben@example.com")) == "promo_code"
    assert winner_of(judged(candidate(), email=None)) == "promo_code"


def test_a_self_purchase_goes_to_the_next_candidate() -> None:
    ben = candidate(by="click", member=member(member_id=BEN, email="ben@example.com"), code=None)
    outcome = judged(candidate(), ben, email="anna@example.com")
    assert outcome.winner is not None
    assert outcome.winner.member.member_id == BEN


@pytest.mark.parametrize(
    ("clicked", "days", "wins"),
    [
        ("2026-11-21 10:00", None, True),
        ("2026-10-22 10:00:01", None, True),
        ("2026-10-22 10:00", None, False),
        ("2026-10-22 10:00", 31, True),
        ("2026-11-20 10:00", 1, False),
        ("2026-11-21 10:05", None, True),  # the shop's clock is behind
        ("2026-11-21 10:05:01", None, False),
    ],
)
def test_a_click_counts_within_the_window_of_its_offer_or_else_of_the_program(
    clicked: str, days: int | None, wins: bool
) -> None:
    by_click = candidate(by="click", code=None, visits=(at(clicked),), offer=offer(window_days=days))
    outcome = judged(by_click)
    assert (outcome.winner is not None) == wins
    assert outcome.reason == (None if wins else "no_match")


def test_the_program_says_how_long_a_click_counts() -> None:
    by_click = candidate(by="click", code=None, visits=(at("2026-11-19"),))
    assert attribute([by_click], AttributionPolicy(window_days=2), SATURDAY, None).reason == "no_match"
    assert winner_of(attribute([by_click], AttributionPolicy(window_days=3), SATURDAY, None)) == "click"


def test_a_known_customer_comes_before_the_code_where_the_offer_is_for_a_lifetime() -> None:
    known = candidate(by="customer", member=member(member_id=BEN, email="ben@example.com"), code=None)
    assert winner_of(judged(candidate(), known)) == "promo_code"
    lasting = replace(known, offer=offer(lifetime=True))
    outcome = judged(candidate(), lasting)
    assert outcome.winner is not None
    assert (outcome.winner.by, outcome.winner.member.member_id) == ("customer", BEN)


def test_addresses_differ_by_more_than_case() -> None:
    assert email_identity("Anna@Example.com") == email_identity("anna@example.COM")
    assert email_identity("anna+x@example.com") != email_identity("anna@example.com")
