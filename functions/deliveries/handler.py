"""Deliveries of shops, kept for 30 days: listed, looked at, applied again; and the health of a storefront."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from laurel import clock
from laurel.api import (
    Cursor,
    InPath,
    Limit,
    Protected,
    answer,
    caller,
)
from laurel.api.filters import From, To
from laurel.domain.tracking.deliveries import DeliveryDetail, DeliveryView, Outcome
from laurel.domain.tracking.health import Health
from laurel.domain.values.ids import DeliveryId, StorefrontId
from laurel.store.table import table
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.tracking import health, kept_deliveries
from laurel.workflows.tracking.kept_deliveries import Wanted

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["deliveries"]
_for = Protected(TAGS)


@app.get(
    "/v1/storefronts/<storefront_id>/deliveries",
    summary="List what a shop sent in the last 30 days",
    description="`applied`, `ignored` on purpose, or `refused`: then somebody may have earned on it, and `reason` "
    "names what to mend. A delivery that came twice is listed twice. What a shop "
    "did not send, but told when it was asked, has a topic that begins with `asked:`.",
    **_for("read", 200, 404),
)
def list_deliveries(
    storefront_id: InPath[StorefrontId],
    outcome: Annotated[Outcome | None, Query()] = None,
    first: From = None,
    last: To = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[DeliveryView]:
    program, wanted = caller(app).program, Wanted(outcome, first, last)
    return kept_deliveries.page(table(), program, storefront_id, wanted, limit=limit, cursor=cursor, now=clock.now())


@app.get(
    "/v1/storefronts/<storefront_id>/deliveries/<delivery_id>",
    summary="One delivery, with its text if it was refused",
    **_for("read", 200, 404),
)
def get_delivery(storefront_id: InPath[StorefrontId], delivery_id: InPath[DeliveryId]) -> DeliveryDetail:
    return kept_deliveries.get(table(), caller(app).program.program_id, storefront_id, delivery_id, clock.now())


@app.post(
    "/v1/storefronts/<storefront_id>/deliveries/<delivery_id>/retry",
    summary="Apply a refused delivery again, once its cause is mended",
    description="It counts as of its arrival. The answer is what became of it; one that was mended is left alone. Of "
    "deliveries that were not refused no body is kept (409 `delivery_without_body`).",
    **_for("admin", 200, 404, 409),
)
def retry_delivery(storefront_id: InPath[StorefrontId], delivery_id: InPath[DeliveryId]) -> DeliveryDetail:
    return kept_deliveries.retry(table(), caller(app).program, storefront_id, delivery_id, clock.now())


@app.get(
    "/v1/storefronts/<storefront_id>/health",
    summary="Orders of a shop by day and by who won them, and its deliveries by outcome",
    description="By default the last 28 days. Orders count on the day they were placed, each once, cancelled ones too. "
    "`deliveries` is empty for days of which none are kept. `click_share_before` is of the 28 days before `from`, or "
    "of as many whole weeks of them as can be read at once. Above 92 days, 40,000 rows of the program "
    "or 100,000 deliveries: 422 `range_too_large`.",
    **_for("read", 200, 404),
)
def get_storefront_health(storefront_id: InPath[StorefrontId], first: From = None, last: To = None) -> Health:
    return health.health(table(), caller(app).program, storefront_id, first, last, clock.now())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
