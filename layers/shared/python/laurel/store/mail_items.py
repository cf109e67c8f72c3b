"""Mails as items; whoever is to send one finds it in the outbox.

Lists of them carry keys alone, so that nothing there is written again when a mail moves on.
"""

from typing import Final

from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.domain.mail.mails import Confirmation, Mail
from laurel.domain.mail.notices import Notice
from laurel.domain.mail.outgoing import Outgoing
from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.store import indexes, keys
from laurel.store.indexes import BY_MEMBER, BY_OWNER
from laurel.store.items import body
from laurel.store.values import Item

MESSAGE: Final = "message"
"""The attribute of a mail in place of `body`, which lists carry."""
REVISION: Final = "revision"
"""The one in place of `version`."""


def mail(program_id: str, entity: Mail) -> Item:
    """The mail of a rule in the outbox, listed under its member and its rule."""
    at = f"{keys.instant(entity.created_at)}#{entity.mail_id}"
    indexed = {
        BY_MEMBER.pk: indexes.member_mails(program_id, entity.member_id),
        BY_MEMBER.sk: at,
        BY_OWNER.pk: indexes.rule_mails(program_id, entity.rule_id),
        BY_OWNER.sk: at,
    }
    item = _outgoing("mail", program_id, entity, **indexed)
    del item[MESSAGE]["kind"]  # a message without one is a rule's, and stays under 1 KB
    return item


def confirmation(program_id: str, entity: Confirmation | EndpointPausedMail | SignInMail) -> Item:
    """A mail to a merchant in the outbox; it is about no member and no rule."""
    return _outgoing("confirmation", program_id, entity)


def notice(program_id: str, entity: Notice | SignInMail | NewAddressMail) -> Item:
    """A notice to a member in the outbox, listed under the member."""
    at = f"{keys.instant(entity.created_at)}#{entity.mail_id}"
    indexed = {BY_MEMBER.pk: indexes.member_mails(program_id, entity.member_id or ""), BY_MEMBER.sk: at}
    return _outgoing("mail", program_id, entity, **indexed)


def _outgoing(kind: str, program_id: str, entity: Outgoing, **indexed: str) -> Item:
    """An item of the outbox: `outbox` wakes the sender while it is pending, and it is due while it is open."""
    is_open = entity.status in {"pending", "sending"}
    due = indexes.due(program_id, indexes.MAIL, entity.mail_id, entity.next_attempt_at) if is_open else {}
    key = keys.mail(program_id, entity.mail_id, entity.created_at)
    told = {MESSAGE: body(entity), REVISION: entity.version}
    return {**key._asdict(), "kind": kind, **told, "outbox": entity.status, **indexed, **due}
