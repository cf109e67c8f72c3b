"""The builder of rules: sentences that are put together from parts, with and without scripts."""

from dataclasses import replace
from secrets import token_bytes
from typing import Any, Final

from laurel import clock
from laurel.concurrency import together
from laurel.console import rule_choices, rule_forms
from laurel.console.rule_choices import Choices
from laurel.console.rule_words import RuleWords
from laurel.domain.kernel.backtests import BacktestRequest
from laurel.domain.program.jobs import JobBegun
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule, RuleSettings, SavedRule
from laurel.domain.values.errors import Invalid, Refusal
from laurel.pages import forms
from laurel.pages.answers import Answer
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.rules import background, backtests, holding, rules
from laurel.workflows.rules.background import Background

pages: Final = Pages()
_COUNTS_FOR_SECONDS: Final = 1
_RESHAPED: Final = "a choice has changed the fields beside it: look at them, then save again"
_NOT_YET: Final = "Fill in what is empty: then the rule stands here in words."


@pages.get("/rules/new", "manager")
def making(visit: Visit) -> Answer:
    """The form for a new rule."""
    return _shown(visit, Form(entered=rule_forms.fresh()))


@pages.post("/rules/new", "manager")
def make(visit: Visit) -> Answer:
    """Makes a rule; or changes the form, or tries it on the past, as its button says."""
    if (done := _done_instead(visit)) is not None:
        return done

    def work() -> SavedRule:
        new = forms.model(RuleSettings, rule_forms.settings(visit.entered))
        return rules.create(table(), visit.request(), new, token_bytes, _holds_now)[0]

    return visit.save(
        work,
        done=lambda saved: visit.go(f"/rules/{saved.rule_id}", _saved(visit, saved.name, saved.holds_now)),
        again=lambda form: _shown(visit, form),
    )


@pages.get("/rules/<rule_id>/edit", "manager")
def editing(visit: Visit, rule_id: str) -> Answer:
    """The form of a rule as it is stored."""
    found, known = together(
        lambda: rules.get(table(), visit.program_id, rule_id), lambda: background.of(table(), visit.program_id)
    )
    return _shown(visit, rule_forms.shown(found, found.version), found, known)


@pages.post("/rules/<rule_id>/edit", "manager")
def edit(visit: Visit, rule_id: str) -> Answer:
    """Changes a rule; what it has paid stays."""
    found = rules.get(table(), visit.program_id, rule_id)
    if (done := _done_instead(visit, found)) is not None:
        return done

    def work() -> Rule:
        patch, version = rule_forms.settings(visit.entered), visit.entered.version
        return rules.edit(table(), visit.program_id, rule_id, patch, version, visit.author)

    return visit.save(
        work,
        done=lambda saved: visit.go(
            f"/rules/{rule_id}", _saved(visit, saved.name, _holds_now(visit.program, saved) if saved.enabled else None)
        ),
        again=lambda form: _shown(visit, form, found),
    )


def _done_instead(visit: Visit, found: Rule | None = None) -> Answer | None:
    """The answer to a button that does not save; None for the one that does."""
    entered = visit.entered
    if entered.text(rule_forms.DO) == "backtest":
        return visit.save(
            lambda: _backtest(visit),
            done=lambda job: visit.go(f"/rules/backtests/{job.job_id}"),
            again=lambda form: _shown(visit, form, found),
        )
    if entered.text(rule_forms.DO):
        return _shown(visit, Form(entered=rule_forms.done(entered)), found)
    return _shown(visit, Form(entered=entered, trouble=_RESHAPED), found) if rule_forms.is_reshaped(entered) else None


def _backtest(visit: Visit) -> JobBegun:
    asked = {
        "rule": rule_forms.settings(visit.entered),
        "from": visit.entered.text("_from"),
        "to": visit.entered.text("_to"),
    }
    try:
        return backtests.start(table(), queue(), visit.program, forms.model(BacktestRequest, asked), visit.now)
    except Invalid as refusal:
        raise Invalid(
            refusal.code, refusal.detail, refusal.pointer, [_of_form(*each) for each in refusal.errors]
        ) from (refusal)


def _of_form(pointer: str, sentence: str) -> tuple[str, str]:
    """A refusal of a backtest, at the field of the form."""
    days = {"/from": "/_from", "/to": "/_to"}
    return days.get(pointer, pointer.removeprefix("/rule")), sentence


def _shown(visit: Visit, form: Form, found: Rule | None = None, known: Background | None = None) -> Answer:
    """The builder with a form: what was entered, or what is stored. `known`: if it was read before."""
    form, known = _kept(form, found), known or background.of(table(), visit.program_id)
    return visit.show(
        "rules/builder.html",
        form=rule_forms.led_back(form),
        rule=found,
        action=f"/rules/{found.rule_id}/edit" if found else "/rules/new",
        choices=Choices(visit.program, known),
        fixed=rule_choices,
        count=rule_forms.count,
        at_hand=rule_forms.at_hand(visit.entered.text(rule_forms.DO), form),
        most=rule_forms.MOST_PARTS,
        sentence=_sentence(form, found, RuleWords(visit.words, visit.program, known.offers, known.templates)),
        today=visit.program.calendar.day_of(visit.now),
    )


def _kept(form: Form, found: Rule | None) -> Form:
    """The form with its parts in order; what is stored shows through only where it is newer than what was entered."""
    if form.entered is None:
        return form
    tidy = replace(form, entered=rule_forms.tidy(form.entered), version=form.entered.version)
    if found is None or not form.is_stale:
        return tidy
    return replace(tidy, stored=rule_forms.shown(found, found.version).stored, version=found.version)


def _sentence(form: Form, found: Rule | None, said: RuleWords) -> str:
    """The rule in words, as far as it is one."""
    if form.entered is None:
        return said.whole(found) if found else _NOT_YET
    try:
        told: dict[str, Any] = rule_forms.settings(form.entered)
        return said.whole(forms.model(RuleSettings, {**told, "name": "-"}))
    except Refusal:
        return _NOT_YET


def _holds_now(program: Program, rule: Rule) -> int | None:
    return holding.count(table(), program, rule, clock.now(), clock.seconds(_COUNTS_FOR_SECONDS))


def _saved(visit: Visit, name: str, holds_now: int | None) -> str:
    if not holds_now:
        return f"{name} is saved."
    members = visit.words.count(holds_now, "member", "members")
    return f"{name} is saved. It would fire for {members} if it were applied now."
