"""The way from a storefront's id to its program, for requests that bring no key."""

from typing import Final

from laurel.domain.program.programs import Storefront
from laurel.domain.values.errors import Absent
from laurel.store import items, keys
from laurel.store.table import Table

_MOST_KEPT: Final = 10_000


class StorefrontDoors:
    """Keeps the program of each storefront, which never changes."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def program_id(self, table: Table, storefront_id: str) -> str:
        """The program of a storefront. Raises Absent `storefront_not_found`."""
        if storefront_id not in self._kept:
            door = table.get(keys.storefront_door(storefront_id))
            if door is None:
                raise Absent("storefront_not_found", "there is no such storefront")
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[storefront_id] = door["body"]["program_id"]
        return self._kept[storefront_id]

    def storefront(self, table: Table, storefront_id: str) -> Storefront:
        """A storefront as it is now. Raises Absent `storefront_not_found`."""
        item = table.get(keys.storefront(self.program_id(table, storefront_id), storefront_id))
        assert item is not None, "storefronts are never deleted"  # noqa: S101
        return items.parse(Storefront, item)
