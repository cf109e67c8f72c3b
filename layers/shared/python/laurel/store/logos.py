"""A program's logo as an item, apart from the program, which every request reads."""

import base64
from typing import Final

from laurel.domain.program.logos import Logo
from laurel.store.keys import Key
from laurel.store.values import Item

NAME: Final = "logo"
"""Attribute of a program, beside its body: the name of its logo."""


def key(program_id: str) -> Key:
    """The logo of a program."""
    return Key(f"{program_id}#logo", "logo")


def item(program_id: str, logo: Logo) -> Item:
    """The picture, as text: items hold no bytes."""
    body = {"kind": logo.kind, "data": logo.as_text}
    return {**key(program_id)._asdict(), "kind": "logo", "version": 1, "body": body}


def parse(stored: Item) -> Logo:
    """The picture of an item."""
    return Logo(stored["body"]["kind"], base64.b64decode(stored["body"]["data"]))
