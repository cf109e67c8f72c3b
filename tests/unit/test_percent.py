"""Percentages and other decimals: strings or numbers, never more than they say."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from laurel.domain.values.model import ExchangeRate, Frozen, Number, Percent, decimal_text
from tests.unit.kit.builders import steady

EDGE = datetime(2000, 1, 1, tzinfo=UTC)


def parse(kind: Any, value: Any) -> Any:
    return TypeAdapter(kind).validate_python(value)


def refuses(kind: Any, value: Any) -> None:
    with pytest.raises(ValidationError):
        parse(kind, value)


class _Rate(Frozen):
    percent: Percent


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("12.5", "12.5"),
        ("12.50", "12.5"),
        (12.5, "12.5"),
        (10, "10"),
        ("0", "0"),
        (0, "0"),
        (0.0, "0"),
        (0.1, "0.1"),
        ("100", "100"),
        (100.0, "100"),
        ("7.5000000", "7.5"),
        (1e-4, "0.0001"),
        ("00012", "12"),
        (Decimal("1E+1"), "10"),
    ],
)
def test_a_percent_is_a_string_or_a_number_with_up_to_4_places(written: object, means: str) -> None:
    parsed = _Rate.model_validate({"percent": written})
    assert parsed.percent == Decimal(means)
    assert parsed.model_dump(mode="json") == {"percent": means}


@pytest.mark.parametrize("value", ["12.50001", "0.00001", 1e-5, "100.0001", 101, -1, "-0.1", "1000", 1e22])
def test_a_percent_outside_its_range_or_places_is_refused(value: object) -> None:
    refuses(Percent, value)


@pytest.mark.parametrize(
    "value",
    [
        "NaN",
        "sNaN",
        "Infinity",
        float("nan"),
        float("inf"),
        -float("inf"),
        1e400,
        "1e400",
        "1e1",
        True,
        False,
        None,
        "",
        " 5",
        "5 ",
        "5\n",
        "+5",
        "1_0",
        "5,5",
        ".5",
        "5.",
        "0x1",
        "5%",
        b"5",
        [],
        {},
        "9" * 5000,
        "١٢",
        "\N{FULLWIDTH DIGIT ONE}",
        "1.\N{SUPERSCRIPT TWO}",
    ],  # digits, but not those of JSON
)
def test_what_is_no_plain_decimal_is_no_percent(value: object) -> None:
    refuses(Percent, value)


def test_a_number_too_long_to_read_is_no_percent() -> None:
    refuses(Percent, 10**5000)


@pytest.mark.parametrize("value", ["-0", "-0.0", -0.0])
def test_a_negative_nothing_is_no_percent(value: object) -> None:
    refuses(Percent, value)


@steady
@given(st.integers(0, 1_000_000))
def test_a_percent_reads_back_as_it_was_told(number: int) -> None:
    percent = Decimal(number).scaleb(-4)
    told = _Rate(percent=percent).model_dump(mode="json")
    assert _Rate.model_validate(told).percent == percent


@steady
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15), max_value=10**15))
def test_a_decimal_is_told_in_plain_digits(value: Decimal) -> None:
    text = decimal_text(value)
    assert Decimal(text) == value
    assert "e" not in text.lower()
    assert not ("." in text and text.endswith(("0", ".")))


@pytest.mark.parametrize("value", ["0", "-1", "1000000000.000000000001", "", "1e3"])
def test_an_exchange_rate_is_above_0_and_bounded(value: str) -> None:
    refuses(ExchangeRate, value)


def test_a_threshold_of_a_rate_may_be_negative() -> None:
    assert parse(Number, "-2.5") == Decimal("-2.5")


def test_a_value_is_closed_and_never_changes() -> None:
    value = _Rate(percent=Decimal(5))
    with pytest.raises(ValidationError):
        value.percent = Decimal(6)  # type: ignore[misc]
    with pytest.raises(ValidationError):
        _Rate.model_validate({"percent": 5, "other": 1})
    assert issubclass(Frozen, BaseModel)
