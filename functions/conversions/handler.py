"""Orders and actions that storefronts report, and the commission rows that came of them."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from laurel import clock
from laurel.api import Cursor, IdempotencyKey, InPath, Limit, answer, caller, reports, request, requires, responses
from laurel.api.reports import BulkReports, BulkResults
from laurel.domain.commissions import CommissionStatus, CommissionType, ConversionType, PayoutStatus
from laurel.domain.conversions import ConversionReport
from laurel.domain.ids import CommissionId
from laurel.domain.model import Day
from laurel.domain.views import CommissionView, ConversionView
from laurel.store.table import table
from laurel.workflows import commissions, ingestion
from laurel.workflows.commissions import Wanted
from laurel.workflows.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["conversions"]
Named = Annotated[str | None, Query(min_length=1, max_length=64)]
Status = Annotated[CommissionStatus | None, Query(description="Only rows with this status.")]
Payout = Annotated[PayoutStatus | None, Query(description="Only rows that are paid, or that are not.")]
From = Annotated[Day | None, Query(alias="from", description="First local day of the program, included.")]
To = Annotated[Day | None, Query(alias="to", description="Last local day of the program, included.")]


@app.post(
    "/v1/conversions",
    summary="Report an order or action; the same report again is answered as before",
    tags=TAGS,
    responses=responses(200, 201, 400, 409, 413),
    middlewares=[requires("storefront", along=reports.along_one)],
)
def record_conversion(report: ConversionReport, idempotency_key: IdempotencyKey = None) -> tuple[ConversionView, int]:
    made = request(app, idempotency_key)
    received = ingestion.received(caller(app), report, made.body_hash, made.at)
    return ingestion.record_once(table(), made, received, caller(app).found)


@app.post(
    "/v1/conversions/bulk",
    summary="Report up to 25 orders, each with a result of its own",
    tags=TAGS,
    responses=responses(200, 400, 413),
    middlewares=[requires("storefront", along=reports.along_many)],
)
def record_conversions(bulk: BulkReports) -> BulkResults:
    return reports.record_each(table(), caller(app), bulk.conversions, clock.now())


@app.get(
    "/v1/conversions",
    summary="List the conversions of an offer or a member, or the unattributed ones",
    tags=TAGS,
    responses=responses(200),
    middlewares=[requires("read")],
)
def list_conversions(
    offer_id: Named = None,
    member_id: Named = None,
    status: Status = None,
    payout: Payout = None,
    type: Annotated[ConversionType | None, Query()] = None,
    first: From = None,
    last: To = None,
    attributed: Annotated[bool, Query(description="false: those that nobody won.")] = True,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ConversionView]:
    equal = {"origin": "conversion", "status": status, "payout": payout, "type": type}
    wanted = Wanted(offer_id, member_id, not attributed, first, last, equal)
    return commissions.list_page(table(), caller(app).program, wanted, ConversionView.of, limit, cursor)


@app.get(
    "/v1/conversions/<conversion_id>",
    summary="One conversion",
    tags=TAGS,
    responses=responses(200, 404),
    middlewares=[requires("read")],
)
def get_conversion(conversion_id: InPath[CommissionId]) -> ConversionView:
    return ConversionView.of(commissions.get_conversion(table(), caller(app).program.program_id, conversion_id))


@app.get(
    "/v1/commissions",
    summary="List the payable rows of an offer or a member: conversions, bonuses, markers",
    tags=TAGS,
    responses=responses(200),
    middlewares=[requires("read")],
)
def list_commissions(
    offer_id: Named = None,
    member_id: Named = None,
    rule_id: Named = None,
    type: Annotated[CommissionType | None, Query()] = None,
    status: Status = None,
    payout: Payout = None,
    first: From = None,
    last: To = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[CommissionView]:
    equal = {"rule_id": rule_id, "type": type, "status": status, "payout": payout}
    wanted = Wanted(offer_id, member_id, first=first, last=last, equal=equal)
    return commissions.list_page(table(), caller(app).program, wanted, CommissionView.of, limit, cursor)


@app.get(
    "/v1/commissions/<commission_id>",
    summary="One payable row",
    tags=TAGS,
    responses=responses(200, 404),
    middlewares=[requires("read")],
)
def get_commission(commission_id: InPath[CommissionId]) -> CommissionView:
    return CommissionView.of(commissions.get(table(), caller(app).program.program_id, commission_id))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
