"""Names and items for tests that talk to a table."""

from typing import Any, Final

from laurel.store.keys import Key
from laurel.store.values import Item

TABLE_NAME: Final = "laurel"
KEY: Final = Key("prg_1", "a")


def item(sk: str = KEY.sk, **attributes: Any) -> Item:
    """An item of the collection of `KEY`."""
    return {"pk": KEY.pk, "sk": sk, **attributes}
