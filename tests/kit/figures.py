"""What a summary must say, worked out from bare rows."""

from collections.abc import Collection, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.summaries import GroupBy


def slowly(commissions: Iterable[Commission], links: Collection[str] = ()) -> dict[str, Any]:
    """The figures of bare rows, one definition after the other. `links`: the offers that can be clicked on."""
    every = list(commissions)
    alive = [row for row in every if row.status != "declined"]
    reported = [row for row in alive if row.origin in {"conversion", "tier"}]
    orders = [row for row in reported if row.tier == 1 and row.type in {"sale", "action", "recurring"}]
    clicks = sum(row.clicks or 0 for row in every if row.type == "click")
    sales = sum(row.order.remaining for row in orders if row.order)
    by_link = sum(row.offer_id in links for row in orders)
    rate = Decimal(100 * by_link) / clicks if clicks else None
    average = Decimal(sales) / len(orders) if orders else None
    return {
        "clicks": clicks,
        "conversions": len(orders),
        "sales": sales,
        "commission": sum(row.amount for row in alive),
        "average_order": None if average is None else int(average.quantize(Decimal(1), ROUND_HALF_UP)),
        "conversion_rate": None if rate is None else rate.quantize(Decimal("0.01"), ROUND_HALF_UP),
        "payout_due": sum(row.amount for row in alive if row.status == "approved" and row.payout != "paid"),
    }


def key_of(row: Commission, group_by: GroupBy) -> str | None:
    named = {"day": str(row.day), "member": row.member_id, "offer": row.offer_id, "payout_option": row.payout_option_id}
    return named[group_by]
