"""Members in an offer: found, looked at, edited one by one; and the offer's update history."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from secrets import token_bytes
from typing import Any, Final

from laurel.concurrency import together
from laurel.console import history_files, tables
from laurel.console import offers as section
from laurel.console import terms as terms_form
from laurel.console.shop_codes import REASONS
from laurel.domain.history import Edit
from laurel.domain.members.bulk_edits import EnrollmentFilter
from laurel.domain.members.enrollments import Enrollment, EnrollmentEdit, EnrollmentView, NewPromoCode
from laurel.domain.offers.offers import Offer
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Frozen
from laurel.pages import forms, terms
from laurel.pages.answers import Answer
from laurel.pages.edits import Line, Speaker
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows import history
from laurel.workflows.members import enrolled, enrollments
from laurel.workflows.members.enrolled import Asked, Enrolled
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

pages: Final = Pages()
TERMS: Final = "terms"
ACTIVE: Final = (("true", "Switched on"), ("false", "Switched off"))
MEMBER_STATUSES: Final = (("approved", "Approved"), ("pending", "Pending"), ("suspended", "Suspended"))
CODE_STATES: Final = (
    ("active", "Sells now"),
    ("not_yet", "Does not sell yet"),
    ("expired", "Its time is over"),
    ("live", "Live in the shop"),
    ("pending", "On its way to the shop"),
    ("failed", "Refused by the shop"),
    ("conflict", "The shop's own code"),
)
FIELD: Final = "fields."
"""The beginning of a filter by a user field."""
_FILTERS: Final = ("payout_option_id", "member_status", "code_state", "joined_from", "joined_to")


class OfWhom(Frozen):
    """The member whose part of a history is asked for; None for all of it."""

    member_id: MemberId | None = None


@pages.get("/offers/<offer_id>/members", "viewer")
def listed(visit: Visit, offer_id: str) -> Answer:
    """The members of an offer, narrowed by name and filters."""
    asked = _asked(visit, offer_id)
    offer, found = enrolled.page(table(), visit.program, asked, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show(
        "offers/members.html",
        **_around(offer),
        listed=found,
        shown=partial(_shown, visit),
        active=ACTIVE,
        member_statuses=MEMBER_STATUSES,
        code_states=CODE_STATES,
        narrowed={name: value for name, value in visit.query.items() if value and name != "cursor"},
    )


@pages.get("/offers/<offer_id>/members.csv", "viewer")
def as_file(visit: Visit, offer_id: str) -> Answer:
    """The same members as a file."""
    asked, offer = _asked(visit, offer_id), offers.get(table(), visit.program_id, offer_id)

    def read(limit: int, cursor: str | None) -> Page[Enrolled]:
        return enrolled.page(table(), visit.program, asked, limit, cursor)[1]

    return tables.file(tables.enrolled(offer, visit.words), read, visit.query.get("cursor"))


@pages.get("/offers/<offer_id>/members/<member_id>", "viewer")
def enrollment(visit: Visit, offer_id: str, member_id: str, form: Form | None = None) -> Answer:
    """One member in an offer: what they earn, by which code or link, and since when."""
    offer, found = enrolled.one(table(), _place(visit, offer_id, member_id))
    return visit.show(
        "offers/member.html",
        **_around(offer),
        view=_shown(visit, found),
        reasons=REASONS,
        member=found.member,
        form=(form or Form()).over(found.enrollment),
        code_form=form if form and form.entered and "promo_code" in form.entered.texts else Form(),
    )


@pages.post("/offers/<offer_id>/members/<member_id>", "manager")
def edit(visit: Visit, offer_id: str, member_id: str) -> Answer:
    """Changes the option, dates and switches of a member in an offer."""

    def work() -> Enrollment:
        wanted = forms.model(EnrollmentEdit, visit.entered.patch())
        place = _place(visit, offer_id, member_id)
        return enrollments.edit(table(), place, wanted, visit.entered.version, visit.author, token_bytes)

    return _saved(visit, offer_id, member_id, work, "Saved. It counts from now on.")


@pages.post("/offers/<offer_id>/members/<member_id>/code", "manager")
def replace_code(visit: Visit, offer_id: str, member_id: str) -> Answer:
    """Gives a member another promo code; the one before is dead."""

    def work() -> Enrollment:
        new, place = forms.model(NewPromoCode, visit.entered.new()), _place(visit, offer_id, member_id)
        return enrollments.replace_code(table(), visit.request(), place, new.promo_code, token_bytes)

    return visit.save(
        work,
        done=lambda changed: visit.go(_path(offer_id, member_id), f"The code is {changed.promo_code} now."),
        again=lambda form: enrollment(visit, offer_id, member_id, form),
    )


@pages.get("/offers/<offer_id>/members/<member_id>/terms", "manager")
def own_terms(visit: Visit, offer_id: str, member_id: str, form: Form | None = None) -> Answer:
    """The form for terms that are agreed with one member; it begins with what they earn now."""
    offer, found = enrolled.one(table(), _place(visit, offer_id, member_id))
    now = terms_form.shown(found.enrollment.terms_in(offer), visit.program.currency)
    shown = replace((form or Form()).over(None, terms=now), version=found.enrollment.version)
    return visit.show(
        "offers/terms.html",
        **_around(offer),
        view=found.enrollment,
        member=found.member,
        form=shown,
        at=TERMS,
        ways=terms_form,
    )


@pages.post("/offers/<offer_id>/members/<member_id>/terms", "manager")
def agree(visit: Visit, offer_id: str, member_id: str) -> Answer:
    """Sets terms of a member's own."""

    def work() -> Enrollment:
        own = terms_form.read(visit.entered.new().get(TERMS), visit.entered, TERMS)
        wanted, place = forms.model(EnrollmentEdit, {TERMS: own}), _place(visit, offer_id, member_id)
        return enrollments.edit(table(), place, wanted, visit.entered.version, visit.author, token_bytes)

    return visit.save(
        work,
        done=lambda _: visit.go(_path(offer_id, member_id), "Their own terms count from now on."),
        again=lambda form: own_terms(visit, offer_id, member_id, terms_form.led_back(form, TERMS)),
    )


@pages.post("/offers/<offer_id>/members/<member_id>/terms/end", "manager")
def end_terms(visit: Visit, offer_id: str, member_id: str) -> Answer:
    """Ends a member's own terms: they earn by their option again."""

    def work() -> Enrollment:
        wanted = EnrollmentEdit(terms=None)
        return enrollments.edit(table(), _place(visit, offer_id, member_id), wanted, None, visit.author, token_bytes)

    return _saved(visit, offer_id, member_id, work, "They earn by their payout option again.")


@pages.get("/offers/<offer_id>/history", "viewer")
def update_history(visit: Visit, offer_id: str) -> Answer:
    """The changes of an offer, by whom and when; those of one member if asked."""
    offer, member_id, edits = _edits(visit, offer_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    lines = _lines(visit, offer, edits)
    return visit.show("offers/history.html", **_around(offer), listed=edits, lines=lines, member_id=member_id)


@pages.get("/offers/<offer_id>/history.csv", "viewer")
def history_as_file(visit: Visit, offer_id: str) -> Answer:
    """The same changes as CSV."""

    def read(limit: int, cursor: str | None) -> history_files.Told:
        offer, _, edits = _edits(visit, offer_id, limit, cursor)
        return edits, _lines(visit, offer, edits)

    return history_files.file(visit, read)


def _edits(visit: Visit, offer_id: str, limit: int, cursor: str | None) -> tuple[Offer, str | None, Page[Edit]]:
    """The offer, the member who is asked for, and what was changed of either."""
    asked = {"member_id": visit.query["member_id"]} if visit.query.get("member_id") else {}
    member_id = forms.model(OfWhom, asked).member_id
    offer, edits = together(
        lambda: offers.get(table(), visit.program_id, offer_id),
        lambda: history.page(table(), visit.program_id, offer_id, member_id, limit, cursor),
    )
    return offer, member_id, edits


def _lines(visit: Visit, offer: Offer, edits: Page[Edit]) -> list[Line]:
    names = history.names(table(), visit.program_id, edits.items)
    options = {each.payout_option_id: each.name for each in (*offer.payout_options, *offer.removed_options)}
    return Speaker(visit.words, names, options).lines(edits.items)


def filter_of(query: Mapping[str, str]) -> EnrollmentFilter:
    """The filter in an address. Raises Invalid."""
    told: dict[str, Any] = {name: query[name] for name in _FILTERS if query.get(name)}
    if query.get("active") in {"true", "false"}:
        told["active"] = query["active"] == "true"
    fields = {name.removeprefix(FIELD): value for name, value in query.items() if name.startswith(FIELD) and value}
    told |= {"fields": fields} if fields else {}
    wanted: EnrollmentFilter = forms.model(EnrollmentFilter, told)
    return wanted


def _asked(visit: Visit, offer_id: str) -> Asked:
    return Asked(offer_id, filter_of(visit.query), visit.now, visit.query.get("q", ""))


def _around(offer: Offer) -> dict[str, Any]:
    """The values that all pages of an offer show."""
    options = [(option.payout_option_id, option.name) for option in offer.payout_options]
    return {"offer": offer, "tabs": section.tabs(offer), "said": terms.told, "options": options}


def _shown(visit: Visit, each: Enrolled) -> EnrollmentView:
    return EnrollmentView.of(each.enrollment, visit.origin, each.shops)


def _place(visit: Visit, offer_id: str, member_id: str) -> Place:
    return Place(visit.program_id, offer_id, member_id)


def _path(offer_id: str, member_id: str) -> str:
    return f"/offers/{offer_id}/members/{member_id}"


def _saved(visit: Visit, offer_id: str, member_id: str, work: Callable[[], Enrollment], said: str) -> Answer:
    return visit.save(
        work,
        done=lambda _: visit.go(_path(offer_id, member_id), said),
        again=lambda form: enrollment(visit, offer_id, member_id, form),
    )
