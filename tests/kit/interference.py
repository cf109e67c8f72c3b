"""A table on which somebody else is faster: for tests of edits that lose a race."""

from collections.abc import Callable, Iterable
from typing import Any

from laurel.store.keys import Key
from laurel.store.table import Table


class Overtaken:
    """The given table; after the first read of the item at `key`, `meanwhile` happens."""

    def __init__(self, table: Table, key: Key, meanwhile: Callable[[], object]) -> None:
        self._table, self._key, self._meanwhile = table, key, [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def get(self, key: Key, *args: Any, **kwargs: Any) -> Any:
        found = self._table.get(key, *args, **kwargs)
        self._interfere([key])
        return found

    def batch_get(self, wanted: Iterable[Key], *args: Any, **kwargs: Any) -> Any:
        asked = [*wanted]
        found = self._table.batch_get(asked, *args, **kwargs)
        self._interfere(asked)
        return found

    def _interfere(self, read: list[Key]) -> None:
        while self._key in read and self._meanwhile:
            self._meanwhile.pop()()


class Interfering:
    """The given table; before its first write, `meanwhile` happens."""

    def __init__(self, table: Table, meanwhile: Callable[[], object]) -> None:
        self._table, self._meanwhile = table, [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def write(self, *args: Any, **kwargs: Any) -> None:
        self._interfere()
        self._table.write(*args, **kwargs)

    def transact(self, *args: Any, **kwargs: Any) -> None:
        self._interfere()
        self._table.transact(*args, **kwargs)

    def _interfere(self) -> None:
        while self._meanwhile:
            self._meanwhile.pop()()
