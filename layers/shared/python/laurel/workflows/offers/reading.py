"""All offers of a program, for answers that are put together from each of them."""

from typing import Final

from laurel.domain.offers.offers import Offer
from laurel.domain.values.errors import Invalid
from laurel.store import items, keys
from laurel.store.table import Table

MOST_OFFERS: Final = 500
"""The most offers that one answer is put together from, as it reads of each of them."""


def every(table: Table, program_id: str, most: int, instead: str) -> list[Offer]:
    """All offers of the program.

    Raises Invalid `range_too_large` if they are more than `most`, with what to ask for `instead`.
    """
    found = table.query(keys.offer(program_id, "").pk, limit=most + 1)
    require_few(len(found), most, instead)
    return [items.parse(Offer, item) for item in found]


def require_few(count: int, most: int, instead: str) -> None:
    """Raises Invalid `range_too_large` above `most` offers: one answer would have to read of each of them."""
    if count > most:
        raise Invalid("range_too_large", f"there are more than {most} offers: {instead}", "?offer_id")


def buckets(table: Table, program_id: str, offer_id: str) -> int:
    """The number of partitions that list an offer's rows; 1 for an unknown offer, whose list is empty."""
    item = table.get(keys.offer(program_id, offer_id))
    return 1 if item is None else items.parse(Offer, item).buckets
