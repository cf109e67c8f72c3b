"""A mail's way through the outbox, whatever it says: who gets it, and how far sending it is."""

from datetime import datetime
from typing import ClassVar, Literal, Self

from laurel.domain.program.outbound import Outbound
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import MailId
from laurel.domain.values.model import Instant

MailStatus = Literal["pending", "sending", "sent", "unknown", "failed"]


class Outgoing(Outbound):
    """A mail: PENDING -> SENDING -> SENT; a definite refusal is PENDING again, a lost answer is UNKNOWN and final."""

    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to"})
    """The fields that are blanked when the member whom it is about is erased."""

    mail_id: MailId
    to: str | None = None
    status: MailStatus = "pending"
    message_id: str | None = None
    failure: str | None = None
    resent_at: Instant | None = None

    def resent(self, now: datetime) -> Self:
        """The mail as it is to be sent again, with as many attempts as a new one.

        Raises Conflict `mail_not_resendable` unless it is failed or unknown.
        """
        if self.status not in {"failed", "unknown"}:
            raise Conflict(
                "mail_not_resendable", f"the mail is {self.status}: only a failed or unknown one is sent again"
            )
        return self.model_copy(
            update={
                "status": "pending",
                "attempts_before": self.attempts,
                "resent_at": now,
                "next_attempt_at": now,
                "updated_at": now,
                "version": self.version + 1,
            }
        )
