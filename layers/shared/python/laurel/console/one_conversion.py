"""One order: its facts, what it earns and why, who else claimed it, its history; and all that a person may decide."""

from collections.abc import Mapping
from typing import Any, Final

from laurel.concurrency import together
from laurel.console import history_files, why
from laurel.domain.earnings.approvals import Because, Verdict
from laurel.domain.history import Edit, FieldChange
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.ledger.views import ConversionView
from laurel.domain.tracking.conversions import Claimant
from laurel.domain.tracking.refunds import RefundReport
from laurel.domain.tracking.revisions import Revision
from laurel.domain.values.errors import Invalid
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.edits import Line, Speaker
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.pages.words import Words
from laurel.store.table import table
from laurel.workflows import history
from laurel.workflows.earnings import approvals, attributions, recurrences
from laurel.workflows.ledger import commissions, row_history
from laurel.workflows.members import finding
from laurel.workflows.offers import reading
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.tracking import refunds, revisions, whole_orders
from laurel.workflows.tracking.whole_orders import WholeOrder

pages: Final = Pages()
_SHOWN: Final = frozenset(
    {"amount", "refunded_amount", "commission", "status", "state", "money", "reason", "why", "exchange_rate", "payout"}
)
"""Fields of its history that people read; the ids beside them say nothing more."""
_NEXT: Final[dict[str, tuple[Verdict, ...]]] = {
    "pending": ("approved", "declined"),
    "approved": ("declined",),
    "declined": ("approved",),
}
"""Status -> the decisions that make it another."""


@pages.get("/conversions/<conversion_id>", "viewer")
def shown(visit: Visit, conversion_id: str, form: Form | None = None) -> Answer:
    """One order with all that belongs to it. `form`: what could not be done."""
    order, words = _read(visit, conversion_id), visit.words
    return visit.show(
        "conversions/order.html",
        order=order,
        row=order.row,
        view=order.view,
        trouble="" if form is None else form.trouble or " ".join(form.untold),
        why=why.sentences(order, words),
        losers=why.losers(order, words),
        beside=why.beside(order, words),
        lines=_lines(order, words),
        form=Form.of(),
        decisions=_decisions(order.row),
    )


@pages.get("/conversions/<conversion_id>/history", "viewer")
def changes(visit: Visit, conversion_id: str) -> Answer:
    """All of its history, in pages."""
    view, edits, lines = _told(visit, conversion_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("conversions/history.html", view=view, listed=edits, lines=lines)


@pages.get("/conversions/<conversion_id>/history.csv", "viewer")
def history_as_file(visit: Visit, conversion_id: str) -> Answer:
    """The same changes as CSV."""
    return history_files.file(visit, lambda limit, cursor: _told(visit, conversion_id, limit, cursor)[1:])


def _told(
    visit: Visit, conversion_id: str, limit: int, cursor: str | None
) -> tuple[ConversionView, Page[Edit], list[Line]]:
    row, view = commissions.with_evidence(table(), visit.program_id, conversion_id)
    edits = row_history.unsigned(table(), visit.program_id, row, limit, cursor)
    found, names = history.with_names(table(), visit.program_id, edits)
    return view, found, _said(found, view, visit.program.currency, visit.words, names)


@pages.post("/conversions/<conversion_id>/approve", "manager")
def approve(visit: Visit, conversion_id: str) -> Answer:
    """Approves what it earns."""
    return _decide(visit, conversion_id, "approved", "The commission is approved.")


@pages.post("/conversions/<conversion_id>/decline", "manager")
def decline(visit: Visit, conversion_id: str) -> Answer:
    """Declines what it earns."""
    return _decide(visit, conversion_id, "declined", "The commission is declined.")


@pages.get("/conversions/<conversion_id>/revise", "manager")
def revision(visit: Visit, conversion_id: str, form: Form | None = None) -> Answer:
    """The form that corrects its facts."""
    order = _read(visit, conversion_id)
    filled = (form or Form()).over(order.view, reason="")
    return visit.show("conversions/revise.html", order=order, view=order.view, form=filled)


@pages.post("/conversions/<conversion_id>/revise", "manager")
def revise(visit: Visit, conversion_id: str) -> Answer:
    """Corrects its facts; it is worth what they say, by its own terms."""

    def work() -> Commission:
        known = commissions.get_conversion(table(), visit.program_id, conversion_id)
        wanted = forms.model(Revision, _differing(visit.entered.new(), known))
        return revisions.revise(table(), visit.program, conversion_id, wanted, visit.entered.version, visit.author)

    return visit.save(
        work,
        done=lambda row: visit.go(_path(conversion_id), f"The order is changed: {_earns(visit, row)}."),
        again=lambda form: revision(visit, conversion_id, form),
    )


@pages.get("/conversions/<conversion_id>/refund", "manager")
def refunding(visit: Visit, conversion_id: str, form: Form | None = None) -> Answer:
    """The form that takes back what went back to the customer."""
    order = _read(visit, conversion_id)
    return visit.show("conversions/refund.html", order=order, view=order.view, form=form or Form.of(reason="refund"))


@pages.post("/conversions/<conversion_id>/refund", "manager")
def refund(visit: Visit, conversion_id: str) -> Answer:
    """Takes back a part of it, or all. Without an id of the shop's, the form's own name is the refund's."""

    def work() -> Any:
        entered = {"refund_id": f"by-hand-{visit.entered.once}", **visit.entered.new()}
        report = forms.model(RefundReport, entered)
        return refunds.refund_conversion(table(), visit.request(), conversion_id, report)

    return visit.save(
        work,
        done=lambda _: visit.go(_path(conversion_id), "The refund is kept, and the commission follows it."),
        again=lambda form: refunding(visit, conversion_id, form),
    )


@pages.post("/conversions/<conversion_id>/undo-refund", "manager")
def undo_refund(visit: Visit, conversion_id: str) -> Answer:
    """Takes a refund back: its money is worth again."""
    refund_id = visit.entered.text("refund_id")
    return visit.save(
        lambda: refunds.undo(table(), visit.program_id, conversion_id, refund_id, visit.author),
        done=lambda _: visit.go(_path(conversion_id), "The refund is undone: what it took is earned again."),
        again=lambda form: shown(visit, conversion_id, form),
    )


@pages.post("/conversions/<conversion_id>/stop", "manager")
def stop(visit: Visit, conversion_id: str) -> Answer:
    """Stops the commissions that follow it by themselves."""
    return visit.save(
        lambda: recurrences.stop(table(), visit.program, conversion_id, visit.author),
        done=lambda _: visit.go(_path(conversion_id), "No further commission follows; those that were made stay."),
        again=lambda form: shown(visit, conversion_id, form),
    )


@pages.get("/conversions/<conversion_id>/attribute", "manager")
def attribution(visit: Visit, conversion_id: str, form: Form | None = None) -> Answer:
    """The form that gives an order that nobody won to a member."""
    order, offered = together(lambda: _read(visit, conversion_id), lambda: reading.names(table(), visit.program_id))
    return visit.show(
        "conversions/attribute.html",
        order=order,
        view=order.view,
        losers=why.losers(order, visit.words),
        offers=offered,
        form=form or Form.of(),
    )


@pages.post("/conversions/<conversion_id>/attribute", "manager")
def attribute(visit: Visit, conversion_id: str) -> Answer:
    """Gives it to a member of an offer."""

    def work() -> Commission:
        claimant = forms.model(Claimant, _claim(visit))
        return attributions.attribute(table(), visit.program, conversion_id, claimant, visit.author)

    return visit.save(
        work,
        done=lambda row: visit.go(_path(conversion_id), f"The order is given: {_earns(visit, row)}."),
        again=lambda form: attribution(visit, conversion_id, form),
    )


def _lines(order: WholeOrder, words: Words) -> list[Line]:
    """The changes of an order, newest first; its recording is the last line."""
    lines = _said(order.history, order.view, order.row.currency, words, order.names)
    return lines if order.history.next_cursor else [*lines, Line(order.row.created_at, "", "Recorded", ())]


def _said(
    edits: Page[Edit], order: ConversionView, currency: str, words: Words, names: Mapping[str, str]
) -> list[Line]:
    """Edits in words, without fields that say nothing to people. `currency`: the program's."""
    read = [edit.model_copy(update={"changes": tuple(filter(_is_shown, edit.changes))}) for edit in edits.items]
    amounts = {"amount": order.currency, "refunded_amount": order.currency, "commission": currency}
    return Speaker(words, names, amounts=amounts).lines(read)


def _is_shown(change: FieldChange) -> bool:
    return change.field in _SHOWN


def _decide(visit: Visit, conversion_id: str, verdict: Verdict, toast: str) -> Answer:
    def work() -> Commission:
        because = forms.model(Because, visit.entered.new())
        decision = Decision(status=verdict, reason=because.reason)
        return approvals.decide_conversion(table(), visit.program_id, conversion_id, decision, visit.author)

    return visit.save(
        work,
        done=lambda _: visit.go(_path(conversion_id), toast),
        again=lambda form: shown(visit, conversion_id, form),
    )


def _decisions(row: Commission) -> tuple[Verdict, ...]:
    """The decisions that a person can make about it as it stands."""
    if row.member_id is None or row.payout == "paid" or row.earns_nothing:
        return ()
    return _NEXT[row.status or "approved"]


def _differing(entered: dict[str, Any], known: ConversionView) -> dict[str, Any]:
    """The facts of a form that are others than those that are known: the rest stays the shop's word."""
    stored = {name: "" if value is None else str(value) for name, value in dict(known).items() if name != "reason"}
    return {name: value for name, value in entered.items() if str(value) != stored.get(name)}


def _claim(visit: Visit) -> dict[str, Any]:
    """The member by their address, if the form names one. Raises Invalid that points to it."""
    entered = visit.entered.new()
    email = str(entered.pop("email", "")).strip()
    if not email:
        return entered
    found = finding.with_email(table(), visit.program_id, email, None).items
    if not found:
        raise Invalid(
            "invalid_request", "no member has this address", errors=[("/email", "no member has this address")]
        )
    return {**entered, "member_id": found[0].member_id}


def _read(visit: Visit, conversion_id: str) -> WholeOrder:
    return whole_orders.read(table(), visit.program_id, conversion_id)


def _path(conversion_id: str) -> str:
    return f"/conversions/{conversion_id}"


def _earns(visit: Visit, row: Commission) -> str:
    if row.keeps_amount:
        return "what changes of a paid commission is adjusted"
    return f"it earns {visit.words.money(row.amount)} now" if row.member_id else "nobody earns on it"
