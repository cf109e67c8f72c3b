"""A payment's facts as they are kept, each under a key of its own with the clock of its newest news.

`merged` gives the same whichever of two news was told first, and however often.
"""

from datetime import UTC, datetime
from typing import Any, Final, Self, TypeVar

from pydantic import Field

from laurel.domain.tracking.webhooks.events import (
    TAKING,
    DisputeStanding,
    PaymentCaptured,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
    PaymentRefundTold,
)
from laurel.domain.values.model import ExternalId, Frozen, Instant, Money

_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_FINALITY: Final[dict[DisputeStanding, int]] = {"inquiry": 0, "open": 1, "lost": 2, "won": 3}


class Fact(Frozen):
    """All that was told under one key. `at`: the clock of the newest news."""

    at: Instant

    @property
    def key(self) -> str:
        """The name that it is kept under."""
        raise NotImplementedError

    def merged(self, news: Self) -> Self:
        """With `news`, whichever of the two was told first."""
        return max(self, news, key=lambda kept: kept.rank())

    def rank(self) -> tuple[Any, ...]:
        """The order of news; of the same second, the one that cannot come first is the newer."""
        return (self.at,)


class Name(Fact):
    """A name of the order, and its currency if that is known. `is_own`: the payment's own id."""

    order_id: ExternalId
    currency: str | None = None
    is_own: bool = False

    @classmethod
    def of(cls, told: PaymentNamed, at: datetime) -> Self:
        """As it is told."""
        is_own = told.order_id == told.payment
        return cls(at=at, order_id=told.order_id, currency=told.currency, is_own=is_own)

    @property
    def key(self) -> str:
        """The order's id."""
        return self.order_id

    def merged(self, news: Self) -> Self:
        """The later of both, with the currency that either knows."""
        return self.model_copy(update={"at": max(self.at, news.at), "currency": self.currency or news.currency})

    @property
    def weakness(self) -> int:
        """How little it is worth beside other names: a checkout knows code and click, an invoice the goods."""
        return 2 if self.is_own else int(self.order_id.startswith("in_"))


class Sum(Fact):
    """Money of the payment in one currency, and in others where they were told.

    `counted`: some of it has counted for the order, so that the order must be told if it does not any more.
    """

    amount: Money
    currency: str
    also: dict[str, Money] = Field(default_factory=dict)
    counted: bool = False

    @property
    def told_as(self) -> str:
        """The id under which the order is told what of it counts."""
        return self.key

    def told_in(self, currency: str | None) -> int | None:
        """The amount in the order's currency; None where nobody told it. An order of no known currency has this."""
        return self.amount if currency in {None, self.currency} else self.also.get(currency or "")

    def rank(self) -> tuple[Any, ...]:
        """The newer one, then the larger one: a total grows."""
        return (self.at, self.amount)

    def merged(self, news: Self) -> Self:
        """The newer one, with the currencies that either knows."""
        newer = super().merged(news)
        older = news if newer is self else self
        kept = {"also": {**older.also, **newer.also}, "counted": self.counted or news.counted}
        return newer.model_copy(update=kept)


class Charge(Sum):
    """The running total of a charge's refunds."""

    charge: ExternalId

    @classmethod
    def of(cls, told: PaymentRefunded, at: datetime) -> Self:
        """As it is told."""
        return cls(at=at, charge=told.charge, amount=told.total, currency=told.currency)

    @property
    def key(self) -> str:
        """The charge."""
        return self.charge


class Capture(Sum):
    """The part that was taken of an authorised charge, `amount`, and the one that was `left`."""

    charge: ExternalId
    left: Money

    @classmethod
    def of(cls, told: PaymentCaptured, at: datetime) -> Self:
        """As it is told."""
        return cls(
            at=at,
            charge=told.charge,
            amount=told.taken,
            currency=told.currency,
            left=told.left,
        )

    @property
    def key(self) -> str:
        """One for a payment: of its charges, one succeeds."""
        return ""

    @property
    def told_as(self) -> str:
        """The charge's own refunds have its name."""
        return f"{self.charge}:uncaptured"

    def rank(self) -> tuple[Any, ...]:
        """The newer one, then the one that took more: captures add up."""
        return (self.at, self.amount, -self.left)


class Returned(Sum):
    """A refund. `made_at`: since when it is in the total of its charge; `failed_at`: since when not any more."""

    refund_id: ExternalId
    charge: ExternalId | None = None
    made_at: Instant
    failed_at: Instant | None = None

    @classmethod
    def of(cls, told: PaymentRefundTold, at: datetime) -> Self:
        """Where nobody says when it was made, that was when it was told, or before all totals once it failed."""
        return cls(
            at=at,
            refund_id=told.refund_id,
            charge=told.charge,
            amount=told.amount,
            currency=told.currency,
            also=dict(told.also),
            made_at=told.made_at or (at if told.stands else _LONG_AGO),
            failed_at=None if told.stands else at,
        )

    @property
    def key(self) -> str:
        """The refund's id."""
        return self.refund_id

    def merged(self, news: Self) -> Self:
        """The newer one; what failed stays so, and is as old as anybody says."""
        failed = [at for at in (self.failed_at, news.failed_at) if at is not None]
        made = min(self.made_at, news.made_at)
        return super().merged(news).model_copy(update={"made_at": made, "failed_at": min(failed, default=None)})

    def is_in(self, total: Charge) -> bool:
        """True if it was a part of `total` at the moment of that."""
        is_of = self.charge in {None, total.charge} and self.currency == total.currency
        return is_of and self.made_at <= total.at and (self.failed_at is None or self.failed_at >= total.at)


class Disputed(Sum):
    """A dispute."""

    dispute_id: ExternalId
    standing: DisputeStanding

    @classmethod
    def of(cls, told: PaymentDisputed, at: datetime) -> Self:
        """As it is told."""
        return cls(
            at=at,
            dispute_id=told.dispute_id,
            amount=told.amount,
            currency=told.currency,
            also=dict(told.also),
            standing=told.standing,
        )

    @property
    def key(self) -> str:
        """The dispute's id."""
        return self.dispute_id

    @property
    def takes(self) -> bool:
        """False for an inquiry, and for one that was won."""
        return self.standing in TAKING

    def rank(self) -> tuple[Any, ...]:
        """The newer one; of the same second, the one that is further."""
        return (self.at, _FINALITY[self.standing], self.amount)


Kept = TypeVar("Kept", bound=Fact)


def told(kept: tuple[Kept, ...], news: Kept, most: int) -> tuple[Kept, ...]:
    """All that is kept, with `news` under its key; one key more than `most` is left out."""
    if all(known.key != news.key for known in kept):
        return (*kept, news) if len(kept) < most else kept
    return tuple(known.merged(news) if known.key == news.key else known for known in kept)
