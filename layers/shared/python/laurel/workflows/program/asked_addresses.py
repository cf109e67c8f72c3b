"""Addresses that mail is asked for by others: each mailbox gets at most 5 such mails an hour, whoever asks."""

from datetime import datetime

from laurel.domain.mail.confirmations import MOST_AN_HOUR
from laurel.domain.members.members import person_behind
from laurel.domain.values.errors import Conflict
from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.requests import hourly


def one_more(table: Table, address: str, now: datetime) -> tuple[datetime, Update]:
    """The instant from which the address may get another mail, `now` if it may; and the write that counts it.

    Addresses that differ in a `+tag` count together: whoever applies under thousands of them floods one mailbox.
    """
    return hourly.one_more(table, keys.asked_address(person_behind(address)), "asked address", MOST_AN_HOUR, now)


def invited(table: Table, address: str, now: datetime) -> Update:
    """The write that counts the mail of an invitation. Raises Conflict `too_many_mails`: whoever invites is told."""
    free, counted = one_more(table, address, now)
    if free > now:
        raise Conflict(
            "too_many_mails", f"this address was mailed {MOST_AN_HOUR} links within the hour: invite it later"
        )
    return counted
