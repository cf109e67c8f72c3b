"""Claims: a message of the outbox is one attempt's until its lease ends, whatever kind of message it is."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

from laurel.domain.mail.mails import AnyMail
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.store import outbox
from laurel.store.mail_items import MESSAGE
from laurel.store.operations import ConditionFailed, Update
from laurel.store.table import Table
from laurel.store.values import Item

LEASE: Final = timedelta(minutes=2)
"""Longer than a sender can live: a message that is SENDING after it was left by a crash."""
Held = TypeVar("Held", bound=AnyMail | ShopCode | Connection | Watch)


def claim(
    table: Table, program_id: str, message: Held, now: datetime, along: Sequence[Update] = (), **changes: Any
) -> Held | None:
    """Claims a message for one attempt, in one transaction with `along`; None if somebody else has it."""
    mine = secrets.token_hex(4)  # short, so that the item stays under 1 KB
    claimed = after(
        message,
        now,
        status="sending",
        claim=mine,
        attempts=message.attempts + 1,
        next_attempt_at=now + LEASE,
        **changes,
    )
    try:
        _write(table, [outbox.moved(program_id, message, claimed), *along])
    except ConditionFailed as failed:
        if not _is_held_by(mine, failed.found[0]):
            return None
    return claimed


def after(message: Held, now: datetime, **changes: Any) -> Held:
    """The message one version on."""
    moved = message.model_copy(update={**changes, "updated_at": now, "version": message.version + 1})
    return cast(Held, moved)


def _write(table: Table, updates: Sequence[Update]) -> None:
    if len(updates) == 1:
        table.write(updates[0])  # half the price of a transaction of one
    else:
        table.transact(updates)


def _is_held_by(claim: str, item: Item | None) -> bool:
    """Whether the item holds our own claim: its answer was lost, and the retry met it."""
    stored: Item = {} if item is None else item.get(MESSAGE) or item.get("body") or {}
    return stored.get("claim") == claim
