"""Reports: conversions one by one and summed up, as JSON and as CSV."""

from functools import partial
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from laurel.api import (
    Cursor,
    Protected,
    answer,
    caller,
    filters,
    tables,
)
from laurel.api.filters import From, Named, OfCode, OfType, Payout, Status, To
from laurel.api.tables import Format, RowLimit
from laurel.domain.ledger.summaries import GroupBy, Summary
from laurel.domain.ledger.tables import conversions_layout, summary_layout, with_total
from laurel.domain.ledger.views import ConversionView
from laurel.store.table import table
from laurel.workflows.ledger import commissions, summaries
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.ledger.summaries import MOST_MEMBER_DAYS, Asked
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.offers.reading import MOST_OFFERS
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["reports"]
_for = Protected(TAGS)


@app.get(
    "/v1/reports/conversions",
    summary="Report the conversions of the program, an offer or a member, one by one",
    description="As CSV, one answer holds up to 5,000 rows; where there are more, the header Next-Cursor has the "
    "cursor of the rest, and Link its address. " + filters.PAGES,
    **_for("read", also=tables.json_or_csv(Page[ConversionView])),
)
def report_conversions(
    offer_id: Named = None,
    member_id: Named = None,
    first: From = None,
    last: To = None,
    status: Status = None,
    payout: Payout = None,
    type: OfType = None,
    payout_option_id: Named = None,
    promo_code: OfCode = None,
    limit: RowLimit = None,
    cursor: Cursor = None,
    format: Format = "json",
) -> Response[Page[ConversionView] | str]:
    equal = {
        "status": status,
        "payout": payout,
        "type": type,
        "payout_option_id": payout_option_id,
    }
    wanted = Wanted(offer_id=offer_id, member_id=member_id, promo_code=promo_code, first=first, last=last, equal=equal)
    program = caller(app).program
    read = partial(commissions.list_conversions, table(), program, wanted)
    if format == "json":
        return tables.as_json(read(limit or DEFAULT_LIMIT, cursor))
    known = KnownNames(table(), program.program_id)
    return tables.list_as_csv(app, conversions_layout(program, known.names), known.along(read), limit, cursor)


@app.get(
    "/v1/reports/summary",
    summary="Sum up clicks, conversions and commissions by day, member, offer or payout option",
    description="Rows come by day, or by commission, highest first; `key` is null for commissions without offer or "
    f"option. A range may hold {MOST_MEMBER_DAYS:,} days of members in offers, and a program up to {MOST_OFFERS:,} "
    "offers if neither offer nor member is named (422 `range_too_large`).",
    **_for("read", also=tables.json_or_csv(Summary)),
)
def report_summary(
    group_by: Annotated[GroupBy, Query()] = "day",
    offer_id: Named = None,
    member_id: Named = None,
    first: From = None,
    last: To = None,
    format: Format = "json",
    totals: Annotated[bool, Query(description="false: a csv without the row of totals at its end.")] = True,
) -> Response[Summary | str]:
    summary = summaries.summary(table(), caller(app).program, Asked(group_by, offer_id, member_id, first, last))
    if format == "json":
        return tables.as_json(summary)
    known = KnownNames(table(), caller(app).program.program_id)
    known.learn_groups(group_by, [row.key for row in summary.rows if row.key is not None])
    layout = summary_layout(group_by, summary.currency, known.names)
    return tables.as_csv(layout, with_total(summary) if totals else summary.rows)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
