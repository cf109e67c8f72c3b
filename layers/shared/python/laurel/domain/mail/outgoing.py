"""A mail's way through the outbox, whatever it says: who gets it, how far sending it is, and what became of it."""

from datetime import datetime
from typing import ClassVar, Literal, Self

from laurel.domain.program.mail_reports import MailReport
from laurel.domain.program.outbound import Outbound
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import MailId
from laurel.domain.values.model import Instant

MailStatus = Literal["pending", "sending", "sent", "unknown", "failed", "bounced", "complained"]


class Outgoing(Outbound):
    """A mail: PENDING -> SENDING -> SENT; a definite refusal is PENDING again, a lost answer is UNKNOWN and final.

    After that it may be BOUNCED or COMPLAINED, as its `report` says.
    """

    PERSONAL: ClassVar[frozenset[str]] = frozenset({"to"})
    """The fields that are blanked when the member whom it is about is erased."""

    mail_id: MailId
    to: str | None = None
    status: MailStatus = "pending"
    message_id: str | None = None
    failure: str | None = None
    report: MailReport | None = None
    resent_at: Instant | None = None

    def resent(self, now: datetime) -> Self:
        """The mail as it is to be sent again, with as many attempts as a new one.

        Raises Conflict `mail_not_resendable` unless it is failed, unknown or bounced.
        """
        if self.status not in {"failed", "unknown", "bounced"}:
            raise Conflict(
                "mail_not_resendable",
                f"the mail is {self.status}: only a failed, unknown or bounced one is sent again",
            )
        return self.model_copy(
            update={
                "status": "pending",
                "attempts_before": self.attempts,
                "report": None,
                "message_id": None,
                "resent_at": now,
                "next_attempt_at": now,
                "updated_at": now,
                "version": self.version + 1,
            }
        )

    def reported(self, report: MailReport, message_id: str, now: datetime) -> Self | None:
        """The mail after a report on its try `message_id`; None if it changes nothing.

        A report may come twice, late, or before the mail service's own answer. One that is no heavier than the one
        before is known, and of a try before the latest there is nothing more to say.
        """
        if self.status in {"pending", "failed"} or self.message_id not in {None, message_id}:
            return None
        if self.report is not None and self.report.weight >= report.weight:
            return None
        return self.model_copy(
            update={
                "status": report.outcome,
                "report": report,
                "message_id": message_id,
                "claim": None,
                "updated_at": now,
                "version": self.version + 1,
            }
        )
