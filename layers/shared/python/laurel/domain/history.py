"""History: who changed what, when; append-only, written in the transaction of the change itself."""

from laurel.domain.ids import MemberId
from laurel.domain.model import Frozen, Instant


class FieldChange(Frozen):
    """One field, as text before and after; None is unset."""

    field: str
    before: str | None
    after: str | None


class Edit(Frozen):
    """One change; `actor`: `key:<id>`, `rule:<id>` or `system`."""

    at: Instant
    actor: str
    action: str
    member_id: MemberId | None = None
    changes: tuple[FieldChange, ...] = ()
