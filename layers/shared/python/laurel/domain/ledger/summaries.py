"""Summaries: the totals of member-days as the figures of reports, by day, member, offer or payout option."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple, assert_never

from laurel.domain.ledger.commissions import CONVERSION_TYPES, TALLY, Bucket
from laurel.domain.ledger.totals import COUNT, NO_OFFER, Counters, DayRow
from laurel.domain.values.model import Money, Number, Open
from laurel.domain.values.money import quotient

GroupBy = Literal["day", "member", "offer", "payout_option"]
_HUNDREDTHS_OF_PERCENT: Final = 10_000
_CLICKS: Final = frozenset({"click", TALLY})


class MemberDay(NamedTuple):
    """The totals of one member in one offer on one local day."""

    member_id: str
    row: DayRow
    counters: Counters


class Figures(Open):
    """Amounts in minor units. `conversions` and `sales` (net of refunds): tier-1 orders that are not declined.

    `commission`: all that is not declined; `payout_due`: approved and not yet paid. `average_order` is null without
    conversions. `conversion_rate` (percent): conversions of link offers over unique clicks there, null without clicks.
    """

    clicks: int
    conversions: int
    sales: Money
    commission: Money
    average_order: Money | None
    conversion_rate: Number | None
    payout_due: Money


class SummaryRow(Figures):
    """The figures of one day, member, offer or payout option; `key` null: those of rows without one."""

    key: str | None


class Summary(Open):
    """Rows that are not all zero: days in their order, others by commission, highest first."""

    rows: list[SummaryRow]
    totals: Figures
    currency: str


def summarize(
    member_days: Iterable[MemberDay], group_by: GroupBy, currency: str, links: Collection[str] = ()
) -> Summary:
    """The sums of `member_days` by group and in all; each member-day is counted once. `links`: the offers by link."""
    groups: dict[str | None, _Sums] = defaultdict(_Sums)
    whole = _Sums()
    for member_day in member_days:
        is_link = member_day.row.offer_id in links
        for bucket, counter in member_day.counters.items():
            groups[_key(member_day, bucket, group_by)].add(bucket, *counter, is_link=is_link)
            whole.add(bucket, *counter, is_link=is_link)
    rows = [SummaryRow(key=key, **sums.figures()) for key, sums in groups.items() if sums != _Sums()]
    rows.sort(key=lambda row: row.key or "")
    if group_by != "day":
        rows.sort(key=lambda row: row.commission, reverse=True)  # stable: equals stay in the order of their keys
    return Summary(rows=rows, totals=Figures(**whole.figures()), currency=currency)


def awaiting(member_days: Iterable[MemberDay]) -> int:
    """The orders among them that are pending."""
    return sum(
        counter[COUNT]
        for member_day in member_days
        for bucket, counter in member_day.counters.items()
        if bucket.state == "pending" and bucket.tier == 1 and bucket.type in CONVERSION_TYPES
    )


def _key(member_day: MemberDay, bucket: Bucket, group_by: GroupBy) -> str | None:
    match group_by:
        case "day":
            return member_day.row.day.isoformat()
        case "member":
            return member_day.member_id
        case "offer":
            return None if member_day.row.offer_id == NO_OFFER else member_day.row.offer_id
        case "payout_option":
            return bucket.payout_option_id or None
    assert_never(group_by)


@dataclass(slots=True)
class _Sums:
    clicks: int = 0
    conversions: int = 0
    by_link: int = 0
    sales: int = 0
    commission: int = 0
    payout_due: int = 0

    def add(self, bucket: Bucket, quantity: int, commission: int, sales: int, *, is_link: bool) -> None:
        if bucket.type in _CLICKS:
            self.clicks += quantity
        if bucket.state == "declined":
            return
        self.commission += commission
        if bucket.state == "approved":
            self.payout_due += commission
        if bucket.tier == 1 and bucket.type in CONVERSION_TYPES:
            self.conversions += quantity
            self.by_link += quantity if is_link else 0
            self.sales += sales

    def figures(self) -> dict[str, Any]:
        return {
            "clicks": self.clicks,
            "conversions": self.conversions,
            "sales": self.sales,
            "commission": self.commission,
            "average_order": quotient(self.sales, self.conversions) if self.conversions > 0 else None,
            "conversion_rate": _percent(self.by_link, self.clicks) if self.clicks > 0 else None,
            "payout_due": self.payout_due,
        }


def _percent(part: int, whole: int) -> Decimal:
    return Decimal(quotient(part * _HUNDREDTHS_OF_PERCENT, whole)).scaleb(-2)
