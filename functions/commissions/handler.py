"""Payable rows: conversions, clicks, bonuses and markers of rules, adjustments, and rows given by hand."""

import secrets
from functools import partial
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

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
    request,
    tables,
)
from laurel.api.filters import From, Named, OfPayout, Payout, Status, To
from laurel.api.tables import Format, Layout, RowLimit
from laurel.domain.earnings.approvals import Because, Verdict
from laurel.domain.earnings.manual_commissions import NewCommission
from laurel.domain.history import Edit
from laurel.domain.ledger.commissions import CommissionType
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.ledger.tables import COMMISSION_COLUMNS, commission_cells
from laurel.domain.ledger.views import CommissionView
from laurel.domain.values.ids import CommissionId
from laurel.store.table import table
from laurel.workflows.earnings import approvals, manual_commissions
from laurel.workflows.ledger import commissions, row_history
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.payouts import reading
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["commissions"]
_for = Protected(TAGS)
Reason = Annotated[Because | None, Body()]


SHOWS, DECIDES = _for("read", 200, 404), _for("admin", 200, 400, 404, 409, 412, 413)


@app.get(
    "/v1/commissions",
    summary="List the payable rows of the program: conversions, clicks, bonuses, markers, adjustments",
    description="All, or those that any of the filters leave; as CSV up to 5,000 rows an answer, where there are more "
    "the header Next-Cursor has the cursor of the rest, and Link its address. " + filters.PAGES,
    **_for("read", 404, also=tables.json_or_csv(Page[CommissionView])),
)
def list_commissions(
    offer_id: Named = None,
    member_id: Named = None,
    rule_id: Named = None,
    payout_id: OfPayout = None,
    type: Annotated[CommissionType | None, Query()] = None,
    status: Status = None,
    payout: Payout = None,
    first: From = None,
    last: To = None,
    limit: RowLimit = None,
    cursor: Cursor = None,
    format: Format = "json",
) -> Response[Page[CommissionView] | str]:
    equal = {"type": type, "status": status, "payout": payout}
    wanted = Wanted(offer_id=offer_id, member_id=member_id, rule_id=rule_id, first=first, last=last, equal=equal)
    program = caller(app).program
    read = partial(reading.commissions, table(), program, payout_id, wanted)
    if format == "json":
        return tables.as_json(read(limit or DEFAULT_LIMIT, cursor))
    known = KnownNames(table(), program.program_id)
    layout = Layout("commissions", COMMISSION_COLUMNS, partial(commission_cells, program=program, names=known.names))
    return tables.list_as_csv(app, layout, known.along(read), limit, cursor)


@app.get("/v1/commissions/<commission_id>", summary="One payable row", **SHOWS)
def get_commission(commission_id: InPath[CommissionId]) -> CommissionView:
    return CommissionView.of(commissions.get(table(), caller(app).program.program_id, commission_id))


@app.post(
    "/v1/commissions",
    summary="Give a member a row by hand: a bonus, a deduction, or an action",
    **_for("admin", 201, 400, 409, 413),
)
def create_commission(new: NewCommission, idempotency_key: IdempotencyKey = None) -> tuple[CommissionView, int]:
    return manual_commissions.create(table(), request(app, idempotency_key), new, secrets.token_bytes)


@app.get(
    "/v1/commissions/<commission_id>/history", summary="What was done to a payable row since it was recorded", **SHOWS
)
def list_commission_history(
    commission_id: InPath[CommissionId], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[Edit]:
    return row_history.page(table(), caller(app).program.program_id, commission_id, limit, cursor)


@app.post(
    "/v1/commissions/<commission_id>/approve",
    summary="Approve any payable row; rows of higher tiers follow their sale",
    **DECIDES,
)
def approve_commission(
    commission_id: InPath[CommissionId], because: Reason = None, if_match: IfMatch = None
) -> CommissionView:
    return _decided(commission_id, "approved", because, if_match)


@app.post(
    "/v1/commissions/<commission_id>/decline",
    summary="Decline any payable row; rows of higher tiers follow their sale",
    **DECIDES,
)
def decline_commission(
    commission_id: InPath[CommissionId], because: Reason = None, if_match: IfMatch = None
) -> CommissionView:
    return _decided(commission_id, "declined", because, if_match)


def _decided(commission_id: str, verdict: Verdict, because: Because | None, if_match: int | None) -> CommissionView:
    decision = Decision(status=verdict, reason=because.reason if because else None)
    program_id = caller(app).program.program_id
    return CommissionView.of(approvals.decide(table(), program_id, commission_id, decision, author(app), if_match))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
