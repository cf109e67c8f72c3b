"""Performance-reward rules."""

from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from laurel import clock
from laurel.api import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    InPath,
    Limit,
    PatchOf,
    Protected,
    answer,
    author,
    caller,
    request,
)
from laurel.domain.history import Edit
from laurel.domain.kernel.backtests import BacktestRequest, BacktestView
from laurel.domain.kernel.dry_run import DryRun, DryRunRequest
from laurel.domain.program.jobs import JobBegun
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule, RuleSettings, RuleView, SavedRuleView
from laurel.domain.values.ids import CommissionId, JobId, RuleId
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.earnings import markers
from laurel.workflows.requests.edits import require_confirmation
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.rules import applying, backtests, holding, rule_copies, rules

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["rules"]
_for = Protected(TAGS)
COUNTS_FOR_SECONDS = 1


@app.post(
    "/v1/rules",
    summary="Create a rule",
    description="The first condition leads: its period names the period that the rule pays once for, its scope the "
    "base of percentages. What the program cannot carry out is refused here. `holds_now` tells how many members it "
    "would fire for if it were applied now.",
    status_code=201,
    **_for("admin", 201, 400, 409, 413),
)
def create_rule(
    new: Annotated[RuleSettings, Body()], idempotency_key: IdempotencyKey = None
) -> tuple[SavedRuleView, int]:
    saved, status = rules.create(table(), request(app, idempotency_key), new, token_bytes, _holds_now)
    return SavedRuleView.of(saved, caller(app).program), status


@app.get("/v1/rules", summary="List the rules", **_for("read", 200))
def list_rules(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[RuleView]:
    program = caller(app).program
    return rules.page(table(), program.program_id, limit, cursor).of(lambda rule: RuleView.of(rule, program))


@app.get("/v1/rules/<rule_id>", summary="One rule", **_for("read", 200, 404))
def get_rule(rule_id: InPath[RuleId]) -> RuleView:
    program = caller(app).program
    return RuleView.of(rules.get(table(), program.program_id, rule_id), program)


@app.patch(
    "/v1/rules/<rule_id>",
    summary="Change a rule",
    description="Conditions and actions are replaced as a whole. A period that the rule has paid is not paid again. "
    "One that repeats keeps metric, value and `every` of its first condition: 409 `multiples_fixed`; a copy can have "
    "others by its first edit.",
    **_for("admin", 200, 400, 404, 409, 412, 413),
)
def edit_rule(
    rule_id: InPath[RuleId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(RuleSettings)],
    if_match: IfMatch = None,
) -> SavedRuleView:
    program = caller(app).program
    edited = rules.edit(table(), program.program_id, rule_id, patch, if_match, author(app))
    shown = SavedRuleView.of(edited, program)
    return shown.model_copy(update={"holds_now": _holds_now(program, edited)})


@app.delete(
    "/v1/rules/<rule_id>", summary="Delete a rule; what it paid stays", status_code=204, **_for("admin", 204, 404, 412)
)
def delete_rule(rule_id: InPath[RuleId], if_match: IfMatch = None) -> None:
    rules.delete(table(), caller(app).program.program_id, rule_id, author(app), if_match)


@app.post(
    "/v1/rules/<rule_id>/copy",
    summary="Copy a rule, with mail templates of its own",
    description="The copy is not enabled: two rules of one kind would pay twice.",
    status_code=201,
    **_for("admin", 201, 404, 409),
)
def copy_rule(rule_id: InPath[RuleId], idempotency_key: IdempotencyKey = None) -> tuple[SavedRuleView, int]:
    return _shown(rule_copies.copy(table(), request(app, idempotency_key), rule_id, token_bytes))


@app.get("/v1/rules/<rule_id>/history", summary="What happened to a rule, newest first", **_for("read", 200, 404))
def list_rule_history(rule_id: InPath[RuleId], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[Edit]:
    return rules.history(table(), caller(app).program.program_id, rule_id, limit, cursor)


@app.post(
    "/v1/rules/<rule_id>/dry-run",
    summary="Try a rule on a member",
    description="Each condition with the value it looks at, and what the rule would do for a commission of that day. "
    "Nothing is written; whether the rule is enabled makes no difference.",
    **_for("read", 200, 400, 404, 413),
)
def try_rule(rule_id: InPath[RuleId], asked: Annotated[DryRunRequest, Body()]) -> DryRun:
    return rules.try_out(table(), caller(app).program, rule_id, asked, clock.now())


@app.post(
    "/v1/rules/backtest",
    summary="Try a rule on the past",
    description="A rule that is saved, edited or not saved yet, over local days of the past: whom it would have paid, "
    "as if it had been made before. What happened is replayed in the order in which it came; of members' data nothing "
    "is written. The same question is the same job: asked again once it is done, it is answered anew. Told as they are "
    "now are user fields, members' status, rows of higher tiers and what a retroactive move has repriced; clicks of a "
    "day are spread over it, and its own moves reprice nothing.",
    status_code=202,
    **_for("read", 202, 400, 404, 409, 413),
)
def start_backtest(asked: Annotated[BacktestRequest, Body()]) -> tuple[JobBegun, int]:
    return backtests.start(table(), queue(), caller(app).program, asked, clock.now()), 202


@app.get(
    "/v1/rules/backtests/<job_id>",
    summary="What a backtest has found, beside what really happened",
    description="As far as it is; kept for a week.",
    **_for("read", 200, 404),
)
def get_backtest(job_id: InPath[JobId]) -> BacktestView:
    return backtests.view(table(), caller(app).program.program_id, job_id)


@app.post(
    "/v1/rules/<rule_id>/apply",
    summary="Ask a rule for every member once, as if each had just sold something",
    description="For members who had passed its bound before it was made: those without any activity too. What it pays "
    "and mails is paid and mailed once a period, as ever, so that applying it again changes nothing. All members are "
    "asked for the period of the instant at which this begins. A rule whose leading condition is decided when its "
    "period closes, or that pays a share of each sale, cannot be applied: 409 `not_applicable`.",
    status_code=202,
    **_for("admin", 202, 404, 409, 412),
)
def apply_rule(rule_id: InPath[RuleId], if_match: IfMatch = None) -> tuple[JobBegun, int]:
    job = applying.start(table(), queue(), caller(app).program, rule_id, clock.now(), if_match)
    return JobBegun(job_id=job.job_id), 202


@app.delete(
    "/v1/commissions/<commission_id>",
    summary="Delete a row that a rule made: the rule may then fire again for that period, mail included",
    status_code=204,
    **_for("admin", 204, 404, 409),
)
def delete_marker(
    commission_id: InPath[CommissionId],
    confirm: Annotated[bool, Query(description="Must be true: 409 `confirmation_required` otherwise.")] = False,
) -> None:
    who = caller(app)
    require_confirmation("the rule may pay and mail again", confirmed=confirm)
    markers.delete(table(), who.program, commission_id, who.key.actor, clock.now())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)


def _holds_now(program: Program, rule: Rule) -> int | None:
    return holding.count(table(), program, rule, clock.now(), clock.seconds(COUNTS_FOR_SECONDS))


def _shown(made: tuple[Rule, int]) -> tuple[SavedRuleView, int]:
    rule, status = made
    return SavedRuleView.of(rule, caller(app).program), status
