"""Applying a rule: a job asks it for every enrolled member once, as if each had just sold something.

It is asked as of the instant at which the job began, so that all members are asked for the same period.
"""

from datetime import datetime
from typing import Any, Final

from laurel.domain.program.jobs import Job, Page
from laurel.domain.program.programs import Program
from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Applied, why_not_applied
from laurel.domain.values.errors import Conflict
from laurel.queue import Queue
from laurel.store.table import Table
from laurel.workflows.kernel import member_walk
from laurel.workflows.kernel.transitions import apply
from laurel.workflows.program import jobs
from laurel.workflows.requests.edits import require_version
from laurel.workflows.rules import rules

MOST_MEMBERS: Final = 50


def start(
    table: Table, queue: Queue, program: Program, rule_id: str, now: datetime, if_match: int | None = None
) -> Job:
    """Begins the job.

    Raises Absent, Conflict `rule_disabled`, `feature_inactive`, `not_applicable`, `job_running`, Stale.
    """
    rule = rules.get(table, program.program_id, rule_id)
    require_version(rule, if_match)
    _require_applicable(program, rule)
    return jobs.start_anew(table, queue, program.program_id, "apply_rule", rule_id, now, _cursor(rule_id, now))


def _require_applicable(program: Program, rule: Rule) -> None:
    if not rule.enabled:
        raise Conflict("rule_disabled", "switch the rule on first: PATCH it with enabled true")
    for feature in rule.features_off(program):
        raise Conflict("feature_inactive", f"switch on the feature {feature} first")
    if (why := why_not_applied(rule)) is not None:
        raise Conflict("not_applicable", f"this rule cannot be applied: {why}")


def _cursor(rule_id: str, now: datetime) -> dict[str, Any]:
    return {"rule_id": rule_id, "at": now.isoformat()}


def page(table: Table, rulebook: Rulebook, cursor: dict[str, Any], now: datetime) -> Page:
    """Asks the members after `cursor`; a repeat finds the markers. A rule that is gone or off asks nobody any more."""
    sole = rulebook.alone(cursor["rule_id"])
    if not sole.rules:
        return Page(0, is_last=True, cursor=cursor)
    program, at = rulebook.program, datetime.fromisoformat(cursor["at"])
    occasion = Applied(program.calendar.day_of(at), at)

    def ask(member_id: str) -> None:
        apply(table, sole, member_id, occasion, now)

    return member_walk.page(table, program.program_id, cursor, MOST_MEMBERS, ask)
