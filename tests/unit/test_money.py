"""Integer money: rounded once, half up and away from zero."""

from decimal import Decimal
from fractions import Fraction
from math import floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from laurel.domain.values.model import MAX_AMOUNT
from laurel.domain.values.money import EXPONENTS, Currency, exchanged, money_text, percent_of
from tests.unit.kit.builders import steady

AMOUNTS = st.integers(-MAX_AMOUNT, MAX_AMOUNT)
PERCENTS = st.integers(0, 1_000_000).map(lambda n: Decimal(n).scaleb(-4))
RATES = st.integers(1, 10**21).map(lambda n: Decimal(n).scaleb(-12))
CURRENCIES = st.sampled_from(["JPY", "USD", "KWD", "CLF"])


def half_up(exact: Fraction) -> int:
    size = floor(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size


@pytest.mark.parametrize(
    ("amount", "percent", "earned"),
    [(25, "58", 15), (100, "8.5", 9), (500, "2.9", 15), (10000, "7.5", 750), (21000, "2", 420), (1, "50", 1)],
)
def test_a_percentage_is_rounded_half_up(amount: int, percent: str, earned: int) -> None:
    assert percent_of(amount, Decimal(percent)) == earned


@pytest.mark.parametrize(("amount", "percent", "earned"), [(-25, "58", -15), (-1, "50", -1), (-1, "49.9999", 0)])
def test_a_negative_percentage_is_rounded_away_from_zero(amount: int, percent: str, earned: int) -> None:
    assert percent_of(amount, Decimal(percent)) == earned


@steady
@given(AMOUNTS, PERCENTS)
def test_a_percentage_is_the_exact_share_rounded_once(amount: int, percent: Decimal) -> None:
    assert percent_of(amount, percent) == half_up(Fraction(amount) * Fraction(percent) / 100)


@steady
@given(AMOUNTS, PERCENTS)
def test_what_is_taken_back_is_what_was_given(amount: int, percent: Decimal) -> None:
    assert percent_of(-amount, percent) == -percent_of(amount, percent)


@steady
@given(st.integers(0, MAX_AMOUNT), PERCENTS)
def test_a_share_is_never_more_than_the_whole(amount: int, percent: Decimal) -> None:
    assert 0 <= percent_of(amount, percent) <= amount


def test_refunds_of_33_and_33_and_34_end_at_exactly_nothing() -> None:
    remaining = [10000, 6700, 3400, 0]
    assert [percent_of(base, Decimal("7.5")) for base in remaining] == [750, 503, 255, 0]


@pytest.mark.parametrize(
    ("amount", "source", "target", "rate", "comes_to"),
    [
        (1000, "EUR", "USD", "1.1", 1100),
        (1000, "JPY", "USD", "0.0065", 650),
        (1050, "USD", "JPY", "150", 1575),
        (1, "USD", "JPY", "50", 1),
        (1, "USD", "JPY", "49.99", 0),
        (1000, "KWD", "USD", "3.25", 325),
        (100, "USD", "KWD", "0.3075", 308),
    ],
)
def test_a_foreign_amount_is_exchanged_by_major_units(
    amount: int, source: str, target: str, rate: str, comes_to: int
) -> None:
    assert exchanged(amount, source, target, Decimal(rate)) == comes_to


@steady
@given(st.integers(0, MAX_AMOUNT), CURRENCIES, CURRENCIES, RATES)
@example(999999999967, "CLF", "JPY", Decimal("99736505.969696969697"))
def test_an_exchange_is_rounded_once_whatever_its_size(amount: int, source: str, target: str, rate: Decimal) -> None:
    shift = Fraction(10) ** (EXPONENTS[target] - EXPONENTS[source])
    assert exchanged(amount, source, target, rate) == half_up(amount * Fraction(rate) * shift)


@pytest.mark.parametrize(
    ("amount", "source", "rate", "comes_to"),
    [
        (999999999999, "CLF", "99735001.000000000001", 9973500099990026),
        (123456789011, "KWD", "85009.905669799909", 10495049988121),
    ],
)
def test_an_exchange_just_below_a_half_is_not_rounded_up(amount: int, source: str, rate: str, comes_to: int) -> None:
    assert exchanged(amount, source, "JPY", Decimal(rate)) == comes_to


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (420, "USD", "4.20 USD"),
        (420, "JPY", "420 JPY"),
        (420, "KWD", "0.420 KWD"),
        (-5, "USD", "-0.05 USD"),
        (123456789, "EUR", "1,234,567.89 EUR"),
        (0, "USD", "0.00 USD"),
    ],
)
def test_people_read_amounts_in_major_units(amount: int, currency: str, text: str) -> None:
    assert money_text(amount, currency) == text


@pytest.mark.parametrize("code", ["usd", "XXX", "US", "USDX", "", "\N{FULLWIDTH LATIN CAPITAL LETTER U}SD"])
def test_what_is_no_iso_4217_code_is_no_currency(code: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Currency).validate_python(code)


def test_yen_have_no_decimals_and_dinars_three() -> None:
    assert (EXPONENTS["JPY"], EXPONENTS["USD"], EXPONENTS["KWD"]) == (0, 2, 3)
