"""Deliveries of shops as a merchant looks at them: their time, their topic, and what became of them."""

from datetime import timedelta
from typing import Annotated, Final, Literal, Self

from pydantic import Field

from laurel.domain.tracking.webhooks.signatures import Scheme
from laurel.domain.values.ids import DeliveryId
from laurel.domain.values.model import Frozen, Instant

Outcome = Literal["applied", "ignored", "refused"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("applied", "ignored", "refused")
KEPT_FOR: Final = timedelta(days=30)
LONGEST_TOPIC: Final = 64
MOST_SHOWN: Final = 750_000
"""Bytes of a body that are shown: in JSON within JSON each may take seven, and an answer goes to 6 MB."""


def shown_topic(topic: str) -> str:
    """The beginning of a topic, which may be any text of a stranger; half characters in it become question marks."""
    return topic[:LONGEST_TOPIC].encode(errors="replace").decode()


class DeliveryView(Frozen):
    """One signed message of a shop. `topic`: in the platform's words, empty where it could not be read.

    `reason`: of what was ignored (on purpose) or refused (somebody may have earned on it), a stable code.
    """

    delivery_id: DeliveryId
    at: Instant
    topic: str
    order_id: str | None = None
    outcome: Outcome
    reason: str | None = None


class DeliveryDetail(DeliveryView):
    """A delivery with its text, which is kept of refused ones; of a very long one the first 750,000 bytes."""

    body: str | None = None


class Delivery(DeliveryView):
    """A delivery as it is stored. `pieces`: items that hold its body, none unless it was refused at first."""

    platform: Scheme
    pieces: Annotated[int, Field(ge=0)] = 0
    version: int = 1

    @property
    def is_open(self) -> bool:
        """True if it was refused and can be applied again."""
        return self.outcome == "refused" and self.pieces > 0

    def shown(self) -> DeliveryView:
        """The delivery as it is listed."""
        return DeliveryView(**{name: getattr(self, name) for name in DeliveryView.model_fields})

    def with_body(self, body: bytes | None) -> DeliveryDetail:
        """The delivery with the beginning of its body as text."""
        text = None if body is None else body[:MOST_SHOWN].decode(errors="replace")
        return DeliveryDetail(**dict(self.shown()), body=text)

    def turned(self, outcome: Outcome, reason: str | None, order_id: str | None) -> Self:
        """What became of it when it was applied once more."""
        told = {"outcome": outcome, "reason": reason, "order_id": order_id or self.order_id}
        return self.model_copy(update={**told, "version": self.version + 1})
