"""Messages in the outbox: written and read here alone, each kind as its own item, which wakes its sender."""

from typing import Final, assert_never

from pydantic import TypeAdapter

from laurel.domain.mail.mails import Confirmation, Mail, Message
from laurel.domain.mail.notices import PayeeChangedMail, StatementMail
from laurel.store import items
from laurel.store.operations import Put
from laurel.store.values import Item

_MESSAGE: Final[TypeAdapter[Message]] = TypeAdapter(Message)


def put(program_id: str, message: Message) -> Put:
    """Writes a message that does not exist yet."""
    return Put(item(program_id, message), new=True)


def item(program_id: str, message: Message) -> Item:
    """A message as its item."""
    match message:
        case Mail():
            return items.mail(program_id, message)
        case Confirmation():
            return items.confirmation(program_id, message)
        case PayeeChangedMail() | StatementMail():
            return items.notice(program_id, message)
        case _:
            assert_never(message)


def parse(stored: Item) -> Message:
    """The message of an item; one that names no kind is the mail of a rule."""
    return _MESSAGE.validate_python({"kind": "rule", **stored["body"], "version": stored["version"]})
