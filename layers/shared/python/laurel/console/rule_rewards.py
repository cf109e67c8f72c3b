"""Rewards that a rule gave, as a list and as CSV; a marker deleted, so that the rule may fire again."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Final, Literal

from pydantic import Field

from laurel.concurrency import together
from laurel.console import rules as section
from laurel.console.rule_words import RuleWords, period_of
from laurel.domain.ledger.commissions import CommissionStatus, PayoutStatus
from laurel.domain.ledger.tables import COMMISSION_COLUMNS, commission_cells
from laurel.domain.ledger.views import CommissionView
from laurel.domain.values.errors import Absent, Invalid
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Day, Frozen
from laurel.domain.values.spreadsheets import Layout
from laurel.pages import answers, forms
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.earnings import markers
from laurel.workflows.ledger import commissions
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.rules import rules

pages: Final = Pages()
STATUSES: Final = (("approved", "Approved"), ("pending", "Pending"), ("declined", "Declined"))
PAYOUTS: Final = (("unpaid", "Not paid"), ("in_payout", "In a payout"), ("paid", "Paid"))


class Asked(Frozen):
    """The filters of the list, as its address has them. `first`, `last`: local days, both included."""

    member_id: MemberId | None = None
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    format: Literal["csv"] | None = None
    cursor: str | None = None

    def wanted(self, rule_id: str) -> Wanted:
        """The rows of a rule that are asked for."""
        equal = {"status": self.status, "payout": self.payout}
        return Wanted(member_id=self.member_id, rule_id=rule_id, first=self.first, last=self.last, equal=equal)


@pages.get("/rules/<rule_id>/rewards", "viewer")
def listed(visit: Visit, rule_id: str, trouble: str = "") -> Answer:
    """The rows that a rule made, newest first."""
    if visit.query.get("format"):
        return _csv(visit, rule_id)
    known = KnownNames(table(), visit.program_id)
    found, (rows, refused) = together(
        lambda: rules.get(table(), visit.program_id, rule_id), lambda: _rows(visit, rule_id, known)
    )
    trouble = trouble or refused
    return visit.show(
        "rules/rewards.html",
        status=422 if trouble else 200,
        rule=found,
        tabs=section.tabs(found),
        listed=rows,
        people=known.names.people,
        statuses=STATUSES,
        payouts=PAYOUTS,
        period=period_of,
        said=RuleWords(visit.words, visit.program),
        trouble=trouble,
    )


@pages.post("/rules/<rule_id>/rewards/<commission_id>/delete", "manager")
def delete(visit: Visit, rule_id: str, commission_id: str) -> Answer:
    """Deletes a row of a rule, which may then fire again."""

    def work() -> None:
        if commissions.get(table(), visit.program_id, commission_id).rule_id != rule_id:
            raise Absent("commission_not_found", "this rule made no such row")
        markers.delete(table(), visit.program, commission_id, visit.author.actor, visit.now)

    return visit.save(
        work,
        done=lambda _: visit.go(f"/rules/{rule_id}/rewards", "The row is deleted. The rule may fire again for it."),
        again=lambda form: listed(visit, rule_id, form.trouble),
    )


def _rows(visit: Visit, rule_id: str, known: KnownNames) -> tuple[Page[CommissionView], str]:
    """The rows that are asked for, or why that cannot be answered."""
    try:
        asked = _asked(visit)
        return known.along(_reading(visit, asked.wanted(rule_id)))(DEFAULT_LIMIT, asked.cursor), ""
    except Invalid as refusal:
        return Page(items=[], next_cursor=None), " ".join(sentence for _, sentence in refusal.errors)


def _asked(visit: Visit) -> Asked:
    """Raises Invalid."""
    asked: Asked = forms.model(Asked, {name: text for name, text in visit.query.items() if text.strip()})
    return asked


def _reading(visit: Visit, wanted: Wanted) -> Callable[[int, str | None], Page[CommissionView]]:
    return lambda limit, cursor: commissions.list_page(table(), visit.program, wanted, CommissionView.of, limit, cursor)


def _csv(visit: Visit, rule_id: str) -> Answer:
    rules.get(table(), visit.program_id, rule_id)
    wanted, known = _asked(visit).wanted(rule_id), KnownNames(table(), visit.program_id)
    cells = partial(commission_cells, program=visit.program, names=known.names)
    layout = Layout("rewards", COMMISSION_COLUMNS, cells)
    return answers.sheet(layout, known.along(_reading(visit, wanted)))
