"""History: who changed what, when; append-only, written in the transaction of the change itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, JsonValue

from laurel.domain.enrollments import Enrollment
from laurel.domain.ids import BatchId, MemberId, PayoutOptionId
from laurel.domain.model import Frozen, Instant
from laurel.domain.offers import Offer, PayoutOption
from laurel.domain.rules import Rule


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes something and when; `actor`: `key:<id>`, `rule:<id>` or `system`. `batch_id`: of a bulk edit."""

    actor: str
    at: datetime
    batch_id: str | None = None


class FieldChange(Frozen):
    """One field before and after, as the HTTP contract tells it; None is unset."""

    field: str
    before: JsonValue = None
    after: JsonValue = None


class Edit(Frozen):
    """One change, by the actor of an `Author`.

    `member_id`: whose enrollment changed, None for the whole offer. `batch_id`: of a bulk edit.
    """

    at: Instant
    actor: str
    action: str
    member_id: MemberId | None = None
    payout_option_id: PayoutOptionId | None = None
    batch_id: BatchId | None = None
    changes: tuple[FieldChange, ...] = ()


_BOOKKEEPING: Final = frozenset({"version", "created_at", "updated_at"})
_OF_OFFER: Final = frozenset({"offer_id", "removed_options"})
_OF_OPTION: Final = frozenset({"payout_option_id"})
_OF_RULE: Final = frozenset({"rule_id"})
_OF_ENROLLMENT: Final = frozenset({"offer_id", "member_id", "move", "deactivated_at", "slug"})


def offer_edit(before: Offer | None, after: Offer, author: Author) -> Edit:
    """`before` None: the offer was created."""
    action = "edited" if before else "created"
    return _edit(author, action, differences(before, after, _OF_OFFER))


def option_edit(before: PayoutOption | None, after: PayoutOption | None, author: Author) -> Edit:
    """`before` None: the option was added; `after` None: it was removed."""
    option = after or before
    assert option is not None, "an edit has one side"  # noqa: S101 -- for the type checker
    action = "payout_option_removed" if after is None else "payout_option_edited" if before else "payout_option_added"
    changes = differences(before, after, _OF_OPTION)
    return _edit(author, action, changes, payout_option_id=option.payout_option_id)


def enrollment_edit(before: Enrollment | None, after: Enrollment, author: Author) -> Edit:
    """`before` None: the member was enrolled. The changes are those of the HTTP contract's fields."""
    action = "enrollment_edited" if before else "enrolled"
    return _edit(author, action, differences(before, after, _OF_ENROLLMENT), member_id=after.member_id)


def rule_edit(before: Rule | None, after: Rule | None, author: Author) -> Edit:
    """`before` None: the rule was created; `after` None: it was deleted."""
    action = "deleted" if after is None else "edited" if before else "created"
    return _edit(author, action, differences(before, after, _OF_RULE))


def _edit(author: Author, action: str, changes: tuple[FieldChange, ...], **about: str) -> Edit:
    return Edit(at=author.at, actor=author.actor, action=action, batch_id=author.batch_id, changes=changes, **about)


def differences(before: BaseModel | None, after: BaseModel | None, without: frozenset[str]) -> tuple[FieldChange, ...]:
    """The fields that differ, apart from bookkeeping and those `without`; None is something that is not there."""
    old, new = _told(before), _told(after)
    names = [name for name in {**old, **new} if name not in _BOOKKEEPING | without]
    changed = [name for name in names if old.get(name) != new.get(name)]
    return tuple(FieldChange(field=name, before=old.get(name), after=new.get(name)) for name in changed)


def _told(model: BaseModel | None) -> dict[str, Any]:
    return {} if model is None else model.model_dump(mode="json", exclude_none=True)
