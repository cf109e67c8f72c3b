"""Messages in the outbox: the one place that writes them, each kind as its own item, which wakes its sender."""

from typing import assert_never

from laurel.domain.mail.mails import Message, RuleMail
from laurel.domain.mail.notices import PayeeChangedMail, StatementMail
from laurel.store import items
from laurel.store.operations import Put


def put(program_id: str, message: Message) -> Put:
    """Writes a message that does not exist yet."""
    match message:
        case RuleMail() | PayeeChangedMail() | StatementMail():
            return Put(items.mail(program_id, message), new=True)
        case _:
            assert_never(message)
