"""Rules: said in words, switched, copied, deleted; what each gave, and its history."""

import pytest

from laurel.store.table import Table
from laurel.workflows.rules import rules
from tests.functional.kit.world import World
from tests.kit import spreadsheets
from tests.pages.conftest import reader
from tests.pages.kit.filled import fill
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader

RULES = "/console/rules"


@pytest.fixture
def rule(table: Table, world: World) -> str:
    """The page of the small program's rule, which has fired."""
    fill(table, world)
    return f"{RULES}/{world.rule_id}"


def test_rules_are_listed_in_words_and_as_a_file(owner: Reader, rule: str):
    page = owner.get(RULES)
    assert "When a member has more than €200.00 of approved commission this week: pay them 2 % of" in page.text.replace(
        "\xa0", " "
    )
    assert "mail them “Strong week”" in owner.get(f"{RULES}?format=csv").html
    assert "No rule like that" in owner.get(f"{RULES}?state=off").text


def test_a_viewer_reads_a_rule_and_changes_nothing(people: People, rule: str):
    page = reader(people, "viewer").get(rule)
    assert "See the email template" in page.text
    assert [form for form in page.forms if form.buttons != ["Sign out"]] == []


def test_a_rule_is_switched_off_and_on_again(owner: Reader, rule: str):
    off = owner.send(owner.get(rule), "Switch off")
    assert "Strong week is switched off" in off.text
    assert "Strong week is switched on." in owner.send(off, "Switch on").text


def test_a_copy_is_made_once_and_is_switched_off(owner: Reader, rule: str, table: Table, world: World):
    page = owner.get(rule)
    for _ in range(2):
        assert "switched off: both together would pay twice" in owner.send(page, "Copy").text
    known = rules.page(table, world.program.program_id, 100, None).items
    assert sorted((each.name, each.enabled) for each in known) == [("Strong week", True), ("Strong week (copy)", False)]


def test_a_deleted_rule_is_gone_and_what_it_paid_stays(owner: Reader, rule: str):
    assert "What it paid stays" in owner.send(owner.get(rule), "Delete Strong week").text
    assert owner.get(rule).status == 404


def test_history_says_in_words_who_changed_what(owner: Reader, rule: str):
    form = owner.get(f"{rule}/edit").form("Save the rule")
    sent = {**form.fields, "conditions.0.value:money": "300", "actions.0.percent:decimal": "3"}
    assert owner.post(form.action, sent).status == 200
    told = owner.get(f"{rule}/history").text.replace("\xa0", " ")
    assert "Olga Owner" in told
    assert "has more than €200.00 of approved commission this week → has more than €300.00" in told
    assert "pay them 3 % of their commission this week" in told
    (line, *_) = spreadsheets.read(owner.get(f"{rule}/history.csv").html)
    assert "3 % of their commission this week" in line["Before and after"].replace("\xa0", " ")


def test_rules_are_found_by_name_and_state(owner: Reader, rule: str):
    for query, there in {"q=WEEK": True, "q=ong": False, "q=strong&state=on": True, "state=off": False}.items():
        assert (rule in owner.get(f"{RULES}?{query}").html) is there, query
