"""Wanting codes in the shops: written in the transaction of the edit that wants them, for each connected one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.wanted import ABILITIES, Grounds
from laurel.domain.values.errors import Invalid
from laurel.store import items, outbox, shop_keys
from laurel.store.jobs import due_at_once
from laurel.store.keys import Key
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program import jobs

_JOB: Final = "look_after_codes"
_OF_ENROLLMENT: Final = ("promo_code", "active", "active_from", "active_until")
_OF_OFFER: Final = ("discount", "status", "active_from", "active_until")


def connections(table: Table, program_id: str) -> list[Connection]:
    """The connections of a program that are set."""
    stored = [items.parse(Connection, item) for item in table.query(shop_keys.connections(program_id))]
    return [connection for connection in stored if connection.is_set]


@dataclass
class ConnectedShops:
    """The connected shops of a program, read once and only if an edit asks for them.

    `places`: members, each with an offer, whose codes there are read along, all in one batch.
    """

    table: Table
    program_id: str
    places: Sequence[tuple[str, str]] = ()

    @cached_property
    def connections(self) -> list[Connection]:
        """The connections that are set."""
        return connections(self.table, self.program_id)

    @cached_property
    def _stored(self) -> dict[Key, Item]:
        """How far the codes of the places are in each shop."""
        shops = [connection.storefront_id for connection in self.connections]
        keys = [shop_keys.shop_code(self.program_id, *place, shop) for place in self.places for shop in shops]
        return self.table.batch_get(keys) if keys else {}

    def require_fit(self, code: str, pointer: str = "/promo_code") -> None:
        """Raises Invalid `promo_code_not_for_shop` for a code that some connected platform cannot have."""
        for connection in self.connections:
            abilities = ABILITIES[connection.platform]
            if not abilities.is_fit(code):
                raise Invalid("promo_code_not_for_shop", abilities.why_not, pointer)

    def edited(self, before: Enrollment | None, after: Enrollment, offer: Offer, now: datetime) -> list[Op]:
        """The writes that have every shop told of an edited enrollment, one of the places.

        None if no shop can see the difference.
        """
        if after.promo_code is None or not _differ(before, after, _OF_ENROLLMENT):
            return []
        keys = [_key(self.program_id, after, connection) for connection in self.connections]
        sells = after.active and offer.status == "active" and offer.discount is not None
        told = [each for each, key in zip(self.connections, keys, strict=True) if sells or key in self._stored]
        return [_wanted(self.program_id, after, connection, self._stored, now, sells=sells) for connection in told]


def offer_edited(table: Table, program_id: str, before: Offer, after: Offer) -> list[Op]:
    """The write that has every shop told of every code of an edited offer, by a job that begins within a minute."""
    if after.kind != "promo_code" or not _differ(before, after, _OF_OFFER) or not connections(table, program_id):
        return []
    cursor = {"offer_id": after.offer_id}
    return [begun(program_id, f"{after.offer_id} {after.version}", after.updated_at, cursor)]


def member_edited(table: Table, program_id: str, before: Member, after: Member) -> list[Op]:
    """The write that has every shop told of every code of a member who may sell now, or no more."""
    if before.status == after.status or not connections(table, program_id):
        return []
    cursor = {"member_id": after.member_id}
    return [begun(program_id, f"{after.member_id} {after.version}", after.updated_at, cursor)]


def begun_once(table: Table, program_id: str, name: str, now: datetime, cursor: dict[str, Any]) -> tuple[str, list[Op]]:
    """The id of the job over codes of that name, and the write that begins it: none while it is under way."""
    job = jobs.begun(program_id, _JOB, name, now, cursor)
    earlier = jobs.find(table, program_id, job.job_id)
    is_running = earlier is not None and earlier.status == "running"
    return job.job_id, [] if is_running else [due_at_once(program_id, job, earlier)]


def begun(program_id: str, name: str, now: datetime, cursor: dict[str, Any]) -> Put:
    """The write of a job over codes, due at once: `tick` sends its first message."""
    job = jobs.begun(program_id, _JOB, name, now, cursor)
    return due_at_once(program_id, job)


def looked_after(
    program_id: str,
    of: Grounds,
    connection: Connection,
    stored: Mapping[Key, Item],
    now: datetime,
    *,
    is_edited: bool,
) -> Put | None:
    """The write that has a shop compared with what is wanted for an enrollment, whatever was known before.

    `is_edited`: something that decides was. A code of which no shop was told, and that may not sell, needs none.
    """
    known, sells = stored.get(_key(program_id, of.enrollment, connection)), of.sells and not of.is_over(now)
    code = of.enrollment.promo_code or ""
    if known is None:
        return _wanted(program_id, of.enrollment, connection, {}, now, sells=True) if sells else None
    current = items.parse(ShopCode, known)
    is_news = is_edited or current.code != code or sells == (current.state in {"ending", "ended"})
    again = current.wanted_anew(code, now, sells=sells) if is_news else current.looked_at(now)
    return Put(outbox.item(program_id, again), expect={"version": current.version})


def _wanted(
    program_id: str,
    enrollment: Enrollment,
    connection: Connection,
    stored: Mapping[Key, Item],
    now: datetime,
    *,
    sells: bool,
) -> Put:
    known, code = stored.get(_key(program_id, enrollment, connection)), enrollment.promo_code or ""
    if known is not None:
        current = items.parse(ShopCode, known)
        anew = current.wanted_anew(code, now, sells=sells)
        return Put(outbox.item(program_id, anew), expect={"version": current.version})
    first = ShopCode.of(program_id, connection.storefront_id, enrollment.offer_id, enrollment.member_id, code, now)
    return outbox.put(program_id, first)


def _key(program_id: str, enrollment: Enrollment, connection: Connection) -> Key:
    return shop_keys.shop_code(program_id, enrollment.member_id, enrollment.offer_id, connection.storefront_id)


def _differ(before: Any, after: Any, names: Iterable[str]) -> bool:
    return before is None or any(getattr(before, name) != getattr(after, name) for name in names)
