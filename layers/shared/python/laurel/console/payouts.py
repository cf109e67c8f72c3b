"""Payouts: drafted, checked, confirmed; files and statements."""

from collections.abc import Callable
from functools import partial
from secrets import token_bytes
from typing import Any, Final

from laurel.console import sheets
from laurel.domain.ledger.commissions import CommissionType
from laurel.domain.payouts.lines import Failure
from laurel.domain.payouts.payouts import NewPayout, PayoutView
from laurel.domain.payouts.rails.rails import RAILS, RailName
from laurel.domain.payouts.reasons import LeftOut
from laurel.domain.payouts.tables import PAYOUT_COLUMNS, STATEMENT_COLUMNS, payout_cells, statement_cells
from laurel.domain.values.errors import Invalid
from laurel.domain.values.spreadsheets import Layout
from laurel.pages import answers, forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.payouts import exports, looking, payouts, reading
from laurel.workflows.requests.listing import DEFAULT_LIMIT

pages: Final = Pages()
LEFT_OUT: Final[dict[LeftOut, str]] = {
    "not_approved": "is not approved",
    "erased": "was erased",
    "owes": "nothing is due: more was taken back than earned",
    "below_minimum": "less is due than the minimum",
    "no_payee": "has not said where to be paid",
    "payee_changed": "changed where to be paid in the last days",
    "rail_cannot": "cannot be paid this way: another kind of account, or currency",
    "too_many_drafts": "is in too many open drafts",
}
RAIL_NAMES: Final[dict[RailName, str]] = {
    "csv": "A list to pay by hand (CSV)",
    "paypal": "PayPal mass payment (CSV)",
    "paypal_api": "PayPal Payouts API (JSON)",
    "sepa": "Bank transfer, SEPA (XML)",
}
TYPES: Final[dict[CommissionType, str]] = {
    "sale": "Sale",
    "action": "Action",
    "click": "Clicks",
    "recurring": "Later payment",
    "extra_bonus": "Reward",
    "adjustment": "Correction",
}
_MOST_PARTS: Final = 1_000


@pages.get("/payouts", "viewer")
def listed(visit: Visit) -> Answer:
    """All payouts, newest first."""
    found = reading.page(table(), visit.program_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("payouts/list.html", listed=found, rails=RAIL_NAMES)


@pages.get("/payouts.csv", "viewer")
def list_as_file(visit: Visit) -> Answer:
    """The same as CSV."""
    return sheets.payouts(visit, partial(reading.page, table(), visit.program_id))


@pages.get("/payouts/new", "manager")
def drafting(visit: Visit, form: Form | None = None) -> Answer:
    """The form for a draft."""
    today = visit.program.calendar.day_of(visit.now)
    shown = form or Form.of(until=today.isoformat(), rail="csv", member_ids=_asked_for(visit))
    return visit.show("payouts/new.html", form=shown, today=today, rails=_drafted_for())


@pages.post("/payouts/new", "manager")
def draft(visit: Visit) -> Answer:
    """Begins a draft; nothing is paid before it is confirmed."""
    return visit.save(
        lambda: payouts.start(table(), queue(), visit.request(), forms.model(NewPayout, _new(visit)), token_bytes),
        done=lambda begun: visit.go(f"/payouts/{begun[0].payout_id}"),
        again=lambda form: drafting(visit, form),
    )


@pages.get("/payouts/<payout_id>", "viewer")
def payout(visit: Visit, payout_id: str, trouble: Form | None = None) -> Answer:
    """One payout: whom it pays, who is left out and why, and what can be done with it."""
    found = looking.look(table(), visit.program_id, payout_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    if visit.is_partial and not found.is_under_way:
        return answers.reload()
    return visit.show(
        "payouts/payout.html",
        part="progress",
        looked=found,
        payout=found.payout,
        reasons=LEFT_OUT,
        rails=RAIL_NAMES,
        refused=trouble or Form(),
        work="Drafting" if found.payout.status == "drafting" else "Paying",
    )


@pages.get("/payouts/<payout_id>/lines.csv", "viewer")
def lines_as_file(visit: Visit, payout_id: str) -> Answer:
    """The lines as CSV."""
    found = reading.get(table(), visit.program_id, payout_id)
    layout = Layout("payout", PAYOUT_COLUMNS, partial(payout_cells, payout=found))
    read = partial(reading.line_views, table(), visit.program_id, payout_id)
    return answers.sheet(layout, read, name=f"payout-{found.until}")


@pages.get("/payouts/<payout_id>/commissions.csv", "viewer")
def commissions_as_file(visit: Visit, payout_id: str) -> Answer:
    """The commissions behind all lines as CSV, member by member; those of a line that did not arrive are due again."""
    known = KnownNames(table(), visit.program_id)
    cells = partial(statement_cells, payout_id=payout_id, program=visit.program, names=known.names)
    rows = partial(reading.commissions, table(), visit.program, payout_id, Wanted())
    return answers.sheet(Layout("payout-commissions", STATEMENT_COLUMNS, cells), known.along(rows))


@pages.get("/payouts/<payout_id>/file", "owner")
def as_file(visit: Visit, payout_id: str) -> Answer:
    """The file that a bank or PayPal pays by. The function of payouts answers it: it alone opens the accounts."""
    rail = visit.query.get("rail")
    if rail not in RAILS:
        raise Invalid("invalid_request", "choose one of the files that the payout offers", "?rail")
    made = exports.part_of(table(), visit.program, payout_id, rail, _part(visit))
    return answers.file(made.file.name, made.file.media_type.partition(";")[0], made.file.content.decode())


@pages.post("/payouts/<payout_id>/confirm", "owner")
def confirm(visit: Visit, payout_id: str) -> Answer:
    """Confirms a draft as it was looked at."""
    return _turned(visit, payout_id, lambda: _confirmed(visit, payout_id), "The payout is confirmed.")


@pages.post("/payouts/<payout_id>/cancel", "manager")
def cancel(visit: Visit, payout_id: str) -> Answer:
    """Gives a draft up: its rows are due as before."""

    def work() -> PayoutView:
        return payouts.cancel(table(), queue(), visit.program_id, payout_id, visit.author)

    return _turned(visit, payout_id, work, "The draft is cancelled. What it held is due as before.")


@pages.get("/payouts/<payout_id>/lines/<member_id>", "viewer")
def statement(visit: Visit, payout_id: str, member_id: str, form: Form | None = None) -> Answer:
    """A member's line with the rows behind it."""
    cursor = visit.query.get("cursor")
    found = looking.look_at_line(table(), visit.program_id, payout_id, member_id, DEFAULT_LIMIT, cursor)
    return visit.show("payouts/line.html", found=found, form=form or Form(), types=TYPES)


@pages.get("/payouts/<payout_id>/lines/<member_id>/statement.csv", "viewer")
def statement_as_file(visit: Visit, payout_id: str, member_id: str) -> Answer:
    """The same rows as CSV."""
    known = KnownNames(table(), visit.program_id)
    cells = partial(statement_cells, payout_id=payout_id, program=visit.program, names=known.names)
    rows = partial(reading.statement_rows, table(), visit.program_id, payout_id, member_id)
    return answers.sheet(Layout("statement", STATEMENT_COLUMNS, cells), known.along(rows))


@pages.post("/payouts/<payout_id>/lines/<member_id>", "manager")
def fail(visit: Visit, payout_id: str, member_id: str) -> Answer:
    """Tells that a line did not arrive: its rows are due again."""

    def work() -> Any:
        failure = forms.model(Failure, visit.entered.new())
        return payouts.fail(table(), queue(), visit.program_id, payout_id, member_id, failure.reason, visit.author)

    return visit.save(
        work,
        done=lambda _: visit.go(f"/payouts/{payout_id}/lines/{member_id}", "Noted. What it paid is due again."),
        again=lambda form: statement(visit, payout_id, member_id, form),
    )


def _turned(visit: Visit, payout_id: str, work: Callable[[], PayoutView], said: str) -> Answer:
    return visit.save(
        work,
        done=lambda _: visit.go(f"/payouts/{payout_id}", said),
        again=lambda form: payout(visit, payout_id, form),
    )


def _confirmed(visit: Visit, payout_id: str) -> PayoutView:
    return payouts.confirm(table(), queue(), visit.program_id, payout_id, visit.author, visit.entered.version)


def _new(visit: Visit) -> dict[str, Any]:
    """A request as the API takes it: nobody named is everybody."""
    told = visit.entered.new()
    return {name: value for name, value in told.items() if value or name != "member_ids"}


def _asked_for(visit: Visit) -> list[str]:
    """The member whose page asks for a payout to them alone."""
    return [visit.query["member_id"]] if visit.query.get("member_id") else []


def _drafted_for() -> list[tuple[str, str]]:
    return [("csv", "By hand, or any other way"), ("paypal", "PayPal"), ("sepa", "Bank transfers (SEPA)")]


def _part(visit: Visit) -> int:
    text = visit.query.get("part") or "1"
    if not (forms.PLACE.fullmatch(text) and 0 < int(text) <= _MOST_PARTS):
        raise Invalid("invalid_request", f"a part is a number from 1 to {_MOST_PARTS}", "?part")
    return int(text)
