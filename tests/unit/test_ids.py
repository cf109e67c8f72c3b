"""Identities: sortable where people make things, derived where a thing must exist once."""

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from laurel.domain.ledger.commissions import conversion_id, marker_id
from laurel.domain.values.ids import CommissionId, MailId, OfferId, base32, dated_id, derived_id, instant_of, new_id
from tests.unit.kit.builders import INSTANTS, SATURDAY, steady

RANDOM = st.binary(min_size=10, max_size=16)
PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=4)


@steady
@given(INSTANTS, INSTANTS, RANDOM, RANDOM)
def test_ids_sort_by_the_time_they_were_made(a: datetime, b: datetime, one: bytes, other: bytes) -> None:
    if a != b:
        assert (new_id("off", a, one) < new_id("off", b, other)) == (a < b)


def test_ids_a_millisecond_apart_already_sort() -> None:
    made = [SATURDAY + timedelta(milliseconds=n) for n in range(1000)]
    ids = [new_id("off", at, b"\xff" * 10 if n % 2 else b"\0" * 10) for n, at in enumerate(made)]
    assert ids == sorted(ids)
    assert len({an_id[:14] for an_id in ids}) == 1000


@steady
@given(INSTANTS, RANDOM)
def test_an_id_is_its_prefix_and_26_characters(at: datetime, randomness: bytes) -> None:
    made = new_id("off", at, randomness)
    assert re.fullmatch("off_[0-9a-hjkmnp-tv-z]{26}", made)
    assert TypeAdapter(OfferId).validate_python(made) == made


@steady
@given(INSTANTS, PARTS)
def test_an_id_with_a_date_tells_it_to_the_millisecond(at: datetime, parts: list[str]) -> None:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    made = dated_id("mai", at, *parts)
    assert TypeAdapter(MailId).validate_python(made) == made
    assert instant_of(made) == at
    assert made == dated_id("mai", at, *parts) != dated_id("mai", at, *parts, "more")


def test_an_id_that_was_never_given_tells_some_instant_too() -> None:
    assert instant_of("mai_" + "z" * 26).year == 9999


def test_ids_of_the_same_instant_differ_by_all_their_randomness() -> None:
    variants = [bytes(10), bytes(9) + b"\1", b"\1" + bytes(9)]
    assert len({new_id("off", SATURDAY, randomness) for randomness in variants}) == 3


@steady
@given(PARTS, PARTS)
def test_other_parts_make_another_id_however_they_are_cut(one: list[str], other: list[str]) -> None:
    assert (derived_id("com", *one) == derived_id("com", *other)) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("a", ""), ("", "a")), (("1:a",), ("1", "a")), (("a:b",), ("a", "b")), (("",), ())],
)
def test_ids_do_not_collide_by_concatenation(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert derived_id("com", *one) != derived_id("com", *other)


def test_the_same_order_is_the_same_conversion_for_ever() -> None:
    first = conversion_id("prg_a", "sf_a", "1001")
    assert conversion_id("prg_a", "sf_a", "1001") == first
    others = [
        ("prg_b", "sf_a", "1001"),
        ("prg_a", "sf_b", "1001"),
        ("prg_a", "sf_a", "1002"),
        ("prg_a", "sf_a1", "001"),
    ]
    assert first not in {conversion_id(*parts) for parts in others}
    assert TypeAdapter(CommissionId).validate_python(first) == first


def test_a_marker_is_named_by_rule_member_and_period() -> None:
    first = marker_id("prg_a", "rul_a", "mem_a", "all_time")
    others = [("prg_b", "rul_a", "mem_a"), ("prg_a", "rul_b", "mem_a"), ("prg_a", "rul_a", "mem_b")]
    assert first not in {marker_id(*parts, "all_time") for parts in others}
    assert first != marker_id("prg_a", "rul_a", "mem_a", "current_week:2026-11-16")


def test_base_32_has_no_letters_that_look_like_digits() -> None:
    assert base32(0, 4) == "0000"
    assert base32(32**4 - 1, 4) == "zzzz"
    assert not set("ilou") & {base32(n, 1) for n in range(32)}
    assert base32(33, 2) == "11"


@pytest.mark.parametrize(
    "value", ["off_" + "0" * 25, "off_" + "0" * 27, "off_" + "i" * 26, "OFF_" + "0" * 26, "0" * 26]
)
def test_what_is_not_shaped_like_our_ids_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(OfferId).validate_python(value)


def test_an_id_of_another_thing_is_refused() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(OfferId).validate_python("mem_" + "0" * 26)
