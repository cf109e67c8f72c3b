"""Terms of pay as a form: shown and sent back they are the same, and every error comes back to its row."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from laurel.console import terms
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.values.patches import merged
from laurel.pages.forms import Entered, Form

ADAPTER: TypeAdapter[Any] = TypeAdapter(PayoutTerms)
RICH = {
    "type": "flat_plus_percent",
    "amount": 1250,
    "percent": "7.5",
    "tiers": [{"percent_of_sale": "2"}, {"percent_of_first_tier": "10"}, {"amount": 5}],
    "actions": {"signup": {"amount": 100}, "demo.call": {"percent": "3"}},
    "recurring": {"interval": "month", "mode": "automatic", "limit": 12},
}
EVERY = [
    RICH,
    {"type": "percent_of_sale", "percent": "10"},
    {"type": "flat_per_sale", "amount": 0},
    {"type": "per_click", "amount": 10},
    {"type": "none", "recurring": {"interval": "day", "mode": "on_payment"}},
]


def sent(form: Form, currency: str = "EUR", **instead: str) -> Entered:
    """The form as a browser sends it: every row that it shows, also the empty one."""
    fields = {"terms.type": "", "terms.percent": "decimal", "terms.amount": f"money.{currency}"}
    for name, parts in (("tiers", ("value", "of")), ("actions", ("code", "value", "of"))):
        for number in terms.rows(form, f"terms.{name}"):
            fields |= {f"terms.{name}.{number}.{part}": "" for part in parts}
    fields |= {"terms.recurring.interval": "", "terms.recurring.mode": "", "terms.recurring.limit": "number"}
    texts = {path: (instead.get(path, form.text(path, kind)),) for path, kind in fields.items()}
    kinds = {path: kind.partition(".")[0] for path, kind in fields.items()}
    return Entered(currency, texts, kinds)


def shown(stored: dict[str, Any], currency: str = "EUR") -> Form:
    return Form.of(terms=terms.shown(ADAPTER.validate_python(stored), currency))


@pytest.mark.parametrize("stored", EVERY, ids=lambda stored: stored["type"])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_terms_that_are_shown_and_sent_back_are_the_same(stored: dict[str, Any], currency: str):
    entered = sent(shown(stored, currency), currency)
    told = terms.read(entered.new()["terms"], entered, "terms")
    assert ADAPTER.validate_python(told) == ADAPTER.validate_python(stored)


@pytest.mark.parametrize("before", EVERY, ids=lambda stored: stored["type"])
@pytest.mark.parametrize("after", EVERY, ids=lambda stored: stored["type"])
def test_a_patch_leaves_nothing_of_the_terms_before(before: dict[str, Any], after: dict[str, Any]):
    patch = terms.instead(ADAPTER.validate_python(before), after)
    rates = {name: before[name] for name in ("percent", "amount") if name in before and name in after}
    kept = {**{name: value for name, value in before.items() if name not in {"percent", "amount"}}, **rates}
    assert ADAPTER.validate_python(merged(kept, patch)) == ADAPTER.validate_python(after)


def test_an_empty_row_does_not_count_and_an_error_comes_back_to_its_own():
    entered = sent(shown(RICH), **{"terms.tiers.0.value": "", "terms.tiers.2.value": "7"})
    told = terms.read(entered.new()["terms"], entered, "terms")
    assert told["tiers"] == [{"percent_of_first_tier": "10"}, {"amount": 700}]
    errors = {"terms.tiers.1.amount": "Tier.", "terms.actions.signup": "Action.", "terms.percent": "Percent."}
    back = terms.led_back(Form(entered=entered, errors=errors), "terms").errors
    assert back == {"terms.tiers.2.value": "Tier.", "terms.actions.0.value": "Action.", "terms.percent": "Percent."}


@pytest.mark.parametrize(
    "told", [None, "x", [], ["x"], {"type": []}, {"tiers": "x", "actions": {"a": 1}, "recurring": 1}]
)
def test_nonsense_is_left_to_the_terms_themselves_to_refuse(told: object):
    assert set(terms.read(told, Entered("EUR"), "terms")) == {"type"}
