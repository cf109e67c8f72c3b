"""A table on which somebody else is faster: for tests of edits that lose a race."""

from collections.abc import Callable
from typing import Any

from laurel.store.table import Table


class Overtaken:
    """The given table; after its first `get`, `meanwhile` happens."""

    def __init__(self, table: Table, meanwhile: Callable[[], object]) -> None:
        self._table, self._meanwhile = table, [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        found = self._table.get(*args, **kwargs)
        while self._meanwhile:
            self._meanwhile.pop()()
        return found


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
