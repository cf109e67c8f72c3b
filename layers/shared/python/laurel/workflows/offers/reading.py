"""All offers of a program, for answers that are put together from each of them."""

from typing import Final

from laurel.domain.offers.offers import Offer
from laurel.domain.values.errors import Invalid
from laurel.domain.values.folding import folded
from laurel.store import items, keys
from laurel.store.table import Table

MOST_OFFERS: Final = 2_000
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


def names(table: Table, program_id: str) -> list[tuple[str, str]]:
    """The ids and names of the program's offers by name, to choose from: of the newest if they are very many."""
    newest = table.query(keys.offer(program_id, "").pk, limit=MOST_OFFERS, newest_first=True)
    return sorted(((offer["sk"], offer["body"]["name"]) for offer in newest), key=lambda named: folded(named[1]))
