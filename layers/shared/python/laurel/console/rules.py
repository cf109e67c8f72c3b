"""Performance rewards: listed and looked at, switched on and off, copied, deleted; their history."""

from collections.abc import Mapping, Sequence
from secrets import token_bytes
from typing import Final

from laurel.concurrency import together
from laurel.console import history_files
from laurel.console.rule_history import in_words
from laurel.console.rule_words import RuleWords
from laurel.domain.history import Edit
from laurel.domain.rules.actions import SendMail
from laurel.domain.rules.rules import Rule
from laurel.domain.values.spreadsheets import Cells, Layout
from laurel.pages import answers
from laurel.pages.answers import Answer
from laurel.pages.edits import Line, Speaker
from laurel.pages.forms import Form
from laurel.pages.site import Pages
from laurel.pages.visits import Visit
from laurel.store.table import table
from laurel.workflows import history
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.rules import background, rule_copies, rules

pages: Final = Pages()
STATES: Final = (("on", "On"), ("off", "Off"))
COLUMNS: Final = ("Rule", "In words", "State", "Priority", "Made on", "Changed on", "Rule id")


@pages.get("/rules", "viewer")
def listed(visit: Visit) -> Answer:
    """The rules of the program, as a page or as CSV."""
    if visit.query.get("format") == "csv":
        return _csv(visit)
    found = _read(visit, DEFAULT_LIMIT, visit.query.get("cursor"))
    said = words_of(visit, found.items)
    return visit.show("rules/list.html", listed=found, said=said, states=STATES, state=state_of)


@pages.get("/rules/<rule_id>", "viewer")
def rule(visit: Visit, rule_id: str, trouble: str = "", status: int = 200) -> Answer:
    """One rule in words, and what can be done with it."""
    found, said = in_full(visit, rule_id)
    return visit.show(
        "rules/rule.html",
        status=status,
        rule=found,
        said=said,
        tabs=tabs(found),
        state=state_of(found, visit),
        mails=[action for action in found.actions if isinstance(action, SendMail)],
        stopped=found.features_off(visit.program),
        trouble=trouble,
        form=Form(),
    )


@pages.post("/rules/<rule_id>/switch", "manager")
def switch(visit: Visit, rule_id: str) -> Answer:
    """Switches a rule on or off."""
    is_on = visit.entered.text("on") == "yes"
    done = "on" if is_on else "off: it does nothing until it is switched on again"
    return visit.save(
        lambda: rules.edit(table(), visit.program_id, rule_id, {"enabled": is_on}, None, visit.author),
        done=lambda saved: visit.go(f"/rules/{rule_id}", f"{saved.name} is switched {done}."),
        again=lambda form: rule(visit, rule_id, form.trouble or " ".join(form.errors.values())),
    )


@pages.post("/rules/<rule_id>/copy", "manager")
def copy(visit: Visit, rule_id: str) -> Answer:
    """Makes a rule that does the same, with mails of its own, switched off."""
    return visit.save(
        lambda: rule_copies.copy(table(), visit.request(), rule_id, token_bytes),
        done=lambda made: visit.go(
            f"/rules/{made[0].rule_id}/edit", f"This is {made[0].name}, switched off: both together would pay twice."
        ),
        again=lambda form: rule(visit, rule_id, form.trouble),
    )


@pages.post("/rules/<rule_id>/delete", "manager")
def delete(visit: Visit, rule_id: str) -> Answer:
    """Deletes a rule; what it paid stays."""
    return visit.save(
        lambda: rules.delete(table(), visit.program_id, rule_id, visit.author),
        done=lambda _: visit.go("/rules", "The rule is deleted. What it paid stays."),
        again=lambda form: rule(visit, rule_id, form.trouble),
    )


@pages.get("/rules/<rule_id>/history", "viewer")
def told(visit: Visit, rule_id: str) -> Answer:
    """The history of a rule, newest first."""
    found, edits, lines = _told(visit, rule_id, DEFAULT_LIMIT, visit.query.get("cursor"))
    return visit.show("rules/history.html", rule=found, tabs=tabs(found), listed=edits, lines=lines)


@pages.get("/rules/<rule_id>/history.csv", "viewer")
def history_as_file(visit: Visit, rule_id: str) -> Answer:
    """The same changes as CSV."""
    return history_files.file(visit, lambda limit, cursor: _told(visit, rule_id, limit, cursor)[1:])


def in_full(visit: Visit, rule_id: str) -> tuple[Rule, RuleWords]:
    """A rule, and the words for it. Raises Absent."""
    found = rules.get(table(), visit.program_id, rule_id)
    return found, words_of(visit, [found])


def _told(visit: Visit, rule_id: str, limit: int, cursor: str | None) -> tuple[Rule, Page[Edit], list[Line]]:
    def changes() -> tuple[Page[Edit], Mapping[str, str]]:
        edits = rules.history(table(), visit.program_id, rule_id, limit, cursor)
        return edits, history.names(table(), visit.program_id, edits.items)

    (found, said), (edits, names) = together(lambda: in_full(visit, rule_id), changes)
    return found, edits, Speaker(visit.words, names, said.names).lines(in_words(edits.items, found, said))


def tabs(of: Rule) -> list[tuple[str, str]]:
    """The pages of a rule."""
    path = f"/rules/{of.rule_id}"
    return [
        (path, "The rule"),
        (f"{path}/now", "Who meets it now"),
        (f"{path}/try", "Try on a member"),
        (f"{path}/backtest", "Try on the past"),
        (f"{path}/rewards", "What it gave"),
        (f"{path}/history", "History"),
    ]


def words_of(visit: Visit, of: Sequence[Rule]) -> RuleWords:
    """The words for some of the program's rules."""
    known = background.named(table(), visit.program_id, of)
    return RuleWords(visit.words, visit.program, known.offers, known.templates)


def state_of(of: Rule, visit: Visit) -> str:
    """The state of a rule, as its badge says it."""
    if not of.enabled:
        return "off"
    return "stopped" if of.features_off(visit.program) else "on"


def _read(visit: Visit, limit: int, cursor: str | None) -> Page[Rule]:
    enabled = {"on": True, "off": False}.get(visit.query.get("state", ""))
    beginning = visit.query.get("q", "").strip() or None
    return rules.page(table(), visit.program_id, limit, cursor, enabled, beginning)


def _csv(visit: Visit) -> Answer:
    every = _read(visit, rules.MOST_RULES, None).items
    said = words_of(visit, every)

    def cells(of: Rule) -> Cells:
        return {
            "Rule": of.name,
            "In words": said.whole(of),
            "State": state_of(of, visit),
            "Priority": of.priority,
            "Made on": visit.program.calendar.day_of(of.created_at).isoformat(),
            "Changed on": visit.program.calendar.day_of(of.updated_at).isoformat(),
            "Rule id": of.rule_id,
        }

    layout = Layout("rules", COLUMNS, cells)
    return answers.file("rules.csv", "text/csv", layout.file([layout.lines(every)]))
