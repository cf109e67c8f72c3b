"""Bulk edits: what a call may ask for, and what it sets of each enrollment."""

from typing import Any

import pytest
from pydantic import ValidationError

from laurel.domain.members.bulk_edits import BulkEdit, BulkSet, EnrollmentFilter
from tests.unit.kit.builders import ANNA, BASIC, BEN, GOLD, an_id, at, enrollment, member

ACTIVE = {"active": True}


@pytest.mark.parametrize(
    "asked",
    [
        {"member_ids": [ANNA], "set": ACTIVE},
        {"member_ids": [ANNA, BEN, ANNA], "set": {"active_until": None}},
        {"member_ids": [ANNA], "enroll": True},
        {"member_ids": [ANNA], "enroll": True, "set": {"payout_option_id": GOLD, "fixed": True}},
        {"filter": {}, "set": {"refresh_promo_code": True}},
        {"filter": {"active": False, "payout_option_id": GOLD}, "set": ACTIVE, "cursor": "abc"},
    ],
)
def test_what_can_be_asked_for(asked: dict[str, Any]) -> None:
    assert BulkEdit.model_validate(asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"set": ACTIVE},
        {"member_ids": [ANNA], "filter": {}, "set": ACTIVE},
        {"member_ids": [], "set": ACTIVE},
        {"member_ids": [an_id("mem", str(number)) for number in range(101)], "set": ACTIVE},
        {"member_ids": ["anna"], "set": ACTIVE},
        {"member_ids": [ANNA], "cursor": "abc", "set": ACTIVE},
        {"filter": {}, "enroll": True, "set": ACTIVE},
        {"filter": {}},
        {"filter": {}, "set": {}},
        {"filter": {}, "set": {"active": None}},
        {"filter": {}, "set": {"refresh_promo_code": False}},
        {"filter": {}, "set": {"promo_code": "ABC"}},
        {"filter": {"fixed": True}, "set": ACTIVE},
        {"filter": None, "set": ACTIVE},
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BulkEdit.model_validate(asked)


@pytest.mark.parametrize(
    ("narrowed", "matches"),
    [
        ({}, True),
        ({"active": True}, True),
        ({"active": False}, False),
        ({"payout_option_id": BASIC}, True),
        ({"payout_option_id": GOLD}, False),
        ({"payout_option_id": BASIC, "active": False}, False),
    ],
)
def test_a_filter_matches_all_that_it_names(narrowed: dict[str, Any], matches: bool) -> None:
    assert EnrollmentFilter.model_validate(narrowed).matches(enrollment(), member(), (), at("2026-11-21")) is matches


def test_what_is_not_given_is_not_touched_and_null_clears_a_date() -> None:
    dated = enrollment(active_from=at("2026-11-01"), active_until=at("2026-12-01"), fixed=True)
    edit = BulkSet.model_validate({"active_until": None, "refresh_promo_code": True}).edit("NEW-CODE")
    assert edit.promo_code == "NEW-CODE"
    assert dated.edited(edit, at("2026-11-21")) == dated.model_copy(update={"active_until": None})
