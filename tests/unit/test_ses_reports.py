"""Events of SES: which of them say something of a mail of ours, and what."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from laurel.domain.mail.ses_reports import heard
from laurel.domain.values.ids import derived_id

PROGRAM, MAIL = derived_id("prg", "glow"), derived_id("mai", "1")
AT = "2026-11-18T10:00:03.000Z"


def about(**tags: Any) -> dict[str, Any]:
    """The mail as SES describes it."""
    ours = {"program_id": [PROGRAM], "mail_id": [MAIL], "ses:configuration-set": ["laurel"]}
    return {"messageId": "ses-1", "destination": ["ada@example.com"], "tags": {**ours, **tags}}


def bounce(kind: str, subtype: str | None, **mail: Any) -> str:
    told = {"bounceType": kind, "bounceSubType": subtype, "timestamp": AT, "bouncedRecipients": []}
    return json.dumps({"eventType": "Bounce", "bounce": told, "mail": about(**mail)})


def complaint(kind: str | None, subtype: str | None = None) -> str:
    told = {"complaintFeedbackType": kind, "complaintSubType": subtype, "timestamp": AT}
    return json.dumps({"eventType": "Complaint", "complaint": told, "mail": about()})


def test_a_report_names_program_mail_try_and_instant():
    told = heard(bounce("Permanent", "NoEmail"))
    assert told is not None
    assert (told.program_id, told.mail_id, told.message_id) == (PROGRAM, MAIL, "ses-1")
    assert told.report.at == datetime(2026, 11, 18, 10, 0, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "outcome", "reason", "permanent"),
    [
        (bounce("Permanent", "General"), "bounced", "refused", True),
        (bounce("Permanent", "NoEmail"), "bounced", "no_such_address", True),
        (bounce("Permanent", "OnAccountSuppressionList"), "bounced", "suppressed", True),
        (bounce("Transient", "MailboxFull"), "bounced", "mailbox_full", False),
        (bounce("Transient", "AttachmentRejected"), "bounced", "content_refused", False),
        (bounce("Transient", "abuse of a new kind"), "bounced", "refused", False),
        (bounce("Undetermined", None), "bounced", "refused", False),
        (complaint("abuse"), "complained", "spam", True),
        (complaint(None), "complained", "other", True),
        (complaint("something new"), "complained", "other", True),
        (complaint(None, "OnAccountSuppressionList"), "complained", "suppressed", True),
    ],
)
def test_a_report_is_in_our_own_words(message: str, outcome: str, reason: str, permanent: bool):
    told = heard(message)
    assert told is not None
    assert (told.report.outcome, told.report.reason, told.report.permanent) == (outcome, reason, permanent)


@pytest.mark.parametrize(
    "message",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        "",
        "null",
        "[]",
        '{"eventType": "Delivery"}',
        complaint("not-spam"),
        bounce("Permanent", "General", mail_id=[]),
        bounce("Permanent", "General", mail_id=["mai_1"]),
        bounce("Permanent", "General", mail_id=[MAIL, MAIL]),
        bounce("Permanent", "General", program_id=["../x"]),
        bounce("Permanent", "General", program_id="prg"),
        bounce("Permanent", "General").replace("ses-1", ""),
        bounce("Permanent", "General").replace(AT, "yesterday"),
        bounce("Permanent", "General").replace('"mail": {', '"other": {'),
    ],
)
def test_what_says_nothing_of_a_mail_of_ours_is_no_report(message: str):
    assert heard(message) is None
