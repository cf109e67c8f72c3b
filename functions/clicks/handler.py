"""Visits through members' links: public, the hottest route, with the fewest rights."""

from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from laurel import clock, metrics
from laurel.api import (
    IdempotencyKey,
    InPath,
    answer,
    caller,
    link_visits,
    public_with_any_query,
    redirects,
    request,
    requires,
    responses,
)
from laurel.domain.members.enrollments import Slug
from laurel.domain.tracking.clicks import ClickAnswer, ClickReport
from laurel.store.table import table
from laurel.workflows.tracking import clicks
from laurel.workflows.tracking.clicks import LinkLookups

app = APIGatewayHttpResolver(enable_validation=True)
link_lookups = LinkLookups()

TAGS = ["clicks"]


@app.get(
    "/r/<slug>",
    summary="Follow a member's link to the offer's landing page",
    description="The click counts once per visitor, link and local day, and for orders from the last visit of that "
    "day; the landing page gets its id as `laurel_click`. Crawlers and prefetches are led on without one, and so is "
    "everybody while the link is inactive.",
    tags=TAGS,
    responses=redirects(),
    middlewares=[public_with_any_query],
)
def follow_link(slug: InPath[Slug]) -> Response[str]:
    return _followed(slug)


@app.head(
    "/r/<slug>",
    summary="Where a member's link leads, without a click",
    tags=TAGS,
    responses=redirects(),
    middlewares=[public_with_any_query],
)
def look_at_link(slug: InPath[Slug]) -> Response[str]:
    return _followed(slug)


@app.post(
    "/v1/clicks",
    summary="Report a visit through a link, for storefronts that route clicks themselves",
    description="201 for a new unique click, 200 if that visitor's click was counted that local day already. An "
    "inactive link has no clicks: 200 with `click_id` null and the reason.",
    tags=TAGS,
    responses=responses(200, 201, 400, 404, 409, 413),
    middlewares=[requires("storefront", along=lambda _, event: clicks.along(event.json_body))],
)
def report_click(
    report: Annotated[ClickReport, Body()], idempotency_key: IdempotencyKey = None
) -> tuple[ClickAnswer, int]:
    return clicks.report(table(), request(app, idempotency_key), report, caller(app).found)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)


def _followed(slug: str) -> Response[str]:
    followed = clicks.follow(table(), link_lookups, slug, link_visits.visit(app), clock.now(), token_bytes)
    metrics.count_lost_clicks(0 if followed.lost is None else 1)
    return link_visits.redirect(app, followed)
