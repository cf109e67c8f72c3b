"""The rights of the portal, as its policy has them: a fake table has no policy, and would let it write anything."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest

from infra.grants import OF_MEMBERS, OF_SESSIONS
from laurel.store.operations import Delete, Op
from laurel.store.table import Table


def hold_the_portal_to_them(monkeypatch: pytest.MonkeyPatch, answering: Callable[[], str]) -> None:
    """From now on the portal fails where AWS would refuse it. `answering`: the function at work, or nothing."""
    write, transact = Table.write, Table.transact

    def written(table: Table, op: Any) -> None:
        _require([op] if answering() == "portal" else [])
        write(table, op)

    def transacted(table: Table, ops: Sequence[Op], **kwargs: Any) -> None:
        _require(ops if answering() == "portal" else [])
        transact(table, ops, **kwargs)

    monkeypatch.setattr(Table, "write", written)
    monkeypatch.setattr(Table, "transact", transacted)


def _require(ops: Sequence[Op]) -> None:
    for op in ops:
        allowed = [OF_SESSIONS] if isinstance(op, Delete) else OF_MEMBERS
        if not any(fnmatchcase(op.key.pk, pattern) for pattern in allowed):
            raise PermissionError(f"the portal may not do that: {type(op).__name__} {op.key.pk}")
