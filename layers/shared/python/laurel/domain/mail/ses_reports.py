"""Events of SES about mails that it took, as it publishes them for a configuration set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from laurel.domain.program.mail_reports import MailReason, MailReport
from laurel.domain.values.ids import MailId, ProgramId
from laurel.domain.values.model import WHEN_NEEDED, Instant, Open

PROGRAM_TAG: Final = "program_id"
MAIL_TAG: Final = "mail_id"
"""The tags of our mails, which SES repeats in its events."""
_REASONS: Final[Mapping[str | None, MailReason]] = {
    "NoEmail": "no_such_address",
    "MailboxFull": "mailbox_full",
    "MessageTooLarge": "too_large",
    "ContentRejected": "content_refused",
    "AttachmentRejected": "content_refused",
    "Suppressed": "suppressed",
    "OnAccountSuppressionList": "suppressed",
    "abuse": "spam",
    "fraud": "fraud",
    "virus": "content_refused",
}
_NO_COMPLAINT: Final = "not-spam"


@dataclass(frozen=True, slots=True)
class Heard:
    """A report on one mail. `message_id`: SES's own, of the try that it is about."""

    program_id: str
    mail_id: str
    message_id: str
    report: MailReport


class _Read(Open):
    """The part of an object that is read; SES adds fields of its own."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, hide_input_in_errors=True)


class _Tags(Open):
    program_id: tuple[ProgramId]
    mail_id: tuple[MailId]


class _Mail(_Read):
    message_id: Annotated[str, Field(min_length=1, max_length=200)]
    tags: _Tags


class _Bounce(_Read):
    bounce_type: str
    bounce_sub_type: str | None = None
    timestamp: Instant


class _Complaint(_Read):
    complaint_sub_type: str | None = None
    complaint_feedback_type: str | None = None
    timestamp: Instant


class _Bounced(_Read):
    event_type: Literal["Bounce"]
    mail: _Mail
    bounce: _Bounce

    @property
    def report(self) -> MailReport:
        """A transient one did not arrive this time; of one that is neither nobody knows whether the next one would."""
        told = self.bounce
        reason = _REASONS.get(told.bounce_sub_type, "refused")
        is_permanent = told.bounce_type == "Permanent"
        return MailReport(outcome="bounced", reason=reason, permanent=is_permanent, at=told.timestamp)


class _Complained(_Read):
    event_type: Literal["Complaint"]
    mail: _Mail
    complaint: _Complaint

    @property
    def report(self) -> MailReport | None:
        """None if the reader says that the mail is no spam after all."""
        told = self.complaint
        if told.complaint_feedback_type == _NO_COMPLAINT:
            return None
        by_list = _REASONS.get(told.complaint_sub_type)
        reason = by_list or _REASONS.get(told.complaint_feedback_type, "other")
        return MailReport(outcome="complained", reason=reason, permanent=True, at=told.timestamp)


_EVENT: Final[TypeAdapter[_Bounced | _Complained]] = TypeAdapter(
    Annotated[_Bounced | _Complained, Field(discriminator="event_type")], config=WHEN_NEEDED
)


def heard(message: str) -> Heard | None:
    """What a message of SES (JSON) says of a mail of ours; None if it says nothing of one."""
    try:
        event = _EVENT.validate_json(message)
    except ValidationError:
        return None
    if event.report is None:
        return None
    tags = event.mail.tags
    return Heard(tags.program_id[0], tags.mail_id[0], event.mail.message_id, event.report)
