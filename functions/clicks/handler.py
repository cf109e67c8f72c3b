"""Visits through members' links, at their own address or a shop's: public, the hottest, with the fewest rights."""

from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from laurel import clock, metrics
from laurel.api import (
    IdempotencyKey,
    InPath,
    Protected,
    answer,
    caller,
    cors,
    link_visits,
    public,
    public_with_any_query,
    redirects,
    request,
)
from laurel.domain.members.slugs import TypedSlug
from laurel.domain.tracking.clicks import NOT_HUMAN, ClickAnswer, ClickReport, ShopVisit, Visit
from laurel.domain.values.ids import StorefrontId
from laurel.store.table import table
from laurel.workflows.program.storefront_doors import StorefrontDoors
from laurel.workflows.tracking import clicks
from laurel.workflows.tracking.clicks import Followed, LinkLookups

app = APIGatewayHttpResolver(enable_validation=True)
link_lookups, doors = LinkLookups(), StorefrontDoors()

TAGS = ["clicks"]
_for = Protected(TAGS)


@app.get(
    "/r/<slug>",
    summary="Follow a member's link to the offer's landing page",
    description="The click counts once per visitor, link and local day, and for orders from the last visit of that "
    "day; the landing page gets its id as `laurel_click`. Crawlers, clients that are no browser and prefetches are "
    "led on without one, and so is everybody while the link is inactive. `to=/path` leads to another page of the "
    "landing page's own host; other parameters are handed on, behind those of the page itself. A link of an archived "
    "offer leads to the program's `fallback_url`. Capitals and signs after a slug make no difference; browsers are "
    "told on a page what is not there.",
    tags=TAGS,
    responses=redirects(),
    middlewares=[public_with_any_query],
)
def follow_link(slug: InPath[TypedSlug]) -> Response[str]:
    return _followed(slug)


@app.head(
    "/r/<slug>",
    summary="Where a member's link leads, without a click",
    tags=TAGS,
    responses=redirects(),
    middlewares=[public_with_any_query],
)
def look_at_link(slug: InPath[TypedSlug]) -> Response[str]:
    return _followed(slug)


@app.get(
    "/r/<slug>/",
    summary="Follow a member's link that was written with a slash at its end",
    tags=TAGS,
    responses=redirects(),
    middlewares=[public_with_any_query],
)
def follow_link_with_slash(slug: InPath[TypedSlug]) -> Response[str]:
    return _followed(slug)


@app.head(
    "/r/<slug>/",
    summary="Where a member's link leads that was written with a slash at its end",
    tags=TAGS,
    responses=redirects(),
    middlewares=[public_with_any_query],
)
def look_at_link_with_slash(slug: InPath[TypedSlug]) -> Response[str]:
    return _followed(slug)


@app.post(
    "/c/<storefront_id>",
    summary="Count a visit to a shop's own address that names a link",
    description="For the shop's own pages: only of the storefront's `origins`, and they alone may read the answer. "
    "201 for a new unique click, 200 if that visitor's click was counted that local day already, or cannot count: "
    "then `click_id` is null and the reason is told. `page` is not kept. The body may be sent as `text/plain`, for "
    "which browsers ask no leave before.",
    tags=TAGS,
    responses=cors.answers(ClickAnswer, 400, 403, 404, 413, 422),
    middlewares=[public],
)
def count_visit(storefront_id: InPath[StorefrontId], visit: Annotated[ShopVisit, Body()]) -> Response[Any]:
    storefront, program_id = doors.storefront(table(), storefront_id), doors.program_id(table(), storefront_id)

    def counted() -> tuple[ClickAnswer, int]:
        if not link_visits.is_human(app):
            return ClickAnswer(unique=False, reason=NOT_HUMAN), 200
        return clicks.count(table(), link_lookups, (program_id, storefront_id), visit, clock.now())

    return cors.answered(app, storefront.origins, counted)


@app.route(
    "/c/<storefront_id>",
    method="OPTIONS",
    summary="Whether a page may count visits",
    description="What browsers ask before they send JSON from another origin.",
    tags=TAGS,
    responses=cors.leave(),
    middlewares=[public],
)
def ask_to_count_visits(storefront_id: InPath[StorefrontId]) -> Response[Any]:
    return cors.allowed(app, doors.storefront(table(), storefront_id).origins)


@app.post(
    "/v1/clicks",
    summary="Report a visit through a link, for storefronts that route clicks themselves",
    description="201 for a new unique click, 200 if that visitor's click was counted that local day already. An "
    "inactive link has no clicks: 200 with `click_id` null and the reason.",
    **_for("storefront", 200, 201, 400, 404, 409, 413, along=lambda _, event: clicks.along(event.json_body)),
)
def report_click(
    report: Annotated[ClickReport, Body()], idempotency_key: IdempotencyKey = None
) -> tuple[ClickAnswer, int]:
    return clicks.report(table(), request(app, idempotency_key), report, caller(app).found)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)


def _followed(slug: str) -> Response[str]:
    def follow(visit: Visit) -> Followed:
        followed = clicks.follow(table(), link_lookups, slug, visit, clock.now(), token_bytes)
        metrics.count_lost_clicks(0 if followed.lost is None else 1)
        return followed

    return link_visits.led(app, follow)
