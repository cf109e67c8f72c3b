"""Messages in the outbox: written and read here alone, each kind as its own item, which wakes its consumer."""

from typing import Final, assert_never

from pydantic import TypeAdapter

from laurel.domain.mail.address_mails import NewAddressMail
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.domain.mail.mails import Confirmation, Mail, Message
from laurel.domain.mail.notices import AddressChangedMail, PayeeChangedMail, StatementMail
from laurel.domain.mail.sign_in_mails import SignInMail
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.domain.values.model import WHEN_NEEDED
from laurel.store import mail_items, shop_items
from laurel.store.indexes import BY_OWNER, WORK
from laurel.store.keys import Key
from laurel.store.mail_items import MESSAGE, REVISION
from laurel.store.operations import Put, Update
from laurel.store.values import Item

_MESSAGE: Final[TypeAdapter[Message]] = TypeAdapter(Message, config=WHEN_NEEDED)
_DUE: Final = (WORK.pk, WORK.sk)
_MOVING: Final = ("body", "version", MESSAGE, REVISION, "outbox", BY_OWNER.pk, BY_OWNER.sk, *_DUE)


def put(program_id: str, message: Message) -> Put:
    """Writes a message that does not exist yet."""
    return Put(item(program_id, message), new=True)


def item(program_id: str, message: Message) -> Item:
    """A message as its item."""
    match message:
        case Mail():
            return mail_items.mail(program_id, message)
        case SignInMail(member_id=str()):
            return mail_items.notice(program_id, message)
        case Confirmation() | EndpointPausedMail() | SignInMail():
            return mail_items.confirmation(program_id, message)
        case ShopCode():
            return shop_items.shop_code(program_id, message)
        case Connection():
            return shop_items.connection(program_id, message)
        case Watch():
            return shop_items.watch(program_id, message)
        case PayeeChangedMail() | AddressChangedMail() | StatementMail() | NewAddressMail():
            return mail_items.notice(program_id, message)
        case _:
            assert_never(message)


def key(program_id: str, message: Message) -> Key:
    """The key of a message's item."""
    stored = item(program_id, message)
    return Key(stored["pk"], stored["sk"])


def parse(stored: Item) -> Message:
    """The message of an item; one that names no kind is the mail of a rule."""
    if MESSAGE in stored:
        return _MESSAGE.validate_python({"kind": "rule", **stored[MESSAGE], "version": stored[REVISION]})
    return _MESSAGE.validate_python({**stored["body"], "version": stored["version"]})


def moved(program_id: str, was: Message, message: Message) -> Update:
    """The write of a message's new state, conditional on the version that was read."""
    stored = item(program_id, message)
    is_mail = MESSAGE in stored
    # a mail that is being sent keeps its place among what is due: its item tells tick until when it is left alone
    kept = _DUE if is_mail and message.status == "sending" else ()
    changed = {name: stored[name] for name in _MOVING if name in stored and name not in kept}
    gone = () if WORK.pk in stored else _DUE
    expect = {REVISION if is_mail else "version": was.version}
    return Update(Key(stored["pk"], stored["sk"]), set=changed, remove=gone, expect=expect)
