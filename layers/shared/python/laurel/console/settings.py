"""Settings of the program: what it is called, when it pays, who wins an order, how it looks. Mail has its addresses."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from zoneinfo import available_timezones

from laurel.domain.program.logos import Logo
from laurel.domain.program.programs import PRECEDENCE, Program
from laurel.domain.values.errors import Invalid
from laurel.domain.values.money import EXPONENTS
from laurel.pages.answers import Answer
from laurel.pages.forms import PLACE, Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.program import logos, programs

pages: Final = Pages()
TABS: Final = (
    ("/settings", "Program"),
    ("/settings/users", "Users"),
    ("/settings/keys", "API keys"),
    ("/settings/endpoints", "Events"),
)
MODES: Final = (
    ("immediate", "At once"),
    ("hold", "After a number of days, in which orders may still come back"),
    ("manual", "When somebody approves it by hand"),
)
WAYS: Final = {
    "member": "The member that the report names",
    "customer": "Whoever brought the customer first, for life",
    "promo_code": "The promo code",
    "click": "The last click",
}
BONUSES: Final = (("approved", "Approved at once"), ("pending", "Pending until somebody approves them"))
_SPARE_ROWS: Final = 2
_MOST_USER_FIELDS: Final = 50


@pages.get("/settings", "viewer")
def program(visit: Visit, **refused: Form) -> Answer:
    """The program's settings. `refused`: a form of the page, by what it is about."""
    found = visit.program
    form = refused.get("program", Form()).over(found)
    payer = refused.get("payer", Form())
    return visit.show(
        "settings/program.html",
        tabs=TABS,
        program=found,
        form=form,
        payer=payer if payer.entered else payer.over(None, payer=_holder(found)),
        logo=refused.get("logo", Form()),
        modes=MODES,
        ways=[("", "Nothing further"), *WAYS.items()],
        places=range(len(PRECEDENCE)),
        bonuses=BONUSES,
        zones=[(zone, zone) for zone in _zones(found)],
        currencies=[(code, code) for code in sorted(EXPONENTS)],
        rows=range(_rows(form, found)),
    )


@pages.post("/settings", "manager")
def edit(visit: Visit) -> Answer:
    """Changes the settings; whom an order is counted for changes from now on."""

    def work() -> Program:
        patch = _patch(visit.entered.patch())
        return programs.edit(table(), visit.program, patch, visit.entered.version, visit.now)

    return _saved(visit, work, "Saved. It counts from now on.", "program")


@pages.post("/settings/payer", "owner")
def set_payer(visit: Visit) -> Answer:
    """Keeps the account that payouts are paid from."""

    def work() -> Program:
        patch = {"payer": visit.entered.new().get("payer") or {}}
        return programs.edit(table(), visit.program, patch, None, visit.now)

    return _saved(visit, work, "The account is kept. Drafts from now on are paid from it.", "payer")


@pages.post("/settings/payer/remove", "owner")
def remove_payer(visit: Visit) -> Answer:
    """Forgets that account."""

    def work() -> Program:
        return programs.edit(table(), visit.program, {"payer": None}, None, visit.now)

    return _saved(visit, work, "The account is forgotten.", "payer")


@pages.post("/settings/logo", "manager")
def set_logo(visit: Visit) -> Answer:
    """Keeps a picture that all pages show."""

    def work() -> None:
        picture = visit.entered.files.get("logo")
        if not picture:
            raise Invalid("invalid_request", "choose a picture first", "/logo")
        logos.put(table(), visit.program_id, Logo.read(picture))

    return _saved(visit, work, "This is the logo now.", "logo")


@pages.post("/settings/logo/remove", "manager")
def remove_logo(visit: Visit) -> Answer:
    """Forgets the picture: pages show the program's name."""
    return _saved(visit, lambda: logos.delete(table(), visit.program_id), "The logo is removed.", "logo")


def _saved(visit: Visit, work: Callable[[], object], said: str, about: str) -> Answer:
    return visit.save(
        work,
        done=lambda _: visit.go("/settings", said),
        again=lambda form: program(visit, **{about: form}),
    )


def _holder(of: Program) -> dict[str, str]:
    """The holder's name alone: whoever enters an account anew enters it whole."""
    return {"name": of.payer.name} if of.payer else {}


def _zones(of: Program) -> list[str]:
    """Time zones of places, and the one that the program has."""
    places = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return sorted({*places, "UTC", of.timezone})


def _rows(form: Form, of: Program) -> int:
    """Rows of user fields that the form shows: what is stored or was entered, and some to fill in."""
    entered = form.entered.texts if form.entered else {}
    labelled = (path.split(".")[1] for path in entered if path.endswith(".label"))
    numbers = [int(place) + 1 for place in labelled if PLACE.fullmatch(place)]
    return min(max([len(of.user_fields) + _SPARE_ROWS, *numbers]), _MOST_USER_FIELDS)


def _patch(told: dict[str, Any]) -> dict[str, Any]:
    """The patch without rows of user fields that were left empty."""
    listed = told.get("user_fields")
    if isinstance(listed, list):
        told["user_fields"] = [row for row in listed if not isinstance(row, Mapping) or any(row.values())]
    return told
