"""Keys of events and of the endpoints that get them; the chart of all keys is in `keys`."""

from typing import Final

from laurel.domain.values.ids import instant_of
from laurel.store import keys
from laurel.store.keys import Key

FEED_SHARDS: Final = 4
"""Partitions of a program's feed: in a rush its events come as fast as its orders are counted."""
PROGRESS: Final = "#progress"


def feed(program_id: str) -> list[str]:
    """All events of a program (base table)."""
    return [f"{program_id}#events#{shard}" for shard in range(FEED_SHARDS)]


def page(program_id: str, name: str) -> Key:
    """The events of one transaction."""
    return Key(feed(program_id)[keys.shard(name, FEED_SHARDS)], name)


def endpoints(program_id: str) -> str:
    """All endpoints of a program and how far each is (base table)."""
    return f"{program_id}#endpoints"


def endpoint(program_id: str, endpoint_id: str) -> Key:
    """An endpoint."""
    return Key(endpoints(program_id), endpoint_id)


def progress(program_id: str, endpoint_id: str) -> Key:
    """How far an endpoint's deliveries are."""
    return Key(endpoints(program_id), f"{endpoint_id}{PROGRESS}")


def tests(program_id: str, endpoint_id: str, name: str) -> Key:
    """A test event of an endpoint, which is in no feed."""
    return Key(f"{program_id}#{endpoint_id}#tests", name)


def sent(program_id: str, endpoint_id: str) -> str:
    """All deliveries to an endpoint (base table)."""
    return f"{program_id}#{endpoint_id}#deliveries"


def delivery(program_id: str, endpoint_id: str, delivery_id: str) -> Key:
    """One delivery; its id carries its instant."""
    return Key(sent(program_id, endpoint_id), keys.place(instant_of(delivery_id), delivery_id))
