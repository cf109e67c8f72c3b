"""History: each change with its author and its time; append-only, written in the transaction of the change itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, JsonValue

from laurel.domain.values.ids import BatchId, MemberId, PayoutOptionId
from laurel.domain.values.model import Frozen, Instant

if TYPE_CHECKING:  # every function has this module, and none has all that has a history
    from laurel.domain.ledger.commissions import Commission
    from laurel.domain.ledger.views import CommissionView, ConversionView
    from laurel.domain.members.enrollments import Enrollment
    from laurel.domain.members.members import Member
    from laurel.domain.offers.offers import Offer, PayoutOption
    from laurel.domain.rules.rules import Rule
    from laurel.domain.shops.codes import ShopCode

SYSTEM: Final = "system"
"""The actor of changes that the program makes by itself, or that a shop's own messages set off."""


@dataclass(frozen=True, slots=True)
class Author:
    """The actor of a change, and when: `key:<id>`, `user:<id>`, `member:<id>`, `rule:<id>` or `system`.

    `batch_id`: of a bulk edit.
    """

    actor: str
    at: datetime
    batch_id: str | None = None


class FieldChange(Frozen):
    """One field before and after, as the HTTP contract shows it; None is unset."""

    field: str
    before: JsonValue = None
    after: JsonValue = None


class Edit(Frozen):
    """One change, by the actor of an `Author`; `actor_name`: of a person, as a history is read, and never stored.

    `member_id`: the member of the enrollment that changed, None for the whole offer. `batch_id`: of a bulk edit.
    """

    at: Instant
    actor: str
    actor_name: str | None = None
    action: str
    member_id: MemberId | None = None
    payout_option_id: PayoutOptionId | None = None
    batch_id: BatchId | None = None
    changes: tuple[FieldChange, ...] = ()


_BOOKKEEPING: Final = frozenset({"version", "created_at", "updated_at"})
_OF_OFFER: Final = frozenset({"offer_id", "removed_options"})
_OF_OPTION: Final = frozenset({"payout_option_id"})
_OF_RULE: Final = frozenset({"rule_id"})
_OF_MEMBER: Final = frozenset({"member_id", "ancestors", "joined_on", "suspended_at", "address_since"})
_OF_CODE: Final = frozenset({"code", "state", "reason"})
"""Of a code in a shop these alone: the same drift that comes again is news, though it is still shown."""
_OF_ENROLLMENT: Final = frozenset({"offer_id", "member_id", "move", "deactivated_at", "gaps", "recalculations"})


def offer_edit(before: "Offer | None", after: "Offer", author: Author) -> Edit:
    """The line for an edited offer; `before` None: the offer was created."""
    action = "edited" if before else "created"
    return _edit(author, action, differences(before, after, _OF_OFFER))


def option_edit(before: "Offer", after: "Offer", payout_option_id: str, author: Author) -> Edit:
    """The line for an option added, edited or removed; it also names the option that is no longer the default."""
    old, new = _options(before), _options(after)
    was, is_now = old.get(payout_option_id), new.get(payout_option_id)
    action = "payout_option_removed" if is_now is None else "payout_option_edited" if was else "payout_option_added"
    others = [name for name in old if name != payout_option_id and old[name].default != new[name].default]
    demoted = (FieldChange(field=f"payout_options.{name}.default", before=True, after=False) for name in others)
    changes = (*differences(was, is_now, _OF_OPTION), *demoted)
    return _edit(author, action, changes, payout_option_id=payout_option_id)


def enrollment_edit(before: "Enrollment | None", after: "Enrollment", author: Author) -> Edit:
    """The line for an edited enrollment, in the HTTP contract's fields; `before` None: the member was enrolled."""
    action = "enrollment_edited" if before else "enrolled"
    changes = differences(before, after, _OF_ENROLLMENT)
    begun = [recalculation for recalculation in after.recalculations if before and recalculation.number > before.move]
    # earlier earnings are recalculated with the move: the periods, as markers name them
    changes += tuple(FieldChange(field="recalculated_period", after=recalculation.period) for recalculation in begun)
    return _edit(author, action, changes, member_id=after.member_id)


def code_edit(before: "ShopCode", after: "ShopCode", now: datetime) -> Edit | None:
    """The line for a code that is another in its shop than before, or was put right there; None if it is not."""
    from laurel.domain.shops.codes import DRIFTS

    was_healed = after.reason in DRIFTS and after.reason != before.reason
    if before.state == after.state and not was_healed:
        return None
    changes = (each for each in differences(before, after, frozenset()) if each.field in _OF_CODE)
    told = tuple(FieldChange(field=f"shops.{after.storefront_id}.{each.field}", **_values(each)) for each in changes)
    return _edit(Author(SYSTEM, now), f"code_{after.state}", told, member_id=after.member_id)


def rule_edit(before: "Rule | None", after: "Rule | None", author: Author) -> Edit:
    """The line for an edited rule; `before` None: it was created; `after` None: it was deleted."""
    action = "deleted" if after is None else "edited" if before else "created"
    return _edit(author, action, differences(before, after, _OF_RULE))


def member_edit(before: "Member | None", after: "Member", author: Author) -> Edit:
    """The line for an edited profile; `before` None: the member joined. An erasure names no values."""
    changes = differences(before, after, _OF_MEMBER)
    if before is not None and after.erased_at is not None:
        return _edit(author, "erased", tuple(FieldChange(field=change.field) for change in changes))
    return _edit(author, "edited" if before else "created", changes)


def _options(offer: "Offer") -> "dict[str, PayoutOption]":
    return {option.payout_option_id: option for option in offer.payout_options}


def _edit(author: Author, action: str, changes: tuple[FieldChange, ...], **about: str) -> Edit:
    return Edit(at=author.at, actor=author.actor, action=action, batch_id=author.batch_id, changes=changes, **about)


def differences(before: BaseModel | None, after: BaseModel | None, without: frozenset[str]) -> tuple[FieldChange, ...]:
    """The fields that differ, apart from bookkeeping and those in `without`; a model that is None has no fields."""
    old, new = _fields_of(before), _fields_of(after)
    names = [name for name in {**old, **new} if name not in _BOOKKEEPING | without]
    changed = [name for name in names if old.get(name) != new.get(name)]
    return tuple(FieldChange(field=name, before=old.get(name), after=new.get(name)) for name in changed)


def _values(change: FieldChange) -> dict[str, JsonValue]:
    return {"before": change.before, "after": change.after}


def _fields_of(model: BaseModel | None) -> dict[str, Any]:
    return {} if model is None else model.model_dump(mode="json", exclude_none=True)


def row_edit(
    before: "Commission", after: "Commission", action: str, author: Author, further: tuple[FieldChange, ...] = ()
) -> Edit:
    """The line that notes a change of a row at `after.updated_at`; `further`: what no field says."""
    return Edit(
        at=after.updated_at,
        actor=author.actor,
        action=action,
        member_id=after.member_id,
        batch_id=author.batch_id,
        changes=(*differences(_view(before), _view(after), frozenset()), *further),
    )


def _view(row: "Commission") -> "ConversionView | CommissionView":
    from laurel.domain.ledger.commissions import CONVERSION_TYPES
    from laurel.domain.ledger.views import CommissionView, ConversionView

    is_conversion = row.order is not None and row.type in CONVERSION_TYPES
    return ConversionView.of(row) if is_conversion else CommissionView.of(row)
