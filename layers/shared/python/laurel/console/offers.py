"""Offers: what members promote, with their settings and their history."""

from collections.abc import Mapping
from functools import partial
from secrets import token_bytes
from typing import Any, Final

from laurel.console import tables
from laurel.console import terms as terms_form
from laurel.domain.offers.offers import NewOffer, Offer
from laurel.pages import forms, terms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.offers import offers
from laurel.workflows.offers.offers import Narrowed
from laurel.workflows.requests.listing import DEFAULT_LIMIT

pages: Final = Pages()
KINDS: Final = (("link", "Links"), ("promo_code", "Promo codes"))
STATUSES: Final = (("active", "Active"), ("paused", "Paused"), ("archived", "Archived"))
FIRST: Final = "payout_options.0.terms"


@pages.get("/offers", "viewer")
def listed(visit: Visit) -> Answer:
    """All offers, or those of a kind or status."""
    found = offers.page(table(), visit.program_id, _narrowed(visit), DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("offers/list.html", listed=found, said=terms.told, kinds=KINDS, statuses=STATUSES)


@pages.get("/offers.csv", "viewer")
def as_file(visit: Visit) -> Answer:
    """The same offers as a file, an option a line."""
    read = partial(offers.page, table(), visit.program_id, _narrowed(visit))
    return tables.file(tables.offers(visit.words), read, visit.query.get("cursor"))


@pages.get("/offers/new", "manager")
def making(visit: Visit, form: Form | None = None) -> Answer:
    """The form for a new offer with its first payout option."""
    begun: dict[str, Any] = {
        "kind": "promo_code",
        "payout_options": [{"name": "Standard", "terms": {"type": "percent_of_sale"}}],
    }
    shown = form or Form.of(**begun)
    return visit.show("offers/new.html", form=shown, kinds=KINDS, at=FIRST, ways=terms_form)


@pages.post("/offers/new", "manager")
def make(visit: Visit) -> Answer:
    """Makes an offer; its first option is the default."""
    return visit.save(
        lambda: offers.create(table(), visit.request(), forms.model(NewOffer, _new(visit)), token_bytes),
        done=lambda made: visit.go(f"/offers/{made[0].offer_id}", f"{made[0].name} is made. Now add members to it."),
        again=lambda form: making(visit, terms_form.led_back(form, FIRST)),
    )


@pages.get("/offers/<offer_id>", "viewer")
def offer(visit: Visit, offer_id: str, form: Form | None = None) -> Answer:
    """One offer: what it pays, and how it is set."""
    found = offers.get(table(), visit.program_id, offer_id)
    return visit.show("offers/offer.html", offer=found, tabs=tabs(found), said=terms.told, form=form or Form())


@pages.get("/offers/<offer_id>/edit", "manager")
def editing(visit: Visit, offer_id: str, form: Form | None = None) -> Answer:
    """The form for an offer's settings."""
    found = offers.get(table(), visit.program_id, offer_id)
    return visit.show("offers/edit.html", offer=found, form=(form or Form()).over(found), statuses=STATUSES)


@pages.post("/offers/<offer_id>/edit", "manager")
def edit(visit: Visit, offer_id: str) -> Answer:
    """Changes an offer's settings, for all of its members from now on."""

    def work() -> Offer:
        patch, version = _patch(visit), visit.entered.version
        return offers.edit(table(), visit.program_id, offer_id, patch, version, visit.author)

    return visit.save(
        work,
        done=lambda changed: visit.go(f"/offers/{offer_id}", f"{changed.name} is saved."),
        again=lambda form: editing(visit, offer_id, form),
    )


def tabs(of: Offer) -> list[tuple[str, str]]:
    """The pages of an offer."""
    path = f"/offers/{of.offer_id}"
    return [(path, "Pay and settings"), (f"{path}/members", "Members"), (f"{path}/history", "Update history")]


def _new(visit: Visit) -> dict[str, Any]:
    """A new offer as the API would take it: the fields of the other kind do not count."""
    told = visit.entered.new()
    if told.get("kind") == "link":
        told.pop("discount", None)
    listed = told.get("payout_options")
    option = listed[0] if isinstance(listed, list) and isinstance(listed[0], Mapping) else {}
    paid = terms_form.read(option.get("terms"), visit.entered, FIRST)
    return {**told, "payout_options": [{**option, "default": True, "terms": paid}]}


def _patch(visit: Visit) -> dict[str, Any]:
    """A discount that is neither a percent nor an amount is none."""
    told = visit.entered.patch()
    discount = told.get("discount")
    if isinstance(discount, Mapping) and not any(discount.values()):
        told["discount"] = None
    return told


def _narrowed(visit: Visit) -> Narrowed:
    return Narrowed(_asked(visit, "status", STATUSES), _asked(visit, "kind", KINDS), visit.query.get("q") or None)


def _asked(visit: Visit, name: str, choices: tuple[tuple[str, str], ...]) -> Any:
    """The value that a filter was given; anything else narrows nothing."""
    value = visit.query.get(name)
    return value if value in dict(choices) else None
