"""Addresses that mail is asked for by others: each mailbox gets at most 5 such mails an hour, whoever asks."""

from datetime import datetime
from typing import Final

from laurel.domain.mail import confirmations
from laurel.domain.mail.confirmations import HOUR
from laurel.domain.members.members import person_behind
from laurel.store import keys
from laurel.store.keys import TTL_ATTRIBUTE
from laurel.store.operations import ABSENT, Update
from laurel.store.table import Table

SENT: Final = "sent"
"""Attribute of an asked address: the instants of the past hour at which such mails went to it."""


def one_more(table: Table, address: str, now: datetime) -> tuple[datetime, Update]:
    """The instant from which the address may get another mail, `now` if it may; and the write that counts it.

    Addresses that differ in a `+tag` count together: whoever applies under thousands of them floods one mailbox.
    """
    key = keys.asked_address(person_behind(address))
    noted = (table.get(key) or {}).get(SENT, [])
    past = confirmations.within_the_hour(map(datetime.fromisoformat, noted), now)
    counted = {
        "kind": "asked address",
        SENT: [*map(keys.instant, past), keys.instant(now)],
        TTL_ATTRIBUTE: int((now + HOUR).timestamp()),
    }
    free = confirmations.free_at(past, now)
    return free, Update(key, set=counted, expect={SENT: noted or ABSENT}, exists=False)
