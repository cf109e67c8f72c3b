"""Mails: the outbox item that a firing rule leaves, and the variables of its template."""

from datetime import datetime
from typing import Annotated, Literal

from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import CommissionId, MailId, MemberId, RuleId, TemplateId
from laurel.domain.values.model import Count, Day, Frozen, Instant, Money
from laurel.domain.values.money import money_text

MailStatus = Literal["pending", "sending", "sent", "unknown", "failed"]
Recipient = Literal["member", "merchant"]
MOST_ATTEMPTS = 8


class Mail(Frozen):
    """A mail: PENDING -> SENDING -> SENT; a definite refusal goes back to PENDING, a lost answer is UNKNOWN and final.

    `claim`: the attempt that holds it, or held it last. `attempts_before`: those before an operator had it sent again.
    """

    mail_id: MailId
    member_id: MemberId
    rule_id: RuleId
    rule_name: str
    marker_id: CommissionId
    template_id: TemplateId
    recipient: Recipient
    to: str | None = None
    period: str
    period_start: Day | None = None
    period_end: Day | None = None
    value: str
    bonus: Money
    status: MailStatus = "pending"
    attempts: Annotated[int, Count] = 0
    attempts_before: Annotated[int, Count] = 0
    next_attempt_at: Instant
    claim: str | None = None
    message_id: str | None = None
    failure: str | None = None
    resent_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1

    @property
    def tries(self) -> int:
        """Attempts since it was created, or since it was last to be sent again."""
        return self.attempts - self.attempts_before

    def resent(self, now: datetime) -> "Mail":
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


def template_values(mail: Mail, program: Program, member: Member) -> dict[str, str]:
    """The variables of a mail, formatted; a period without an end has empty dates."""
    return {
        "member.first_name": member.first_name,
        "member.last_name": member.last_name,
        "member.email": member.email,
        **{f"member.fields.{name}": value for name, value in member.fields.items()},
        "program.name": program.name,
        "rule.name": mail.rule_name,
        "period.start": mail.period_start.isoformat() if mail.period_start else "",
        "period.end": mail.period_end.isoformat() if mail.period_end else "",
        "value": mail.value,
        "bonus": money_text(mail.bonus, program.currency),
    }


def retry_seconds(attempts: int) -> int:
    """Seconds from refusal number `attempts` to the next attempt: 1 minute, doubling, at most 6 hours."""
    return min(60 << min(attempts - 1, 10), 6 * 3600)
