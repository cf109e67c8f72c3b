"""Mails: the messages that wait in the outbox, how far each is, and what a rule's template may say."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, RootModel

from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.domain.mail.notices import AddressChangedMail, PayeeChangedMail, StatementMail
from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.domain.values.ids import CommissionId, MemberId, RuleId, TemplateId, dated_id
from laurel.domain.values.model import WHEN_NEEDED, Day, Money
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


class Mail(Outgoing):
    """A mail that tells of a rule that fired."""

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


class Confirmation(Outgoing):
    """A mail to an address that a program wants to send from. `origin`: what the link in it begins with."""

    kind: Literal["confirmation"] = "confirmation"
    origin: str

    @classmethod
    def of(cls, program: Program, address: str, origin: str, at: datetime) -> Self:
        """The mail that asks the owner of `address`, due at once. Each version of the program has its own."""
        return cls(
            mail_id=dated_id("mai", at, program.program_id, "sender", str(program.version)),
            to=address,
            origin=origin,
            next_attempt_at=at,
            created_at=at,
            updated_at=at,
        )


AnyMail: TypeAlias = (
    Mail
    | Confirmation
    | PayeeChangedMail
    | AddressChangedMail
    | StatementMail
    | EndpointPausedMail
    | SignInMail
    | NewAddressMail
)
Message: TypeAlias = Annotated[AnyMail | ShopCode | Connection | Watch, Field(discriminator="kind")]
"""The closed union of what the outbox sends; `laurel.store.outbox` writes each kind."""


class MailView(RootModel[Any]):
    """A mail as it is shown, whatever its kind."""

    model_config = WHEN_NEEDED
    root: Annotated[AnyMail, Field(discriminator="kind")]


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
