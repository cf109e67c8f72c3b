"""Members: the creators and affiliates of a program."""

from typing import Annotated, Literal, Self

from pydantic import Field

from laurel.domain.program.mail_reports import MailReport
from laurel.domain.values.ids import JobId, MemberId
from laurel.domain.values.model import MOST_TIERS, Day, Email, Flag, Frozen, Instant, Line

MemberStatus = Literal["pending", "approved", "suspended"]
FieldName = Annotated[str, Field(min_length=1, max_length=64)]
Fields = Annotated[dict[FieldName, Line], Field(max_length=50)]


class MemberProfile(Frozen):
    """The fields of a member that a merchant can edit."""

    email: Email
    first_name: Line = ""
    last_name: Line = ""
    status: MemberStatus = "approved"
    fields: Fields = Field(default_factory=dict)


class OwnProfile(Frozen):
    """The fields of a profile that are the member's own to change. The address is what they sign in by."""

    first_name: Line = ""
    last_name: Line = ""


class Application(OwnProfile):
    """An application of somebody who wants to become a member; `agrees`: to the program's terms, if it has any."""

    email: Email
    agrees: Flag = False


class NewMember(MemberProfile):
    """A member as they sign up; `referrer_id`: the member who brought them."""

    referrer_id: MemberId | None = None


class Member(MemberProfile):
    """A member. `original_referrer_id` never changes; `parent_id` is the place in the tree.

    `ancestors`: the members above it, nearest first, as many as terms can pay. `joined_on`: the local day on which it
    counts for who brought it, whenever it is approved. `mail_stopped`: nothing more is sent to its address, and why.
    `suspended_at`: the latest time; sessions of before are over.
    `erased_at`: since then it has no personal data and is suspended for ever.
    """

    email: Email | Literal[""]
    member_id: MemberId
    original_referrer_id: MemberId | None = None
    parent_id: MemberId | None = None
    ancestors: Annotated[tuple[MemberId, ...], Field(max_length=MOST_TIERS)] = ()
    joined_on: Day | None = None
    approved_at: Instant | None = None
    mail_stopped: MailReport | None = None
    suspended_at: Instant | None = None
    erased_at: Instant | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1

    @property
    def full_name(self) -> str:
        """First and last name; empty for a member without one, or erased."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def counts_for(self) -> MemberId | None:
        """The member who brought it, as long as it counts for them: while it is approved."""
        return self.original_referrer_id if self.status == "approved" else None


class MemberView(Member):
    """A member as it is shown; `referrer_id`: the member who brought them."""

    ancestors: Annotated[tuple[MemberId, ...], Field(exclude=True)] = ()
    joined_on: Annotated[Day | None, Field(exclude=True)] = None
    suspended_at: Annotated[Instant | None, Field(exclude=True)] = None
    referrer_id: MemberId | None = None

    @classmethod
    def of(cls, member: Member, **beside: str) -> Self:
        """`member` as it is shown."""
        return cls(**dict(member), referrer_id=member.original_referrer_id, **beside)


class ErasedMember(MemberView):
    """An erased member. `job_id`: the job that blanks its mails and history."""

    job_id: JobId


def email_identity(email: str) -> str:
    """The form of an address by which two are the same: case and outer spaces make no difference."""
    return email.strip().casefold()


def person_behind(email: str) -> str:
    """The form of an address by which two are one person's mailbox: a `+tag` makes no difference either."""
    name, at, domain = email_identity(email).rpartition("@")
    return f"{name.partition('+')[0] or name}{at}{domain}"


def with_fields(fields: dict[str, str], changes: dict[str, str]) -> dict[str, str]:
    """`fields` after `changes`; an empty value clears."""
    return {name: value for name, value in {**fields, **changes}.items() if value}
