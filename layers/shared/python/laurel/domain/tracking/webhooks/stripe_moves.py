"""Stripe's charges, refunds and disputes: what was taken of a payment, and what went back of it."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from laurel.domain.tracking.webhooks.events import (
    DisputeStanding,
    Event,
    Ignored,
    PaymentCaptured,
    PaymentDisputed,
    PaymentRefunded,
    PaymentRefundTold,
    Refused,
)
from laurel.domain.tracking.webhooks.stripe_fields import (
    Flag,
    Maybe,
    Part,
    Ref,
    Seconds,
    Several,
    StripeEvent,
    Text,
    Units,
    iso,
    known,
    minor,
    sums,
)
from laurel.domain.tracking.webhooks.wire import NOT_UNDERSTOOD

NO_PAYMENT, UNKNOWN_CURRENCY = Ignored("no_payment_intent"), Refused("unknown_currency")

_ENDED_REFUNDS: Final = frozenset({"failed", "canceled"})
_STANDINGS: Final[dict[str, DisputeStanding]] = {
    "needs_response": "open",
    "under_review": "open",
    "won": "won",
    "lost": "lost",
    "prevented": "inquiry",
    "charge_refunded": "inquiry",  # of old versions: an inquiry that ended with a refund
}


class _Charge(Part):
    """A charge of a payment."""

    id: Ref = None
    payment_intent: Ref = None
    currency: Text = None
    amount: Units = None
    amount_captured: Units = None
    amount_refunded: Units = None
    captured: Flag = None

    @property
    def taken(self) -> int | None:
        """The part of it that was captured."""
        if self.captured is False:
            return 0
        return self.amount if self.amount_captured is None else self.amount_captured

    @property
    def left(self) -> int:
        """The part of it that was authorised and not captured."""
        return max(0, (self.amount or 0) - (self.taken or 0))


class _Presentment(Part):
    presentment_amount: Units = None
    presentment_currency: Text = None


class _BalanceTransaction(Part):
    amount: Units = None
    currency: Text = None


def _withdrawn(transactions: list[_BalanceTransaction]) -> Iterator[tuple[int | None, str | None]]:
    """The amount that the first of them took off the merchant's balance, in the currency of that."""
    for transaction in transactions:
        if transaction.amount is not None and transaction.amount < 0:
            yield -transaction.amount, transaction.currency
            return


class _Refund(Part):
    """A refund; one that is not finished stands until it fails."""

    id: Ref = None
    charge: Ref = None
    payment_intent: Ref = None
    amount: Units = None
    currency: Text = None
    created: Seconds = None
    status: Text = None
    presentment_details: Maybe[_Presentment] = None
    balance_transaction: Maybe[_BalanceTransaction] = None

    @property
    def stands(self) -> bool:
        """False once it failed or was canceled, which is final."""
        return self.status not in _ENDED_REFUNDS

    @property
    def elsewhere(self) -> list[tuple[int | None, str | None]]:
        """The same money in the customer's currency and in that of the merchant's balance, where it is told."""
        shown = self.presentment_details
        presented = [(shown.presentment_amount, shown.presentment_currency)] if shown else []
        return [*presented, *_withdrawn(known([self.balance_transaction]))]


class _Dispute(Part):
    """A dispute of a payment with its owner's bank."""

    id: Ref = None
    payment_intent: Ref = None
    amount: Units = None
    currency: Text = None
    status: Text = None
    balance_transactions: Several[_BalanceTransaction] = None

    @property
    def standing(self) -> DisputeStanding | None:
        """How it stands; None for a status that nobody knows."""
        status = self.status or "needs_response"
        return "inquiry" if status.startswith("warning_") else _STANDINGS.get(status)

    @property
    def elsewhere(self) -> list[tuple[int | None, str | None]]:
        """The same money in the currency of the merchant's balance, once it was withdrawn."""
        return list(_withdrawn(known(self.balance_transactions)))


class _Money(NamedTuple):
    """Money of a payment, in minor units of `code`. `name`: the id of the charge, refund or dispute."""

    payment: str
    name: str
    amount: int
    code: str


def _money(part: _Charge | _Refund | _Dispute, units: int | None) -> _Money | Event:
    """`units` of the payment that `part` names, or why they do not count."""
    code = iso(part.currency)
    if part.id is None or part.payment_intent is None:
        return NO_PAYMENT
    if code is None:
        return UNKNOWN_CURRENCY
    return NOT_UNDERSTOOD if units is None else _Money(part.payment_intent, part.id, minor(max(0, units), code), code)


def captured(news: StripeEvent) -> Iterator[Event]:
    """The part that an authorised charge has taken by then: nothing, if it expired."""
    charge = _Charge.of(news.subject)
    taken = _money(charge, charge.taken)
    if not isinstance(taken, _Money):
        yield taken
        return
    left = minor(charge.left, taken.code)
    yield PaymentCaptured(taken.payment, taken.name, taken.amount, left, taken.code, news.created)


def refunded(news: StripeEvent) -> Iterator[Event]:
    """The running total of a charge, which may be 0 again."""
    charge = _Charge.of(news.subject)
    back = charge.amount_refunded
    if back is not None and charge.taken and news.refunds_what_is_left:
        back -= charge.left
    total = _money(charge, back)
    if isinstance(total, _Money):
        yield PaymentRefunded(total.payment, total.name, total.amount, total.code, news.created)
    else:
        yield total


def refund_told(news: StripeEvent) -> Iterator[Event]:
    """A refund as it stands by now."""
    refund = _Refund.of(news.subject)
    money = _money(refund, refund.amount)
    if not isinstance(money, _Money):
        yield money
        return
    yield PaymentRefundTold(
        payment=money.payment,
        charge=refund.charge,
        refund_id=money.name,
        amount=money.amount,
        currency=money.code,
        stands=refund.stands and news.type != "refund.failed",
        at=news.created,
        made_at=refund.created,
        also=sums(refund.elsewhere),
    )


def disputed(news: StripeEvent) -> Iterator[Event]:
    """A dispute as it stands by now."""
    dispute = _Dispute.of(news.subject)
    money, standing = _money(dispute, dispute.amount), dispute.standing
    if not isinstance(money, _Money):
        yield money
    elif standing is None:
        yield Refused("unknown_dispute_status")
    else:
        if standing == "open" and news.type == "charge.dispute.funds_reinstated":
            standing = "won"  # the money only comes back once it is closed
        yield PaymentDisputed(
            money.payment, money.name, money.amount, money.code, standing, news.created, sums(dispute.elsewhere)
        )
