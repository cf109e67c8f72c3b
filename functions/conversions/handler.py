"""Orders and actions that storefronts report."""

import secrets
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
    Protected,
    answer,
    author,
    caller,
    filters,
    origin,
    reports,
    request,
)
from laurel.api.filters import From, Named, OfCode, OfOrder, OfType, Payout, Status, To
from laurel.api.reports import BulkReports, BulkResults
from laurel.domain.earnings.approvals import Because, BulkStatus, StatusResults, Verdict
from laurel.domain.history import Edit
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.ledger.views import ConversionDetail, ConversionView
from laurel.domain.tracking.conversions import Claimant, ConversionReport
from laurel.domain.tracking.refunds import OrderRef, OrderRefund, RefundId, RefundReport, RefundView
from laurel.domain.tracking.revisions import Revision
from laurel.domain.values.ids import CommissionId
from laurel.store.table import table
from laurel.workflows.earnings import approvals, attributions, recurrences
from laurel.workflows.ledger import commissions, row_history
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.tracking import ingestion, refunds, revisions

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["conversions"]
_for = Protected(TAGS)
Reason = Annotated[Because | None, Body()]


SHOWS, DECIDES = _for("read", 200, 404), _for("admin", 200, 400, 404, 409, 412, 413)


@app.post(
    "/v1/conversions",
    summary="Report an order or action; the same report again is answered as before",
    **_for("storefront", 200, 201, 400, 409, 413, along=reports.along_one),
)
def record_conversion(report: ConversionReport, idempotency_key: IdempotencyKey = None) -> tuple[ConversionView, int]:
    made = request(app, idempotency_key)
    received = ingestion.received(caller(app), report, made.body_hash, made.at)
    return ingestion.record_once(table(), made, received, caller(app).found)


@app.post(
    "/v1/conversions/bulk",
    summary="Report up to 25 orders, each with a result of its own",
    **_for("storefront", 200, 400, 413, along=reports.along_many),
)
def record_conversions(bulk: BulkReports) -> BulkResults:
    return reports.record_each(table(), caller(app), bulk.conversions, clock.now(), origin(app))


@app.get(
    "/v1/conversions",
    summary="List the conversions of the program: all, or those that any of the filters leave",
    description="`order_id` finds an order whoever won it, in one storefront or in all of them; other lists are of "
    "what somebody won, unless `attributed` is false. " + filters.PAGES,
    **_for("read", 200),
)
def list_conversions(
    order_id: OfOrder = None,
    storefront_id: Named = None,
    offer_id: Named = None,
    member_id: Named = None,
    promo_code: OfCode = None,
    status: Status = None,
    payout: Payout = None,
    type: OfType = None,
    first: From = None,
    last: To = None,
    attributed: Annotated[bool | None, Query(description="false: those that nobody won.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ConversionView]:
    wanted = Wanted(
        order_id=order_id,
        storefront_id=storefront_id,
        offer_id=offer_id,
        member_id=member_id,
        promo_code=promo_code,
        attributed=attributed,
        first=first,
        last=last,
        equal={"status": status, "payout": payout, "type": type},
    )
    return commissions.list_conversions(table(), caller(app).program, wanted, limit, cursor)


@app.get(
    "/v1/conversions/<conversion_id>", summary="One conversion, with its metadata and who else claimed it", **SHOWS
)
def get_conversion(conversion_id: InPath[CommissionId]) -> ConversionDetail:
    return commissions.get_conversion(table(), caller(app).program.program_id, conversion_id)


@app.patch(
    "/v1/conversions/<conversion_id>",
    summary="Revise an order: its amount, state or exchange rate",
    description="It is worth what the facts say, by its own terms; a paid row keeps its amount and is adjusted. "
    "Newer news of the shop replaces a revision.",
    **_for("admin", 200, 400, 404, 412, 413),
)
def revise_conversion(
    conversion_id: InPath[CommissionId], revision: Annotated[Revision, Body()], if_match: IfMatch = None
) -> ConversionView:
    program = caller(app).program
    return ConversionView.of(revisions.revise(table(), program, conversion_id, revision, if_match, author(app)))


@app.post(
    "/v1/conversions/<conversion_id>/attribute",
    summary="Give an order that nobody won to a member of an offer",
    description="It earns what the terms of now give, whatever the flags and dates of offer and enrollment. The same "
    "again changes nothing; another member's order is 409 `already_attributed`.",
    **DECIDES,
)
def attribute_conversion(
    conversion_id: InPath[CommissionId], claimant: Annotated[Claimant, Body()], if_match: IfMatch = None
) -> ConversionView:
    attributed = attributions.attribute(table(), caller(app).program, conversion_id, claimant, author(app), if_match)
    return ConversionView.of(attributed)


@app.get(
    "/v1/conversions/<conversion_id>/history", summary="What was done to a conversion since it was recorded", **SHOWS
)
def list_conversion_history(
    conversion_id: InPath[CommissionId], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[Edit]:
    program_id = caller(app).program.program_id
    return row_history.page(table(), program_id, conversion_id, limit, cursor, commissions.conversion_of)


@app.post(
    "/v1/conversions/<conversion_id>/approve",
    summary="Approve a conversion; not after a refund, a chargeback or fraud",
    **DECIDES,
)
def approve_conversion(
    conversion_id: InPath[CommissionId], because: Reason = None, if_match: IfMatch = None
) -> ConversionView:
    return _decided(conversion_id, "approved", because, if_match)


@app.post(
    "/v1/conversions/<conversion_id>/decline",
    summary="Decline a conversion; for the reason `fraud` it stays declined",
    **DECIDES,
)
def decline_conversion(
    conversion_id: InPath[CommissionId], because: Reason = None, if_match: IfMatch = None
) -> ConversionView:
    return _decided(conversion_id, "declined", because, if_match)


@app.post(
    "/v1/conversions/bulk-status",
    summary="Approve or decline up to 100 conversions, each with a result of its own",
    **_for("admin", 200, 400, 413),
)
def decide_conversions(bulk: BulkStatus) -> StatusResults:
    return approvals.decide_each(table(), caller(app).program.program_id, bulk, author(app), secrets.token_bytes)


@app.post(
    "/v1/conversions/<conversion_id>/refunds",
    summary="Refund a conversion in part or, without an amount, all that is left of it",
    **_for("storefront", 200, 201, 400, 404, 409, 413),
)
def refund_conversion(
    conversion_id: InPath[CommissionId], refund: RefundReport, idempotency_key: IdempotencyKey = None
) -> tuple[RefundView, int]:
    return refunds.refund_conversion(table(), request(app, idempotency_key), conversion_id, refund)


@app.get(
    "/v1/conversions/<conversion_id>/refunds", summary="The refunds and disputes of a conversion, oldest first", **SHOWS
)
def list_refunds_of_conversion(conversion_id: InPath[CommissionId]) -> Page[RefundView]:
    program_id = caller(app).program.program_id
    return Page[RefundView](items=refunds.of_conversion(table(), program_id, conversion_id), next_cursor=None)


@app.delete(
    "/v1/conversions/<conversion_id>/refunds/<refund_id>",
    summary="Take a refund back: what it took is earned again",
    description="On a paid row an adjustment gives it back. Taken back again it changes nothing.",
    status_code=204,
    **_for("admin", 204, 404),
)
def undo_refund(conversion_id: InPath[CommissionId], refund_id: InPath[RefundId]) -> None:
    refunds.undo(table(), caller(app).program.program_id, conversion_id, refund_id, author(app))


@app.post(
    "/v1/refunds",
    summary="Refund an order by the storefront's id of it; one that is not known yet waits for it (202)",
    **_for("storefront", 200, 201, 202, 400, 409, 413, along=reports.along_one),
)
def refund_order(refund: OrderRefund, idempotency_key: IdempotencyKey = None) -> tuple[RefundView, int]:
    order = OrderRef(ingestion.storefront_of(caller(app), refund.storefront_id), refund.order_id)
    return refunds.refund_once(table(), request(app, idempotency_key), order, refund.report)


@app.get("/v1/refunds", summary="List the refunds whose order is not known yet", **_for("read", 200))
def list_refunds(
    parked: Annotated[Literal["true"], Query(description="Others: see their conversion.")],  # noqa: ARG001 -- one list
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[RefundView]:
    return refunds.parked(table(), caller(app).program.program_id, limit, cursor)


@app.delete(
    "/v1/conversions/<conversion_id>/recurrence",
    summary="Stop the commissions that follow a conversion by themselves; those that were made stay",
    status_code=204,
    **_for("admin", 204, 404),
)
def stop_recurrence(conversion_id: InPath[CommissionId]) -> None:
    recurrences.stop(table(), caller(app).program, conversion_id, author(app))


def _decided(conversion_id: str, verdict: Verdict, because: Because | None, if_match: int | None) -> ConversionView:
    decision = Decision(status=verdict, reason=because.reason if because else None)
    program_id = caller(app).program.program_id
    decided = approvals.decide_conversion(table(), program_id, conversion_id, decision, author(app), if_match)
    return ConversionView.of(decided)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
