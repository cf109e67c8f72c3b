"""Backtests: begun and looked at; `replaying` runs them. Nothing of what they read is written."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from laurel.domain.kernel.backtests import UNSAVED, Backtest, BacktestRequest, BacktestView, Found, Really, Sums
from laurel.domain.offers.offers import Offer
from laurel.domain.program.jobs import Job, JobBegun
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import asked_on_payday, day_asked
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.errors import Absent, Invalid
from laurel.queue import Queue
from laurel.store import backtest_keys, backtests, indexes, items, keys
from laurel.store.indexes import BY_OWNER
from laurel.store.table import Table
from laurel.workflows.program import jobs
from laurel.workflows.requests.edits import settings_of
from laurel.workflows.rules import rule_templates, rules

_MOMENT: Final = timedelta(milliseconds=1)
_MOST_ASKED: Final = 200
"""Partitions that are asked for a first item of the span; of more, it is believed that there is one."""


def start(table: Table, queue: Queue, program: Program, asked: BacktestRequest, now: datetime) -> JobBegun:
    """Begins the job; the same question about the same version of a rule is the same job, which is begun anew.

    Raises what saving the rule would, Absent, Invalid `span_without_data` and what `require_past` does, Conflict
    `job_running`.
    """
    asked.require_past(program.calendar.day_of(now))
    before = program.calendar.start_of(asked.first) - _MOMENT
    rule = _rule(table, program, asked, now)
    tried = Backtest.of(rule, asked, program, before)
    _require_data(table, program, tried)
    name = json.dumps({**asked.model_dump(mode="json", by_alias=True), "version": rule.version}, sort_keys=True)
    job_id = jobs.begun(program.program_id, "backtest_rule", name, now).job_id
    jobs.ended(table, program.program_id, job_id)  # before it is written: one that runs reads what it tries
    table.write(backtests.backtest(program.program_id, job_id, tried, now))
    jobs.start_anew(table, queue, program.program_id, "backtest_rule", name, now, {"job_id": job_id})
    return JobBegun(job_id=job_id)


def _rule(table: Table, program: Program, asked: BacktestRequest, now: datetime) -> Rule:
    if asked.rule_id is not None:
        return rules.get(table, program.program_id, asked.rule_id)
    assert asked.rule is not None, "one of both is given"  # noqa: S101 -- for the type checker
    try:
        # a template inside an action gets an identity as if it were saved; a backtest mails nobody
        made = rule_templates.written(table, program, asked.rule, now, UNSAVED)
        rules.require_fit(table, program, made)
    except Invalid as invalid:
        raise Invalid(invalid.code, invalid.detail, f"/rule{invalid.pointer or ''}") from invalid
    return Rule(rule_id=UNSAVED, **settings_of(made.settings), created_at=now, updated_at=now)


def _require_data(table: Table, program: Program, tried: Backtest) -> None:
    """Raises Invalid `span_without_data` if nothing of these days, nor their passing by itself, can ask the rule."""
    if asked_on_payday(tried.rule) or _is_asked_at_midnight(program, tried):
        return
    lists = list(islice(_lists(table, program, tried), _MOST_ASKED + 1))
    if len(lists) > _MOST_ASKED:
        return
    if not any(table.query(pk, between=between, limit=1, index=BY_OWNER) for pk, between in lists):
        raise Invalid(
            "span_without_data", "no commission is of these days; send days on which something was sold", "/from"
        )


def _is_asked_at_midnight(program: Program, tried: Backtest) -> bool:
    """Whether a day that began in the span asks the rule: it may hold exactly because nothing was sold."""
    span = (tried.first + ONE_DAY * number for number in range((tried.last - tried.first).days + 1))
    return any(day_asked(tried.rule, program.calendar.day_before(day), day) is not None for day in span)


def _lists(table: Table, program: Program, tried: Backtest) -> Iterator[tuple[str, tuple[str, str]]]:
    """Partitions that hold something if something happened, and the part of them that is of the span."""
    calendar, program_id = program.calendar, program.program_id
    until = tried.last + ONE_DAY
    instants = keys.instant(calendar.start_of(tried.first)), keys.instant(calendar.start_of(until))
    yield from ((each, instants) for each in indexes.offer_commissions(program_id, None, 1))
    for offer in (items.parse(Offer, item) for item in table.query(keys.offer(program_id, "").pk)):
        yield from ((each, instants) for each in indexes.offer_commissions(program_id, offer.offer_id, offer.buckets))
        if offer.kind == "link":  # clicks that earn nothing are listed by member only, and counted by day
            days = tried.first.isoformat(), until.isoformat()
            yield indexes.offer_totals(program_id, offer.offer_id), days


def view(table: Table, program_id: str, job_id: str) -> BacktestView:
    """How far it is, and what it has found. Raises Absent, also once it has expired."""
    job = jobs.find(table, program_id, job_id)
    if job is None or job.kind != "backtest_rule":
        raise Absent("backtest_not_found", "no such backtest, or it is older than a week")
    cursor = job.cursor or {}
    wanted = [backtest_keys.backtest_page(program_id, job_id, number) for number in range(cursor.get("pages", 0))]
    there = table.batch_get(wanted)
    found = [backtests.found(there[key]) for key in wanted if key in there]
    return _shown(job, Sums.model_validate(cursor.get("sums", {})), found)


def _shown(job: Job, sums: Sums, found: list[Found]) -> BacktestView:
    listed: dict[str, Any] = {
        name: tuple(firing for page in found for firing in getattr(page, name)) for name in Found.model_fields
    }
    return BacktestView(
        job_id=job.job_id,
        status=job.status,
        done=job.done,
        total=job.total,
        failure=job.failure,
        **listed,
        fired_count=sums.fired,
        paid=sums.paid,
        really=Really(fired=sums.really_fired, paid=sums.really_paid),
        only_here_count=sums.only_here,
        only_there_count=sums.only_there,
        left_out=sums.left_out,
    )


def tried(table: Table, program_id: str, job_id: str) -> Backtest | None:
    """The rule and span of a job; None once they have expired."""
    item = table.get(backtest_keys.backtest(program_id, job_id))
    return None if item is None else items.parse(Backtest, item)
