"""A rule tried on one member, and on all as they are now; and applied."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from laurel import clock
from laurel.concurrency import together
from laurel.console import rules as section
from laurel.console.rule_words import period_of
from laurel.domain.kernel.dry_run import DryRun, DryRunRequest
from laurel.domain.ledger.tables import Person
from laurel.domain.members.members import Member
from laurel.domain.rules.schedule import why_not_applied
from laurel.domain.values.errors import Absent, Invalid
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Day, Frozen
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.ledger.names import KnownNames
from laurel.workflows.members import finding, members
from laurel.workflows.program import jobs
from laurel.workflows.rules import applying, holding, rules

pages: Final = Pages()
_ASKS_FOR_SECONDS: Final = 8
_FEW: Final = 10


@pages.get("/rules/<rule_id>/now", "viewer")
def holders(visit: Visit, rule_id: str, trouble: str = "") -> Answer:
    """The members for whom a rule would fire if it were applied now."""
    ready = clock.seconds(_ASKS_FOR_SECONDS)
    found, held = holding.look(table(), visit.program, rule_id, visit.now, ready)
    return visit.show(
        "rules/now.html",
        rule=found,
        tabs=section.tabs(found),
        members=None if held is None else [account.member for account in held],
        most=holding.MOST_MEMBERS,
        why_not=why_not_applied(found),
        trouble=trouble,
    )


@pages.post("/rules/<rule_id>/apply", "manager")
def apply(visit: Visit, rule_id: str) -> Answer:
    """Asks a rule for every member once."""
    return visit.save(
        lambda: applying.start(table(), queue(), visit.program, rule_id, visit.now),
        done=lambda job: visit.go(f"/rules/{rule_id}/applied/{job.job_id}"),
        again=lambda form: holders(visit, rule_id, form.trouble),
    )


@pages.get("/rules/<rule_id>/applied/<job_id>", "viewer")
def applied(visit: Visit, rule_id: str, job_id: str) -> Answer:
    """How far applying a rule is."""
    found, job = together(
        lambda: rules.get(table(), visit.program_id, rule_id), lambda: jobs.get(table(), visit.program_id, job_id)
    )
    if job.kind != "apply_rule":
        raise Absent("job_not_found", "there is no such job")
    return visit.show("rules/applied.html", part="progress", rule=found, tabs=section.tabs(found), job=job)


@pages.get("/rules/<rule_id>/try", "viewer")
def trying(visit: Visit, rule_id: str) -> Answer:
    """A rule tried on one member: each condition with what it looks at, and what would follow."""
    (found, said), trial = together(lambda: section.in_full(visit, rule_id), lambda: _trial(visit, rule_id))
    return visit.show(
        "rules/try.html",
        status=422 if trial.trouble else 200,
        rule=found,
        tabs=section.tabs(found),
        said=said,
        trial=trial,
        period=period_of,
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    """`found`: members whom a name names, if they are several; `member`: the one whom the rule was tried on."""

    found: tuple[Member, ...] = ()
    member: Member | None = None
    run: DryRun | None = None
    trouble: str = ""


class _Asked(Frozen):
    """The member that a rule is tried on, and the local day; today if none is given."""

    member_id: MemberId
    on: Day | None = None


def _trial(visit: Visit, rule_id: str) -> _Trial:
    """The trial that is asked for, by a member's id or by a name. Raises Absent."""
    member_id, name = visit.query.get("member_id", "").strip(), visit.query.get("q", "").strip()
    try:
        if member_id or not name:
            return _of_member(visit, rule_id, member_id) if member_id else _Trial()
        return _of_name(visit, rule_id, name)
    except Invalid as refusal:
        return _Trial(trouble=" ".join(sentence for _, sentence in refusal.errors))


def _of_name(visit: Visit, rule_id: str, name: str) -> _Trial:
    """The trial of the one whom a name begins to name, or all of these. Raises Invalid for a name that is too short."""
    found = tuple(finding.by_beginning(table(), visit.program_id, name, None, _FEW, None).items)
    if len(found) == 1:
        return _Trial((), found[0], _run(visit, rule_id, found[0].member_id))
    return _Trial(found, trouble="" if found else "Nobody is called so.")


def _of_member(visit: Visit, rule_id: str, member_id: str) -> _Trial:
    forms.model(_Asked, {"member_id": member_id})
    member, run = together(
        lambda: members.get(table(), visit.program_id, member_id), lambda: _run(visit, rule_id, member_id)
    )
    return _Trial((), member, run)


def _run(visit: Visit, rule_id: str, member_id: str) -> DryRun:
    """Raises Invalid for a day that is none."""
    day = visit.query.get("on", "").strip()
    asked: _Asked = forms.model(_Asked, {"member_id": member_id, **({"on": day} if day else {})})
    at = visit.program.calendar.start_of(asked.on) if asked.on else None
    wanted: DryRunRequest = forms.model(DryRunRequest, {"member_id": member_id, "at": at})
    return rules.try_out(table(), visit.program, rule_id, wanted, visit.now)


def people_of(visit: Visit, member_ids: Iterable[str]) -> Mapping[str, Person]:
    """The names of members."""
    known = KnownNames(table(), visit.program_id)
    known.learn_groups("member", member_ids)
    return known.names.people
