"""Erasing the rest of a member whose profile is blank already: page by page, until a pass finds nothing."""

from datetime import datetime
from typing import Any, Final

from laurel.domain.erasure import without_address, without_values
from laurel.domain.history import Edit
from laurel.domain.program.jobs import Page
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.watches import Watch
from laurel.store import indexes, items, keys, outbox, payout_keys, payouts
from laurel.store.indexes import BY_MEMBER, Index
from laurel.store.keys import Key
from laurel.store.operations import Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests.optimistic import racing, redo

PAGE: Final = 100


def page(table: Table, program_id: str, cursor: dict[str, Any], now: datetime) -> Page:
    """Blanks the entries after `cursor`: its own history, mails, history by offer, lines of payouts.

    It can be repeated.

    The index may lag behind the latest writes, so a pass that changed something is followed by another.
    """
    partitions = _partitions(table, program_id, cursor["member_id"])
    at, before = cursor.get("partition", 0), cursor.get("before")
    partition, index = partitions[at]
    entries = table.query(partition, index=index, newest_first=True, before=before, limit=PAGE)
    done = sum(_blank(table, program_id, _key(program_id, cursor["member_id"], entry), now) for entry in entries)
    changed = cursor.get("changed", 0) + done
    here = {"member_id": cursor["member_id"], "changed": changed}
    if len(entries) == PAGE:
        return Page(
            done, is_last=False, cursor={**here, "partition": at, "before": entries[-1][index.sk if index else "sk"]}
        )
    if at + 1 < len(partitions):
        return Page(done, is_last=False, cursor={**here, "partition": at + 1})
    return Page(done, is_last=changed == 0, cursor={**here, "changed": 0})


def _partitions(table: Table, program_id: str, member_id: str) -> list[tuple[str, Index | None]]:
    """The partitions of an erased member's history and mails, and the program's payouts.

    They stay the same, since it joins no offer any more.
    """
    enrollments = table.query(keys.account(program_id, member_id), begins_with=keys.ENROLLMENTS)
    offers = [item["sk"].removeprefix(keys.ENROLLMENTS) for item in enrollments]
    indexed = [indexes.member_mails(program_id, member_id)]
    indexed += [indexes.member_history(program_id, offer_id, member_id) for offer_id in offers]
    return [
        (keys.histories(program_id, member_id), None),
        *((partition, BY_MEMBER) for partition in indexed),
        (payout_keys.payout(program_id, "").pk, None),
    ]


def _key(program_id: str, member_id: str, entry: Item) -> Key:
    """The item that an entry of a partition leads to: in place of a payout the member's line."""
    if entry["pk"] == payout_keys.payout(program_id, "").pk:
        return payout_keys.payout_line(program_id, entry["sk"], member_id)
    return Key(entry["pk"], entry["sk"])


def _blank(table: Table, program_id: str, key: Key, now: datetime) -> bool:
    """Blanks one item; whether there was something to blank."""
    return redo(lambda: _attempt(table, program_id, key, now))


def _attempt(table: Table, program_id: str, key: Key, now: datetime) -> bool:
    item = table.get(key)
    write = None if item is None else _without_person(program_id, key, item, now)
    if write is not None:
        with racing():
            table.write(write)
    return write is not None


def _without_person(program_id: str, key: Key, item: Item, now: datetime) -> Put | Update | None:
    """The write that blanks an item; None if there is nothing to blank."""
    match item["kind"]:
        case "mail":
            mail = outbox.parse(item)
            if isinstance(mail, ShopCode | Connection | Watch):
                raise TypeError(key)  # they are no mail, and hold nothing personal
            blank = without_address(mail, now)
            return None if blank is mail else outbox.moved(program_id, mail, blank)
        case "payout line":
            line = payouts.parse_line(item)
            nameless = line.without_name()
            return None if nameless is line else payouts.line(program_id, line, nameless)
        case _:
            edit = items.parse(Edit, item)
            emptied = without_values(edit)
            return None if emptied == edit else Update(key, set={"body": items.body(emptied)})
