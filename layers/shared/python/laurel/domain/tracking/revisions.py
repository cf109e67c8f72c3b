"""Revisions: facts of an order that a merchant corrects by hand, at the instant at which they do."""

from datetime import datetime

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.orders import OrderState
from laurel.domain.tracking.facts import News, Told, told
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import MAX_AMOUNT, Amount, ExchangeRate, Frozen, Label


class Revision(Frozen):
    """A correction of an order; `amount`: minor units of its currency, before refunds. Absent is as it was.

    `reason` stands in the history, in the merchant's words.
    """

    amount: Amount | None = None
    state: OrderState | None = None
    exchange_rate: ExchangeRate | None = None
    reason: Label | None = None


def revised(row: Commission, revision: Revision, now: datetime) -> Told:
    """The conversion after a revision. Raises Invalid: `amount_too_large`, `rate_not_needed`."""
    order = row.order
    assert order is not None, "only orders are revised"  # noqa: S101
    if revision.exchange_rate is not None and order.currency == row.currency:
        raise Invalid("rate_not_needed", "the order is in the program's currency", "/exchange_rate")
    news = News(now, revision.amount, exchange_rate=revision.exchange_rate, state=revision.state)
    step = told(row, {}, news, now)
    if step.after.order is not None and step.after.order.sale > MAX_AMOUNT:
        raise Invalid("amount_too_large", f"at this rate it is more than {MAX_AMOUNT} minor units", "/amount")
    return step
