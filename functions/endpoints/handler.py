"""Events out: the feed, endpoints that events are sent to, and what was sent there."""

from secrets import token_bytes
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from laurel import clock
from laurel.api import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    InPath,
    Limit,
    PatchOf,
    Protected,
    answer,
    caller,
    request,
)
from laurel.domain.events.endpoints import (
    EndpointView,
    EventDelivery,
    IssuedEndpoint,
    NewEndpoint,
    ReplayRequest,
    Rotation,
)
from laurel.domain.events.events import Event, types_named
from laurel.domain.values.ids import DeliveryId, EndpointId
from laurel.queue import events_queue
from laurel.store.table import table
from laurel.workflows.events import deliveries, endpoints, reading
from laurel.workflows.events.reading import Feed
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)
TAGS = ["endpoints"]
_for = Protected(TAGS)


@app.get(
    "/v1/events",
    summary="What happened, oldest first",
    description="Everything of 30 days, once the program keeps its events: from the first endpoint or the first call "
    "of this on. Go on with `after`, the `next_cursor` of the answer before; an empty answer means that nothing "
    "happened since. The same event always has the same `id`; the order of a subject's events is their `sequence`.",
    **_for("read", 200),
)
def list_events(
    after: Annotated[str | None, Query(description="The `next_cursor` of an earlier answer.", max_length=5000)] = None,
    types: Annotated[str | None, Query(description="Only these types, with commas between them.")] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Feed:
    return reading.feed(table(), caller(app).program, after, types_named(types), limit, clock.now())


@app.post(
    "/v1/webhook-endpoints",
    summary="Have events sent to an address",
    description="What happens from now on is posted there, signed by the Standard Webhooks scheme with `secret`, which "
    "is shown this once. An answer other than 2xx within 15 seconds is tried again, for three days; then the endpoint "
    "is paused and `merchant_email` told. 422 `endpoint_not_public` for a private address; names are looked up, and "
    "checked, at every delivery; redirects are not followed.",
    status_code=201,
    **_for("admin", 201, 400, 409, 413),
)
def create_endpoint(
    new: Annotated[NewEndpoint, Body()], idempotency_key: IdempotencyKey = None
) -> tuple[IssuedEndpoint, int]:
    return endpoints.create(table(), request(app, idempotency_key), new, token_bytes)


@app.get("/v1/webhook-endpoints", summary="List the endpoints", **_for("read", 200))
def list_endpoints(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[EndpointView]:
    return endpoints.page(table(), caller(app).program.program_id, limit, cursor)


@app.get("/v1/webhook-endpoints/<endpoint_id>", summary="One endpoint", **_for("read", 200, 404))
def get_endpoint(endpoint_id: InPath[EndpointId]) -> EndpointView:
    return endpoints.get(table(), caller(app).program.program_id, endpoint_id).shown()


@app.patch(
    "/v1/webhook-endpoints/<endpoint_id>",
    summary="Change an endpoint",
    description="`enabled: false` pauses it: what happens waits for up to 30 days. Enabled again, it goes on where it "
    "stopped.",
    **_for("admin", 200, 400, 404, 412, 413),
)
def edit_endpoint(
    endpoint_id: InPath[EndpointId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(NewEndpoint)],
    if_match: IfMatch = None,
) -> EndpointView:
    return endpoints.edit(table(), caller(app).program.program_id, endpoint_id, patch, if_match, clock.now())


@app.delete(
    "/v1/webhook-endpoints/<endpoint_id>",
    summary="Delete an endpoint",
    description="Nothing is sent there any more, nor tried again.",
    status_code=204,
    **_for("admin", 204, 404, 412),
)
def delete_endpoint(endpoint_id: InPath[EndpointId], if_match: IfMatch = None) -> None:
    endpoints.delete(table(), caller(app).program.program_id, endpoint_id, if_match)


@app.post(
    "/v1/webhook-endpoints/<endpoint_id>/rotate",
    summary="Give an endpoint another secret",
    description="For 24 hours deliveries carry a signature by each of the two; the new secret is shown this once.",
    **_for("admin", 200, 404, 409),
)
def rotate_secret(endpoint_id: InPath[EndpointId], idempotency_key: IdempotencyKey = None) -> tuple[Rotation, int]:
    return endpoints.rotate(table(), request(app, idempotency_key), endpoint_id, token_bytes)


@app.get(
    "/v1/webhook-endpoints/<endpoint_id>/deliveries",
    summary="What was sent to an endpoint",
    description="Each try of 30 days, with what came back and how long that took, newest first.",
    **_for("read", 200, 404),
)
def list_event_deliveries(
    endpoint_id: InPath[EndpointId],
    outcome: Annotated[
        Literal["delivered", "failed"] | None, Query(description="Only tries that ended like this.")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[EventDelivery]:
    return deliveries.page(table(), caller(app).program.program_id, endpoint_id, outcome, limit, cursor)


@app.post(
    "/v1/webhook-endpoints/<endpoint_id>/deliveries/<delivery_id>/redeliver",
    summary="Send the event of a delivery again",
    description="It has the same id and a new signature. 409 `endpoint_paused`; 409 `endpoint_busy` while twenty "
    "events wait for another try.",
    status_code=202,
    **_for("admin", 202, 404, 409),
)
def redeliver(endpoint_id: InPath[EndpointId], delivery_id: InPath[DeliveryId]) -> tuple[EndpointView, int]:
    program_id = caller(app).program.program_id
    deliveries.redeliver(table(), events_queue(), program_id, endpoint_id, delivery_id, clock.now())
    return endpoints.get(table(), program_id, endpoint_id).shown(), 202


@app.post(
    "/v1/webhook-endpoints/<endpoint_id>/replay",
    summary="Send all events since an instant again",
    description="Oldest first, as far as they are kept (30 days). 409 `endpoint_paused`.",
    status_code=202,
    **_for("admin", 202, 400, 404, 409, 413),
)
def replay_events(
    endpoint_id: InPath[EndpointId], replay: Annotated[ReplayRequest, Body()]
) -> tuple[ReplayRequest, int]:
    program_id = caller(app).program.program_id
    since = deliveries.replay(table(), events_queue(), program_id, endpoint_id, replay.since, clock.now())
    return ReplayRequest(since=since), 202


@app.post(
    "/v1/webhook-endpoints/<endpoint_id>/test",
    summary="Send a test event",
    description="An event of type `test`, which is in no feed. 409 `endpoint_paused`, `endpoint_busy`.",
    status_code=202,
    **_for("admin", 202, 404, 409),
)
def send_test(endpoint_id: InPath[EndpointId]) -> tuple[Event, int]:
    program_id = caller(app).program.program_id
    return deliveries.test(table(), events_queue(), program_id, endpoint_id, clock.now()), 202


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
