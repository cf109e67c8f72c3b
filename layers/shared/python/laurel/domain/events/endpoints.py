"""Endpoints: addresses that a program's events are sent to, and how far the deliveries of each are."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from laurel.domain.events.events import KEPT_FOR, Event, EventType
from laurel.domain.events.places import FeedPlace
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import DeliveryId, EndpointId, EventId, dated_id
from laurel.domain.values.model import Flag, Frozen, Instant, Url
from laurel.domain.values.networks import names_no_public_host

MOST_ENDPOINTS: Final = 10
BOTH_SECRETS_FOR: Final = timedelta(hours=24)
"""How long after a rotation deliveries are signed with the secret before, too."""
GIVEN_UP_AFTER: Final = timedelta(days=3)
"""How long after its first try an event is tried again; then its endpoint is paused."""
MOST_ASIDE: Final = 20
"""Events of an endpoint that wait for another try; while there are so many, no further one is tried."""
_WAITS: Final = (5, 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
"""Seconds before each further try; the last one for all that follow."""
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})

Types = Annotated[
    tuple[Literal[EventType, "*"], ...],
    Field(min_length=1, max_length=20, description="The types of events that are sent there; `*` for all."),
]


class NewEndpoint(Frozen):
    """An address that events are to be sent to."""

    url: Annotated[Url, Field(description="Where events are posted to: https, in no private network, no redirects.")]
    types: Types = ("*",)
    enabled: Annotated[Flag, Field(description="Whether events are sent; while not, they wait for up to 30 days.")] = (
        True
    )

    @model_validator(mode="after")
    def _distinct_types(self) -> Self:
        if len(set(self.types)) != len(self.types):
            raise ValueError("name each type once")
        return self

    def require_reachable(self, *, is_local: bool) -> None:
        """Raises Invalid `endpoint_not_public` for what is no public https address, as far as its text tells.

        `is_local`: this machine is allowed, without encryption too.
        """
        parts = urlsplit(self.url)
        host = (parts.hostname or "").rstrip(".").lower()
        if is_local and host in _LOCAL:
            return
        if parts.scheme != "https":
            raise Invalid("endpoint_not_public", "an endpoint begins with https://", "/url")
        if names_no_public_host(self.url):
            raise Invalid("endpoint_not_public", "an endpoint has a name or an address of the public internet", "/url")


class Endpoint(NewEndpoint):
    """An endpoint; its secrets are sealed beside it."""

    endpoint_id: Annotated[EndpointId, Field(description="Id of the endpoint.")]
    reason: Annotated[
        str | None, Field(description="Why it was paused: `no_answer` after three days of tries; null if by hand.")
    ] = None
    created_at: Annotated[Instant, Field(description="When it was created.")]
    updated_at: Annotated[Instant, Field(description="When it was changed last.")]
    version: Annotated[int, Field(description="Grows with each change; for `If-Match`.")] = 1

    def wants(self, type_: str) -> bool:
        """Whether events of that type are sent there."""
        return "*" in self.types or type_ in self.types

    def given_up(self, now: datetime) -> Self:
        """Paused, since it did not take an event for days."""
        return self.model_copy(
            update={"enabled": False, "reason": "no_answer", "updated_at": now, "version": self.version + 1}
        )

    def shown(self) -> "EndpointView":
        """The endpoint as it is shown."""
        return EndpointView(**dict(self), status="active" if self.enabled else "paused")


class EndpointView(Endpoint):
    """An endpoint as it is shown."""

    status: Annotated[Literal["active", "paused"], Field(description="`active`: events are sent; `paused`: they wait.")]


class IssuedEndpoint(EndpointView):
    """An endpoint with its newest secret, which is shown this once. A repeated answer has none."""

    secret: Annotated[
        str | None, Field(description="The secret that deliveries are signed with: `whsec_` and base64; shown once.")
    ] = None


class Aside(Frozen):
    """An event that waits for another try: number `number` of the page at a key; `tries`: that it has had."""

    pk: str
    sk: str
    number: int
    tries: int
    since: Instant
    at: Instant

    def again(self, event_id: str, now: datetime) -> Self:
        """After one more failure."""
        tries = self.tries + 1
        return self.model_copy(update={"tries": tries, "at": now + wait(event_id, tries)})

    def is_hopeless(self, now: datetime) -> bool:
        """Whether it has been tried for so long that its endpoint is given up."""
        return now - self.since >= GIVEN_UP_AFTER


def wait(event_id: str, tries: int) -> timedelta:
    """The wait after try number `tries`, a fifth more or less by chance, so that not all come back at once."""
    seconds = _WAITS[min(tries, len(_WAITS)) - 1]
    chance = int.from_bytes(hashlib.sha256(f"{event_id}#{tries}".encode()).digest()[:2]) / 0xFFFF
    return timedelta(seconds=round(seconds * (0.8 + 0.4 * chance)))


class Progress(Frozen):
    """How far an endpoint's deliveries are. `claim`: the run that holds it, until `held_until`."""

    endpoint_id: EndpointId
    place: FeedPlace
    aside: tuple[Aside, ...] = ()
    claim: str | None = None
    held_until: Instant | None = None
    version: int = 1

    def is_held(self, now: datetime) -> bool:
        """Whether a run has it."""
        return self.claim is not None and self.held_until is not None and now < self.held_until

    def due(self, now: datetime) -> list[Aside]:
        """The events whose next try is due."""
        return [waiting for waiting in self.aside if waiting.at <= now]

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nothing further is tried."""
        return len(self.aside) >= MOST_ASIDE

    def next_at(self) -> datetime | None:
        """When the next of them is to be tried again."""
        return min((waiting.at for waiting in self.aside), default=None)

    def moved(self, **changes: object) -> Self:
        """One version on."""
        return self.model_copy(update={**changes, "version": self.version + 1})

    def with_aside(self, waiting: Iterable[Aside]) -> Self:
        """With more to try; what waits already is tried when it was to be, or earlier."""
        kept = {(each.pk, each.sk, each.number): each for each in self.aside}
        kept.update({(each.pk, each.sk, each.number): each for each in waiting})
        return self.moved(aside=tuple(kept.values()))


class EventDelivery(Frozen):
    """One try to deliver an event to an endpoint."""

    delivery_id: Annotated[DeliveryId, Field(description="Id of this try.")]
    event_id: Annotated[EventId, Field(description="Id of the event, as in `webhook-id`.")]
    type: Annotated[str, Field(description="Type of the event.")]
    subject: Annotated[str, Field(description="Kind and id of what the event is about.")]
    at: Annotated[Instant, Field(description="When it was sent.")]
    attempt: Annotated[int, Field(description="The number of the try, from 1.")]
    outcome: Annotated[
        Literal["delivered", "failed"], Field(description="`delivered`: a 2xx came back; `failed`: anything else.")
    ]
    status: Annotated[int | None, Field(description="HTTP status of the answer; null without one.")] = None
    reason: Annotated[str | None, Field(description="Why it failed, in words; null if it was delivered.")] = None
    milliseconds: Annotated[int, Field(description="How long the answer took.")]
    next_attempt_at: Annotated[Instant | None, Field(description="When it is tried again; null if it is not.")] = None


class KeptDelivery(EventDelivery):
    """A try as it is kept, with the place of its event."""

    pk: Annotated[str, Field(exclude=True)]
    sk: Annotated[str, Field(exclude=True)]
    number: Annotated[int, Field(exclude=True)]

    @classmethod
    def of(
        cls,
        event: Event,
        waiting: Aside,
        times: tuple[datetime, datetime],
        status: int | None,
        reason: str | None,
        again: Aside | None,
    ) -> Self:
        """One try. `times`: when it began and ended; `reason`: why it failed, None if it was delivered."""
        at, after = times
        attempt = waiting.tries + 1
        return cls(
            delivery_id=dated_id("dlv", at, event.id, waiting.pk, waiting.sk, str(attempt)),
            event_id=event.id,
            type=event.type,
            subject=event.subject,
            at=at,
            attempt=attempt,
            outcome="delivered" if reason is None else "failed",
            status=status,
            reason=reason,
            milliseconds=(after - at) // timedelta(milliseconds=1),
            next_attempt_at=again.at if again else None,
            pk=waiting.pk,
            sk=waiting.sk,
            number=waiting.number,
        )

    @property
    def expires_at(self) -> datetime:
        """When it is forgotten."""
        return self.at + KEPT_FOR


class ReplayRequest(Frozen):
    """From when on events are to be sent again."""

    since: Annotated[Instant, Field(description="Events of this instant and later are sent again, oldest first.")]


class Rotation(Frozen):
    """The new secret of an endpoint."""

    endpoint_id: Annotated[EndpointId, Field(description="Id of the endpoint.")]
    secret: Annotated[str | None, Field(description="The new secret, shown this once. A repeated answer has none.")]
    previous_good_until: Annotated[
        Instant, Field(description="Until then deliveries are signed with the secret before as well.")
    ]
