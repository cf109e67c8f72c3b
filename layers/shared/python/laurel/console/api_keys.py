"""API keys: made, shown this once, revoked."""

from functools import partial
from secrets import token_bytes
from typing import Final

from laurel.console import settings as section
from laurel.console import sheets
from laurel.domain.program.programs import NewApiKey, Scope
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.program import api_keys, storefronts
from laurel.workflows.requests.listing import DEFAULT_LIMIT, MOST_ITEMS

pages: Final = Pages()
PATH: Final = "/settings/keys"
SCOPES: Final[dict[Scope, str]] = {
    "storefront": "Report orders of one shop",
    "read": "Read everything",
    "admin": "Everything",
}


@pages.get("/settings/keys", "viewer")
def listed(visit: Visit, trouble: Form | None = None) -> Answer:
    """All keys, without what they are."""
    found = api_keys.page(table(), visit.program_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("settings/keys.html", tabs=section.TABS, listed=found, scopes=SCOPES, refused=trouble or Form())


@pages.get("/settings/keys.csv", "viewer")
def as_file(visit: Visit) -> Answer:
    """The same keys as CSV."""
    return sheets.api_keys(visit, partial(api_keys.page, table(), visit.program_id))


@pages.get("/settings/keys/new", "owner")
def making(visit: Visit, form: Form | None = None) -> Answer:
    """The form for a key."""
    shops = storefronts.page(table(), visit.program_id, MOST_ITEMS, None).items
    asked = visit.query.get("storefront_id", "")
    shown = form or Form.of(scopes=["storefront" if asked else "read"], storefront_id=asked)
    choices = [("", "No shop"), *((shop.storefront_id, shop.name) for shop in shops)]
    return visit.show("settings/key_new.html", form=shown, scopes=list(SCOPES.items()), shops=choices)


@pages.post("/settings/keys/new", "owner")
def make(visit: Visit) -> Answer:
    """Makes a key, and shows it this once."""
    return visit.save(
        lambda: api_keys.issue(table(), visit.request(), forms.model(NewApiKey, visit.entered.new()), token_bytes),
        done=lambda made: visit.show("settings/secret.html", secret=made[0].key, what="API key", back=PATH),
        again=lambda form: making(visit, form),
    )


@pages.post("/settings/keys/<key_id>/revoke", "owner")
def revoke(visit: Visit, key_id: str) -> Answer:
    """Revokes a key: it opens nothing from the next request on."""
    return visit.save(
        lambda: api_keys.revoke(table(), visit.program_id, key_id, visit.now),
        done=lambda _: visit.go(PATH, "The key is revoked."),
        again=lambda form: listed(visit, form),
    )
