"""A storefront as it is set up: what is done, and what the shop has said so far."""

from dataclasses import dataclass

from laurel.concurrency import together
from laurel.domain.program.programs import Storefront
from laurel.domain.shops.connections import Connection
from laurel.domain.tracking.deliveries import Delivery, DeliveryView
from laurel.domain.values.errors import Absent
from laurel.store import delivery_keys, items, keys, shop_keys
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program.storefronts import SECRETS
from laurel.workflows.requests import listing


@dataclass(frozen=True, slots=True)
class SetUp:
    """`secrets`: webhook secrets that are good now, two while one follows the other. `last`: the last delivery."""

    storefront: Storefront
    secrets: int
    connection: Connection | None
    last: DeliveryView | None

    @property
    def is_connected(self) -> bool:
        """Whether there are credentials, right or wrong."""
        return self.connection is not None and self.connection.is_set

    @property
    def is_checking(self) -> bool:
        """Whether the shop is being asked whether it lets Laurel in."""
        return self.connection is not None and self.connection.is_set and self.connection.state == "none"

    @property
    def is_complete(self) -> bool:
        """Whether nothing that a person does would show by itself: orders arrive, and no check is under way."""
        return self.last is not None and not self.is_checking


def look(table: Table, program_id: str, storefront_id: str) -> SetUp:
    """Raises Absent."""
    of, to = keys.storefront(program_id, storefront_id), shop_keys.connection(program_id, storefront_id)
    partitions = delivery_keys.deliveries(program_id, storefront_id)
    stored, listed = together(
        lambda: table.batch_get([of, to]), lambda: listing.page(table, partitions, _parse, limit=1)
    )
    item, newest = stored.get(of), listed.items
    if item is None:
        raise Absent("storefront_not_found", "there is no such storefront")
    return SetUp(
        items.parse(Storefront, item),
        len(item.get(SECRETS, [])),
        items.parse(Connection, stored[to]) if to in stored else None,
        newest[0] if newest else None,
    )


def _parse(item: Item) -> DeliveryView:
    return items.parse(Delivery, item).shown()
