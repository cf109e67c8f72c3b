"""Commissions: the state they are in, and what each is worth to its member's totals."""

from typing import Any

import pytest

from laurel.domain.ledger.commissions import Bucket, Contribution
from laurel.domain.ledger.orders import Taken
from tests.unit.kit.builders import BASIC, SATURDAY, an_order, at, commission, terms


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"status": "pending"}, "pending"),
        ({"status": "approved"}, "approved"),
        ({"status": "declined"}, "declined"),
        ({"status": "approved", "payout": "paid"}, "paid"),
        ({"status": None, "payout": None}, None),
    ],
)
def test_status_and_payout_are_one_state(changes: dict[str, Any], state: str | None) -> None:
    assert commission("a", 100, **changes).state == state


def test_a_commission_counts_its_amount_and_what_is_left_of_its_sale() -> None:
    row = commission("a", 300, order=an_order("1001", 3000, refunded_sale=1000, taken=Taken(goods=1000)))
    assert row.contribution() == Contribution(Bucket(BASIC, "sale", "", 1, "approved"), 1, 300, 2000)


def test_a_paid_row_counts_in_a_bucket_of_its_own() -> None:
    contribution = commission("a", 300, sale=3000, payout="paid").contribution()
    assert contribution == Contribution(Bucket(BASIC, "sale", "", 1, "paid"), 1, 300, 3000)


def test_a_higher_tiers_row_does_not_count_the_sale_again() -> None:
    contribution = commission("a", 30, sale=3000, tier=2).contribution()
    assert contribution == Contribution(Bucket(BASIC, "sale", "", 2, "approved"), 1, 30, 0)


def test_an_action_counts_by_its_code_and_a_bonus_without_option() -> None:
    action = commission("a", 250, type="action", action_code="sign|up").contribution()
    assert action is not None
    assert action.bucket == Bucket(BASIC, "action", "sign|up", 1, "approved")
    bonus = commission("b", 420, type="extra_bonus", payout_option_id=None).contribution()
    assert bonus == Contribution(Bucket("", "extra_bonus", "", 1, "approved"), 1, 420, 0)


def test_an_adjustment_counts_its_negative_amount() -> None:
    contribution = commission("a", -300, type="adjustment").contribution()
    assert contribution is not None
    assert contribution.commission == -300


@pytest.mark.parametrize("changes", [{"member_id": None}, {"status": None, "payout": None}])
def test_a_row_that_is_nobodys_counts_nowhere(changes: dict[str, Any]) -> None:
    assert commission("a", 300, **changes).contribution() is None


def test_a_change_moves_the_version_and_the_time_and_nothing_else() -> None:
    row = commission("a", 300, sale=3000, terms=terms(type="percent_of_sale", percent="10"))
    later = row.revised(at("2026-11-22"), status="declined")
    assert (later.version, later.updated_at, later.status) == (2, at("2026-11-22"), "declined")
    assert later.occurred_at == later.created_at == SATURDAY
    assert later.model_copy(update={"version": 1, "updated_at": SATURDAY, "status": "approved", "first": None}) == row


def test_only_orders_remember_what_was_first_told() -> None:
    bonus = commission("a", 420, type="extra_bonus")
    assert bonus.revised(SATURDAY, amount=0).first is None
    assert bonus.as_first_told() == bonus
