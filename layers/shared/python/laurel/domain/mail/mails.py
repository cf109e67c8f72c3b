"""Mails: what rules and we ourselves have to tell, and what a rule's template may say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter

from laurel.domain.mail.notices import PayeeChangedMail, StatementMail
from laurel.domain.mail.sending import MailStatus, Sending
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.values.ids import CommissionId, MemberId, RuleId, TemplateId, dated_id
from laurel.domain.values.model import Day, Instant, Money
from laurel.domain.values.money import money_text

Recipient = Literal["member", "merchant"]


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired, as a message tells of it; dates are local days, both included, None where there is no end.

    `value`: the reading of the leading condition, for people. `bonus`: minor units. `identity`: what tells the message
    from every other one, also from that of the same rule and period if its marker was deleted.
    """

    member_id: str
    rule_id: str
    rule_name: str
    marker_id: str
    period: str
    first: date | None
    last: date | None
    value: str
    bonus: int
    identity: tuple[str, ...]
    at: datetime


class RuleMail(Sending):
    """A mail of a rule that fired, from the rule's own template."""

    kind: Literal["rule"] = "rule"
    member_id: MemberId
    rule_id: RuleId
    rule_name: str
    marker_id: CommissionId
    template_id: TemplateId
    recipient: Recipient
    period: str
    period_start: Day | None = None
    period_end: Day | None = None
    value: str
    bonus: Money

    @classmethod
    def of(cls, fired: Fired, recipient: Recipient, template_id: TemplateId) -> Self:
        """The mail that tells of a rule that fired, due at once."""
        return cls(
            mail_id=dated_id("mai", fired.at, *fired.identity),
            member_id=fired.member_id,
            rule_id=fired.rule_id,
            rule_name=fired.rule_name,
            marker_id=fired.marker_id,
            template_id=template_id,
            recipient=recipient,
            period=fired.period,
            period_start=fired.first,
            period_end=fired.last,
            value=fired.value,
            bonus=fired.bonus,
            next_attempt_at=fired.at,
            created_at=fired.at,
            updated_at=fired.at,
        )


Mail: TypeAlias = RuleMail | PayeeChangedMail | StatementMail
"""The closed union of mails, told apart by `kind`."""
_MAIL: Final[TypeAdapter[Mail]] = TypeAdapter(Annotated[Mail, Field(discriminator="kind")])
Message: TypeAlias = Mail
"""The closed union of what the outbox sends; `laurel.store.outbox` writes each kind."""


def mail_from(stored: Mapping[str, Any]) -> Mail:
    """The mail of its fields. Raises ValidationError."""
    return _MAIL.validate_python(stored)


class MailView(BaseModel):
    """A mail as it is shown; what its kind does not have is null."""

    mail_id: str
    kind: Literal["rule", "payee_changed", "statement"]
    member_id: str | None = None
    rule_id: str | None = None
    rule_name: str | None = None
    marker_id: str | None = None
    template_id: str | None = None
    recipient: Recipient = "member"
    to: str | None = None
    period: str | None = None
    period_start: Day | None = None
    period_end: Day | None = None
    value: str | None = None
    bonus: Money | None = None
    before: str | None = None
    after: str | None = None
    payout_id: str | None = None
    amount: Money | None = None
    currency: str | None = None
    rows: int | None = None
    until: Day | None = None
    status: MailStatus
    attempts: int
    attempts_before: int
    next_attempt_at: Instant
    claim: str | None = None
    message_id: str | None = None
    failure: str | None = None
    resent_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    version: int

    @classmethod
    def of(cls, mail: Mail) -> Self:
        """The view of any mail."""
        return cls(**dict(mail))


def template_values(mail: RuleMail, program: Program, member: Member) -> dict[str, str]:
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
