"""Payouts: drafts of what is due, confirmed or cancelled; their lines and statements as JSON and as CSV."""

from functools import partial
from secrets import token_bytes
from typing import Annotated, Any, Final
from urllib.parse import urlencode

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
    request,
    tables,
)
from laurel.api.tables import Format, Layout, RowLimit
from laurel.domain.payouts.lines import (
    Failure,
    LineView,
    PayoutDetail,
    Statement,
)
from laurel.domain.payouts.payouts import NewPayout, PayoutView
from laurel.domain.payouts.rails.rails import RailName
from laurel.domain.payouts.tables import PAYOUT_COLUMNS, STATEMENT_COLUMNS, payout_cells, statement_cells
from laurel.domain.values.ids import MemberId, PayoutId
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.payouts import exports, payouts, reading
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["payouts"]
_for = Protected(TAGS)
MOST_PARTS: Final = 1_000
FILES: Final[Any] = {
    200: {
        "description": "Done",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/json": {"schema": {"type": "object"}},
            "application/xml": {"schema": {"type": "string"}},
        },
    }
}


@app.post(
    "/v1/payouts",
    summary="Draft a payout: what is due of the days up to one that is over, member by member",
    description="Negative rows are taken off. Who is not to be paid is left out and listed with the reason. Nothing is "
    "paid before the draft is confirmed; `GET` tells when it can be looked at.",
    status_code=202,
    **_for("admin", 202, 400, 409, 413),
)
def start_payout(new: Annotated[NewPayout, Body()], idempotency_key: IdempotencyKey = None) -> tuple[PayoutView, int]:
    return payouts.start(table(), queue(), request(app, idempotency_key), new, token_bytes)


@app.get("/v1/payouts", summary="List the payouts", **_for("read", 200))
def list_payouts(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[PayoutView]:
    return reading.page(table(), caller(app).program.program_id, limit, cursor)


@app.get(
    "/v1/payouts/<payout_id>",
    summary="One payout, with the members that it pays, and those that it leaves out and why",
    description="A page holds members of both kinds, `limit` in all. As CSV, one answer holds up to 5,000 lines; where "
    "there are more, the header Next-Cursor has the cursor of the rest, and Link its address.",
    **_for("read", 404, also=tables.json_or_csv(PayoutDetail)),
)
def get_payout(
    payout_id: InPath[PayoutId], limit: RowLimit = None, cursor: Cursor = None, format: Format = "json"
) -> Response[PayoutDetail | str]:
    program_id = caller(app).program.program_id
    if format == "json":
        return tables.as_json(reading.detail(table(), program_id, payout_id, limit or DEFAULT_LIMIT, cursor))
    payout = reading.get(table(), program_id, payout_id)
    layout = Layout("payout", PAYOUT_COLUMNS, partial(payout_cells, payout=payout))
    return tables.list_as_csv(app, layout, partial(reading.line_views, table(), program_id, payout_id), limit, cursor)


@app.get(
    "/v1/payouts/<payout_id>/file",
    summary="The file by which a payout is paid: for people, PayPal's mass payments or its API, or a bank (SEPA)",
    description="Of a draft or a confirmed payout, whose file stays the same: it says who was to be paid, where, and "
    "from which account, when it was drafted, and keeps lines that failed since. `rail` is the payout's own unless "
    "told otherwise. A long payout comes in parts: the header Link has the address of the next one. A line that the "
    "rail cannot express is 409 `rail_cannot`, which names it.",
    **_for("admin", 404, 409, also=FILES),
)
def get_file(
    payout_id: InPath[PayoutId],
    rail: Annotated[RailName | None, Query()] = None,
    part: Annotated[int, Query(ge=1, le=MOST_PARTS)] = 1,
) -> Response[str]:
    made = exports.part_of(table(), caller(app).program, payout_id, rail, part)
    headers = {"Content-Disposition": f'attachment; filename="{made.file.name}"'}
    if not made.is_last:
        asked = {**({"rail": rail} if rail else {}), "part": part + 1}
        headers["Link"] = f'<?{urlencode(asked)}>; rel="next"'
    return Response(200, made.file.media_type, made.file.content.decode(), headers)


@app.post(
    "/v1/payouts/<payout_id>/confirm",
    summary="Confirm a draft as it stands: its rows are paid, and change by adjustments from then on",
    description="Again it changes nothing; a confirmation that failed half-way goes on. With If-Match it is confirmed "
    "only as it was looked at: a line that has changed since gives it another version.",
    status_code=202,
    **_for("admin", 202, 404, 409, 412),
)
def confirm_payout(payout_id: InPath[PayoutId], if_match: IfMatch = None) -> tuple[PayoutView, int]:
    return payouts.confirm(table(), queue(), caller(app).program.program_id, payout_id, author(app), if_match), 202


@app.post(
    "/v1/payouts/<payout_id>/cancel",
    summary="Cancel a draft: its rows are due as before",
    **_for("admin", 200, 404, 409, 412),
)
def cancel_payout(payout_id: InPath[PayoutId], if_match: IfMatch = None) -> PayoutView:
    return payouts.cancel(table(), queue(), caller(app).program.program_id, payout_id, author(app), if_match)


@app.post(
    "/v1/payouts/<payout_id>/lines/<member_id>/fail",
    summary="Tell that a line of a confirmed payout did not arrive: its rows are due again, once",
    **_for("admin", 200, 400, 404, 409, 413),
)
def fail_line(
    payout_id: InPath[PayoutId], member_id: InPath[MemberId], failure: Annotated[Failure, Body()]
) -> LineView:
    program_id = caller(app).program.program_id
    return payouts.fail(table(), queue(), program_id, payout_id, member_id, failure.reason, author(app))


@app.get(
    "/v1/payouts/<payout_id>/lines/<member_id>/statement",
    summary="The rows behind a member's line; of one that failed, as they were paid",
    description="One answer holds up to 1,000 rows; `next_cursor`, as CSV the header Next-Cursor, leads to the rest.",
    **_for("read", 404, also=tables.json_or_csv(Statement)),
)
def get_statement(
    payout_id: InPath[PayoutId], member_id: InPath[MemberId], cursor: Cursor = None, format: Format = "json"
) -> Response[Statement | str]:
    program = caller(app).program
    if format == "json":
        return tables.as_json(reading.statement(table(), program.program_id, payout_id, member_id, cursor))
    rows = partial(reading.statement_rows, table(), program.program_id, payout_id, member_id)
    known = KnownNames(table(), program.program_id)
    cells = partial(statement_cells, payout_id=payout_id, program=program, names=known.names)
    return tables.list_as_csv(app, Layout("statement", STATEMENT_COLUMNS, cells), known.along(rows), None, cursor)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    # the console's page of files comes here, too: no other function opens accounts
    if event["rawPath"].startswith("/console"):
        from laurel.console.site import site  # here, since the API needs no pages

        return site.answer(event)
    return answer(app, event, context)
