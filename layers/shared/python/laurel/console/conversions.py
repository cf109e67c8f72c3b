"""Orders that shops reported: found by what people know of them, as a list and as CSV, decided several at a time."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from http import HTTPStatus
from secrets import token_bytes
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from laurel.api import tables
from laurel.concurrency import together
from laurel.domain.earnings.approvals import BulkStatus, StatusResult, StatusResults
from laurel.domain.ledger.commissions import CommissionStatus, ConversionType, PayoutStatus
from laurel.domain.ledger.tables import conversions_layout
from laurel.domain.ledger.views import ConversionView
from laurel.domain.members.members import Member
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.codes import PromoCode
from laurel.domain.values.errors import Invalid, Refusal
from laurel.domain.values.ids import MemberId, OfferId
from laurel.domain.values.model import Day, ExternalId, Frozen, Line
from laurel.pages import answers, forms, refusals
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows.earnings import approvals
from laurel.workflows.ledger import commissions
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.members import finding
from laurel.workflows.offers import reading
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.tracking import refunds

pages: Final = Pages()
_REFUSALS: Final = {
    "paid": "it is paid, and a paid commission never changes again",
    "not_approvable": "it was declined for good, its order earns nothing, or what it adjusts was undone",
    "not_payable": "no member brought it: give it to one first",
    "conversion_not_found": "there is no such order",
    "unavailable": "somebody else was changing it: try again",
}
"""Code of a result -> why it is so, in words."""
_LAST_DAYS: Final = timedelta(days=28)
_FEW: Final = 10
"""Members of a name among whom to choose."""


class Filters(Frozen):
    """Whatever narrows the list, by the names that it has in the address. `member`: an address, or part of a name."""

    order_id: ExternalId | None = None
    member: Line | None = None
    member_id: MemberId | None = None
    offer_id: OfferId | None = None
    promo_code: PromoCode | None = None
    status: CommissionStatus | None = None
    payout: PayoutStatus | None = None
    type: ConversionType | None = None
    won: Literal["no"] | None = None
    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    cursor: str | None = None

    def wanted(self, member_id: str | None) -> Wanted:
        """The rows to list; `member_id`: of the one that `member` names."""
        return Wanted(
            order_id=self.order_id,
            member_id=member_id,
            offer_id=self.offer_id,
            promo_code=self.promo_code,
            attributed=False if self.won == "no" else None,
            first=self.first,
            last=self.last,
            equal={"status": self.status, "payout": self.payout, "type": self.type},
        )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The filters of an address. `people`: the members whom the text of one names; `trouble`: what does not fit.

    `needs_days`: there are so many offers that only some days of all are listed.
    """

    filters: Filters
    people: tuple[Member, ...] = ()
    trouble: str = ""
    needs_days: bool = False

    @property
    def member_id(self) -> str | None:
        """The one member that is asked for."""
        return self.people[0].member_id if len(self.people) == 1 else self.filters.member_id

    @property
    def is_open(self) -> bool:
        """Whether it says which rows to list: not while a name is nobody's, or several people's."""
        return not self.trouble and (self.filters.member is None or len(self.people) == 1)


@pages.get("/conversions", "viewer")
def listed(visit: Visit, undone: Sequence[StatusResult] = (), trouble: str = "") -> Answer:
    """The orders of the program that the filters leave. `undone`: those that could not be decided."""
    known = KnownNames(table(), visit.program_id)
    (chosen, found), offered = together(lambda: _found(visit, known), lambda: reading.names(table(), visit.program_id))
    if chosen.needs_days:
        return _of_last_days(visit, chosen.filters.last)
    return visit.show(
        "conversions/list.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if chosen.trouble else HTTPStatus.OK,
        listed=found,
        chosen=chosen,
        filters=chosen.filters,
        names=known.names,
        offers=offered,
        undone=[_undone(result, found.items) for result in undone],
        trouble=trouble or chosen.trouble,
        file=visit.link("/conversions.csv", **_kept(visit.query, {"cursor"})),
        most=tables.MOST_ROWS,
    )


def _found(visit: Visit, known: KnownNames) -> tuple[_Chosen, Page[ConversionView]]:
    """The orders that are asked for with what asks for them, which says so if it cannot be answered."""
    chosen = _chosen(visit)
    if not chosen.is_open:
        return chosen, _nothing()
    try:
        return chosen, _reading(visit, chosen, known)(DEFAULT_LIMIT, chosen.filters.cursor)
    except Invalid as refusal:
        needs_days = refusal.code == "range_too_large" and chosen.filters.first is None
        return replace(chosen, trouble=refusals.said(refusal.detail), needs_days=needs_days), _nothing()


def _of_last_days(visit: Visit, until: date | None) -> Answer:
    last = until or visit.program.calendar.day_of(visit.now)
    begins = {"from": (last - _LAST_DAYS + ONE_DAY).isoformat()}
    said = f"There are many offers: these are the orders of {_LAST_DAYS.days} days"
    return visit.go("/conversions", said, **{**_kept(visit.query), **begins})


@pages.get("/conversions.csv", "viewer")
def file(visit: Visit) -> Answer:
    """The same orders as a file."""
    chosen = _chosen(visit)
    if not chosen.is_open:
        raise Invalid("invalid_request", chosen.trouble or "name one member")
    known = KnownNames(table(), visit.program_id)
    layout = conversions_layout(visit.program, known.names)
    return answers.sheet(layout, _reading(visit, chosen, known))


@pages.post("/conversions", "manager")
def decide(visit: Visit) -> Answer:
    """Approves or declines those that were ticked, each by itself."""
    return visit.save(
        lambda: approvals.decide_each(
            table(), visit.program_id, forms.model(BulkStatus, _ticked(visit)), visit.author, token_bytes
        ),
        done=lambda done: _decided(visit, done),
        again=lambda _: listed(visit, trouble="Tick the orders first, 100 at most"),
    )


def _decided(visit: Visit, done: StatusResults) -> Answer:
    undone = [result for result in done.results if result.status == "error"]
    if undone:
        return listed(visit, undone)
    changed = sum(result.status == "changed" for result in done.results)
    said = visit.words.count(changed, "order is decided.", "orders are decided.")
    were_so = len(done.results) - changed
    more = f" {visit.words.count(were_so, 'was', 'were')} so already." if were_so else ""
    return visit.go("/conversions", said + more, **_kept(visit.query))


def _undone(result: StatusResult, rows: Iterable[ConversionView]) -> tuple[str, str]:
    """The order that a result is about, and why it was not decided."""
    named = (row.order_id for row in rows if row.conversion_id == result.conversion_id)
    return next(named, result.conversion_id), _REFUSALS.get(result.code or "", str(result.code))


def _kept(query: Mapping[str, str], without: Collection[str] = ()) -> dict[str, str]:
    """The filters of an address, and nothing else of it."""
    names = {field.alias or name for name, field in Filters.model_fields.items()} - {*without}
    return {name: text for name, text in query.items() if name in names}


def _ticked(visit: Visit) -> dict[str, Any]:
    entered = visit.entered.new()
    return {name: entered[name] for name in ("conversion_ids", "set", "reason") if name in entered}


def _reading(visit: Visit, chosen: _Chosen, known: KnownNames) -> Callable[[int, str | None], Page[ConversionView]]:
    """Reads (limit, cursor) a page of the rows that are chosen, and the names in it."""
    wanted = chosen.filters.wanted(chosen.member_id)
    return known.along(partial(commissions.list_conversions, table(), visit.program, wanted, beside=known))


def _chosen(visit: Visit) -> _Chosen:
    try:
        filters: Filters = forms.model(Filters, {name: text for name, text in visit.query.items() if text.strip()})
    except Invalid as refusal:
        return _Chosen(
            Filters(), trouble=". ".join(f"{pointer[1:].replace('_', ' ')}: {said}" for pointer, said in refusal.errors)
        )
    if filters.member is None:
        return _Chosen(filters)
    try:
        return _Chosen(filters, _people(visit, filters.member.strip()))
    except Refusal as refusal:
        return _Chosen(filters, trouble=refusals.said(refusal.detail))


def _people(visit: Visit, text: str) -> tuple[Member, ...]:
    """The members whom a text names. Raises Invalid `too_short`."""
    whole, begun = together(
        lambda: finding.with_email(table(), visit.program_id, text, None) if "@" in text else _nothing(),
        lambda: finding.by_beginning(table(), visit.program_id, text, None, _FEW, None),
    )
    found = whole.items or begun.items
    return tuple({member.member_id: member for member in found}.values())


@pages.get("/conversions/refunds", "viewer")
def refunds_waiting(visit: Visit) -> Answer:
    """Refunds that came before their order."""
    found = refunds.parked(table(), visit.program_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("conversions/refunds.html", listed=found)


def _nothing() -> Page[Any]:
    return Page(items=[], next_cursor=None)
