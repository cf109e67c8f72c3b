"""Deliveries of shops and their bodies as items and back; both are forgotten by the same day."""

import base64
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from laurel.domain.tracking.deliveries import KEPT_FOR, Delivery
from laurel.store import delivery_keys, items
from laurel.store.indexes import BY_OWNER
from laurel.store.keys import TTL_ATTRIBUTE
from laurel.store.values import Item

_PIECE: Final = 350_000
"""Characters of a piece: an item goes to 400 KB."""


def delivery(program_id: str, storefront_id: str, entity: Delivery) -> Item:
    """A delivery in its storefront's list; in the index of refused ones while it is one."""
    key = delivery_keys.delivery(program_id, storefront_id, entity.delivery_id)
    pk = delivery_keys.refused(program_id, storefront_id)
    listed = {BY_OWNER.pk: pk, BY_OWNER.sk: key.sk} if entity.outcome == "refused" else {}
    return items.as_item("delivery", key, entity, **listed, **_forgotten(entity))


def packed(body: bytes) -> list[str]:
    """A body as items hold it: compressed, as base64, in pieces that an item has room for."""
    text = base64.b64encode(zlib.compress(body)).decode()
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def pieces(program_id: str, entity: Delivery, texts: Sequence[str]) -> list[Item]:
    """The items of a packed body, which are as many as its delivery says."""
    named = delivery_keys.body(program_id, entity.delivery_id, entity.pieces)
    return [
        {**key._asdict(), "kind": "delivery body", "body": {"text": text}, **_forgotten(entity)}
        for key, text in zip(named, texts, strict=True)
    ]


def unpacked(found: Iterable[Item]) -> bytes:
    """The body in its pieces, which are given in order."""
    return zlib.decompress(base64.b64decode("".join(item["body"]["text"] for item in found)))


def _forgotten(entity: Delivery) -> dict[str, int]:
    return {TTL_ATTRIBUTE: int((entity.at + KEPT_FOR).timestamp())}
