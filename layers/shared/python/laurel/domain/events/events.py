"""Events: each a change that was kept, with its subject as the API shows it, made in the transaction of the change."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import BaseModel, Field, JsonValue

from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import dated_id, derived_id
from laurel.domain.values.model import Frozen, Instant

EventType = Literal[
    "conversion.recorded",
    "conversion.changed",
    "commission.made",
    "commission.changed",
    "commission.paid",
    "rule.fired",
    "member.joined",
    "member.changed",
    "enrollment.changed",
    "code.live",
    "code.ended",
    "code.failed",
    "payout.drafted",
    "payout.confirmed",
    "payout.line_failed",
    "delivery.refused",
]
"""All that a program is told of; `test` is sent on request alone, and is in no feed."""
EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)
KEPT_FOR: Final = timedelta(days=30)


def types_named(text: str | None) -> tuple[str, ...]:
    """The types in a list with commas; none for None. Raises Invalid `unknown_event_type`."""
    named = () if text is None else tuple(part.strip() for part in text.split(","))
    for name in named:
        if name not in EVENT_TYPES:
            known = ", ".join(EVENT_TYPES)
            raise Invalid("unknown_event_type", f"name types of events, with commas between them: {known}", "?types")
    return named


class ValueChange(Frozen):
    """One field of the subject before and after; null is unset."""

    field: Annotated[str, Field(description="Name of the field, as the subject's resource has it.")]
    before: Annotated[JsonValue, Field(description="Value before; null if it was unset.")] = None
    after: Annotated[JsonValue, Field(description="Value after; null if it is unset now.")] = None


class Event(Frozen):
    """One thing that happened to one subject; the same event always has the same id."""

    id: Annotated[str, Field(description="Id of the event: the same however often it is delivered.")]
    type: Annotated[Literal[EventType, "test"], Field(description="The kind of thing that happened.")]
    at: Annotated[Instant, Field(description="Instant at which it happened.")]
    sequence: Annotated[
        int, Field(description="Grows with each event of the subject, so that their order can be told; may skip.")
    ]
    subject: Annotated[str, Field(description="Kind and id of the thing that it happened to: `commission:com_...`.")]
    data: Annotated[dict[str, Any], Field(description="The subject as the API shows it, as of that moment.")]
    changes: Annotated[
        tuple[ValueChange, ...] | None, Field(description="The fields that changed, where that is known.")
    ] = None

    @classmethod
    def of(  # noqa: PLR0913, PLR0917 - an event is no less
        cls,
        program_id: str,
        type_: EventType,
        subject: str,
        sequence: int,
        data: BaseModel,
        at: datetime,
        changes: Iterable[BaseModel] = (),
    ) -> Self:
        """The event of a change. `sequence`: the version that it gave the subject. `changes`: as ValueChange."""
        told = tuple(ValueChange.model_validate(change.model_dump(mode="json")) for change in changes)
        return cls(
            id=derived_id("evt", program_id, subject, str(sequence), type_),
            type=type_,
            at=at,
            sequence=sequence,
            subject=subject,
            data=data.model_dump(mode="json"),
            changes=told or None,
        )

    @classmethod
    def test(cls, endpoint_id: str, at: datetime) -> Self:
        """The event by which an endpoint is tried."""
        identity = dated_id("evt", at, endpoint_id, "test")
        return cls(id=identity, type="test", at=at, sequence=1, subject=f"endpoint:{endpoint_id}", data={"test": True})

    def without_values(self) -> Self:
        """The event of a subject that asked to be forgotten: what it was, and no value."""
        named = tuple(ValueChange(field=change.field) for change in self.changes or ())
        return self.model_copy(update={"data": {"erased": True}, "changes": named or None})


class EventPage(Frozen):
    """The events of one transaction, which are kept together: `name` sorts by the instant at which they were made."""

    name: str
    events: tuple[Event, ...]

    @classmethod
    def of(cls, events: Iterable[Event], at: datetime) -> Self:
        """The page of one transaction. Raises ValueError without an event."""
        made = tuple(events)
        if not made:
            raise ValueError("a page has an event")
        return cls(name=page_name(at, *(event.id for event in made)), events=made)


_NAME_LENGTH: Final = 22
_INSTANT_LENGTH: Final = 10


def page_name(at: datetime, *parts: str) -> str:
    """The name of a page made at `at`: 10 characters of time (ms), 12 that tell it from others of that moment."""
    return dated_id("evp", at, *parts).partition("_")[2][:_NAME_LENGTH]


def beginning(at: datetime) -> str:
    """The first name that a page of `at` or later can have."""
    return page_name(at)[:_INSTANT_LENGTH]
