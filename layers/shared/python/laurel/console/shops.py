"""Storefronts: set up step by step, and whether what was set up works."""

from collections.abc import Callable, Mapping
from functools import partial
from secrets import token_bytes
from typing import Any, Final

from laurel.console.guides import GUIDES
from laurel.domain.program.programs import NewStorefront, Storefront, StorefrontView
from laurel.domain.values.errors import Invalid
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.program import storefronts
from laurel.workflows.requests.listing import DEFAULT_LIMIT
from laurel.workflows.shops import setting_up
from laurel.workflows.shops.setting_up import SetUp

pages: Final = Pages()
NEW_CURRENCY, NEW_RATE = "rate.currency", "rate.value"
"""Fields of the form for one more exchange rate."""


@pages.get("/shops", "viewer")
def listed(visit: Visit) -> Answer:
    """All storefronts."""
    found = storefronts.page(table(), visit.program_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("shops/list.html", listed=found, guides=GUIDES)


@pages.get("/shops/new", "manager")
def adding(visit: Visit, form: Form | None = None) -> Answer:
    """The form for another storefront."""
    shown = form or Form.of(platform="shopify")
    return visit.show("shops/new.html", form=shown, platforms=[(name, guide.name) for name, guide in GUIDES.items()])


@pages.post("/shops/new", "manager")
def add(visit: Visit) -> Answer:
    """Makes a storefront, and leads to its set-up."""
    return visit.save(
        lambda: storefronts.create(
            table(), visit.request(), forms.model(NewStorefront, visit.entered.new()), token_bytes
        ),
        done=lambda made: visit.go(f"/shops/{made[0].storefront_id}", f"{made[0].name} is added. Now set it up."),
        again=lambda form: adding(visit, form),
    )


@pages.get("/shops/<storefront_id>", "viewer")
def shop(visit: Visit, storefront_id: str, **refused: Form) -> Answer:
    """How a storefront is set up, step by step. `refused`: a form of the page, by what it is about."""
    return _page(visit, "shops/set_up.html", _looked(visit, storefront_id), refused)


@pages.get("/shops/<storefront_id>/check", "viewer")
def check(visit: Visit, storefront_id: str) -> Answer:
    """The live check alone: asked for again and again while something is awaited."""
    return _page(visit, "shops/check.html", _looked(visit, storefront_id), {}, part="check")


@pages.post("/shops/<storefront_id>/secret", "manager")
def set_secret(visit: Visit, storefront_id: str) -> Answer:
    """Keeps another webhook secret; the one before it is good, too, until it is ended."""

    def work() -> StorefrontView:
        entered = visit.entered.new()
        if not entered.get("webhook_secret"):
            raise Invalid("invalid_request", "this is needed", "/webhook_secret")
        return _edit(visit, storefront_id, entered)

    return _saved(visit, storefront_id, work, "The secret is kept.", "secret")


@pages.post("/shops/<storefront_id>/secret/end-previous", "manager")
def end_previous(visit: Visit, storefront_id: str) -> Answer:
    """From now on only the newest secret is good."""
    work = partial(_edit, visit, storefront_id, {"drop_previous_secret": True})
    return _saved(visit, storefront_id, work, "Only the newest secret is good now.", "secret")


@pages.post("/shops/<storefront_id>/connection", "manager")
def connect(visit: Visit, storefront_id: str) -> Answer:
    """Keeps the credentials of a shop, which are checked at once."""

    def work() -> StorefrontView:
        return _edit(visit, storefront_id, {"connection": visit.entered.new().get("connection") or {}})

    return _saved(visit, storefront_id, work, "Kept. The shop is being asked.", "connection")


@pages.post("/shops/<storefront_id>/disconnect", "manager")
def disconnect(visit: Visit, storefront_id: str) -> Answer:
    """Forgets the credentials: the shop is told nothing any more."""
    work = partial(_edit, visit, storefront_id, {"connection": None})
    return _saved(visit, storefront_id, work, "Disconnected.", "connection")


@pages.get("/shops/<storefront_id>/edit", "manager")
def editing(visit: Visit, storefront_id: str, form: Form | None = None) -> Answer:
    """The form for name, addresses and exchange rates."""
    found = storefronts.bare(table(), visit.program_id, storefront_id)
    shown = (form or Form()).over(found)
    return visit.show("shops/edit.html", storefront=found, tabs=tabs(found), form=shown)


@pages.post("/shops/<storefront_id>/edit", "manager")
def edit(visit: Visit, storefront_id: str) -> Answer:
    """Changes name, addresses and exchange rates."""

    def work() -> StorefrontView:
        return _edit(visit, storefront_id, _with_rate(visit.entered.patch()), visit.entered.version)

    return visit.save(
        work,
        done=lambda changed: visit.go(f"/shops/{storefront_id}/edit", f"{changed.name} is saved."),
        again=lambda form: editing(visit, storefront_id, form),
    )


def tabs(of: Storefront) -> list[tuple[str, str]]:
    """The pages of a storefront."""
    path = f"/shops/{of.storefront_id}"
    by_webhook = [(f"{path}/deliveries", "Deliveries")] if of.platform != "api" else []
    codes = [(f"{path}/codes", "Codes")] if of.platform != "api" else []
    return [(path, "Set-up"), *by_webhook, (f"{path}/health", "Health"), *codes, (f"{path}/edit", "Settings")]


def _looked(visit: Visit, storefront_id: str) -> SetUp:
    return setting_up.look(table(), visit.program_id, storefront_id)


def _page(visit: Visit, template: str, found: SetUp, refused: Mapping[str, Form], part: str | None = None) -> Answer:
    storefront = found.storefront
    return visit.show(
        template,
        part=part,
        found=found,
        storefront=storefront,
        guide=GUIDES[storefront.platform],
        webhook_url=StorefrontView(**dict(storefront)).at(visit.origin).webhook_url,
        tabs=tabs(storefront),
        secret=refused.get("secret", Form()),
        connection=refused.get("connection", Form()),
        is_local=settings().allow_loopback,
    )


def _edit(visit: Visit, storefront_id: str, patch: Mapping[str, Any], version: int | None = None) -> StorefrontView:
    return storefronts.edit(table(), visit.program_id, storefront_id, patch, version, visit.now)


def _saved(visit: Visit, storefront_id: str, work: Callable[[], StorefrontView], said: str, about: str) -> Answer:
    return visit.save(
        work,
        done=lambda _: visit.go(f"/shops/{storefront_id}", said),
        again=lambda form: shop(visit, storefront_id, **{about: form}),
    )


def _with_rate(patch: dict[str, Any]) -> dict[str, Any]:
    """The patch with one more exchange rate among the others, if one was entered."""
    rate = patch.pop("rate", None)
    rate = rate if isinstance(rate, Mapping) else {}
    if rate.get("currency"):
        rates = patch.get("exchange_rates")
        known = rates if isinstance(rates, Mapping) else {}
        patch["exchange_rates"] = {**known, str(rate["currency"]).upper(): rate.get("value") or ""}
    return patch
