"""Rows and summaries as tables for people: words for headers, names beside ids, amounts as decimals, local days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple, assert_never

from laurel.domain.ledger.summaries import GroupBy, Summary, SummaryRow
from laurel.domain.ledger.views import CommissionView, ConversionView
from laurel.domain.program.programs import Program
from laurel.domain.values.money import major_units
from laurel.domain.values.spreadsheets import Cells, Layout

TOTAL: Final = "Total"
"""The key of the last row of a summary, which sums the others up."""


class Person(NamedTuple):
    """A member as a table names them; both are empty for one who was erased."""

    name: str
    email: str


_NOBODY: Final = Person("", "")


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind ids, as far as they are known."""

    people: Mapping[str, Person] = field(default_factory=dict)
    offers: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)

    def person(self, member_id: str | None) -> Cells:
        """The cells of a member."""
        name, email = self.people.get(member_id or "", _NOBODY)
        return {"Member id": member_id, "Member": name, "E-mail": email}

    def offer(self, offer_id: str | None) -> Cells:
        """The cells of an offer."""
        return {"Offer id": offer_id, "Offer": self.offers.get(offer_id or "")}

    def option(self, payout_option_id: str | None) -> Cells:
        """The cells of a payout option."""
        return {"Payout option id": payout_option_id, "Payout option": self.options.get(payout_option_id or "")}


_PERSON: Final = ("Member id", "Member", "E-mail")
_OFFER: Final = ("Offer id", "Offer")
_OPTION: Final = ("Payout option id", "Payout option")
CONVERSION_COLUMNS: Final = (
    *("Order date", "Order id", "Type", "Action code", "Sale amount", "Refunded amount", "Sale currency"),
    *("Exchange rate", "Commission", "Commission currency", "Status", "Reason", "Payout", "Payout id"),
    *(*_PERSON, *_OFFER, *_OPTION, "Won by", "Promo code", "Click id", "Not won because"),
    *("Order state", "Money", "Storefront id", "Conversion id", "Recorded on", "Changed on"),
)
COMMISSION_COLUMNS: Final = (
    *("Date", "Type", "Amount", "Currency", "Status", "Reason", "Payout", "Payout id", *_PERSON, *_OFFER, *_OPTION),
    *("Origin", "Tier", "Order id", "Action code", "Clicks", "Rule id", "Rule", "Period", "Base", "Adjusts"),
    *("Renewal of", "Earned by id", "Earned by", "Commission id", "Recorded on", "Changed on"),
)
_FIGURES: Final = (
    *("Clicks", "Conversions", "Sales", "Commission", "Average order", "Conversion rate", "Payout due", "Currency"),
)


def conversions_layout(program: Program, names: Names) -> Layout[ConversionView]:
    """The table of conversions. `names`: may grow while the rows are read."""
    return Layout("conversions", CONVERSION_COLUMNS, partial(conversion_cells, program=program, names=names))


def summary_layout(group_by: GroupBy, currency: str, names: Names) -> Layout[SummaryRow]:
    """The table of a summary."""
    cells = partial(summary_cells, group_by=group_by, currency=currency, names=names)
    return Layout("summary", summary_columns(group_by), cells)


def with_total(summary: Summary) -> list[SummaryRow]:
    """The rows of a summary, and one below that sums them up."""
    return [*summary.rows, SummaryRow(key=TOTAL, **dict(summary.totals))]


def conversion_cells(view: ConversionView, program: Program, names: Names) -> Cells:
    """A conversion as a line of a table: sale and refunds in the currency of the sale, the commission in its own."""
    won = view.attribution
    return {
        "Order date": _day(view.occurred_at, program),
        "Order id": view.order_id,
        "Type": view.type,
        "Action code": view.action_code,
        "Sale amount": major_units(view.amount, view.currency),
        "Refunded amount": major_units(view.refunded_amount, view.currency),
        "Sale currency": view.currency,
        "Exchange rate": view.exchange_rate,
        "Commission": major_units(view.commission, program.currency),
        "Commission currency": program.currency,
        "Won by": won.by,
        "Promo code": won.promo_code,
        "Click id": won.click_id,
        "Not won because": won.reason,
        "Order state": view.state,
        "Money": view.money,
        "Storefront id": view.storefront_id,
        "Conversion id": view.conversion_id,
        **_common(view, program, names),
    }


def commission_cells(view: CommissionView, program: Program, names: Names) -> Cells:
    """Any payable row as a line of a table: a deduction has a negative amount."""
    return {
        "Date": _day(view.occurred_at, program),
        "Type": view.type,
        "Amount": major_units(view.amount, view.currency),
        "Currency": view.currency,
        "Origin": view.origin,
        "Tier": view.tier,
        "Order id": view.order_id,
        "Action code": view.action_code,
        "Clicks": view.clicks,
        "Rule id": view.rule_id,
        "Rule": names.rules.get(view.rule_id or ""),
        "Period": view.period,
        "Base": _money(view.evidence.base if view.evidence else None, view.currency),
        "Adjusts": view.adjusts,
        "Renewal of": view.renewal.conversion_id if view.renewal else None,
        "Earned by id": view.earned_by,
        "Earned by": names.people.get(view.earned_by or "", _NOBODY).name,
        "Commission id": view.commission_id,
        **_common(view, program, names),
    }


def _common(view: ConversionView | CommissionView, program: Program, names: Names) -> Cells:
    return {
        "Status": view.status,
        "Reason": view.reason,
        "Payout": view.payout,
        "Payout id": view.payout_id,
        **names.person(view.member_id),
        **names.offer(view.offer_id),
        **names.option(view.payout_option_id),
        "Recorded on": _day(view.created_at, program),
        "Changed on": _day(view.updated_at, program),
    }


def summary_columns(group_by: GroupBy) -> Sequence[str]:
    """The columns of a summary: those of its groups, then the figures."""
    return *_group_columns(group_by), *_FIGURES


def summary_cells(row: SummaryRow, group_by: GroupBy, currency: str, names: Names) -> Cells:
    """A row as a line of a table; the group of the row of totals is TOTAL."""
    return {
        **_group(row.key, group_by, names),
        "Clicks": row.clicks,
        "Conversions": row.conversions,
        "Sales": major_units(row.sales, currency),
        "Commission": major_units(row.commission, currency),
        "Average order": _money(row.average_order, currency),
        "Conversion rate": row.conversion_rate,
        "Payout due": major_units(row.payout_due, currency),
        "Currency": currency,
    }


def _group_columns(group_by: GroupBy) -> tuple[str, ...]:
    match group_by:
        case "day":
            return ("Day",)
        case "member":
            return _PERSON
        case "offer":
            return _OFFER
        case "payout_option":
            return _OPTION
    assert_never(group_by)


def _group(key: str | None, group_by: GroupBy, names: Names) -> Cells:
    match group_by:
        case "day":
            return {"Day": key}
        case "member":
            return names.person(key)
        case "offer":
            return names.offer(key)
        case "payout_option":
            return names.option(key)
    assert_never(group_by)


def _money(amount: int | None, currency: str) -> Decimal | None:
    return None if amount is None else major_units(amount, currency)


def _day(at: datetime, program: Program) -> str:
    return program.calendar.day_of(at).isoformat()
