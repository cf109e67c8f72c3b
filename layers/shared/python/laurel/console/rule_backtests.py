"""A rule tried on the past: whom it would have paid, beside what really happened."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from laurel.concurrency import together
from laurel.console import rules as section
from laurel.console.rule_trials import people_of
from laurel.console.rule_words import RuleWords, period_of
from laurel.domain.kernel.backtests import Backtest, BacktestRequest, BacktestView, Firing
from laurel.domain.ledger.tables import Person
from laurel.domain.program.jobs import JobBegun
from laurel.domain.values.money import major_units
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers, forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.rules import backtests, rules

pages: Final = Pages()
_MOST_SHOWN: Final = 100
_USUAL: Final = timedelta(days=30)
COLUMNS: Final = ("Member id", "Member", "E-mail", "Period", "At", "Base", "Value", "Amount", "Currency", "Difference")


@pages.get("/rules/<rule_id>/backtest", "viewer")
def asking(visit: Visit, rule_id: str, form: Form | None = None) -> Answer:
    """The form that tries a rule on the past."""
    found = rules.get(table(), visit.program_id, rule_id)
    today = visit.program.calendar.day_of(visit.now)
    days: dict[str, Any] = {"from": (today - _USUAL).isoformat(), "to": today.isoformat()}
    shown = form or Form.of(**days)
    return visit.show("rules/backtest_new.html", rule=found, tabs=section.tabs(found), form=shown)


@pages.post("/rules/<rule_id>/backtest", "viewer")
def begin(visit: Visit, rule_id: str) -> Answer:
    """Begins to try a rule on the past."""

    def work() -> JobBegun:
        asked = forms.model(BacktestRequest, {**visit.entered.new(), "rule_id": rule_id})
        return backtests.start(table(), queue(), visit.program, asked, visit.now)

    return visit.save(
        work,
        done=lambda job: visit.go(f"/rules/backtests/{job.job_id}"),
        again=lambda form: asking(visit, rule_id, form),
    )


@pages.get("/rules/backtests/<job_id>", "viewer")
def backtest(visit: Visit, job_id: str) -> Answer:
    """The findings of a backtest so far, beside what really happened."""
    if visit.query.get("format") == "csv":
        return _csv(visit, backtests.view(table(), visit.program_id, job_id))
    (view, people), (tried, said) = together(lambda: _found(visit, job_id), lambda: _tried(visit, job_id))
    return visit.show(
        "rules/backtest.html",
        part="progress",
        view=view,
        tried=tried,
        said=said,
        people=people,
        most=_MOST_SHOWN,
        period=period_of,
    )


def _found(visit: Visit, job_id: str) -> tuple[BacktestView, Mapping[str, Person]]:
    """The findings, and the names of those who are shown."""
    view = backtests.view(table(), visit.program_id, job_id)
    shown = [*view.fired[:_MOST_SHOWN], *view.only_here[:_MOST_SHOWN], *view.only_there[:_MOST_SHOWN]]
    return view, people_of(visit, [firing.member_id for firing in shown])


def _tried(visit: Visit, job_id: str) -> tuple[Backtest | None, RuleWords]:
    """The rule and the span that were tried, and the words for the rule."""
    tried = backtests.tried(table(), visit.program_id, job_id)
    return tried, section.words_of(visit, [tried.rule] if tried else [])


def _csv(visit: Visit, view: BacktestView) -> Answer:
    """All firings that are listed, those of the replay first, then those that happened and are not among them."""
    rows = [*view.fired, *view.only_there]
    people = people_of(visit, [row.member_id for row in rows])
    new = {_identity(row) for row in view.only_here}

    def cells(row: Firing) -> Cells:
        base = None if row.base is None else major_units(row.base, visit.program.currency)
        name, email = people.get(row.member_id, ("", ""))
        difference = "only in this try" if _identity(row) in new else ""
        return {
            "Member id": row.member_id,
            "Member": name,
            "E-mail": email,
            "Period": row.period,
            "At": visit.program.calendar.day_of(row.at).isoformat(),
            "Base": base,
            "Value": row.value,
            "Amount": major_units(row.amount, visit.program.currency),
            "Currency": visit.program.currency,
            "Difference": "only in reality" if row in view.only_there else difference,
        }

    layout = Layout("backtest", COLUMNS, cells)
    return answers.file("backtest.csv", "text/csv", layout.file([layout.lines(rows)]))


def _identity(row: Firing) -> tuple[str, str, int]:
    return row.member_id, row.period, row.amount
