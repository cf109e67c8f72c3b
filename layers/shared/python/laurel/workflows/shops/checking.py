"""Connections: checked by a harmless call when they are set and each day; one that fails holds up its work.

Nothing that waits is lost by that: once the shop lets Laurel in again, all its codes are looked at.
"""

from datetime import datetime, timedelta
from typing import Final

from laurel.domain.program.outbound import retry_seconds
from laurel.domain.shops.connections import Connection
from laurel.domain.values.errors import Conflict as Refusal
from laurel.store import items, keys, outbox, shop_keys
from laurel.store.operations import ConditionFailed, Op
from laurel.store.table import Table
from laurel.workflows.program import claiming
from laurel.workflows.requests.optimistic import LostRace, redo
from laurel.workflows.shops import wanting

_LONGEST: Final = 3600
"""Seconds between two checks of a shop that does not answer."""


def let_in(table: Table, program_id: str, connection: Connection, currency: str | None, now: datetime) -> None:
    """Notes that the shop let Laurel in, and begins to look after all of its codes."""
    checked = connection.checked(now, None, currency)
    name = f"{connection.storefront_id} {checked.version}"
    job = wanting.begun(program_id, name, now, {"storefront_id": connection.storefront_id})
    _write(table, [outbox.moved(program_id, connection, checked), job])


def lock_out(table: Table, program_id: str, connection: Connection, reason: str, now: datetime) -> None:
    """Notes that the shop did not let Laurel in."""
    _write(table, [outbox.moved(program_id, connection, connection.checked(now, reason, None))])


def put_off(table: Table, program_id: str, connection: Connection, reason: str, now: datetime) -> None:
    """Notes that nobody knows yet: the shop is asked again, less and less often."""
    attempts = connection.attempts + 1
    pause = timedelta(seconds=min(retry_seconds(attempts), _LONGEST))
    later = claiming.after(
        connection, now, status="pending", next_attempt_at=now + pause, attempts=attempts, reason=reason
    )
    _write(table, [outbox.moved(program_id, connection, later)])


def look_after(table: Table, program_id: str, storefront_id: str, now: datetime) -> str:
    """Begins to compare all codes with the shop, and checks a connection that is not ok; the id of the job.

    Raises Conflict `not_connected`.
    """

    def attempt() -> str:
        item = table.get(shop_keys.connection(program_id, storefront_id))
        connection = items.parse(Connection, item) if item else None
        if connection is None or not connection.is_set:
            raise Refusal("not_connected", "this storefront has no connection: PATCH it with one")
        name = f"{storefront_id} {keys.instant(now)}"
        ops: list[Op] = [wanting.begun(program_id, name, now, {"storefront_id": storefront_id})]
        if connection.state != "ok":
            ops.append(outbox.moved(program_id, connection, connection.due_now(now)))
        try:
            table.transact(ops)
        except ConditionFailed as failed:
            if 0 not in failed.failed:
                raise LostRace from failed  # else it was begun at this very instant
        return wanting.job_id(program_id, name)

    return redo(attempt)


def _write(table: Table, ops: list[Op]) -> None:
    """Whatever changed the connection meanwhile has it checked again."""
    try:
        table.transact(ops)
    except ConditionFailed:
        return
