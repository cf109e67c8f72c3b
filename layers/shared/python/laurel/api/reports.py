"""Reports of orders: one or up to 25 a call, each judged by itself."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import Field, ValidationError, WithJsonSchema

from laurel.api.documents import PROBLEM_SCHEMA
from laurel.api.problems import describe
from laurel.domain.ledger.views import ConversionView
from laurel.domain.tracking.conversions import ConversionReport, Received
from laurel.domain.values import json_text, patches
from laurel.domain.values.errors import Refusal
from laurel.domain.values.model import Frozen, Open
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.workflows.requests.access import Caller
from laurel.workflows.requests.idempotency import CREATED, OK
from laurel.workflows.tracking import ingestion, reading
from laurel.workflows.tracking.recording import Recorded

MOST_REPORTS: Final = 25
_ReportJson = Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/ConversionReport"})]
_ProblemJson = Annotated[dict[str, Any], WithJsonSchema(PROBLEM_SCHEMA)]


class BulkReports(Frozen):
    """Several reports; a wrong one does not hold up the others."""

    conversions: Annotated[list[_ReportJson], Field(min_length=1, max_length=MOST_REPORTS)]


class BulkResult(Open):
    """The result of one report: its conversion (200, 201), or the problem that it would have had alone."""

    order_id: str | None
    http_status: int
    conversion: ConversionView | None = None
    problem: _ProblemJson | None = None


class BulkResults(Open):
    """One result for each report, in the same order."""

    results: list[BulkResult]


def along_one(program_id: str, event: APIGatewayProxyEventV2) -> list[Key]:
    """The keys to read beside the API key for one report."""
    return reading.first_keys(program_id, [event.json_body])


def along_many(program_id: str, event: APIGatewayProxyEventV2) -> list[Key]:
    """The keys to read beside the API key for several reports."""
    return reading.first_keys(program_id, event.json_body["conversions"])


def record_each(
    table: Table, who: Caller, reports: Sequence[Mapping[str, Any]], at: datetime, origin: str
) -> BulkResults:
    """Records each report that can be recorded; the results of the others have the reason.

    `origin`: where the API is.
    """
    judged = [_received(who, report, at) for report in reports]
    good = [report for report in judged if isinstance(report, Received)]
    recorded = iter(ingestion.record_all(table, who.program, good, who.found) if good else ())
    outcomes = (report if isinstance(report, Refusal) else next(recorded) for report in judged)
    return BulkResults(results=list(_results(reports, outcomes, origin)))


def _received(who: Caller, report: Mapping[str, Any], at: datetime) -> Received | Refusal:
    try:
        return ingestion.received(who, ConversionReport.model_validate(report), json_text.digest(report), at)
    except ValidationError as error:
        return patches.invalid(error.errors(include_url=False, include_input=False), report, ConversionReport)
    except Refusal as refusal:
        return refusal


def _results(
    reports: Sequence[Mapping[str, Any]], outcomes: Iterator[Recorded | Refusal], origin: str
) -> Iterator[BulkResult]:
    for report, outcome in zip(reports, outcomes, strict=True):
        order_id = report.get("order_id")
        name = order_id if isinstance(order_id, str) else None
        if isinstance(outcome, Refusal):
            problem = describe(outcome, origin)
            yield BulkResult(order_id=name, http_status=problem["status"], problem=problem)
        else:
            status = CREATED if outcome.is_new else OK
            yield BulkResult(order_id=name, http_status=status, conversion=ConversionView.of(outcome.commission))
