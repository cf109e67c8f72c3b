"""Batches of the stream: what is taken of them, and what is sent again."""

from dataclasses import dataclass

from laurel.store.values import Item


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """One change that the stream reports: its sequence number in the shard, and the item as it then was."""

    sequence_number: str
    image: Item


@dataclass(frozen=True, slots=True)
class Failure:
    """A group that could not be folded, and the records to be sent again."""

    records: tuple[str, ...]
    error: Exception
