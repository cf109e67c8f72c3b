"""A payment that refunds and disputes name instead of the order: what was told of it, and what follows for the order.

Everything is kept under a key of its own by the shop's clock, so that the same news in any order, told any number of
times, leaves the same payment. Two things are told twice and count once:

- *The order.* A payment intent that seems to be an order itself may turn out to be that of a checkout or an invoice.
  Then theirs is the order, and the one by the intent's own name is cancelled.
- *What went back.* Refunds told by their ids are exact. Of the running total of a charge, the part that the refunds in
  it do not explain counts as one refund, by the charge's name. Where it is less than they are, some have failed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Self

from laurel.domain.tracking.webhooks.events import (
    DisputeTold,
    PaymentCaptured,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
    PaymentRefundTold,
    RefundTold,
    Refused,
    StateTold,
)
from laurel.domain.tracking.webhooks.payment_facts import Capture, Charge, Disputed, Fact, Name, Returned, Sum, told
from laurel.domain.values.model import Frozen
from laurel.domain.values.money import share

PaymentEvent = PaymentNamed | PaymentCaptured | PaymentRefunded | PaymentRefundTold | PaymentDisputed
OrderFact = StateTold | RefundTold | DisputeTold | Refused
MOST_REFUNDS: Final = 400
"""Refunds kept by their ids, so that a payment stays one item; others only count in the running total of the charge."""
_MOST_OTHERS: Final = 50
_STEP: Final = timedelta(milliseconds=1)
_MOST_STEPS: Final = 999  # Stripe's clock counts seconds
_SUMS: Final = frozenset({"captures", "charges", "refunds", "disputes"})
_MISMATCH: Final = Refused("currency_mismatch")


class Payment(Frozen):
    """A payment as far as it is known. Without a name it waits for one."""

    names: tuple[Name, ...] = ()
    captures: tuple[Capture, ...] = ()
    charges: tuple[Charge, ...] = ()
    refunds: tuple[Returned, ...] = ()
    disputes: tuple[Disputed, ...] = ()
    version: int = 0

    @property
    def order_id(self) -> str | None:
        """The order that it is for: of names that are worth the same, the first that was told."""
        return self._order.order_id if self.names else None

    def is_other_name(self, order_id: str) -> bool:
        """True for a name under which the order must not be recorded, because a better one is known."""
        return bool(self.names) and any(name.order_id == order_id for name in self._other_names())

    def after(self, event: PaymentEvent, now: datetime) -> Self:
        """The payment after `event`; this very payment if it knew that. `now`: the clock of news without one."""
        at = event.at or now
        match event:
            case PaymentNamed():
                return self._with("names", Name.of(event, at))
            case PaymentCaptured():
                return self._with("captures", Capture.of(event, at))
            case PaymentRefunded():
                return self._with("charges", Charge.of(event, at))
            case PaymentRefundTold():
                return self._with("refunds", Returned.of(event, at), MOST_REFUNDS)
            case PaymentDisputed():
                return self._with("disputes", Disputed.of(event, at))

    def facts(self) -> Iterator[OrderFact]:
        """All that follows for the order, if that is known; told again, it changes nothing.

        `Refused`: something went back in another currency, and nobody told how much of the order's that is.
        """
        if not self.names:
            return
        named_at = max(name.at for name in self.names)
        for name in self._other_names():
            yield StateTold(name.order_id, "cancelled", "void", named_at + _STEP)
        for capture in () if self._order.is_own else self.captures:  # an order by its own name is told after it
            yield StateTold(self._order.order_id, "standing", "collected" if capture.amount else "void", capture.at)
        facts = [self._told(each, counts) for each, counts in self._counting() if counts or each.counted]
        yield from (fact for fact in facts if fact is not _MISMATCH)
        if _MISMATCH in facts:
            yield _MISMATCH

    @property
    def _order(self) -> Name:
        return min(self.names, key=lambda name: name.weakness)

    def _other_names(self) -> list[Name]:
        """Weaker names than that of the order. Several invoices that one payment paid are several orders."""
        return [name for name in self.names if name.weakness > self._order.weakness]

    def _counting(self) -> Iterator[tuple[Sum, int]]:
        """All sums, and how much of each counts for the order."""
        lacking = self._lacking()
        for capture in self.captures:
            yield capture, 0 if self._order.is_own or not capture.amount else capture.left
        for charge in self.charges:
            yield charge, self._more_of(charge)
        for refund in self.refunds:
            yield refund, 0 if refund.failed_at else refund.amount - lacking.get(refund.refund_id, 0)
        for dispute in self.disputes:
            yield dispute, dispute.amount if dispute.takes else 0

    def _told(self, told: Sum, counts: int) -> OrderFact:
        """The part of a sum that counts, in the order's currency; where nothing does, it is undone."""
        known = told.told_in(self._order.currency)
        if known is None and counts:
            return _MISMATCH
        is_same = self._order.currency in {None, told.currency}
        amount = counts if is_same or not counts else share(known or 0, counts, told.amount)
        at = told.at + _STEP * min(self.version, _MOST_STEPS)
        order_id = self._order.order_id
        if isinstance(told, Disputed):
            return DisputeTold(order_id, told.told_as, amount or known or 0, told.standing, at)
        undone = known or 0 if isinstance(told, Returned) else 0
        return RefundTold(order_id, told.told_as, amount or undone, is_total=True, stands=amount > 0, at=at)

    def _more_of(self, charge: Charge) -> int:
        """The part of a charge's total that no refund in it explains."""
        return max(0, charge.amount - sum(refund.amount for refund in self.refunds if refund.is_in(charge)))

    def _lacking(self) -> dict[str, int]:
        """How much totals lack of the refunds in them, the last ones first: those failed, and nobody has told that."""
        lacking: dict[str, int] = {}
        for charge in self.charges:
            inside = [refund for refund in self.refunds if refund.is_in(charge)]
            less = sum(refund.amount for refund in inside) - charge.amount
            for refund in sorted(inside, key=lambda each: (each.made_at, each.refund_id), reverse=True):
                if less > 0 and refund.failed_at is None:
                    lacking[refund.refund_id] = min(less, refund.amount)
                    less -= lacking[refund.refund_id]
        return lacking

    def _with(self, field: str, news: Fact, most: int = _MOST_OTHERS) -> Self:
        known: tuple[Fact, ...] = getattr(self, field)
        kept = told(known, news, most)
        if kept == known:
            return self
        changed = self.model_copy(update={field: kept, "version": self.version + 1})
        return changed._remembering() if changed.names else changed

    def _remembering(self) -> Self:
        """With a mark at every sum that counts for the order by now."""
        counting = {id(each) for each, counts in self._counting() if counts}
        marked = {
            field: tuple(each.model_copy(update={"counted": True}) if id(each) in counting else each for each in kept)
            for field, kept in self
            if field in _SUMS
        }
        return self.model_copy(update=marked)
