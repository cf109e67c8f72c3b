"""Erasing a member: which data go, which stay, and that nothing more is earned."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, TypeVar

from laurel.domain.history import Edit, FieldChange
from laurel.domain.ledger.row_parts import TOO_LATE, Decision
from laurel.domain.ledger.worth import revalued
from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.members.accounts import Change
from laurel.domain.members.members import Member

Mailed = TypeVar("Mailed", bound=Outgoing)
ERASED: Final = "the member was erased"


def erased(member: Member, now: datetime) -> Member:
    """The member without any personal data. Its place in the tree, and when it joined, stay."""
    return member.model_copy(
        update={
            "email": "",
            "first_name": "",
            "last_name": "",
            "fields": {},
            "status": "suspended",
            "mail_stopped": None,
            "erased_at": now,
            "updated_at": now,
            "version": member.version + 1,
        }
    )


def without_values(edit: Edit) -> Edit:
    """A line of the member's history that names the changed fields without their values."""
    return edit.model_copy(update={"changes": tuple(FieldChange(field=change.field) for change in edit.changes)})


def without_address(mail: Mailed, now: datetime) -> Mailed:
    """The mail without its address and what else is personal, and never sent if it was not yet.

    `mail` itself if it is so already. One that was just being sent becomes `unknown`.
    """
    status = {"pending": "failed", "sending": "unknown"}.get(mail.status, mail.status)
    failure = ERASED if mail.failure or status != mail.status else None  # what SES said may repeat the address
    blank: dict[str, Any] = dict.fromkeys(mail.PERSONAL) | {"status": status, "failure": failure}
    if all(getattr(mail, name) == value for name, value in blank.items()):
        return mail
    changes = {**blank, "updated_at": now, "version": mail.version + 1}
    return mail.model_copy(update=changes)


def too_late_for(member: Member, change: Change, now: datetime) -> Change:
    """The change as it counts for `member`: declined if its row was made after the member was erased.

    Whoever makes a row may not know of the erasure yet. Adjustments follow the row that they correct.
    """
    row = change.commission
    if member.erased_at is None or change.counted is not None or row.type == "adjustment" or row.is_tally:
        return change
    if row.created_at < member.erased_at or row.status == "declined":
        return change
    declined = revalued(row, now, decision=Decision(status="declined", reason=TOO_LATE), hold_until=None)
    return replace(change, commission=declined, stored=change.read)
