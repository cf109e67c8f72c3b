"""Members: found, made, approved, edited, added to offers, erased."""

from dataclasses import replace
from functools import partial
from secrets import token_bytes
from typing import Annotated, Any, Final

from pydantic import Field

from laurel.concurrency import together
from laurel.console import tables
from laurel.domain.members.enrollments import Enrollment, EnrollmentEdit
from laurel.domain.members.members import ErasedMember, Member, MemberStatus, MemberView, NewMember
from laurel.domain.values.errors import Invalid, Refusal
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Email, Frozen
from laurel.pages import forms, terms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.members import enrollments, finding, members
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers
from laurel.workflows.offers.offers import Narrowed
from laurel.workflows.people import signing_in
from laurel.workflows.requests.listing import DEFAULT_LIMIT

pages: Final = Pages()
STATUSES: Final = (("pending", "Pending"), ("approved", "Approved"), ("suspended", "Suspended"))
_SAID: Final = {"approved": "is approved", "suspended": "is suspended", "pending": "waits for approval again"}
_MOST_OFFERS: Final = 100
"""Offers to choose from at once."""


class Selected(Frozen):
    """The members whose boxes are ticked."""

    members: Annotated[tuple[MemberId, ...], Field(min_length=1, max_length=DEFAULT_LIMIT)]


class Referrer(Frozen):
    """Somebody named by their address."""

    referrer: Email


@pages.get("/members", "viewer")
def listed(visit: Visit) -> Answer:
    """Everybody, or those who are asked for."""
    beginning, status = _asked(visit)
    found = finding.page(table(), visit.program_id, beginning, status, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("members/list.html", listed=found, statuses=STATUSES, is_narrowed=bool(status or beginning))


@pages.get("/members.csv", "viewer")
def as_file(visit: Visit) -> Answer:
    """The same members as a file."""
    read = partial(finding.page, table(), visit.program_id, *_asked(visit))
    return tables.file(tables.members(visit.program), read, visit.query.get("cursor"))


@pages.get("/members/new", "manager")
def making(visit: Visit, form: Form | None = None) -> Answer:
    """The form for a new member."""
    shown = form or Form.of(status="approved")
    return visit.show("members/new.html", form=shown, statuses=STATUSES[:2], door=door(visit))


@pages.post("/members/new", "manager")
def make(visit: Visit) -> Answer:
    """Adds a member, who can sign in to the portal from now on."""

    def work() -> tuple[MemberView, int]:
        new = forms.model(NewMember, _new(visit))
        return members.create(table(), visit.request(), new, token_bytes)

    return visit.save(
        work,
        done=lambda made: visit.go(
            f"/members/{made[0].member_id}", f"{_name(made[0])} is added. Next, add them to an offer."
        ),
        again=lambda form: making(visit, replace(form, errors=_led_back(form))),
    )


@pages.get("/members/<member_id>/edit", "manager")
def editing(visit: Visit, member_id: str, form: Form | None = None) -> Answer:
    """The form for a member's data."""
    found = members.get(table(), visit.program_id, member_id)
    members.require_present(found)
    return visit.show("members/edit.html", member=found, form=(form or Form()).over(found), statuses=STATUSES)


@pages.post("/members/<member_id>/edit", "manager")
def edit(visit: Visit, member_id: str) -> Answer:
    """Changes a member's data."""
    return visit.save(
        lambda: _edited(visit, member_id, visit.entered.patch(), visit.entered.version),
        done=lambda changed: visit.go(f"/members/{member_id}", f"{_name(changed)} is saved."),
        again=lambda form: editing(visit, member_id, form),
    )


@pages.post("/members/<member_id>/status", "manager")
def set_status(visit: Visit, member_id: str) -> Answer:
    """Approves or suspends a member."""
    back = "/members" if visit.entered.text("from") == "list" else f"/members/{member_id}"
    query = {"status": "pending"} if back == "/members" else {}
    return visit.save(
        lambda: _edited(visit, member_id, {"status": visit.entered.text("status")}, None),
        done=lambda changed: visit.go(back, f"{_name(changed)} {_SAID[changed.status]}.", **query),
        again=lambda form: visit.go(
            f"/members/{member_id}", f"Nothing was changed: {form.trouble or 'no such state'}."
        ),
    )


@pages.post("/members/<member_id>/invite", "manager")
def invite(visit: Visit, member_id: str) -> Answer:
    """Mails a member a link to the portal."""

    def work() -> Member:
        found = members.get(table(), visit.program_id, member_id)
        signing_in.invite_member(table(), visit.program_id, found, visit.origin, visit.now)
        return found

    return visit.save(
        work,
        done=lambda found: visit.go(f"/members/{member_id}", f"A link is on its way to {found.email}."),
        again=lambda form: visit.go(f"/members/{member_id}", f"Nothing was sent: {form.trouble}."),
    )


@pages.post("/members/approve", "manager")
def approve(visit: Visit) -> Answer:
    """Approves the selected, each by itself."""

    def work() -> tuple[int, int]:
        chosen = forms.model(Selected, {"members": visit.entered.texts.get("members", ())}).members
        return sum(_is_approved(visit, member_id) for member_id in chosen), len(chosen)

    return visit.save(
        work,
        done=lambda told: visit.go("/members", _approved(visit, *told), status="pending"),
        again=lambda _: visit.go("/members", "Select somebody first.", status="pending"),
    )


@pages.post("/members/<member_id>/erase", "manager")
def erase(visit: Visit, member_id: str) -> Answer:
    """Erases a member for ever."""

    def work() -> ErasedMember:
        return members.erase(table(), visit.program, member_id, visit.author, confirmed=True)

    return visit.save(
        work,
        done=lambda _: visit.go(f"/members/{member_id}", "The member is erased."),
        again=lambda form: visit.go(f"/members/{member_id}", form.trouble),
    )


@pages.get("/members/<member_id>/offers", "manager")
def joining(visit: Visit, member_id: str, form: Form | None = None) -> Answer:
    """The offers that a member can be added to."""
    found, enrolled, active = together(
        lambda: members.get(table(), visit.program_id, member_id),
        lambda: enrollments.of_member(table(), visit.program_id, member_id),
        lambda: offers.page(
            table(), visit.program_id, Narrowed("active", name=visit.query.get("q") or None), _MOST_OFFERS, None
        ),
    )
    members.require_present(found)
    inside = {each.offer_id for each in enrolled}
    left = [offer for offer in active.items if offer.offer_id not in inside]
    are_all = active.next_cursor is None and not visit.query.get("q")
    shown = {"member": found, "offers": left, "are_all": are_all, "said": terms.told}
    return visit.show("members/offers.html", **shown, form=form or Form())


@pages.post("/members/<member_id>/offers/<offer_id>", "manager")
def join(visit: Visit, member_id: str, offer_id: str) -> Answer:
    """Adds a member to an offer."""

    def work() -> tuple[Enrollment, bool]:
        wanted, place = forms.model(EnrollmentEdit, visit.entered.new()), Place(visit.program_id, offer_id, member_id)
        return enrollments.put(table(), place, wanted, visit.author, token_bytes)

    return visit.save(
        work,
        done=lambda _: visit.go(f"/offers/{offer_id}/members/{member_id}", "The member is in the offer now."),
        again=lambda form: joining(visit, member_id, form),
    )


def door(visit: Visit) -> str:
    """The address at which members sign in."""
    return f"{visit.origin}/portal/{visit.program_id}/sign-in"


def _asked(visit: Visit) -> tuple[str | None, MemberStatus | None]:
    """The beginning of a name, and the status, that the list is narrowed by."""
    status: Any = visit.query.get("status")
    return visit.query.get("q", "").strip() or None, status if status in dict(STATUSES) else None


def _new(visit: Visit) -> dict[str, Any]:
    """A new member as the API would take it: who brought them is named by their address."""
    told = visit.entered.new()
    if not told.get("referrer"):
        return told
    address = forms.model(Referrer, {"referrer": told.pop("referrer")}).referrer
    known = finding.with_email(table(), visit.program_id, address, None).items
    if not known:
        raise Invalid("unknown_referrer", "no member has this address", "/referrer")
    return {**told, "referrer_id": known[0].member_id}


def _led_back(form: Form) -> dict[str, str]:
    return {("referrer" if path == "referrer_id" else path): sentence for path, sentence in form.errors.items()}


def _edited(visit: Visit, member_id: str, patch: dict[str, Any], version: int | None) -> Member:
    return members.edit(table(), visit.program, member_id, patch, version, visit.author)


def _approved(visit: Visit, done: int, of: int) -> str:
    left = f", {of - done} could not be" if done < of else ""
    return f"{visit.words.count(done, 'member is', 'members are')} approved{left}."


def _is_approved(visit: Visit, member_id: str) -> bool:
    try:
        _edited(visit, member_id, {"status": "approved"}, None)
    except Refusal:
        return False
    return True


def _name(member: Member) -> str:
    return member.full_name or member.email or "The member"
