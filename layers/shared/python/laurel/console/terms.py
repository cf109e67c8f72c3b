"""Terms of pay as a form: a way to pay, and rows for tiers and actions, of which empty ones do not count."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from laurel.domain.offers.terms import FixedOrPercent, PayoutTerms, TierRate
from laurel.domain.values.model import MOST_TIERS, decimal_text
from laurel.domain.values.money import major_units
from laurel.pages.forms import PLACE, Entered, Form, minor_units

WAYS: Final = (
    ("percent_of_sale", "A share of each sale"),
    ("flat_per_sale", "A fixed amount for each sale"),
    ("flat_plus_percent", "A fixed amount and a share"),
    ("per_click", "A fixed amount for each click"),
    ("none", "Nothing for sales"),
)
TIER_RATES: Final = (
    ("percent_of_sale", "% of the sale"),
    ("percent_of_first_tier", "% of the seller's commission"),
    ("amount", "fixed amount"),
)
ACTION_RATES: Final = (("amount", "fixed amount"), ("percent", "% of the amount"))
INTERVALS: Final = (
    ("", "Nothing"),
    ("day", "The same each day"),
    ("week", "The same each week"),
    ("month", "The same each month"),
    ("year", "The same each year"),
)
MODES: Final = (("on_payment", "When the shop reports a payment"), ("automatic", "By itself, without a report"))
_RATES: Final[Mapping[str, tuple[str, ...]]] = {
    "percent_of_sale": ("percent",),
    "flat_per_sale": ("amount",),
    "flat_plus_percent": ("amount", "percent"),
    "per_click": ("amount",),
    "none": (),
}


def read(told: Any, entered: Entered, at: str) -> dict[str, Any]:
    """The terms that the API would take, of the fields `told` that were entered below `at`. Raises Invalid."""
    told = told if isinstance(told, Mapping) else {}
    way, recurring = str(told.get("type") or ""), told.get("recurring")
    tiers = [_rate(row, entered, f"{at}.tiers.{number}") for number, row in _filled(told, "tiers")]
    actions = {
        str(row.get("code") or ""): _rate(row, entered, f"{at}.actions.{number}")
        for number, row in _filled(told, "actions")
    }
    return {
        "type": way,
        **{name: told[name] for name in _RATES.get(way, ()) if told.get(name) is not None},
        **({"tiers": tiers} if tiers else {}),
        **({"actions": actions} if actions else {}),
        **({"recurring": recurring} if isinstance(recurring, Mapping) and recurring.get("interval") else {}),
    }


def instead(of: PayoutTerms, terms: Mapping[str, Any]) -> dict[str, Any]:
    """A merge patch that puts `terms` in the place of others: what they do not have is cleared."""
    recurring = terms.get("recurring")
    return {
        **terms,
        "tiers": terms.get("tiers"),
        "actions": {**dict.fromkeys(of.actions), **terms.get("actions", {})},
        "recurring": recurring and {"limit": None, **recurring},
    }


def shown(terms: PayoutTerms, currency: str) -> dict[str, Any]:
    """The values of the fields for terms as they are stored."""
    stored = terms.model_dump(mode="json", exclude_none=True)
    tiers = [_shown(rate, currency) for rate in terms.tiers]
    actions = [{"code": code, **_shown(rate, currency)} for code, rate in terms.actions.items()]
    return {**stored, "tiers": tiers, "actions": actions}


def led_back(form: Form, at: str) -> Form:
    """The form with each error beside the field that caused it: rows have fields that the API does not know."""
    return replace(form, errors=dict(_led_back(form, at)))


def rows(form: Form, path: str) -> range:
    """The rows to show at `path`: those that hold something, and an empty one."""
    known = [*form.stored, *(form.entered.texts if form.entered else ())]
    parts = (name.removeprefix(f"{path}.").partition(".")[0] for name in known)
    numbers = [int(part) for part in parts if PLACE.fullmatch(part)]
    used = [number for number in numbers if number < MOST_TIERS and form.text(f"{path}.{number}.value")]
    return range(max(used, default=-1) + 2)


def _filled(told: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows in which something was entered, each with its number in the form."""
    listed = told.get(name)
    for number, row in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(row, Mapping) and (row.get("value") or row.get("code")):
            yield number, row


def _rate(row: Mapping[str, Any], entered: Entered, path: str) -> dict[str, Any]:
    of, value = str(row.get("of")), str(row.get("value") or "")
    if of == "amount":
        return {of: minor_units(value, entered.currency, f"{path}.value")}
    return {of: value.replace(",", ".")}


def _shown(rate: TierRate | FixedOrPercent, currency: str) -> dict[str, str]:
    of, value = next((name, value) for name, value in rate if value is not None)
    return {"of": of, "value": decimal_text(major_units(value, currency)) if of == "amount" else decimal_text(value)}


def _led_back(form: Form, at: str) -> Iterator[tuple[str, str]]:
    codes = {form.text(f"{at}.actions.{number}.code"): number for number in rows(form, f"{at}.actions")}
    filled = [number for number in rows(form, f"{at}.tiers") if form.text(f"{at}.tiers.{number}.value")]
    for path, sentence in form.errors.items():
        kind, _, rest = path.removeprefix(f"{at}.").partition(".")
        which = rest.partition(".")[0]
        if kind == "tiers" and which.isdigit() and int(which) < len(filled):
            yield f"{at}.tiers.{filled[int(which)]}.value", sentence
        elif kind == "actions" and which in codes:
            yield f"{at}.actions.{codes[which]}.value", sentence
        else:
            yield path, sentence
