"""A member's e-mail address: another one is asked for in their profile, and counts once it is confirmed."""

from typing import Final

from laurel.domain.values.errors import Refusal
from laurel.pages import doors, forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.members import addresses

pages: Final = Pages()


@pages.get("/profile/address", "member")
def changing(visit: Visit, form: Form | None = None) -> Answer:
    """Asks for the new address."""
    return visit.show("profile/address.html", form=form or Form())


@pages.post("/profile/address", "member")
def ask(visit: Visit) -> Answer:
    """Has a link mailed there; the answer is the same for an address that is another member's."""

    def work() -> str:
        email: str = forms.model(doors.Address, visit.entered.new()).email
        addresses.ask(table(), visit.program_id, visit.member, email, visit.origin, visit.now)
        return email

    return visit.save(
        work,
        done=lambda email: visit.show("profile/address_asked.html", email=email),
        again=lambda form: changing(visit, form),
    )


@pages.get("/address/<token>", "public")
def look(visit: Visit, token: str) -> Answer:
    """The page that the mailed link leads to. Looking uses nothing up: mail scanners look."""
    try:
        asked = addresses.look(table(), token, visit.now)
        doors.require_here(visit, asked.whose)
    except Refusal as refusal:
        return doors.over(visit, refusal)
    return visit.show("profile/address_confirm.html", program=asked.whose.program, email=asked.address)


@pages.post("/address/<token>", "public")
def confirm(visit: Visit, token: str) -> Answer:
    """Changes the address, once; whoever was signed in by the one before is out."""
    try:
        doors.require_here(visit, addresses.look(table(), token, visit.now).whose)
        asked = addresses.confirm(table(), token, visit.now)
    except Refusal as refusal:
        return doors.over(visit, refusal)
    return visit.show("profile/address_changed.html", program=asked.whose.program, email=asked.address)
