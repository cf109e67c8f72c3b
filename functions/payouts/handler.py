"""Payouts: batches that mark due rows as paid, as JSON and as CSV."""

from functools import partial
from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from laurel.api import Cursor, IdempotencyKey, InPath, Limit, answer, caller, request, requires, responses, tables
from laurel.api.tables import Format, Layout, RowLimit
from laurel.domain.payouts.payouts import PAYOUT_COLUMNS, NewPayout, PayoutDetail, PayoutView, payout_cells
from laurel.domain.values.ids import PayoutId
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.payouts import payouts
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["payouts"]


@app.post(
    "/v1/payouts",
    summary="Pay what is due: mark approved rows of before an instant as paid, member by member",
    description="Negative rows are taken off. Members to whom nothing, or less than `minimum`, is due are passed over. "
    "A row is in one payout only, whatever breaks off or is sent twice; `GET` tells how far it is.",
    tags=TAGS,
    status_code=202,
    responses=responses(202, 400, 409, 413),
    middlewares=[requires("admin")],
)
def start_payout(new: Annotated[NewPayout, Body()], idempotency_key: IdempotencyKey = None) -> tuple[PayoutView, int]:
    return payouts.start(table(), queue(), request(app, idempotency_key), new, token_bytes)


@app.get(
    "/v1/payouts",
    summary="List the payouts",
    tags=TAGS,
    responses=responses(200),
    middlewares=[requires("read")],
)
def list_payouts(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[PayoutView]:
    return payouts.page(table(), caller(app).program.program_id, limit, cursor)


@app.get(
    "/v1/payouts/<payout_id>",
    summary="One payout, with what each member is paid",
    description="As CSV, one answer holds up to 5,000 members; where there are more, the header Next-Cursor has the "
    "cursor of the rest, and Link its address.",
    tags=TAGS,
    responses={**responses(404), **tables.json_or_csv(PayoutDetail)},
    middlewares=[requires("read")],
)
def get_payout(
    payout_id: InPath[PayoutId], limit: RowLimit = None, cursor: Cursor = None, format: Format = "json"
) -> Response[PayoutDetail | str]:
    program_id = caller(app).program.program_id
    if format == "json":
        return tables.as_json(payouts.detail(table(), program_id, payout_id, limit or DEFAULT_LIMIT, cursor))
    paid = payouts.get(table(), program_id, payout_id)
    layout = Layout("payout", PAYOUT_COLUMNS, partial(payout_cells, payout=paid))
    return tables.list_as_csv(app, layout, partial(payouts.payees, table(), program_id, payout_id), limit, cursor)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
