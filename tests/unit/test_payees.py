"""Payees: checked when they are given, the same again from what is encrypted, masked where they are shown."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from laurel.domain.payouts.payees import (
    BankAccount,
    OtherWay,
    Payee,
    PaypalAccount,
    as_text,
    from_text,
    is_worth_a_look,
)
from laurel.domain.values import patches
from laurel.domain.values.bank_accounts import masked_email, masked_iban, sepa_text
from tests.unit.kit.builders import steady
from tests.unit.kit.payouts import BANK, HOSTILE, IBANS, OTHER, PAYPAL

ADAPTER: TypeAdapter[Any] = TypeAdapter(Payee)
IBAN = {"method": "iban", "holder": "Ada Lovelace", "iban": "DE89370400440532013000"}


def pointers(body: dict[str, Any]) -> list[str]:
    with pytest.raises(ValidationError) as wrong:
        ADAPTER.validate_python(body)
    return [pointer for pointer, _ in patches.invalid(wrong.value.errors(), body, Payee).errors]


@pytest.mark.parametrize(
    ("iban", "kept"),
    [
        ("DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("de89370400440532013000", "DE89370400440532013000"),
        ("GB82 WEST 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("FR14 2004 1010 0505 0001 3M02 606", "FR1420041010050500013M02606"),
    ],
)
def test_an_iban_is_kept_without_blanks(iban: str, kept: str) -> None:
    assert ADAPTER.validate_python({**IBAN, "iban": iban}).iban == kept


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"iban": "DE88370400440532013000"}, "/iban"),  # a check digit
        ({"iban": "DE8937040044053201300"}, "/iban"),
        ({"iban": "ZZ89370400440532013000"}, "/iban"),
        ({"iban": "DE٨٩370400440532013000"}, "/iban"),
        ({"iban": "nonsense"}, "/iban"),
        ({"iban": ""}, "/iban"),
        ({"iban": 1}, "/iban"),
        ({"iban": None}, "/iban"),
        ({"bic": "COBADEFF1"}, "/bic"),
        ({"bic": "COBAXXFFXXX"}, "/bic"),
        ({"bic": "nonsense-"}, "/bic"),
        ({"holder": ""}, "/holder"),
        ({"holder": "a\nb"}, "/holder"),
        ({"holder": "x" * 141}, "/holder"),
        ({"email": "ada@example.com"}, "/email"),
        ({"method": "cheque"}, ""),
        ({"method": None}, ""),
        ({"method": ["iban"]}, ""),
        ({"method": "paypal"}, "/email"),
        ({"method": "other"}, "/text"),
    ],
)
def test_what_is_no_account_is_refused_where_it_is_wrong(change: dict[str, Any], pointer: str) -> None:
    assert pointer in pointers({**IBAN, **change})


@pytest.mark.parametrize("missing", ["holder", "iban"])
def test_what_is_missing_is_named(missing: str) -> None:
    assert pointers({name: value for name, value in IBAN.items() if name != missing}) == [f"/{missing}"]


@pytest.mark.parametrize("email", ["nobody", "ädä@example.com", f"{'a' * 60}@{'b' * 60}.{'c' * 20}.com"])
def test_paypal_pays_to_addresses_that_it_can_write(email: str) -> None:
    assert pointers({"method": "paypal", "email": email}) == ["/email"]


@pytest.mark.parametrize("text", ["", "x" * 501, "a\x00b"])
def test_other_ways_are_told_in_a_line(text: str) -> None:
    assert pointers({"method": "other", "text": text}) == ["/text"]


def test_no_refusal_repeats_the_account() -> None:
    for body in ({**IBAN, "iban": "DE88370400440532013000"}, {**IBAN, "bic": "SEC4ETXX"}):
        with pytest.raises(ValidationError) as wrong:
            ADAPTER.validate_python(body)
        told = str(patches.invalid(wrong.value.errors(include_input=False), body, Payee))
        assert not [each for each in ("370400440532013000", "SEC4ETXX") if each in told]


def test_what_was_encrypted_and_cannot_be_read_any_more_is_not_repeated_either() -> None:
    with pytest.raises(ValidationError) as wrong:
        from_text('{"method": "iban", "holder": "Ada Lovelace", "iban": "DE88370400440532013000"}')
    assert "370400440532013000" not in str(wrong.value)


@pytest.mark.parametrize(
    ("payee", "shown"),
    [
        (PAYPAL, {"method": "paypal", "email": "a***@example.com"}),
        (
            BANK,
            {
                "method": "iban",
                "holder": "Ada Lovelace",
                "iban": "DE** **** **** **** **30 00",
                "bic": "COBADEFFXXX",
            },
        ),
        (OTHER, {"method": "other", "text": "W***"}),
    ],
)
def test_a_payee_is_shown_masked(payee: Any, shown: dict[str, str]) -> None:
    assert payee.masked.model_dump(exclude_none=True) == shown


@pytest.mark.parametrize("iban", IBANS)
def test_a_masked_iban_keeps_its_country_and_four_characters(iban: str) -> None:
    masked = masked_iban(iban).replace(" ", "")
    assert (masked[:2], masked[-4:], len(masked)) == (iban[:2], iban[-4:], len(iban))
    assert set(masked[2:-4]) == {"*"}


@pytest.mark.parametrize(
    ("days", "is_told"), [(0, True), (1, True), (30, True), (31, False), (-1, False), (None, False)]
)
def test_a_payee_that_was_named_soon_after_another_address_is_worth_a_look(days: int | None, is_told: bool) -> None:
    named = datetime(2026, 11, 26, tzinfo=UTC)
    assert is_worth_a_look(named, None if days is None else named - timedelta(days=days)) is is_told


def test_a_masked_address_keeps_its_domain() -> None:
    assert masked_email("a@example.com") == "a***@example.com"


@pytest.mark.parametrize("payee", [PAYPAL, BANK, OTHER])
def test_a_payee_comes_back_from_what_is_encrypted(payee: PaypalAccount | BankAccount | OtherWay) -> None:
    assert from_text(as_text(payee)) == payee


@steady
@given(HOSTILE, st.integers(1, 140))
def test_a_name_for_banks_has_only_characters_that_all_of_them_read(name: str, longest: int) -> None:
    told = sepa_text(name, longest)
    assert len(told) <= longest
    assert told == told.strip()
    assert not told.startswith("/")
    assert all(character.isascii() and (character.isalnum() or character in "/-?:().,'+ ") for character in told)


@pytest.mark.parametrize(
    ("name", "told"),
    [("Łukasz Żółć", "Lukasz Zolc"), ("Zoë & Søn", "Zoe Son"), ("北京", "BeiJing"), ("a\r\nb", "a b"), ("\u200b", "")],
)
def test_names_are_transliterated(name: str, told: str) -> None:
    assert sepa_text(name, 70) == told
