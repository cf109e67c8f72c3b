"""Values as the reader writes them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from laurel.pages.words import Words
from tests.unit.kit import builders

NARROW, SPACE, MINUS = "\u202f", "\u00a0", "\u2212"


@pytest.mark.parametrize(
    ("accepted", "amount", "currency", "told"),
    [
        ("en-GB,en;q=0.9", 123_450, "EUR", "€1,234.50"),
        ("de-DE,de;q=0.9", 123_450, "EUR", f"1.234,50{SPACE}€"),
        ("fr", 123_450, "USD", f"1{NARROW}234,50{SPACE}$"),
        ("de-CH", 123_450, "CHF", f"1\u2019234.50{SPACE}CHF"),
        ("ja", 1_234, "JPY", "¥1,234"),
        ("en", -50, "KWD", f"{MINUS}0.050{SPACE}KWD"),
        ("", 5, "USD", "$0.05"),
        ("*;q=0.1", 5, "USD", "$0.05"),
        ("%%%", 5, "USD", "$0.05"),
        ("xx-YY", None, "USD", "\u2013"),
    ],
)
def test_money_is_written_as_the_reader_does(accepted: str, amount: int | None, currency: str, told: str):
    assert Words.of(accepted).money(amount, currency) == told


@pytest.mark.parametrize(
    ("accepted", "told"), [("en-US", "Nov 6, 2026"), ("en-GB", "6 Nov 2026"), ("de", "6 Nov 2026")]
)
def test_a_day_can_be_read_in_one_way_only(accepted: str, told: str):
    assert Words.of(accepted).day(date(2026, 11, 6)) == told
    assert Words.of(accepted).instant(datetime(2026, 11, 6, 9, 5, tzinfo=UTC)) == f"{told}, 09:05"


def test_counts_percents_and_states_are_words():
    words = Words.of("de")
    assert words.count(1, "member", "members") == f"1{SPACE}member"
    assert words.count(1_200, "member", "members") == f"1.200{SPACE}members"
    assert words.percent(Decimal("12.50")) == f"12,5{SPACE}%"
    assert (words.state("in_payout"), words.state("approved")) == (("wait", "in a payout"), ("good", "approved"))
    assert words.state("never_heard_of") == ("off", "never heard of")


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [
        (0, "EUR", "€0"),
        (15_000, "EUR", "€150"),
        (250, "EUR", "€2.50"),
        (1_000_000, "EUR", "€10k"),
        (5_500_000_00, "EUR", "€5.5M"),
        (50_000_000_00, "EUR", "€50M"),
        (20_000, "JPY", "¥20k"),
        (20_000, "KWD", f"20{SPACE}KWD"),
    ],
)
def test_an_axis_has_money_in_short(amount: int, currency: str, told: str):
    program = builders.program(currency=currency)
    assert Words("en-GB", program).money_in_short(amount) == told


def test_an_axis_has_days_without_their_year():
    assert [Words(language).day_in_short(date(2026, 11, 6)) for language in ("en-GB", "en-US")] == ["6 Nov", "Nov 6"]
