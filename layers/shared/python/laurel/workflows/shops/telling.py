"""Telling a shop what is wanted there: claim the code, take the steps, and note the end; whatever is lost is redone.

Others write the same item meanwhile: edits, whoever notes that the message is on its way, tick. Who loses a race to
them reads again, for a message that was taken comes no second time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from laurel import clock
from laurel.connectors import Busy, Connector, Denied, Refused, Strange, Taken, Unreachable
from laurel.domain.history import code_edit
from laurel.domain.program.outbound import retry_seconds
from laurel.domain.program.programs import Platform
from laurel.domain.shops.codes import ShopCode, Told, told_event
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.wanted import Wanted
from laurel.queue import ShopMessage
from laurel.store import event_items, items, outbox, shop_items, shop_keys
from laurel.store.keys import Key
from laurel.store.operations import Check, Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import history
from laurel.workflows.program import claiming
from laurel.workflows.requests.optimistic import LostRace, racing, redo, redo_from
from laurel.workflows.shops import checking, grounds, steps
from laurel.workflows.shops.checking import Access
from laurel.workflows.shops.grounds import Ground

AGAIN_SOON: Final = timedelta(minutes=1)
LONGEST_TALK: Final = 10.0
"""Seconds for one code: a shop that needs more holds up all others, so that it is left alone as if it were silent."""
_TRIES_OF_A_TAKEN: Final = 3
"""After so many tries a code that the shop calls taken, and does not show, is a conflict."""
Open = Callable[[Platform, str, str], Connector]
"""Opens a shop: its platform, its sealed credentials, its storefront. Raises Denied and VaultClosed."""


class Result(Enum):
    """The result of one pass over one message to a shop. LOCKED_OUT: by a shop that let Laurel in until then."""

    NOT_OURS = "not ours"
    DONE = "done"
    HEALED = "healed"
    WAITS = "waits"
    FAILED = "failed"
    RETRY = "retry"
    LOCKED_OUT = "locked out"


@dataclass(frozen=True, slots=True)
class Task:
    """A claimed code, with what its shop should have of it, and why it cannot (`refusal`)."""

    program_id: str
    code: ShopCode
    ground: Ground
    wanted: Wanted | None
    refusal: str | None

    def access(self, now: datetime) -> Access:
        """The credentials with which the shop is asked from `now` on."""
        return Access(self.program_id, self.code.storefront_id, self.ground.sealed, now)

    def end(self, told: Told, now: datetime) -> Told:
        """The end of it, as the merchant is to see it."""
        if self.refusal is not None:
            return replace(told, state="failed", reason=self.refusal)
        may_sell = self.ground.grounds.sells and not self.ground.grounds.is_over(now)
        if told.state == "ended" and may_sell:
            return replace(told, state="pending", reason=None)  # the platform knows no first instant: it will come
        return told


def take(table: Table, shops: Open, message: ShopMessage, now: datetime) -> Result:
    """Does what the item of a message wants, as it stands now. Raises StoreError, VaultClosed."""
    key = Key(message.pk, message.sk)
    item = table.get(key) or {}
    match outbox.parse(item) if item else None:
        case Connection() as connection:
            return _checked(table, shops, message.program_id, connection, item.get(shop_items.SEALED, ""), now)
        case ShopCode():
            begun = redo_from(
                item, lambda found: _begun(table, message.program_id, found, now), lambda *_: table.get(key) or {}
            )
            return begun if isinstance(begun, Result) else _done(table, shops, begun, now)
        case _:
            return Result.NOT_OURS


def _is_due(message: ShopCode | Connection, now: datetime) -> bool:
    return message.status == "handed" or (message.status == "pending" and message.next_attempt_at <= now)


def _begun(table: Table, program_id: str, item: Item, now: datetime) -> Task | Result:
    """Claims a code that is due, or sets it aside if its shop may not be told. Raises LostRace."""
    code = items.parse(ShopCode, item)
    if not _is_due(code, now):
        return Result.NOT_OURS
    ground = grounds.read(table, program_id, code)
    if ground is None or not ground.connection.is_open:
        _set_aside(table, program_id, code, ground.connection if ground else None, now)
        return Result.WAITS
    if (rest := ground.connection.rest(now)) is not None:
        with racing():
            table.write(outbox.moved(program_id, code, code.put_off(now, rest, _reason(Unreachable()))))
        return Result.WAITS
    wanted = ground.grounds.wanted(ground.abilities, now)
    refusal = ground.refusal(wanted) if wanted else None
    possible = None if refusal else wanted
    claimed = claiming.claim(table, program_id, code, now, traces=code.setting_out(possible))
    if claimed is None:
        raise LostRace
    return Task(program_id, claimed, ground, possible, refusal)


def _done(table: Table, shops: Open, task: Task, now: datetime) -> Result:
    """Takes the steps of a task, and notes how it ended."""
    connection, code = task.ground.connection, task.code
    is_quick = clock.seconds(LONGEST_TALK)
    try:
        shop = shops(connection.platform, task.ground.sealed, code.storefront_id)
        told = steps.brought(shop, code, task.wanted, task.ground.abilities, now)
    except Denied as denied:
        is_news = checking.lock_out(table, task.access(now), str(denied))
        _wait(table, task, now)
        return Result.LOCKED_OUT if is_news else Result.WAITS
    except (Unreachable, Busy) as error:
        return _put_off(table, task, error, now)
    except Taken as taken:
        if code.tries < _TRIES_OF_A_TAKEN:
            return _put_off(table, task, taken, now)
        told = Told("conflict", _reason(taken), code.traces, ())
    except Refused as refused:
        told = Told("failed", str(refused), code.traces, ())
    if not is_quick():
        checking.note_silence(table, task.access(now))
    elif connection.silences:
        checking.note_answer(table, task.access(now))
    end, change = task.end(told, now), task.ground.grounds.next_change(now)
    _mark(table, task, now, lambda current: current.told(end, code.wanted, now, change))
    return _result(end)


def _put_off(table: Table, task: Task, error: Exception, now: datetime) -> Result:
    """Tries a code again later; a shop that is silent is told nothing else meanwhile."""
    if isinstance(error, Unreachable) and not isinstance(error, Strange):
        checking.note_silence(table, task.access(now))
    pause, why = _pause(error, task.code), _reason(error)
    _mark(table, task, now, lambda current: current.put_off(now, pause, why))
    return Result.RETRY


def _result(told: Told) -> Result:
    if told.state in {"failed", "conflict"}:
        return Result.FAILED
    return Result.HEALED if told.drift else Result.DONE


def _reason(error: Exception) -> str:
    match error:
        case Busy():
            return "shop_busy"
        case Taken():
            return "taken"
        case Strange():
            return "answer_not_understood"
        case _:
            return "shop_unreachable"


def _pause(error: Exception, code: ShopCode) -> timedelta:
    if isinstance(error, Busy):
        return error.after
    return AGAIN_SOON if isinstance(error, Taken) else timedelta(seconds=retry_seconds(max(code.tries, 1)))


def _set_aside(table: Table, program_id: str, code: ShopCode, by: Connection | None, now: datetime) -> None:
    """Lets a code wait for its connection, as that stands: once it is mended, all that waits is looked at.

    Raises LostRace if either has changed: a code that is set aside after that would wait for the next day.
    """
    ops: list[Op] = [outbox.moved(program_id, code, code.waiting(now))]
    if by is not None:
        ops.append(Check(shop_keys.connection(program_id, by.storefront_id), expect={"version": by.version}))
    with racing():
        table.transact(ops)


def _wait(table: Table, task: Task, now: datetime) -> None:
    """Lets a claimed code wait, unless its connection was mended meanwhile: then it is told at once."""
    key = shop_keys.connection(task.program_id, task.code.storefront_id)

    def attempt() -> None:
        current, item = _held(table, task), table.get(key)
        connection = items.parse(Connection, item) if item else None
        if current is not None and (connection is None or not connection.is_open):
            _set_aside(table, task.program_id, current, connection, now)
        elif current is not None:
            at_once = current.put_off(now, timedelta(0), current.reason)
            with racing():
                table.write(outbox.moved(task.program_id, current, at_once))

    redo(attempt)


def _mark(table: Table, task: Task, now: datetime, change: Callable[[ShopCode], ShopCode]) -> None:
    """Writes the end of an attempt onto the item as it stands: it may have been edited meanwhile."""

    def attempt() -> None:
        current = _held(table, task)
        if current is not None:
            with racing():
                _write(table, task, current, change(current), now)

    redo(attempt)


def _write(table: Table, task: Task, before: ShopCode, after: ShopCode, now: datetime) -> None:
    """Writes the end of an attempt, with its line in the offer's history and its event if there is something to tell.

    What was made is found by the shop's own id from now on.
    """
    program_id = task.program_id
    moved, edit = outbox.moved(program_id, before, after), code_edit(before, after, now)
    made = [Put(shop_items.made_code(program_id, shop_id, after)) for shop_id in after.made_since(before)]
    noted = [history.line(program_id, after.offer_id, edit, f"{after.code_id} {after.version}")] if edit else []
    event = told_event(program_id, before, after)
    told = event_items.told(task.ground.program, now, [event] if event else [])
    if made or noted or told:
        table.transact([moved, *made, *noted, *told])
    else:
        table.write(moved)


def _held(table: Table, task: Task) -> ShopCode | None:
    """The code of a task as it stands; None if the lease ran out, or an earlier try of the last write got through."""
    item: Any = table.get(outbox.key(task.program_id, task.code))
    current = items.parse(ShopCode, item)
    return current if current.claim == task.code.claim and current.status == "sending" else None


def _checked(table: Table, shops: Open, program_id: str, connection: Connection, sealed: str, now: datetime) -> Result:
    if not connection.is_set or not _is_due(connection, now):
        return Result.NOT_OURS
    access = Access(program_id, connection.storefront_id, sealed, now)
    try:
        currency = shops(connection.platform, sealed, connection.storefront_id).check()
    except (Unreachable, Busy) as error:
        checking.put_off(table, access, _reason(error))
        return Result.RETRY
    except (Denied, Refused) as error:
        return Result.LOCKED_OUT if checking.lock_out(table, access, str(error)) else Result.WAITS
    checking.let_in(table, access, currency)
    return Result.DONE
