"""The operations that the table takes, and its refusals.

StoreError
  ConditionFailed   an item is not as expected; nothing applied
  Conflict          another transaction held an item; nothing applied
  Throttled         refused for load; nothing applied by the last attempt
  Unavailable       no answer, or a 5xx: the outcome is unknown
  TokenReused       the token was used for other operations
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from laurel.domain.values.model import MOST_OPERATIONS
from laurel.store.indexes import Index
from laurel.store.keys import Key
from laurel.store.values import Item, Value

LONGEST_TOKEN: Final = 36
_KEY_NAMES: Final = frozenset(Key._fields)


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT  # as an expected value: the attribute must not exist
Expected: TypeAlias = Mapping[str, Value]  # top-level attribute -> the value it must equal, or ABSENT; all must hold


@dataclass(frozen=True, slots=True)
class Put:
    """Write the whole item; `new`: only if there is none.

    `expired_at` (epoch seconds): an item whose `expires_at` lies before it is overwritten, whatever the other
    conditions say.
    """

    item: Item
    expect: Expected = field(default_factory=dict)
    new: bool = False
    expired_at: int | None = None

    @property
    def key(self) -> Key:
        """The key within the item."""
        return Key(self.item["pk"], self.item["sk"])


@dataclass(frozen=True, slots=True)
class Update:
    """Change top-level attributes; `exists=False`: if there is no item, make one.

    `initial` is set if the item has no such attribute yet. A number under `add` is added to the stored one, or to 0.
    Raises ValueError if it changes nothing, the key, or one attribute twice.
    """

    key: Key
    set: Mapping[str, Value] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    add: Mapping[str, int] = field(default_factory=dict)
    initial: Mapping[str, Value] = field(default_factory=dict)
    expect: Expected = field(default_factory=dict)
    exists: bool = True

    def __post_init__(self) -> None:
        names = [*self.set, *self.initial, *self.remove, *self.add]
        if not names or len({*names}) < len(names) or not _KEY_NAMES.isdisjoint(names):
            raise ValueError(f"an update cannot change {names or 'nothing'}")


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the item if there is one; `exists`: there must be one."""

    key: Key
    expect: Expected = field(default_factory=dict)
    exists: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Part of a transaction that writes nothing; `exists=False`: there must be no item.

    Raises ValueError if it asks for nothing.
    """

    key: Key
    expect: Expected = field(default_factory=dict)
    exists: bool | None = None

    def __post_init__(self) -> None:
        if self.exists is None and not self.expect:
            raise ValueError("a check that always holds")


Op: TypeAlias = Put | Update | Delete | Check
Write: TypeAlias = Put | Update | Delete


@dataclass(frozen=True, slots=True)
class Query:
    """One collection, or a stretch of it in the order of its sort key; raises ValueError if it cannot be asked.

    `between`: both ends included. `before`: strictly below.
    """

    pk: str
    between: tuple[str, str] | None = None
    begins_with: str | None = None
    before: str | None = None
    limit: int | None = None
    newest_first: bool = False
    index: Index | None = None

    def __post_init__(self) -> None:
        if self.between is not None and self.begins_with is not None:
            raise ValueError("a query takes `between` or `begins_with`")
        if self.limit is not None and self.limit < 1:
            raise ValueError("a query asks for at least one item")

    @property
    def sort_key(self) -> str:
        """The attribute that orders the collection."""
        return "sk" if self.index is None else self.index.sk


def check_transaction(ops: Sequence[Op], token: str | None) -> None:
    """Raise ValueError unless DynamoDB can take these operations and this token together."""
    if not 1 <= len(ops) <= MOST_OPERATIONS:
        raise ValueError(f"a transaction takes 1 to {MOST_OPERATIONS} operations, not {len(ops)}")
    if repeated := _repeated(op.key for op in ops):
        raise ValueError(f"a transaction takes each item once: {repeated}")
    if token is not None and not 1 <= len(token) <= LONGEST_TOKEN:
        raise ValueError(f"a token has 1 to {LONGEST_TOKEN} characters")


def _repeated(keys: Iterable[Key]) -> Key | None:
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    return None


class StoreError(Exception):
    """The table did not do what was asked."""


class ConditionFailed(StoreError):
    """At least one item was not as expected; nothing was applied.

    `failed`: positions of the refused operations. `found`: for every operation the item in its way, None if it was not
    refused or there is none. A single write has position 0. It may be the caller's own item: an attempt whose
    answer was lost is sent again.
    """

    def __init__(self, found: list[Item | None], failed: list[int]) -> None:
        super().__init__(f"the condition failed of operations {failed} of {len(found)}")
        self.found = found
        self.failed = failed


class Conflict(StoreError):
    """Another transaction held one of the items; nothing was applied, redo from the reading."""


class Throttled(StoreError):
    """Refused for load. An earlier attempt may have succeeded, its answer lost, so redo from the reading too."""


class Unavailable(StoreError):
    """No answer in time, or a server's fault: applied or not, read to know."""


class TokenReused(StoreError):
    """The transaction's token was used within ten minutes for other operations: a bug of the caller."""
