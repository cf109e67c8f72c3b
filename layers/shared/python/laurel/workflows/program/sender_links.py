"""Links that confirm a sender: at most one of a program is open, so each ends with the next.

A link is made when its mail is sent, and only the hash of its token is stored, beside the program's settings.
"""

import hmac
from dataclasses import replace
from datetime import datetime
from typing import Final

from laurel.domain.mail.mails import Confirmation
from laurel.domain.program.programs import Program
from laurel.domain.program.senders import LINK_LIVES, Asking, LinkToken
from laurel.domain.values.errors import Absent, Gone
from laurel.store import items, keys, outbox
from laurel.store.operations import Op, Update
from laurel.store.table import Table
from laurel.workflows.requests import access
from laurel.workflows.requests.access import Randomness

PATH: Final = "/confirm-sender"
"""The page that a link leads to, below the API's address; the token follows."""
MAIL: Final = "sender_mail"
"""Attribute of a program's item: the id of the mail whose link is the open one."""
HASH: Final = "sender_link"
"""The hash of that link's token, once the mail was sent."""
UNTIL: Final = "sender_until"
"""The second since the epoch at which that link ends."""


def followed(update: Update, program: Program, asking: Asking) -> list[Op]:
    """`update` of a program's settings, whose sender is another: the open link ends, and a new one is mailed if needed.

    Raises Invalid `sender_domain_refused`.
    """
    if program.sender_email is None or program.has_confirmed_sender:
        return [replace(update, remove=(MAIL, HASH, UNTIL))]
    asking.domains.require(program.sender_email)
    mail = Confirmation.of(program, program.sender_email, asking.origin, program.updated_at)
    awaited = replace(update, set={**update.set, MAIL: mail.mail_id}, remove=(HASH, UNTIL))
    return [awaited, outbox.put(program.program_id, mail)]


def made(program_id: str, mail_id: str, now: datetime, randomness: Randomness) -> tuple[str, Update]:
    """A new link's token, and the write that opens it if no other mail has taken the place of this one."""
    token = access.new_token(program_id, randomness)
    opened = {HASH: access.digest(token), UNTIL: int((now + LINK_LIVES).timestamp())}
    return token, Update(keys.program(program_id), set=opened, expect={MAIL: mail_id})


def unknown() -> Absent:
    """The refusal of a link that is none of ours, or not any more."""
    return Absent("link_unknown", "This link leads nowhere: it is not complete, or a newer mail has taken its place.")


def asked(table: Table, token: LinkToken, now: datetime) -> tuple[Program, str]:
    """The program that asks by the open link of `token`, and the link's hash.

    Raises Absent `link_unknown`, and Gone: `link_used`, `link_expired`.
    """
    item, sha256 = table.get(keys.program(f"prg_{token.partition('_')[0]}")), access.digest(token)
    if item is None or not hmac.compare_digest(item.get(HASH, ""), sha256):
        raise unknown()
    program = items.parse_program(item)
    if program.has_confirmed_sender:
        raise Gone("link_used", "This link has been used: the address is confirmed already.")
    if now.timestamp() >= item[UNTIL]:
        raise Gone("link_expired", "This link is too old. Whoever asked you can have another one sent.")
    return program, sha256
