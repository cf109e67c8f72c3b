"""Keys of deliveries of shops; the chart of all keys is in `keys`."""

from datetime import datetime
from typing import Final

from laurel.domain.values.ids import instant_of
from laurel.store import keys
from laurel.store.keys import Key

SHARDS: Final = 4
"""Partitions of a storefront's deliveries: in a rush they come as fast as orders do."""


def deliveries(program_id: str, storefront_id: str) -> list[str]:
    """All deliveries of a storefront (base table)."""
    return [f"{program_id}#{storefront_id}#deliveries#{shard}" for shard in range(SHARDS)]


def delivery(program_id: str, storefront_id: str, delivery_id: str) -> Key:
    """One delivery; its id carries its instant."""
    partition = deliveries(program_id, storefront_id)[keys.shard(delivery_id, SHARDS)]
    return Key(partition, keys.place(instant_of(delivery_id), delivery_id))


def body(program_id: str, delivery_id: str, pieces: int) -> list[Key]:
    """The pieces of a delivery's body, each in a partition of its own, so that a long one is written at once."""
    return [Key(f"{program_id}#{delivery_id}#{number}", "body") for number in range(pieces)]


def refused(program_id: str, storefront_id: str) -> str:
    """The deliveries of a storefront that were refused and not applied since (by_owner)."""
    return f"{program_id}#{storefront_id}#refused"


def stretch(first: datetime, until: datetime) -> tuple[str, str]:
    """The sort keys of deliveries from `first` up to but not including `until`."""
    return keys.instant(first), keys.instant(until)
