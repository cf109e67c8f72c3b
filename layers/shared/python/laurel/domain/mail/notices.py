"""Notices: mails to a member in our own words, which no rule sends."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final, Literal, Self, TypeAlias
from zoneinfo import ZoneInfo

from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.templates import Rendered, TemplateText, render
from laurel.domain.members.members import Member
from laurel.domain.program.mail_reports import MailReport
from laurel.domain.program.programs import Program
from laurel.domain.values.ids import MemberId, PayoutId, dated_id
from laurel.domain.values.model import Day, Money
from laurel.domain.values.money import Currency, money_text

_PAYEE_CHANGED: Final = TemplateText(
    name="Payment details changed",
    subject="Your payment details were changed",
    text="Hello {{ name }},\n\nthe account that {{ program.name }} pays you at was changed on {{ at }}.\n\n"
    "Before: {{ before }}\nNow: {{ after }}\n\n"
    "If you did not ask for this, tell {{ merchant }} at once.\n\n{{ program.name }}\n",
)
_ADDRESS_CHANGED: Final = TemplateText(
    name="E-mail address changed",
    subject="Your e-mail address was changed",
    text="Hello {{ name }},\n\nsince {{ at }} {{ program.name }} has another e-mail address of yours: you sign in by "
    "that one, and later mails go there. Whoever was signed in as you is signed out.\n\n"
    "If you did not ask for this, tell {{ merchant }} at once: whoever reads that address can sign in as you and "
    "change where you are paid.\n\n{{ program.name }}\n",
)
_STATEMENT: Final = TemplateText(
    name="Statement",
    subject="Your payout of {{ amount }}",
    text="Hello {{ name }},\n\n{{ program.name }} has paid you {{ amount }}: the sum of {{ rows }} of your "
    "commissions, up to {{ until }}. Each of them stands "
    "under Payouts where you sign in.\n\nPayout: {{ payout_id }}\n\n{{ program.name }}\n",
)


class PayeeChangedMail(Outgoing):
    """Tells a member that their payee was set, changed or removed; `before` and `after` are masked, None for none."""

    PERSONAL: ClassVar[frozenset[str]] = Outgoing.PERSONAL | {"before", "after"}

    kind: Literal["payee_changed"] = "payee_changed"
    member_id: MemberId
    before: str | None = None
    after: str | None = None

    def is_sent_despite(self, stopped: MailReport) -> bool:
        """Somebody else may have changed the account: its owner is told as long as mail arrives."""
        return stopped.outcome == "complained"

    def reader(self, member: Member) -> str | None:
        """The address that it goes to."""
        return member.email

    @classmethod
    def of(cls, member_id: str, version: int, before: str | None, after: str | None, at: datetime) -> Self:
        """The mail for `version` of a member's payee, due at once."""
        return cls(
            mail_id=dated_id("mai", at, "payee_changed", member_id, str(version)),
            member_id=member_id,
            before=before,
            after=after,
            next_attempt_at=at,
            created_at=at,
            updated_at=at,
        )

    def rendered(self, program: Program, member: Member) -> Rendered:
        """The mail as it is sent."""
        changed = {"before": self.before or "none", "after": self.after or "none"}
        return render(_PAYEE_CHANGED, {**_greeting(program, member), **changed, **_warning(program, self.created_at)})


class AddressChangedMail(Outgoing):
    """Tells whoever reads the address `to` that it is not their member's any more. It does not name the new one."""

    kind: Literal["address_changed"] = "address_changed"
    member_id: MemberId

    def is_sent_despite(self, stopped: MailReport) -> bool:  # noqa: ARG002 - as of each notice
        """A stop is of the new address, and says nothing of this one."""
        return True

    def reader(self, member: Member) -> str | None:  # noqa: ARG002 - as of each notice
        """The former address: who reads the new one may have changed it."""
        return self.to

    @classmethod
    def of(cls, member: Member, version: int, at: datetime) -> Self:
        """The mail to the address that `member` has before `version` of it, due at once."""
        return cls(
            mail_id=dated_id("mai", at, "address_changed", member.member_id, str(version)),
            member_id=member.member_id,
            to=member.email,
            next_attempt_at=at,
            created_at=at,
            updated_at=at,
        )

    def rendered(self, program: Program, member: Member) -> Rendered:
        """The mail as it is sent. Who has no name is greeted by the former address."""
        greeted = member.model_copy(update={"email": self.to or ""})
        return render(_ADDRESS_CHANGED, {**_greeting(program, greeted), **_warning(program, self.created_at)})


@dataclass(frozen=True, slots=True)
class Paid:
    """A confirmed payout's part for a member: `amount` minor units for so many `rows` up to the local day `until`."""

    payout_id: str
    amount: int
    currency: str
    rows: int
    until: date


class StatementMail(Outgoing):
    """Tells a member of a confirmed payout; fields as in `Paid`."""

    kind: Literal["statement"] = "statement"
    member_id: MemberId
    payout_id: PayoutId
    amount: Money
    currency: Currency
    rows: int
    until: Day

    def is_sent_despite(self, stopped: MailReport) -> bool:  # noqa: ARG002 - as of each notice
        """Nobody needs it who wants no mail."""
        return False

    def reader(self, member: Member) -> str | None:
        """The address that it goes to."""
        return member.email

    @classmethod
    def of(cls, member_id: str, paid: Paid, at: datetime) -> Self:
        """The mail for a member's line of a payout, due at once; the same for the same line and instant."""
        return cls(
            mail_id=dated_id("mai", at, "statement", paid.payout_id, member_id),
            member_id=member_id,
            payout_id=paid.payout_id,
            amount=paid.amount,
            currency=paid.currency,
            rows=paid.rows,
            until=paid.until,
            next_attempt_at=at,
            created_at=at,
            updated_at=at,
        )

    def rendered(self, program: Program, member: Member) -> Rendered:
        """The mail as it is sent."""
        line = {"amount": money_text(self.amount, self.currency), "rows": str(self.rows), "payout_id": self.payout_id}
        return render(_STATEMENT, {**_greeting(program, member), **line, "until": self.until.isoformat()})


Notice: TypeAlias = PayeeChangedMail | AddressChangedMail | StatementMail
"""The closed union of notices."""


def _warning(program: Program, at: datetime) -> dict[str, str]:
    told = f"{at.astimezone(ZoneInfo(program.timezone)):%Y-%m-%d %H:%M} ({program.timezone})"
    return {"at": told, "merchant": program.merchant_email or program.name}


def _greeting(program: Program, member: Member) -> dict[str, str]:
    return {"name": member.first_name or member.last_name or member.email, "program.name": program.name}
