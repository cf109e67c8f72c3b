"""Edits of many from the dashboard: chosen, looked at before, done once, told for each; members added to an offer."""

import pytest

from laurel.store.table import Table
from laurel.workflows import history
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World, program
from tests.pages.conftest import reader
from tests.pages.kit.people import People, seated
from tests.pages.kit.reader import Reader, Sheet


@pytest.fixture
def offer(world: World) -> str:
    return f"/console/offers/{world.codes_offer}"


@pytest.fixture
def manager(people: People) -> Reader:
    return reader(people, "manager")


@pytest.fixture
def both(world: World) -> list[str]:
    """Ada and Ben, both in the offer."""
    assert (
        Gateway(world.admin)
        .put(f"/v1/offers/{world.codes_offer}/enrollments/{world.ben}", {"promo_code": "BEN10"})
        .status
        == 201
    )
    return [world.ada, world.ben]


def selected(manager: Reader, offer: str, member_id: str) -> Sheet:
    return manager.send(manager.get(f"{offer}/members"), "Edit the selected", **{"members:many": member_id})


def stored(table: Table, world: World, member_id: str):
    return enrollments.get(table, Place(world.program.program_id, world.codes_offer, member_id))


def test_all_who_match_are_moved_after_a_look_at_who_they_are(
    manager: Reader, offer: str, world: World, table: Table, both: list[str]
):
    listed = manager.get(f"{offer}/members?payout_option_id={world.options[0]}")
    choosing = manager.get(listed.links["Edit all that match"])
    assert choosing.headings == ["Edit all members who match the filter"]
    seen = manager.send(choosing, "See who changes", pay=world.options[1])
    assert "2 of 2 members change" in seen.text
    assert "Pay 10 % of each sale → 15 % of each sale Payout option Standard → Gold" in seen.text
    assert {stored(table, world, each).payout_option_id for each in both} == {world.options[0]}
    for _ in range(2):
        done = manager.send(seen, "Change 2 members")
        assert done.headings == ["2 members have changed"]
    assert {stored(table, world, each).payout_option_id for each in both} == {world.options[1]}
    told = history.page(table, world.program.program_id, world.codes_offer, world.ben, 10, None).items
    assert (len(told), told[0].batch_id is not None) == (2, True)
    assert "one of many" in manager.get(f"{offer}/history").text


@pytest.mark.parametrize(
    ("query", "whom"),
    [
        ("fields.level=silver", ["Ada Lovelace"]),
        ("fields.level=gold", []),
        ("active=true&member_status=approved", ["Ben", "Ada Lovelace"]),
        ("active=false", []),
        ("joined_from=2026-11-02&joined_to=2026-11-02", ["Ada Lovelace"]),
    ],
)
def test_whoever_is_listed_is_who_is_edited(manager: Reader, offer: str, both: list[str], query: str, whom: list[str]):
    listed = manager.get(f"{offer}/members?{query}")
    assert [name for name in listed.links if name in {"Ben", "Ada Lovelace"}] == whom
    seen = manager.send(manager.get(f"{offer}/bulk?{query}"), "See who changes", fixed="yes")
    assert [name for name in ("Ben", "Ada Lovelace") if name in seen.text] == whom


@pytest.mark.parametrize(
    ("fields", "said", "kept"),
    [
        ({"active": "no"}, "Active yes → no", ("active", "False")),
        ({"fixed": "yes"}, "Kept in place no → yes", ("fixed", "True")),
        (
            {"until__what": "set", "until__at": "2026-12-31T12:00"},
            "Runs until 31 Dec 2026, 12:00",
            ("active_until", "2026-12-31 11:00:00+00:00"),
        ),
        ({"pay": "own", "set__terms__percent": "13"}, "Pay 10 % of each sale → 13 % of each sale", ("terms", "13")),
    ],
)
@pytest.mark.usefixtures("both")
def test_the_selected_are_edited(  # noqa: PLR0917
    manager: Reader, offer: str, world: World, table: Table, fields: dict[str, str], said: str, kept: tuple[str, str]
):
    seen = manager.send(selected(manager, offer, world.ben), "See who changes", **fields)
    assert ("1 of 1 member changes" in seen.text, said in seen.text) == (True, True), seen.text
    assert manager.send(seen, "Change 1 member").headings == ["1 member has changed"]
    name, value = kept
    assert value in str(getattr(stored(table, world, world.ben), name))
    assert value not in str(getattr(stored(table, world, world.ada), name))


def test_codes_are_refreshed_once_however_often_the_form_is_sent(
    manager: Reader, offer: str, world: World, table: Table, both: list[str]
):
    seen = manager.send(manager.get(f"{offer}/bulk"), "See who changes", codes="on")
    assert "Promo code ADA10 → a new one" in seen.text
    manager.send(seen, "Change 2 members")
    codes = [stored(table, world, each).promo_code for each in both]
    assert not {"ADA10", "BEN10"} & set(codes)
    manager.send(seen, "Change 2 members")
    assert [stored(table, world, each).promo_code for each in both] == codes


def test_one_may_go_back_and_choose_something_else(manager: Reader, offer: str, world: World, both: list[str]):
    seen = manager.send(selected(manager, offer, world.ben), "See who changes", active="no")
    back = manager.send(seen, "Choose something else")
    assert back.headings == ["Edit 1 selected member"]
    fields = back.form("See who changes").fields
    assert (fields["active"], fields["members:many"]) == ("no", world.ben)
    assert "Nobody would change" in manager.send(back, "See who changes", active="yes").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose what is to change"),
        ({"pay": "own", "set__terms__percent": "101"}, "between 0 and 100"),
        (
            {"pay": "own", "set__terms__type": "per_click", "set__terms__amount": "1"},
            "Clicks cannot be paid in an offer with promo codes",
        ),
        ({"pay": "nonsense"}, "An id is needed"),
        ({"until__what": "set"}, "Say when"),
        (
            {
                "from__what": "set",
                "from__at": "2026-12-31T12:00",
                "until__what": "set",
                "until__at": "2026-12-30T12:00",
            },
            "must lie after",
        ),
    ],
)
def test_an_edit_that_makes_no_sense_is_told_beside_its_field(
    manager: Reader, offer: str, world: World, both: list[str], fields: dict[str, str], said: str
):
    again = manager.send(selected(manager, offer, world.ben), "See who changes", **fields)
    assert (again.status, again.headings) == (422, ["Edit 1 selected member"])
    assert said in again.text, again.text


def test_who_changes_no_more_is_told_apart_from_who_could_not(
    manager: Reader, offer: str, world: World, both: list[str]
):
    seen = manager.send(selected(manager, offer, world.ben), "See who changes", active="no")
    form = seen.form("Change 1 member")
    other = "mem_" + "0" * 26
    done = manager.post(form.action, {**form.fields, "members:many": other})
    assert "there is no such member" in done.text
    assert done.headings == ["0 members have changed"]


def test_nobody_selected_leads_back(manager: Reader, offer: str):
    form = manager.get(f"{offer}/members").form("Edit the selected")
    empty = {name: value for name, value in form.fields.items() if name != "members:many"}
    assert "Select somebody first." in manager.post(form.action, empty).text
    assert "Select somebody first." in manager.post(f"{offer}/add", empty).text


def test_members_are_added_with_a_payout_option(manager: Reader, offer: str, world: World, table: Table):
    page = manager.get(f"{offer}/add?q=be")
    assert "Ben" in page.links
    done = manager.send(page, "Add the selected", **{"members:many": world.ben}, pay=world.options[1])
    assert done.headings == ["1 member has changed"]
    assert stored(table, world, world.ben).payout_option_id == world.options[1]
    assert "already" in manager.get(f"{offer}/add").text


def test_nobody_of_another_program_is_added_or_edited(table: Table, world: World, offer: str):
    elsewhere = seated(table, program(table, "Another"), "elsewhere")
    stranger = reader(elsewhere, "owner")
    for path in (
        "",
        "/members",
        f"/members/{world.ada}",
        "/history",
        "/bulk",
        "/add",
        "/edit",
        f"/options/{world.options[0]}",
    ):
        assert stranger.get(offer + path).status == 404, path


@pytest.mark.parametrize(
    "name",
    ["members", "filter", "filter.active", "pay", "set", "set.terms", "from", "until.at", "cursor", "codes", "active"],
)
@pytest.mark.parametrize("kind", ["", ":many", ":flag", ":lines"])
def test_no_field_however_odd_breaks_an_edit(
    manager: Reader, offer: str, world: World, both: list[str], name: str, kind: str
):
    form = manager.get(f"{offer}/bulk").form("See who changes")
    fields = {key: value for key, value in form.fields.items() if not key.startswith(name)}
    for path in ("", "/preview", "/apply"):
        assert manager.post(f"{offer}/bulk{path}", {**fields, name + kind: "\U0001f9ff"}).status in {200, 409, 422}
