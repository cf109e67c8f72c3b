"""Promo codes: what may be one, and which spellings are the same code."""

import unicodedata
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from laurel.domain.members.enrollments import EnrollmentEdit, generated_code
from laurel.domain.values.codes import PromoCode, are_same, code_identity
from laurel.store import keys
from tests.unit.kit.builders import at, enrollment

CODES = TypeAdapter(PromoCode)
PRINTABLE = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="/"), min_size=1, max_size=64)


@pytest.mark.parametrize(
    "code",
    [
        "10%Off",
        "DankeFür",
        "A",
        "A" * 64,
        "SUMMER SALE 10%!",
        "Été",
        "夏10",
        "50+50",
        "A#B|C",
        "🎉",
        "über_uns-10",
        "?&=",
    ],
)
def test_what_shops_use_as_coupons_may_be_a_code_and_is_kept_as_it_was_written(code: str) -> None:
    assert CODES.validate_python(code) == code


@pytest.mark.parametrize("code", [" ADA10", "ADA10\n", "\u00a0ADA10\u2003", "\tADA10 "])
def test_white_space_around_a_code_is_dropped(code: str) -> None:
    assert CODES.validate_python(code) == "ADA10"


@pytest.mark.parametrize(
    "code", ["", "  ", "A" * 65, "1/2", "AN\0NA", "AN\nNA", "AN\u200bNA", "AN\u2028NA", "\ue000", 10]
)
def test_what_is_empty_long_unprintable_or_has_a_slash_is_none(code: object) -> None:
    with pytest.raises(ValidationError):
        CODES.validate_python(code)


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("10%Off", "10%OFF"),
        ("DankeFür", "DANKEFÜR"),
        ("DankeFür", "dankefu\u0308r"),
        ("Straße", "STRASSE"),
        ("ΚΑΛΟΣ", "καλος"),
        ("\uff21\uff24\uff2110", "ada10"),
        ("ﬁx", "FIX"),
        ("Danke\u00a0Für", "danke für"),
        ("ADA10", " ada10 "),
    ],
)
def test_case_width_and_composition_make_no_other_code(code: str, other: str) -> None:
    assert are_same(code, other)
    assert keys.promo_code("prg", code) == keys.promo_code("prg", other)


@pytest.mark.parametrize(("code", "other"), [("Für", "Fur"), ("A B", "AB"), ("A+B", "A B"), ("10%", "10")])
def test_other_letters_signs_and_inner_blanks_do(code: str, other: str) -> None:
    assert not are_same(code, other)
    assert keys.promo_code("prg", code) != keys.promo_code("prg", other)


@given(PRINTABLE)
def test_the_common_form_of_a_code_is_its_own_common_form(code: str) -> None:
    assert code_identity(code_identity(code)) == code_identity(code)
    assert code_identity(unicodedata.normalize("NFD", code)) == code_identity(code)


@given(PRINTABLE)
def test_a_codes_key_is_short_however_it_is_written(code: str) -> None:
    assert len("".join(keys.promo_code("prg", code)).encode()) < 100


def test_a_code_nobody_chose_has_letters_and_digits_that_nobody_mistakes() -> None:
    seen = set("".join(generated_code(bytes([number]) * 7) for number in range(256)))
    assert seen <= set(ascii_uppercase + digits) - set("ILOU")


def test_another_spelling_of_its_code_changes_no_enrollment() -> None:
    mine, now = enrollment(promo_code="DankeFür"), at("2026-11-21")
    assert mine.code_after(EnrollmentEdit(promo_code="DANKEFÜR")) == "DankeFür"
    assert mine.code_after(EnrollmentEdit(promo_code="Danke")) == "Danke"
    assert mine.code_after(EnrollmentEdit()) == "DankeFür"
    assert enrollment(promo_code=None).code_after(EnrollmentEdit(promo_code="Danke")) == "Danke"
    assert mine.edited(EnrollmentEdit(promo_code="DANKEFÜR"), now) == mine
