"""Telling a shop what is wanted there: look first, then take the steps of the plan; whatever is lost is done again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, assert_never

from laurel.connectors import Busy, Connector, Denied, Refused, Taken, Unreachable
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.outbound import retry_seconds
from laurel.domain.program.programs import Platform
from laurel.domain.shops.codes import ShopCode, Told, Trace, drift
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.plans import Adopt, Change, Conflict, Create, End, Seen, Step, plan
from laurel.domain.shops.wanted import ABILITIES, Abilities, Grounds, Wanted
from laurel.queue import ShopMessage
from laurel.store import items, keys, outbox, shop_items, shop_keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program import claiming
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.shops import checking

AGAIN_SOON: Final = timedelta(minutes=1)
Open = Callable[[Platform, str, str], Connector]
"""Opens a shop: its platform, its sealed credentials, its storefront. Raises Denied and VaultClosed."""


class Result(Enum):
    """The result of one pass over one message to a shop."""

    NOT_OURS = "not ours"
    DONE = "done"
    HEALED = "healed"
    WAITS = "waits"
    FAILED = "failed"
    RETRY = "retry"
    LOCKED_OUT = "locked out"


@dataclass(frozen=True, slots=True)
class Ground:
    """All that a code rests on, as it was read: its connection with what opens it, and what is wanted of the shop."""

    connection: Connection
    sealed: str
    grounds: Grounds

    @property
    def abilities(self) -> Abilities:
        """The abilities of its platform."""
        return ABILITIES[self.connection.platform]

    def refusal(self, wanted: Wanted) -> str | None:
        """Why the shop cannot have what is wanted; None if it can."""
        if not self.abilities.is_fit(wanted.code):
            return "code_not_possible_there"
        if wanted.amount is not None and self.connection.currency not in {None, wanted.currency}:
            return "another_currency"
        return None


def take(table: Table, shops: Open, message: ShopMessage, now: datetime) -> Result:
    """Does what the item of a message wants, as it stands now. Raises StoreError, VaultClosed."""
    item = table.get(Key(message.pk, message.sk))
    entity = outbox.parse(item) if item else None
    if entity is None or entity.status not in {"pending", "handed"}:
        return Result.NOT_OURS
    if entity.status == "pending" and entity.next_attempt_at > now:
        return Result.NOT_OURS
    if isinstance(entity, Connection):
        return _checked(table, shops, message.program_id, entity, (item or {}).get(shop_items.SEALED, ""), now)
    return _code(table, shops, message.program_id, entity, now) if isinstance(entity, ShopCode) else Result.NOT_OURS


def _code(table: Table, shops: Open, program_id: str, code: ShopCode, now: datetime) -> Result:
    ground = _read(table, program_id, code)
    if ground is None or ground.connection.state == "failed" or not ground.connection.is_set:
        return _waits(table, program_id, code, now)
    wanted = ground.grounds.wanted(ground.abilities, now)
    refusal = wanted and ground.refusal(wanted)
    possible = None if refusal else wanted
    claimed = claiming.claim(table, program_id, code, now, traces=code.setting_out(possible))
    if claimed is None:
        return Result.NOT_OURS
    try:
        shop = shops(ground.connection.platform, ground.sealed, code.storefront_id)
        told = _told(shop, claimed, possible, ground.abilities, now)
    except Denied as denied:
        checking.lock_out(table, program_id, ground.connection, str(denied), now)
        _mark(table, program_id, claimed, lambda current: current.waiting(now))
        return Result.LOCKED_OUT
    except (Unreachable, Taken, Busy) as error:
        pause, why = _pause(error, claimed), _reason(error)
        _mark(table, program_id, claimed, lambda current: current.put_off(now, pause, why))
        return Result.RETRY
    except Refused as refused:
        told = Told("failed", str(refused), claimed.traces, ())
    if refusal:
        told = replace(told, state="failed", reason=refusal)
    elif told.state == "ended" and ground.grounds.sells and not ground.grounds.is_over(now):
        told = replace(told, state="pending", reason=None)  # the platform knows no first instant: its time will come
    change = ground.grounds.next_change(now)
    _mark(table, program_id, claimed, lambda current: current.told(told, claimed.wanted, now, change))
    return _result(told)


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
        case _:
            return "shop_unreachable"


def _pause(error: Exception, code: ShopCode) -> timedelta:
    if isinstance(error, Busy):
        return error.after
    return AGAIN_SOON if isinstance(error, Taken) else timedelta(seconds=retry_seconds(max(code.tries, 1)))


def _told(shop: Connector, code: ShopCode, wanted: Wanted | None, abilities: Abilities, now: datetime) -> Told:
    """Looks at what the shop has of this code, and makes it what is wanted."""
    seen = _seen(shop, code.traces)
    steps = plan(wanted, seen, code.code_id, abilities, now)
    taken = [_taken(shop, code, step, now) for step in steps]
    live = tuple(trace for trace in taken if trace is not None and not trace.is_over)
    ours = [found for found in seen if found.mark == code.code_id]
    over = tuple(
        Trace(code=found.code, shop_id=found.shop_id, is_over=True)
        for found in ours
        if found.shop_id not in {trace.shop_id for trace in live}
    )
    found = drift(code, steps, seen)
    if any(isinstance(step, Conflict) for step in steps):
        return Told("conflict", "taken", live, over)
    return Told("ended" if wanted is None else "live", found, live, over, drift=found is not None)


def _seen(shop: Connector, traces: Iterable[Trace]) -> Sequence[Seen]:
    """What the shop has of the codes that we made, set out to make, or are about to: each thing once."""
    found = {seen.shop_id: seen for trace in traces for seen in shop.find(trace.code, trace.shop_id)}
    return list(found.values())


def _taken(shop: Connector, code: ShopCode, step: Step, now: datetime) -> Trace | None:
    """Takes a step; the trace of what is live after it."""
    match step:
        case Create(wanted):
            made = shop.create(wanted, code.code_id, f"{code.code_id}-{code.version}")
            return Trace(code=made.code, shop_id=made.shop_id)
        case Change(shop_id, wanted):
            changed = shop.change(shop_id, wanted, now)
            return Trace(code=changed.code, shop_id=changed.shop_id)
        case End(shop_id, ended):
            shop.end(shop_id, now)
            return Trace(code=ended, shop_id=shop_id, is_over=True)
        case Adopt(shop_id, adopted):
            return Trace(code=adopted, shop_id=shop_id)
        case Conflict():
            return None
        case _:
            assert_never(step)


def _read(table: Table, program_id: str, code: ShopCode) -> Ground | None:
    """All that decides, read together; None if the connection or something else is gone."""
    connection = shop_keys.connection(program_id, code.storefront_id)
    program = keys.program(program_id)
    offer, member, enrollment = keys.standing(program_id, code.member_id, code.offer_id)
    stored = table.batch_get([connection, program, offer, member, enrollment])
    if len(stored) < 5:  # all five
        return None
    found = _grounds(stored, program, (offer, member, enrollment))
    item = stored[connection]
    return Ground(items.parse(Connection, item), item.get(shop_items.SEALED, ""), found)


def _grounds(stored: Mapping[Key, Item], program: Key, standing: tuple[Key, Key, Key]) -> Grounds:
    offer, member, enrollment = (stored[key] for key in standing)
    currency = items.parse_program(stored[program]).currency
    return Grounds(
        items.parse(Offer, offer), items.parse(Member, member), items.parse(Enrollment, enrollment), currency
    )


def _waits(table: Table, program_id: str, code: ShopCode, now: datetime) -> Result:
    def attempt() -> Result:
        with racing():
            table.write(outbox.moved(program_id, code, code.waiting(now)))
        return Result.WAITS

    return redo(attempt)


def _mark(table: Table, program_id: str, claimed: ShopCode, change: Callable[[ShopCode], ShopCode]) -> None:
    """Writes the end of an attempt onto the item as it stands: it may have been edited meanwhile."""

    def attempt() -> None:
        item: Any = table.get(outbox.key(program_id, claimed))
        current = items.parse(ShopCode, item)
        if current.claim != claimed.claim or current.status != "sending":
            return  # the lease ran out, or an earlier try of this write got through
        with racing():
            table.write(outbox.moved(program_id, current, change(current)))

    redo(attempt)


def _checked(table: Table, shops: Open, program_id: str, connection: Connection, sealed: str, now: datetime) -> Result:
    if not connection.is_set:
        return Result.NOT_OURS
    try:
        currency = shops(connection.platform, sealed, connection.storefront_id).check()
    except (Unreachable, Busy) as error:
        checking.put_off(table, program_id, connection, _reason(error), now)
        return Result.RETRY
    except (Denied, Refused) as error:
        checking.lock_out(table, program_id, connection, str(error), now)
        return Result.LOCKED_OUT
    checking.let_in(table, program_id, connection, currency, now)
    return Result.DONE
