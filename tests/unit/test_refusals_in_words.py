"""Refusals on pages: in no words of the API's own, such as the name of a field or a method."""

import re

import pytest

from laurel.domain.values.errors import Conflict, Invalid
from laurel.pages import refusals
from laurel.pages.forms import Entered, Form
from tools.places import ROOT

SOURCE = "".join(
    path.read_text()
    for room in ("domain", "workflows")
    for path in (ROOT / "layers/shared/python/laurel" / room).rglob("*.py")
)
FILLED = SOURCE.replace("{min_length}", "1").replace("{named[1]}", "mem")
"""The source with what is filled into some of its sentences."""


@pytest.mark.parametrize(
    ("words", "ours"),
    [
        ('a decimal is a string such as "12.5"', "a number such as 12.5 is needed"),
        ("a text of at most 200 characters is needed", "at most 200 characters fit here"),
        ("a text of at least 1 characters is needed", "this is needed"),
        ("switch the rule on first: PATCH it with enabled true", "switch the rule on first"),
        (
            "an erased member cannot be brought back: say confirm=true",
            "an erased member cannot be brought back: tick the box if you are sure",
        ),
        ("the program counts in EUR: give an exchange_rate", "the program counts in EUR: give the exchange rate"),
        ("line 3, member mem_1: it has no payee", "line 3: it has no payee"),
        ("this is the last owner: make somebody else an owner first",) * 2,
    ],
)
def test_a_page_says_what_can_be_done_on_it(words: str, ours: str):
    assert refusals.said(words) == ours


@pytest.mark.parametrize("form", [form for form, _ in refusals.SAID])
def test_what_is_said_otherwise_is_still_said_by_the_api(form: str):
    plain = max(re.split(r"\\?[(){}\[\]|.*+?^$\\]\w?", form), key=len).strip()
    assert len(plain) > 5
    assert plain in FILLED, "the API has other words by now"


@pytest.mark.parametrize("ours", [ours for _, ours in refusals.SAID])
def test_no_page_names_what_only_the_api_has(ours: str):
    assert re.findall(r"[a-z]+_[a-z]+|\b(?:GET|PATCH|POST|JSON|null|true|false|string|quotes)\b", ours) == []


def test_a_bound_of_an_amount_is_told_as_amounts_are_entered():
    refusal = Invalid("invalid_request", "", errors=[("/minimum", "a number of at least 1 is needed")])
    for name, currency, said in (
        ("minimum:money", "EUR", "An amount of at least 0.01 is needed."),
        ("minimum:money.JPY", "EUR", "An amount of at least 1 is needed."),
        ("minimum:number", "EUR", "A number of at least 1 is needed."),
    ):
        entered = Entered.read(f"{name}=0".encode(), currency)
        assert Form.again(entered, refusal).errors == {"minimum": said}


def test_what_stands_above_a_form_is_said_in_its_words_too():
    refused = Conflict("idempotency_conflict", "this Idempotency-Key was used with another body")
    assert "load the page again" in Form.again(Entered("EUR"), refused).trouble
