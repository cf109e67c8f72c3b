"""Payouts to a member, and the rows behind each."""

from functools import partial
from typing import Final

from laurel.domain.ledger.views import CommissionView
from laurel.domain.payouts.tables import STATEMENT_COLUMNS, statement_cells
from laurel.domain.values.spreadsheets import Layout
from laurel.pages import answers
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.portal import spans
from laurel.store.table import table
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.payouts import own
from laurel.workflows.payouts.own import OwnPayout
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

pages: Final = Pages()
_KINDS: Final = {
    "sale": "Sale",
    "action": "Action",
    "click": "Clicks",
    "recurring": "Later payment",
    "extra_bonus": "Reward",
    "adjustment": "Correction",
}


@pages.get("/payouts", "member")
def listed(visit: Visit) -> Answer:
    """All that was paid to the member, what is due, and where it goes."""
    found = own.paid(table(), visit.program_id, visit.member.member_id, visit.query.get("cursor"))
    return visit.show("payouts/list.html", paid=found, listed=found.listed)


@pages.get("/payouts/<payout_id>", "member")
def statement(visit: Visit, payout_id: str) -> Answer:
    """A payout to the member with the rows behind it."""
    found = _own(visit, payout_id)
    rows = own.rows(table(), visit.program_id, found, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("payouts/statement.html", own=found, listed=rows, told=partial(_told, visit))


@pages.get("/payouts/<payout_id>/statement.csv", "member")
def as_file(visit: Visit, payout_id: str) -> Answer:
    """The same rows as a file."""
    program, found = visit.program, _own(visit, payout_id)

    def read(limit: int, cursor: str | None) -> Page[CommissionView]:
        return own.rows(table(), program.program_id, found, limit, cursor)

    known = KnownNames(table(), program.program_id)
    cells = partial(statement_cells, payout_id=payout_id, program=program, names=known.names)
    layout = Layout("statement", STATEMENT_COLUMNS, cells)
    return answers.sheet(layout, known.along(read), name=f"statement-{found.payout.until}")


def _own(visit: Visit, payout_id: str) -> OwnPayout:
    """Raises Absent for what does not pay the member."""
    return own.get(table(), visit.program_id, visit.member.member_id, payout_id)


def _told(visit: Visit, row: CommissionView) -> str:
    """A row of a statement in a few words."""
    if row.origin == "manual":
        return f"From {visit.program.name}" + (f": {row.reason}" if row.reason else "")
    of = f", order {row.order_id}" if row.order_id else ""
    period = spans.of_key(row.period, visit.words) if row.period else ""
    code = f" \u201c{row.action_code}\u201d" if row.action_code else ""
    team = " of your team" if row.origin == "tier" else ""
    return f"{_KINDS[row.type]}{code}{team}{of}" + (f" for {period}" if period else "")
