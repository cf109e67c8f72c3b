"""Payout options of an offer: added, edited, removed."""

from collections.abc import Mapping
from dataclasses import replace
from secrets import token_bytes
from typing import Any, Final

from laurel.console import terms as terms_form
from laurel.domain.offers.offers import NewPayoutOption, PayoutOption
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.offers import offers, payout_options
from laurel.workflows.offers.payout_options import OptionPlace

pages: Final = Pages()
TERMS: Final = "terms"


@pages.get("/offers/<offer_id>/options/new", "manager")
def adding(visit: Visit, offer_id: str, form: Form | None = None) -> Answer:
    """The form for one more payout option."""
    offer = offers.get(table(), visit.program_id, offer_id)
    shown = form or Form.of(terms={"type": "percent_of_sale"})
    return visit.show("offers/option.html", offer=offer, option=None, form=shown, at=TERMS, ways=terms_form)


@pages.post("/offers/<offer_id>/options/new", "manager")
def add(visit: Visit, offer_id: str) -> Answer:
    """Adds a payout option."""

    def work() -> tuple[PayoutOption, int]:
        told = visit.entered.new()
        new = {**told, "terms": terms_form.read(told.get("terms"), visit.entered, TERMS)}
        return payout_options.add(table(), visit.request(), offer_id, forms.model(NewPayoutOption, new), token_bytes)

    return visit.save(
        work,
        done=lambda made: visit.go(f"/offers/{offer_id}", f"{made[0].name} is added."),
        again=lambda form: adding(visit, offer_id, terms_form.led_back(form, TERMS)),
    )


@pages.get("/offers/<offer_id>/options/<payout_option_id>", "manager")
def option(visit: Visit, offer_id: str, payout_option_id: str, form: Form | None = None) -> Answer:
    """The form for an option's name and terms."""
    offer = offers.get(table(), visit.program_id, offer_id)
    found = offer.offered(payout_option_id)
    stored = {
        "name": found.name,
        "default": found.default,
        "terms": terms_form.shown(found.terms, offer_currency(visit)),
    }
    shown = replace((form or Form()).over(None, **stored), version=offer.version)
    return visit.show("offers/option.html", offer=offer, option=found, form=shown, at=TERMS, ways=terms_form)


@pages.post("/offers/<offer_id>/options/<payout_option_id>", "manager")
def edit(visit: Visit, offer_id: str, payout_option_id: str) -> Answer:
    """Changes what an option pays for sales from now on."""

    def work() -> PayoutOption:
        place = OptionPlace(visit.program_id, offer_id, payout_option_id)
        return payout_options.edit(table(), place, _patch(visit, place), visit.entered.version, visit.author)

    return visit.save(
        work,
        done=lambda changed: visit.go(
            f"/offers/{offer_id}", f"{changed.name} is saved. It counts for sales from now on."
        ),
        again=lambda form: option(visit, offer_id, payout_option_id, terms_form.led_back(form, TERMS)),
    )


@pages.post("/offers/<offer_id>/options/<payout_option_id>/remove", "manager")
def remove(visit: Visit, offer_id: str, payout_option_id: str) -> Answer:
    """Removes an option that nobody is in."""
    place = OptionPlace(visit.program_id, offer_id, payout_option_id)
    return visit.save(
        lambda: payout_options.remove(table(), place, None, visit.author),
        done=lambda _: visit.go(f"/offers/{offer_id}", "The payout option is removed."),
        again=lambda form: option(visit, offer_id, payout_option_id, replace(form, entered=None)),
    )


def offer_currency(visit: Visit) -> str:
    """The currency that an offer pays in."""
    return visit.program.currency


def _patch(visit: Visit, place: OptionPlace) -> dict[str, Any]:
    told: Mapping[str, Any] = visit.entered.patch()
    before = offers.get(table(), place.program_id, place.offer_id).offered(place.payout_option_id)
    entered = terms_form.read(told.get("terms"), visit.entered, TERMS)
    return {**told, "terms": terms_form.instead(before.terms, entered)}
