"""Connections: checked by a harmless call when they are set and each day; one that fails holds up its work.

Nothing that waits is lost by that: once the shop lets Laurel in again, all its codes are looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from laurel.domain.program.outbound import retry_seconds
from laurel.domain.shops.connections import Connection
from laurel.domain.values.errors import Conflict as Refusal
from laurel.store import items, outbox, shop_items, shop_keys
from laurel.store.operations import Op
from laurel.store.table import Table
from laurel.workflows.program import claiming
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.shops import wanting, watches

_LONGEST: Final = 3600
"""Seconds between two checks of a shop that does not answer."""


@dataclass(frozen=True, slots=True)
class Access:
    """The credentials with which a shop was asked at `at`, sealed: the answer is about no others."""

    program_id: str
    storefront_id: str
    sealed: str
    at: datetime


def let_in(table: Table, access: Access, currency: str | None) -> None:
    """Notes that the shop let Laurel in, and begins to look after all of its codes and to ask for its orders."""

    def noted(connection: Connection) -> list[Op]:
        checked = connection.checked(access.at, None, currency)
        name = f"{connection.storefront_id} {checked.version}"
        job = wanting.begun(access.program_id, name, access.at, {"storefront_id": connection.storefront_id})
        return [
            outbox.moved(access.program_id, connection, checked),
            job,
            *watches.begun(table, access.program_id, checked, access.at),
        ]

    _note(table, access, noted)


def lock_out(table: Table, access: Access, reason: str) -> bool:
    """Notes that the shop did not let Laurel in; whether it had done so until now."""

    def noted(connection: Connection) -> list[Op]:
        return [outbox.moved(access.program_id, connection, connection.checked(access.at, reason, None))]

    before = _note(table, access, noted)
    return before is not None and before.state == "ok"


def note_silence(table: Table, access: Access) -> None:
    """Notes that the shop did not answer; it is left alone for a while, however many codes find that at once."""

    def noted(connection: Connection) -> list[Op]:
        if connection.rest(access.at) is not None:
            return []
        return [outbox.moved(access.program_id, connection, connection.unheard(access.at))]

    _note(table, access, noted)


def note_answer(table: Table, access: Access) -> None:
    """Notes that the shop answers again."""

    def noted(connection: Connection) -> list[Op]:
        return [outbox.moved(access.program_id, connection, connection.heard(access.at))] if connection.silences else []

    _note(table, access, noted)


def put_off(table: Table, access: Access, reason: str) -> None:
    """Notes that nobody knows yet: the shop is asked again, less and less often."""

    def noted(connection: Connection) -> list[Op]:
        attempts = connection.attempts + 1
        at = access.at + timedelta(seconds=min(retry_seconds(attempts), _LONGEST))
        later = claiming.after(
            connection, access.at, status="pending", next_attempt_at=at, attempts=attempts, reason=reason
        )
        return [outbox.moved(access.program_id, connection, later)]

    _note(table, access, noted)


def look_after(table: Table, program_id: str, storefront_id: str, now: datetime) -> str:
    """Begins to compare all codes with the shop, and checks a connection that is not ok; the id of the job.

    A shop has one such job: while it is under way no other begins. If it lets Laurel in, it is asked for orders, too.

    Raises Conflict `not_connected`.
    """

    def attempt() -> str:
        item = table.get(shop_keys.connection(program_id, storefront_id))
        connection = items.parse(Connection, item) if item else None
        if connection is None or not connection.is_set:
            raise Refusal("not_connected", "this storefront has no connection: PATCH it with one")
        cursor = {"storefront_id": storefront_id}
        job_id, ops = wanting.begun_once(table, program_id, storefront_id, now, cursor)
        if connection.state != "ok":
            ops.append(outbox.moved(program_id, connection, connection.due_now(now)))
        else:
            ops += watches.begun(table, program_id, connection, now)
        if ops:
            with racing():
                table.transact(ops)
        return job_id

    return redo(attempt)


def _note(table: Table, access: Access, noted: Callable[[Connection], list[Op]]) -> Connection | None:
    """Writes what an answer says of the connection as it stands, however far its message is.

    The connection before that; None if nothing was written: for an answer about other credentials, which are checked
    themselves, or an answer that is older than the one it has.
    """

    def attempt() -> Connection | None:
        item = table.get(shop_keys.connection(access.program_id, access.storefront_id))
        if item is None or item.get(shop_items.SEALED, "") != access.sealed:
            return None
        connection = items.parse(Connection, item)
        is_older = connection.checked_at is not None and connection.checked_at > access.at
        if is_older or not (ops := noted(connection)):
            return None
        with racing():
            table.transact(ops)
        return connection

    return redo(attempt)
