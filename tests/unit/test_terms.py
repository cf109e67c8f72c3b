"""Payout terms: what each of the five pays, and what a commission keeps of them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from laurel.domain.offers.terms import FixedOrPercent, TierRate
from laurel.domain.values.model import MAX_AMOUNT
from laurel.domain.values.money import percent_of
from tests.unit.kit.builders import steady, terms

TEN_PERCENT: dict[str, Any] = {"type": "percent_of_sale", "percent": "10"}
FIVE: dict[str, Any] = {"type": "flat_per_sale", "amount": 500}
FIVE_AND_A_BIT: dict[str, Any] = {"type": "flat_plus_percent", "amount": 500, "percent": "2.9"}
CLICKS: dict[str, Any] = {"type": "per_click", "amount": 10}
NOTHING: dict[str, Any] = {"type": "none"}
EACH = [TEN_PERCENT, FIVE, FIVE_AND_A_BIT, CLICKS, NOTHING]


@pytest.mark.parametrize(
    ("given_", "base", "earned"),
    [
        (TEN_PERCENT, 30000, 3000),
        (TEN_PERCENT, 5, 1),
        (TEN_PERCENT, 0, 0),
        ({"type": "percent_of_sale", "percent": "0"}, 30000, 0),
        (FIVE, 30000, 500),
        (FIVE, 0, 500),
        (FIVE_AND_A_BIT, 500, 515),
        (FIVE_AND_A_BIT, 0, 500),
        (CLICKS, 30000, 0),
        (NOTHING, 30000, 0),
    ],
)
def test_each_kind_of_terms_pays_its_own_way_for_a_sale(given_: dict[str, Any], base: int, earned: int) -> None:
    assert terms(**given_).on_sale(base) == earned


@steady
@given(st.integers(0, MAX_AMOUNT), st.integers(0, MAX_AMOUNT), st.integers(0, 1_000_000))
def test_two_parts_are_one_commission_rounded_once(base: int, amount: int, percent: int) -> None:
    share = Decimal(percent).scaleb(-4)
    both = terms(type="flat_plus_percent", amount=amount, percent=share).on_sale(base)
    assert both == amount + percent_of(base, share)


@pytest.mark.parametrize("plain", EACH)
def test_actions_pay_by_their_code_whatever_the_sale_pays(plain: dict[str, Any]) -> None:
    rates = terms(**plain, actions={"signup": {"amount": 250}, "trial": {"percent": "8.5"}, "free": {"amount": 0}})
    assert [rates.on_action(code, 100) for code in ("signup", "trial", "free")] == [250, 9, 0]


def test_an_action_code_without_terms_earns_nothing() -> None:
    assert terms(**FIVE, actions={"signup": {"amount": 250}}).on_action("Signup", 10000) == 0
    assert terms(**FIVE).on_action("signup", 10000) == 0


@pytest.mark.parametrize("plain", EACH)
def test_a_commission_keeps_its_terms_but_no_other_actions(plain: dict[str, Any]) -> None:
    more = {"tiers": [{"percent_of_sale": "5"}], "recurring": {"interval": "month", "mode": "automatic", "limit": 12}}
    full = terms(**plain, **more, actions={"signup": {"amount": 250}, "trial": {"percent": "8.5"}})
    assert full.snapshot("signup") == terms(**plain, **more, actions={"signup": {"amount": 250}})
    assert full.snapshot(None) == terms(**plain, **more)
    assert full.snapshot("unknown").on_action("unknown", 100) == 0


def test_terms_read_back_from_what_was_stored() -> None:
    for plain in EACH:
        full = terms(**plain, actions={"a|b": {"percent": "12.5"}}, tiers=[{"amount": 3}])
        assert terms(**full.model_dump(mode="json")) == full


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"type": "percent_of_sale"},
        {"type": "flat_per_sale", "percent": "5"},
        {"type": "per_sale", "amount": 5},
        {**TEN_PERCENT, "amount": 5},
        {**FIVE, "amount": -1},
        {**FIVE, "amount": 5.0},
        {**FIVE, "amount": True},
        {**FIVE, "actions": {"a": {}}},
        {**FIVE, "actions": {"a": {"amount": 1, "percent": "1"}}},
        {**FIVE, "actions": {"": {"amount": 1}}},
        {**FIVE, "actions": {"a\0": {"amount": 1}}},
        {**FIVE, "actions": {str(n): {"amount": 1} for n in range(51)}},
        {**FIVE, "tiers": [{"amount": 1}] * 21},
        {**FIVE, "tiers": [{}]},
        {**FIVE, "recurring": {"interval": "hour", "mode": "automatic"}},
        {**FIVE, "recurring": {"interval": "month", "mode": "automatic", "limit": 0}},
    ],
)
def test_terms_that_mean_nothing_are_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        terms(**given_)


@pytest.mark.parametrize(
    "given_",
    [
        {},
        {"amount": 1, "percent_of_sale": "1"},
        {"percent_of_sale": "1", "percent_of_first_tier": "1"},
        {"amount": 1, "percent_of_sale": "1", "percent_of_first_tier": "1"},
    ],
)
def test_a_tier_has_exactly_one_rate(given_: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TierRate.model_validate(given_)


def test_fixed_is_fixed_and_percent_is_of_the_base() -> None:
    assert FixedOrPercent(amount=500).of(10**9) == 500
    assert FixedOrPercent(percent=Decimal("2")).of(21000) == 420
    assert FixedOrPercent(percent=Decimal("50")).of(-1) == -1
