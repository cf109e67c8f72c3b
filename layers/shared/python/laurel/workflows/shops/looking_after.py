"""Looking after codes: pages of enrollments, of one offer, of one member or of all, compared with what shops have.

Each code is handed to its shop again, which tells what it has: so what was edited there is found, and what was lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.jobs import Page
from laurel.domain.program.programs import Program
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.wanted import Grounds
from laurel.store import indexes, items, keys, shop_keys
from laurel.store.indexes import BY_OWNER
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests.optimistic import racing, redo_from
from laurel.workflows.shops import wanting

PAGE: Final = 25
_OVER: Final = Page(0, is_last=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A member in an offer, and a shop."""

    member_id: str
    offer_id: str
    connection: Connection

    def key(self, program_id: str) -> Key:
        """The key of the code there."""
        return shop_keys.shop_code(program_id, self.member_id, self.offer_id, self.connection.storefront_id)


def page(table: Table, program: Program, cursor: dict[str, Any], now: datetime) -> Page:
    """The enrollments after `cursor`, of its `offer_id`, `member_id` or `storefront_id`. It can be repeated."""
    connected = wanting.connections(table, program.program_id)
    if "storefront_id" in cursor:
        connected = [each for each in connected if each.storefront_id == cursor["storefront_id"]]
    if not connected:
        return _OVER
    if "member_id" in cursor:
        return _of_member(table, program, connected, cursor, now)
    if "offer_id" in cursor:
        return _of_offer(table, program, connected, cursor, now)
    return _next_offer(table, program, cursor)


def _next_offer(table: Table, program: Program, cursor: dict[str, Any]) -> Page:
    """On to the offer after the last one; newest first, so that one made meanwhile is told by its own edits."""
    partition = keys.offer(program.program_id, "").pk
    found = table.query(partition, before=cursor.get("after"), limit=1, newest_first=True)
    if not found:
        return Page(0, is_last=True)
    return Page(0, is_last=False, cursor={**cursor, "offer_id": found[0]["sk"], "after": found[0]["sk"]})


def _of_offer(
    table: Table, program: Program, connected: Sequence[Connection], cursor: dict[str, Any], now: datetime
) -> Page:
    offer_id = cursor["offer_id"]
    partition = indexes.offer_enrollments(program.program_id, offer_id)
    entries = table.query(partition, before=cursor.get("before"), limit=PAGE, newest_first=True, index=BY_OWNER)
    places = [(entry["body"]["member_id"], offer_id) for entry in entries]
    is_edited = "storefront_id" not in cursor
    done = _look(table, program, connected, places, now, is_edited=is_edited)
    if len(entries) == PAGE:
        return Page(done, is_last=False, cursor={**cursor, "before": entries[-1][BY_OWNER.sk]})
    if is_edited:
        return Page(done, is_last=True)
    left = {name: value for name, value in cursor.items() if name not in {"offer_id", "before"}}
    return Page(done, is_last=False, cursor=left)


def _of_member(
    table: Table, program: Program, connected: Sequence[Connection], cursor: dict[str, Any], now: datetime
) -> Page:
    member_id = cursor["member_id"]
    partition = keys.account(program.program_id, member_id)
    enrolled = table.query(partition, begins_with=keys.ENROLLMENTS)
    left = [item for item in enrolled if item["sk"] > cursor.get("before", "")][:PAGE]
    places = [(member_id, item["body"]["offer_id"]) for item in left]
    done = _look(table, program, connected, places, now, is_edited=True)
    is_last = len(left) < PAGE
    return Page(done, is_last, cursor=None if is_last else {**cursor, "before": left[-1]["sk"]})


def _look(
    table: Table,
    program: Program,
    connected: Sequence[Connection],
    places: Sequence[tuple[str, str]],
    now: datetime,
    *,
    is_edited: bool,
) -> int:
    """Has the shops told of these enrollments (member, offer); how many codes there are."""
    codes = [Place(*place, connection) for place in places for connection in connected]
    stored = _read(table, program, codes)
    return sum(_is_written(table, program, code, stored, now, is_edited=is_edited) for code in codes)


def _read(table: Table, program: Program, codes: Sequence[Place]) -> dict[Key, Item]:
    """What decides about these codes, and how far each is."""
    program_id = program.program_id
    standings = [key for code in codes for key in keys.standing(program_id, code.member_id, code.offer_id)]
    return table.batch_get([*(code.key(program_id) for code in codes), *standings])


def _grounds(program: Program, stored: dict[Key, Item], standing: tuple[Key, Key, Key]) -> Grounds | None:
    """What decides about an enrollment with a code."""
    if not all(key in stored for key in standing):
        return None
    offer, member, enrollment = (stored[key] for key in standing)
    enrolled = items.parse(Enrollment, enrollment)
    if enrolled.promo_code is None:
        return None
    return Grounds(items.parse(Offer, offer), items.parse(Member, member), enrolled, program.currency)


def _is_written(
    table: Table, program: Program, code: Place, stored: dict[Key, Item], now: datetime, *, is_edited: bool
) -> bool:
    """Whether a code was handed to its shop.

    If it was edited or told meanwhile it is read again: who is telling the shop may know only what was before.
    """

    def attempt(found: dict[Key, Item]) -> bool:
        grounds = _grounds(program, found, keys.standing(program.program_id, code.member_id, code.offer_id))
        if grounds is None:
            return False
        put = wanting.looked_after(program.program_id, grounds, code.connection, found, now, is_edited=is_edited)
        if put is not None:
            with racing():
                table.write(put)
        return put is not None

    return redo_from(stored, attempt, lambda *_: _read(table, program, [code]))
