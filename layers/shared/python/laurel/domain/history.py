"""History: who changed what, when; append-only, written in the transaction of the change itself."""

from typing import Any

from pydantic import BaseModel, JsonValue

from laurel.domain.ids import BatchId, MemberId, PayoutOptionId
from laurel.domain.model import Frozen, Instant


class FieldChange(Frozen):
    """One field before and after, as the HTTP contract tells it; None is unset."""

    field: str
    before: JsonValue = None
    after: JsonValue = None


class Edit(Frozen):
    """One change; `actor`: `key:<id>`, `rule:<id>` or `system`.

    `member_id`: whose enrollment changed, None for the whole offer. `batch_id`: of a bulk edit.
    """

    at: Instant
    actor: str
    action: str
    member_id: MemberId | None = None
    payout_option_id: PayoutOptionId | None = None
    batch_id: BatchId | None = None
    changes: tuple[FieldChange, ...] = ()


_BOOKKEEPING = frozenset({"version", "created_at", "updated_at"})


def differences(before: BaseModel | None, after: BaseModel | None, without: frozenset[str]) -> tuple[FieldChange, ...]:
    """The fields that differ, apart from bookkeeping and those `without`; None is something that is not there."""
    old, new = _told(before), _told(after)
    names = [name for name in {**old, **new} if name not in _BOOKKEEPING | without]
    changed = [name for name in names if old.get(name) != new.get(name)]
    return tuple(FieldChange(field=name, before=old.get(name), after=new.get(name)) for name in changed)


def _told(model: BaseModel | None) -> dict[str, Any]:
    return {} if model is None else model.model_dump(mode="json", exclude_none=True)
