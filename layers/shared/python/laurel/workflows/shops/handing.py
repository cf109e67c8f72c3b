"""Handing what a shop is to be told to the queue of shops, once; whatever is lost there is found when it is overdue."""

from datetime import datetime, timedelta
from typing import Final

from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.queue import Queue, ShopMessage
from laurel.store import outbox
from laurel.store.operations import ConditionFailed
from laurel.store.table import Table
from laurel.workflows.program import claiming

TAKEN_WITHIN: Final = timedelta(hours=1)
"""Longer than ten thousand codes take at a throttle: a message that nobody took until then is lost."""


def hand(table: Table, queue: Queue, program_id: str, message: ShopCode | Connection | Watch, now: datetime) -> None:
    """Sends the message of an item, and notes that it is on its way. Errors of SQS pass through."""
    key = outbox.key(program_id, message)
    queue.send(ShopMessage(program_id, key.pk, key.sk, message.storefront_id))
    handed = claiming.after(message, now, status="handed", next_attempt_at=now + TAKEN_WITHIN)
    _moved(table, program_id, message, handed)


def wake(table: Table, program_id: str, message: ShopCode | Connection | Watch, now: datetime) -> None:
    """Has a message sent again: its consumer died, or the queue lost it."""
    woken = claiming.after(message, now, status="pending", next_attempt_at=now)
    _moved(table, program_id, message, woken)


def _moved(
    table: Table, program_id: str, was: ShopCode | Connection | Watch, message: ShopCode | Connection | Watch
) -> None:
    try:
        table.write(outbox.moved(program_id, was, message))
    except ConditionFailed:
        return  # it was taken already, or edited: then it is pending again
