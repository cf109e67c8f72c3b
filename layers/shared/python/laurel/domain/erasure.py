"""Erasing a member: what goes, what stays, and that nothing more is earned."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from laurel.domain.history import Edit, FieldChange
from laurel.domain.mail.mails import Mail
from laurel.domain.members.accounts import Change
from laurel.domain.members.members import Member

ERASED: Final = "the member was erased"
TOO_LATE: Final = "member_erased"
"""Why a row is declined that was made for one who was erased by then."""


def erased(member: Member, now: datetime) -> Member:
    """Without anything that tells who it was. Its place in the tree, and when it joined, stay."""
    return member.model_copy(
        update={
            "email": "",
            "first_name": "",
            "last_name": "",
            "fields": {},
            "status": "suspended",
            "erased_at": now,
            "updated_at": now,
            "version": member.version + 1,
        }
    )


def without_values(edit: Edit) -> Edit:
    """A line of the member's history that says which fields changed, and not what they held."""
    return edit.model_copy(update={"changes": tuple(FieldChange(field=each.field) for each in edit.changes)})


def without_address(mail: Mail, now: datetime) -> Mail:
    """A mail that says no more whom it went to, and is not sent if it was not yet; `mail` itself if it is so already.

    Whether one that was just being sent went out, nobody will know.
    """
    status = {"pending": "failed", "sending": "unknown"}.get(mail.status, mail.status)
    failure = ERASED if mail.failure or status != mail.status else None  # what SES said may repeat the address
    if (mail.to, mail.status, mail.failure) == (None, status, failure):
        return mail
    changes = {"to": None, "status": status, "failure": failure, "updated_at": now, "version": mail.version + 1}
    return mail.model_copy(update=changes)


def too_late_for(member: Member, change: Change, now: datetime) -> Change:
    """As it counts for `member`: declined if it was made for one who was erased by then.

    Those who make it may not know yet, or pay whoever it is. Adjustments follow the row that they correct.
    """
    row = change.commission
    if member.erased_at is None or change.counted is not None or row.type == "adjustment" or row.is_tally:
        return change
    if row.created_at < member.erased_at or row.status == "declined":
        return change
    declined = row.revised(now, status="declined", reason=TOO_LATE, hold_until=None)
    return replace(change, commission=declined, stored=change.read)
