"""Each row that a member earned, and why it is what it is."""

from decimal import Decimal
from functools import partial
from typing import Annotated, Final

from pydantic import Field

from laurel.domain.ledger.commissions import Commission, CommissionStatus, CommissionType
from laurel.domain.values.ids import OfferId
from laurel.domain.values.model import Day, Frozen, Money, Open
from laurel.domain.values.money import major_units
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers, forms
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.portal.why import Why
from laurel.store.table import table
from laurel.workflows.ledger import commissions, grounds
from laurel.workflows.ledger.grounds import Grounds
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

pages: Final = Pages()
STATUSES: Final = (("approved", "Approved"), ("pending", "Pending"), ("declined", "Declined"))
TYPES: Final = (
    ("sale", "Sales"),
    ("action", "Actions"),
    ("click", "Clicks"),
    ("recurring", "Later payments"),
    ("extra_bonus", "Rewards"),
    ("adjustment", "Corrections"),
)
COLUMNS: Final = ("Date", "What", "Why", "Offer", "Order id", "Amount", "Currency", "Status", "Payout", "Commission id")


class Asked(Frozen):
    """The filters of the list, as its address has them. `first`, `last`: local days, both included."""

    first: Annotated[Day | None, Field(alias="from")] = None
    last: Annotated[Day | None, Field(alias="to")] = None
    status: CommissionStatus | None = None
    type: CommissionType | None = None
    offer_id: OfferId | None = None
    cursor: str | None = None

    def wanted(self, member_id: str) -> Wanted:
        """The member's own rows that are asked for."""
        equal = {"status": self.status, "type": self.type}
        return Wanted(offer_id=self.offer_id, member_id=member_id, first=self.first, last=self.last, equal=equal)


class Earned(Open):
    """A row as its member reads it. `state`: as its badge says it; `amount`: minor units."""

    commission_id: str
    day: Day
    what: str
    why: str
    waits: str
    offer: str
    order_id: str
    amount: Money
    currency: str
    state: str


@pages.get("/earnings", "member")
def listed(visit: Visit) -> Answer:
    """The member's rows, newest first, and what they come to in all."""
    asked = _asked(visit)
    found = _rows(visit, asked, DEFAULT_LIMIT, asked.cursor)
    known = grounds.of(table(), visit.program_id, visit.member.member_id, found.items)
    shown = found.of(partial(_earned, why=_why(visit, known)))
    return visit.show(
        "earnings/list.html",
        listed=shown,
        balances=known.head.balances,
        statuses=STATUSES,
        types=TYPES,
        is_narrowed=bool(asked.model_fields_set - {"cursor"}),
    )


@pages.get("/earnings.csv", "member")
def as_file(visit: Visit) -> Answer:
    """The same rows as a file."""
    asked = _asked(visit)

    def read(limit: int, cursor: str | None) -> Page[Earned]:
        found = _rows(visit, asked, limit, cursor)
        known = grounds.of(table(), visit.program_id, visit.member.member_id, found.items)
        return found.of(partial(_earned, why=_why(visit, known)))

    return answers.sheet(Layout("earnings", COLUMNS, _cells), read, asked.cursor)


def _asked(visit: Visit) -> Asked:
    """Raises Invalid for what no filter of the page sends."""
    given = {name: value.strip() for name, value in visit.query.items() if value.strip()}
    asked: Asked = forms.model(Asked, given)
    return asked


def _rows(visit: Visit, asked: Asked, limit: int, cursor: str | None) -> Page[Commission]:
    wanted = asked.wanted(visit.member.member_id)
    return commissions.list_page(table(), visit.program, wanted, lambda row: row, limit, cursor, in_one=True)


def _why(visit: Visit, known: Grounds) -> Why:
    return Why(visit.words, known, visit.program.name)


def _earned(row: Commission, why: Why) -> Earned:
    offer = why.grounds.offers.get(row.offer_id or "")
    return Earned(
        commission_id=row.commission_id,
        day=row.day,
        what=why.what(row),
        why=why.told(row),
        waits=why.waits(row),
        offer=offer.name if offer else "",
        order_id=row.order.order_id if row.order else "",
        amount=row.amount,
        currency=row.currency,
        state=(row.status if row.status != "approved" or row.payout == "unpaid" else row.payout) or "",
    )


def _cells(row: Earned) -> Cells:
    amount: Decimal = major_units(row.amount, row.currency)
    is_paid = row.state in {"paid", "in_payout"}
    return {
        "Date": row.day.isoformat(),
        "What": row.what,
        "Why": " ".join(part for part in (row.why, row.waits) if part),
        "Offer": row.offer,
        "Order id": row.order_id,
        "Amount": amount,
        "Currency": row.currency,
        "Status": "approved" if is_paid else row.state,
        "Payout": row.state if is_paid else "unpaid",
        "Commission id": row.commission_id,
    }
