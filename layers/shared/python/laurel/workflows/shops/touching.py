"""Codes that were touched in the shop, as it tells by itself: the shop is looked at, whatever the news says."""

from datetime import datetime

from laurel.domain.shops.codes import MadeCode, ShopCode
from laurel.store import items, outbox, shop_keys
from laurel.store.table import Table
from laurel.workflows.requests.optimistic import racing, redo


def look_at(table: Table, program_id: str, storefront_id: str, shop_id: str, at: datetime, now: datetime) -> bool:
    """Has the code of that id compared with the shop, which changed it at `at`; whether it is one of Laurel's.

    News that is no newer than the end of the last attempt is the echo of that, and changes nothing.
    """
    item = table.get(shop_keys.made_code(program_id, storefront_id, shop_id))
    if item is None:
        return False
    made = items.parse(MadeCode, item)
    key = shop_keys.shop_code(program_id, made.member_id, made.offer_id, storefront_id)

    def attempt() -> None:
        stored = table.get(key) or {}
        code = items.parse(ShopCode, stored)
        if at > code.updated_at:
            with racing():
                table.write(outbox.moved(program_id, code, code.looked_at(now)))

    redo(attempt)
    return True
