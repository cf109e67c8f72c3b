"""Edits of many members of an offer: what to change, who would change, then the result for each; and adding many."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from secrets import token_bytes
from typing import Any, Final

from laurel.console import enrollments as one_by_one
from laurel.console import terms as terms_form
from laurel.domain.history import enrollment_edit
from laurel.domain.members.bulk_edits import BulkEdit, BulkEditResults
from laurel.domain.offers.offers import Offer
from laurel.domain.values.errors import Invalid
from laurel.pages import forms, terms
from laurel.pages.answers import Answer
from laurel.pages.edits import Change, Speaker
from laurel.pages.forms import Entered, Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.members import bulk_edits, enrolled, finding
from laurel.workflows.members.bulk_edits import Foreseen
from laurel.workflows.offers import offers
from laurel.workflows.requests.listing import DEFAULT_LIMIT

pages: Final = Pages()
TERMS: Final = "set.terms"
OWN: Final = "own"
END: Final = "end"
STAY: Final = ("", "Leave as it is")
_FIELDS: Final = {"set.payout_option_id": "pay", "set.active_from": "from.at", "set.active_until": "until.at"}
"""Where the API sees a fault -> the field that has it."""
_REASONS: Final[Mapping[str, str]] = {
    "dates_out_of_order": "the end would lie before the beginning",
    "enrollment_not_found": "not in this offer",
    "member_erased": "erased for ever",
    "member_not_found": "there is no such member",
    "promo_code_taken": "the code is somebody else's",
    "unavailable": "somebody else edited them at the same time: try again",
}


@pages.get("/offers/<offer_id>/bulk", "manager")
def choosing_for_all(visit: Visit, offer_id: str) -> Answer:
    """The form for an edit of all that match the filter in the address."""
    wanted = one_by_one.filter_of(visit.query).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    fields = {f"filter.fields.{name}": (value,) for name, value in wanted.pop("fields", {}).items()}
    texts = {**{f"filter.{name}": (_text(value),) for name, value in wanted.items()}, **fields}
    kinds = {path: "flag" if path == "filter.active" else "" for path in texts}
    return _choose(visit, offer_id, Form(entered=Entered(visit.words.currency, texts, kinds)))


@pages.post("/offers/<offer_id>/bulk", "manager")
def choosing(visit: Visit, offer_id: str) -> Answer:
    """The form for an edit of the selected."""
    if not visit.entered.texts.get("members") and not _has_filter(visit.entered):
        return visit.go(f"/offers/{offer_id}/members", "Select somebody first.")
    return _choose(visit, offer_id, Form(entered=visit.entered))


@pages.post("/offers/<offer_id>/bulk/preview", "manager")
def preview(visit: Visit, offer_id: str) -> Answer:
    """A look at who would change, and how; nothing is changed yet."""
    return visit.save(
        lambda: bulk_edits.foresee(table(), visit.request(), offer_id, _bulk(visit.entered), token_bytes),
        done=lambda seen: _show_preview(visit, *seen),
        again=lambda form: _choose(visit, offer_id, form),
    )


@pages.post("/offers/<offer_id>/bulk/apply", "manager")
def apply(visit: Visit, offer_id: str) -> Answer:
    """Changes the first hundred, or the next, and shows what became of each."""
    return visit.save(
        lambda: bulk_edits.edit(table(), visit.request(), offer_id, _bulk(visit.entered), token_bytes),
        done=partial(_show_results, visit, offer_id),
        again=lambda form: _choose(visit, offer_id, form),
    )


@pages.get("/offers/<offer_id>/add", "manager")
def adding(visit: Visit, offer_id: str, form: Form | None = None) -> Answer:
    """The program's members, to be added to an offer."""
    query, cursor = visit.query.get("q") or None, visit.query.get("cursor")
    found = finding.page(table(), visit.program_id, query, "approved", DEFAULT_LIMIT, cursor, in_one=True)
    offer, inside = enrolled.among(table(), visit.program_id, offer_id, [each.member_id for each in found.items])
    return visit.show("offers/add.html", offer=offer, listed=found, inside=inside, form=form or Form(), said=terms.told)


@pages.post("/offers/<offer_id>/add", "manager")
def add(visit: Visit, offer_id: str) -> Answer:
    """Adds the selected to an offer, with a payout option."""
    if not visit.entered.texts.get("members"):
        return visit.go(f"/offers/{offer_id}/add", "Select somebody first.")

    def work() -> BulkEditResults:
        told = visit.entered.new()
        chosen = {"payout_option_id": told.get("pay")}
        bulk = forms.model(BulkEdit, {"member_ids": told.get("members"), "set": chosen, "enroll": True})
        return bulk_edits.edit(table(), visit.request(), offer_id, bulk, token_bytes)

    return visit.save(
        work, done=partial(_show_results, visit, offer_id), again=lambda form: adding(visit, offer_id, _led_back(form))
    )


def _text(value: str | bool) -> str:
    """A value of a filter as a field of a form has it."""
    return ("on" if value else "") if isinstance(value, bool) else value


def _choose(visit: Visit, offer_id: str, form: Form) -> Answer:
    offer = offers.get(table(), visit.program_id, offer_id)
    pays = [STAY, *((each.payout_option_id, f"Move to {each.name}") for each in offer.payout_options)]
    return visit.show(
        "offers/bulk.html",
        offer=offer,
        form=terms_form.led_back(_led_back(form), TERMS),
        who=_who(form.entered),
        pays=[*pays, (OWN, "Agree on own terms"), (END, "End own terms")],
        yes_no=[STAY, ("yes", "Yes"), ("no", "No")],
        dates=[STAY, ("set", "Set to"), ("clear", "Take away")],
        at=TERMS,
        ways=terms_form,
    )


def _show_preview(visit: Visit, offer: Offer, seen: list[Foreseen], has_more: bool) -> Answer:
    refreshes = visit.entered.texts.get("codes", ("",))[-1] == "on"
    rows = [
        (each, _changes(visit, offer, each, refreshes=refreshes), _REASONS.get(each.code or "", each.code))
        for each in seen
    ]
    return visit.show(
        "offers/bulk_preview.html",
        offer=offer,
        form=Form(entered=visit.entered),
        rows=rows,
        count=sum(1 for _, changes, _ in rows if changes),
        has_more=has_more,
    )


def _show_results(visit: Visit, offer_id: str, made: BulkEditResults) -> Answer:
    offer = offers.get(table(), visit.program_id, offer_id)
    people = finding.by_id(table(), visit.program_id, [each.member_id for each in made.results])
    counts = {
        status: sum(each.status == status for each in made.results) for status in ("changed", "unchanged", "error")
    }
    carried = [(name, text) for name, text in visit.entered.fields if name != "cursor"]
    return visit.show(
        "offers/bulk_results.html",
        offer=offer,
        made=made,
        people=people,
        counts=counts,
        reasons=_REASONS,
        carried=carried,
        anew=Form(),
    )


def _changes(visit: Visit, offer: Offer, each: Foreseen, *, refreshes: bool) -> tuple[Change, ...]:
    """The fields that would change, pay first; a code is not made before the edit is."""
    if each.after is None:
        return ()
    options = {option.payout_option_id: option.name for option in (*offer.payout_options, *offer.removed_options)}
    is_other = each.after is not each.before
    edits = [enrollment_edit(each.before, each.after, visit.author)] if is_other else []
    told = [change for line in Speaker(visit.words, {}, options).lines(edits) for change in line.changes]
    pay = [
        terms.told(enrollment.terms_in(offer), visit.words) for enrollment in (each.before, each.after) if enrollment
    ]
    code = [Change("Promo code", each.after.promo_code or "", "a new one")] if refreshes else []
    first = [Change("Pay", pay[0], pay[-1])] if pay[0] != pay[-1] else []
    return (*first, *(change for change in told if change.label != "Pay"), *code)


def _bulk(entered: Entered) -> BulkEdit:
    """The edit that a form means. Raises Invalid."""
    told = entered.new()
    who = {"member_ids": told["members"]} if told.get("members") else {"filter": told.get("filter") or {}}
    cursor = {"cursor": told["cursor"]} if told.get("cursor") else {}
    bulk: BulkEdit = forms.model(BulkEdit, {**who, **cursor, "set": _set(told, entered)})
    return bulk


def _set(told: Mapping[str, Any], entered: Entered) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    match told.get("pay"):
        case None:
            pass
        case "own":
            below = told.get("set")
            wanted["terms"] = terms_form.read(
                below.get("terms") if isinstance(below, Mapping) else None, entered, TERMS
            )
        case "end":
            wanted["terms"] = None
        case option:
            wanted["payout_option_id"] = option
    for name in ("active", "fixed"):
        if told.get(name) is not None:
            wanted[name] = told[name] == "yes"
    for field, name in (("active_from", "from"), ("active_until", "until")):
        wanted |= _date(told.get(name), field)
    return {**wanted, "refresh_promo_code": told.get("codes") or False}


def _date(told: Any, field: str) -> dict[str, Any]:
    """A date that is set or taken away."""
    date = told if isinstance(told, Mapping) else {}
    match date.get("what"):
        case "set":
            if not date.get("at"):
                raise Invalid("invalid_request", "say when", f"/set/{field}")
            return {field: date["at"]}
        case "clear":
            return {field: None}
        case _:
            return {}


def _led_back(form: Form) -> Form:
    return replace(form, errors={_FIELDS.get(path, path): sentence for path, sentence in form.errors.items()})


def _has_filter(entered: Entered) -> bool:
    return any(path.startswith("filter.") for path in entered.texts)


def _who(entered: Entered | None) -> str:
    """Whom an edit is for, in words."""
    texts = entered.texts if entered else {}
    chosen = len(set(texts.get("members", ())))
    if chosen:
        return "1 selected member" if chosen == 1 else f"{chosen} selected members"
    is_narrowed = any(path.startswith("filter.") for path in texts)
    return "all members who match the filter" if is_narrowed else "all members of the offer"
