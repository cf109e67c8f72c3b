"""Forms: what one sends is what the API would have been sent."""

from urllib.parse import urlencode

import pytest

from laurel.domain.people.people import UserEdit
from laurel.domain.values.errors import Conflict, Invalid, Malformed, Stale
from laurel.pages import forms
from laurel.pages.forms import Entered, Form


def entered(*pairs: tuple[str, str], currency: str = "EUR") -> Entered:
    return Entered.read(urlencode(pairs).encode(), currency)


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ([("name", " Ada ")], {"name": "Ada"}),
        ([("amount:money", "12,5")], {"amount": 1250}),
        ([("amount:money", "0.29")], {"amount": 29}),
        ([("on:flag", ""), ("on:flag", "on")], {"on": True}),
        ([("on:flag", "")], {"on": False}),
        ([("hold_days:number", "14")], {"hold_days": 14}),
        ([("percent:decimal", "7,5")], {"percent": "7.5"}),
        ([("codes:lines", "a\r\n\r\n b ")], {"codes": ["a", "b"]}),
        ([("types:many", ""), ("types:many", "x"), ("types:many", "y")], {"types": ["x", "y"]}),
        ([("text:long", " two\r\nlines ")], {"text": " two\nlines "}),
        ([("a.1.b", "second"), ("a.0.b", "first")], {"a": [{"b": "first"}, {"b": "second"}]}),
        ([("_token", "x"), ("_once", "y"), ("_version", "3")], {}),
        ([("0", "x")], {"0": "x"}),
        ([("9" * 5_000, "x")], {"9" * 5_000: "x"}),
        ([("a." + "9" * 5_000, "x")], {"a": {"9" * 5_000: "x"}}),
    ],
)
def test_a_field_says_what_the_api_would_be_sent(pairs: list[tuple[str, str]], value: object):
    assert entered(*pairs).new() == value


def test_an_empty_field_clears_in_a_patch_and_says_nothing_of_something_new():
    form = entered(("name", ""), ("amount:money", ""), ("role", "viewer"))
    assert form.patch() == {"name": None, "amount": None, "role": "viewer"}
    assert form.new() == {"role": "viewer"}


@pytest.mark.parametrize(
    ("currency", "text"), [("EUR", "1.234"), ("EUR", "1,234.50"), ("JPY", "1.5"), ("EUR", "twelve"), ("EUR", "9" * 20)]
)
def test_an_amount_that_could_be_read_in_two_ways_is_refused_beside_its_field(currency: str, text: str):
    with pytest.raises(Invalid) as refused:
        entered(("terms.amount:money", text), currency=currency).new()
    assert refused.value.pointer == "/terms/amount"


@pytest.mark.parametrize("body", [b"\xff=1", b"a=%FF", b"&".join([b"a=1"] * 2_001)])
def test_what_no_form_of_ours_sends_is_malformed(body: bytes):
    with pytest.raises(Malformed):
        Entered.read(body, "EUR")


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a.b", "2")], [("a.b", "2"), ("a", "1")], [(".".join("a" * 50), "1")], [("", "")]]
)
def test_paths_that_contradict_each_other_break_nothing(pairs: list[tuple[str, str]]):
    entered(*pairs).new()


def test_a_refusal_stands_beside_its_field():
    sent = entered(("role", "king"), ("name", "Ada"))
    with pytest.raises(Invalid) as refused:
        forms.model(UserEdit, sent.new())
    form = Form.again(sent, refused.value)
    assert form.errors == {"role": "One of viewer, manager, owner is needed."}
    assert (form.text("name"), form.trouble) == ("Ada", "")


def test_a_refusal_without_a_field_stands_above_all():
    assert Form.again(entered(("name", "Ada")), Conflict("x", "it is taken")).trouble == "it is taken"


def test_a_stale_form_shows_what_is_stored_where_it_differs():
    form = Form.again(entered(("name", "Ada"), ("role", "viewer")), Stale("x", "y"))
    form = form.over(UserEdit(name="Augusta", role="viewer"))
    assert (form.meanwhile("name"), form.meanwhile("role"), form.text("name")) == ("Augusta", "", "Ada")


def test_an_amount_is_shown_as_people_count():
    form = Form.of(None, terms={"amount": 1250})
    assert form.text("terms.amount", "money.EUR") == "12.5"
    assert form.text("terms.amount", "money.JPY") == "1250"
