"""One member's profile: what they promote, earn and got, how they are paid, which mails they had, what was changed."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Final

from pydantic import Field

from laurel.concurrency import together
from laurel.console import history_files
from laurel.console import members as section
from laurel.console.rule_words import period_of
from laurel.console.shop_codes import REASONS
from laurel.domain.history import Edit
from laurel.domain.kernel.progress import Step
from laurel.domain.ledger.commissions import CommissionStatus, CommissionType, Origin
from laurel.domain.ledger.tables import COMMISSION_COLUMNS, commission_cells
from laurel.domain.ledger.views import CommissionView
from laurel.domain.members.members import Member
from laurel.domain.payouts.payees import PayeeView
from laurel.domain.program.jobs import JobView
from laurel.domain.values.model import Day, Frozen
from laurel.domain.values.spreadsheets import Layout
from laurel.pages import answers, forms, terms
from laurel.pages.answers import Answer
from laurel.pages.edits import Line, Speaker
from laurel.pages.forms import Form
from laurel.pages.payees import WAYS, shape_of
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows import history
from laurel.workflows.kernel.progress import standing
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.ledger import commissions
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.mail import mails
from laurel.workflows.members import finding, members
from laurel.workflows.payouts import own, payees, profiles
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

pages: Final = Pages()
rulebooks: Final = Rulebooks()
STATUSES: Final = (("approved", "Approved"), ("pending", "Pending"), ("declined", "Declined"))
TYPES: Final = (
    ("sale", "Sales"),
    ("action", "Actions"),
    ("click", "Clicks"),
    ("recurring", "Later payments"),
    ("extra_bonus", "Bonuses"),
    ("adjustment", "Corrections"),
)
ORIGINS: Final = (
    ("conversion", "Orders and clicks"),
    ("rule", "Rules"),
    ("tier", "Sales of their team"),
    ("schedule", "Subscriptions"),
    ("manual", "A person"),
)


class Asked(Frozen):
    """The filters of a member's earnings, as the address has them. `first`, `last`: local days, both included."""

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    status: CommissionStatus | None = None
    type: CommissionType | None = None
    origin: Origin | None = None
    cursor: str | None = None

    def wanted(self, member_id: str) -> Wanted:
        """The rows that are asked for."""
        equal = {"status": self.status, "type": self.type, "origin": self.origin}
        return Wanted(member_id=member_id, first=self.first, last=self.last, equal=equal)


@pages.get("/members/<member_id>", "viewer")
def profile(visit: Visit, member_id: str) -> Answer:
    """A member at a look: person, offers, and what is due to them."""
    found = profiles.get(table(), visit.program_id, member_id)
    ids = {each for each in (found.member.original_referrer_id, found.member.parent_id) if each}
    above = finding.by_id(table(), visit.program_id, ids) if ids else {}
    return visit.show(
        "members/profile.html",
        **_around(found.member),
        found=found,
        above={each: member.full_name or member.email or "an erased member" for each, member in above.items()},
        job=JobView.of(found.erasing) if found.erasing else None,
        said=terms.told,
        door=section.door(visit),
        reasons=REASONS,
    )


@pages.get("/members/<member_id>/earnings", "viewer")
def earnings(visit: Visit, member_id: str) -> Answer:
    """Each row that a member earned."""
    asked, known = _asked(visit), KnownNames(table(), visit.program_id)
    member, found = together(
        lambda: members.get(table(), visit.program_id, member_id),
        lambda: known.along(_rows(visit, member_id, asked))(DEFAULT_LIMIT, asked.cursor),
    )
    return visit.show(
        "members/earnings.html",
        period=period_of,
        **_around(member),
        listed=found,
        names=known.names,
        statuses=STATUSES,
        types=TYPES,
        origins=ORIGINS,
        is_narrowed=bool(asked.model_fields_set - {"cursor"}),
    )


@pages.get("/members/<member_id>/earnings.csv", "viewer")
def earnings_as_file(visit: Visit, member_id: str) -> Answer:
    """The same rows as a file."""
    asked, known = _asked(visit), KnownNames(table(), visit.program_id)
    members.get(table(), visit.program_id, member_id)
    cells = partial(commission_cells, program=visit.program, names=known.names)
    layout = Layout("earnings", COMMISSION_COLUMNS, cells)
    return answers.sheet(layout, known.along(_rows(visit, member_id, asked)), asked.cursor)


@pages.get("/members/<member_id>/rewards", "viewer")
def rewards(visit: Visit, member_id: str) -> Answer:
    """How far a member is towards each reward."""
    program = visit.program
    found = standing(table(), rulebooks, program, member_id, program.calendar.day_of(visit.now))
    told = partial(_measured, visit)
    return visit.show("members/rewards.html", **_around(found.account.member), rewards=found.rewards, told=told)


@pages.get("/members/<member_id>/payouts", "viewer")
def payouts(visit: Visit, member_id: str) -> Answer:
    """The payouts to a member."""
    cursor = visit.query.get("cursor")
    member, paid = together(
        lambda: members.get(table(), visit.program_id, member_id),
        lambda: own.paid(table(), visit.program_id, member_id, cursor),
    )
    return visit.show("members/payouts.html", **_around(member), paid=paid, listed=paid.listed)


@pages.get("/members/<member_id>/mails", "viewer")
def sent(visit: Visit, member_id: str) -> Answer:
    """The mails about a member."""
    cursor = visit.query.get("cursor")
    read = partial(mails.page, table(), visit.program_id, member_id=member_id, rule_id=None)
    member, found = together(
        lambda: members.get(table(), visit.program_id, member_id),
        lambda: read(limit=DEFAULT_LIMIT, cursor=cursor),
    )
    return visit.show("members/mails.html", **_around(member), listed=found)


@pages.get("/members/<member_id>/history", "viewer")
def changes(visit: Visit, member_id: str) -> Answer:
    """The changes of a member, by whom and when."""
    cursor = visit.query.get("cursor")
    member, edits = together(
        lambda: members.get(table(), visit.program_id, member_id),
        lambda: history.of_member(table(), visit.program_id, member_id, DEFAULT_LIMIT, cursor),
    )
    return visit.show("members/history.html", **_around(member), listed=edits, lines=_lines(visit, edits))


@pages.get("/members/<member_id>/history.csv", "viewer")
def history_as_file(visit: Visit, member_id: str) -> Answer:
    """The same changes as CSV."""
    members.get(table(), visit.program_id, member_id)

    def read(limit: int, cursor: str | None) -> history_files.Told:
        edits = history.of_member(table(), visit.program_id, member_id, limit, cursor)
        return edits, _lines(visit, edits)

    return history_files.file(visit, read)


def _lines(visit: Visit, edits: Page[Edit]) -> list[Line]:
    return Speaker(visit.words, history.names(table(), visit.program_id, edits.items)).lines(edits.items)


@pages.get("/members/<member_id>/payee", "owner")
def payee(visit: Visit, member_id: str, form: Form | None = None) -> Answer:
    """The form for where a member is paid; the account of now is not shown in full to anybody."""
    member, (_, now) = together(
        lambda: members.get(table(), visit.program_id, member_id),
        lambda: own.account(table(), visit.program_id, member_id),
    )
    members.require_present(member)
    begun = form or Form.of(method=now.method if now else "paypal")
    shown = replace(begun, version=now.version if now else None)
    return visit.show("members/payee.html", member=member, payee=now, form=shown, methods=WAYS)


@pages.post("/members/<member_id>/payee", "owner")
def pay_to(visit: Visit, member_id: str) -> Answer:
    """Says where a member is paid; they are mailed about it."""

    def work() -> PayeeView:
        told = visit.entered.new()
        shape = shape_of(told)
        wanted = {name: value for name, value in told.items() if name in shape.model_fields}  # of the way alone
        place = payees.Place(visit.program_id, member_id)
        return payees.put(table(), place, forms.model(shape, wanted), visit.entered.version, visit.author)

    return visit.save(
        work,
        done=lambda _: visit.go(f"/members/{member_id}", "The payment details are saved, and the member is mailed."),
        again=lambda form: payee(visit, member_id, form),
    )


@pages.post("/members/<member_id>/payee/remove", "owner")
def forget_payee(visit: Visit, member_id: str) -> Answer:
    """Forgets where a member is paid."""
    return visit.save(
        lambda: payees.remove(table(), payees.Place(visit.program_id, member_id), None, visit.author),
        done=lambda _: visit.go(f"/members/{member_id}", "The payment details are forgotten."),
        again=lambda form: payee(visit, member_id, form),
    )


def _measured(visit: Visit, step: Step, value: int | Decimal | None) -> str:
    """A reading of a condition, or its goal, with its unit."""
    if value is None:
        return "nothing"
    match step.condition.unit:
        case "money":
            return visit.words.money(round(value))
        case "percent":
            return visit.words.percent(round(Decimal(value), 2))
        case _:
            return visit.words.number(value)


def _asked(visit: Visit) -> Asked:
    """Raises Invalid for what no filter of the page sends."""
    asked: Asked = forms.model(Asked, {name: value for name, value in visit.query.items() if value.strip()})
    return asked


def _rows(visit: Visit, member_id: str, asked: Asked) -> Callable[[int, str | None], Page[CommissionView]]:
    wanted = asked.wanted(member_id)
    return partial(commissions.list_page, table(), visit.program, wanted, CommissionView.of, in_one=True)


def _around(member: Member) -> dict[str, Any]:
    """The values that all pages of a member show."""
    path = f"/members/{member.member_id}"
    parts = ("earnings", "rewards", "payouts", "mails", "history")
    tabs = [(path, "Profile"), *((f"{path}/{part}", part.capitalize()) for part in parts)]
    return {"member": member, "tabs": tabs}
