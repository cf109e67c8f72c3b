"""Promo codes as connected shops have them: listed, and looked after now."""

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
from laurel.domain.members.enrollments import ShopState
from laurel.domain.shops.codes import ShopCodeView
from laurel.domain.shops.connections import SyncStarted
from laurel.domain.values.ids import StorefrontId
from laurel.store.table import table
from laurel.workflows.program import storefronts
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.shops import checking, showing

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["codes"]
_for = Protected(TAGS)


@app.get(
    "/v1/storefronts/<storefront_id>/codes",
    summary="List the promo codes that a shop has of Laurel",
    description="`live` once the shop said so. `reason` names what stands in the way (`taken` by a discount of the "
    "merchant's own, which is never touched), or what somebody had changed in the shop and was put right "
    "(`changed_in_shop`, `deleted_in_shop`).",
    **_for("read", 200, 404),
)
def list_shop_codes(
    storefront_id: InPath[StorefrontId],
    state: Annotated[ShopState | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ShopCodeView]:
    program_id = caller(app).program.program_id
    storefronts.require(table(), program_id, storefront_id)
    return showing.page(table(), program_id, storefront_id, state, limit, cursor)


@app.post(
    "/v1/storefronts/<storefront_id>/sync",
    summary="Compare all codes with the shop now, as each day",
    description="A job (`GET /v1/jobs/{job_id}`) hands each code to its shop; what differs is put right. 409 "
    "`not_connected` without a connection; one that failed is checked again first.",
    status_code=202,
    **_for("admin", 202, 404, 409),
)
def sync_storefront(storefront_id: InPath[StorefrontId]) -> tuple[SyncStarted, int]:
    program_id = caller(app).program.program_id
    storefronts.require(table(), program_id, storefront_id)
    return SyncStarted(job_id=checking.look_after(table(), program_id, storefront_id, clock.now())), 202


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
