"""Offers: made, edited, their payout options, and the members in them one by one."""

import pytest

from laurel.store.table import Table
from laurel.workflows import history
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import reading
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World
from tests.kit import spreadsheets
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader, Sheet

NEW = "/console/offers/new"
SCRIPT = "<script>alert(1)</script>"
NONSENSE = "\U0001f9ff; DROP"


@pytest.fixture
def offer(world: World) -> str:
    return f"/console/offers/{world.codes_offer}"


@pytest.fixture
def manager(people: People) -> Reader:
    return reader(people, "manager")


def made(manager: Reader, **fields: str) -> Sheet:
    first = {"payout_options__0__name": "Standard", "payout_options__0__terms__percent": "12,5"}
    return manager.send(manager.get(NEW), "Make the offer", **{"name": "Spring", **first, **fields})


def test_an_offer_is_made_with_terms_that_are_said_in_words(manager: Reader, table: Table, world: World):
    tier = {"payout_options__0__terms__tiers__0__value": "2"}
    action = {
        "payout_options__0__terms__actions__0__code": "signup",
        "payout_options__0__terms__actions__0__value": "2,50",
    }
    again = {
        "payout_options__0__terms__recurring__interval": "month",
        "payout_options__0__terms__recurring__limit": "12",
    }
    done = made(
        manager, kind="promo_code", discount__percent="10", active_until="2027-02-01T00:00", **tier, **action, **again
    )
    assert done.headings == ["Spring"]
    for said in (
        "12.5 % of each sale",
        "€2.50 for each “signup”",
        "one each month, 12 times at most",
        "2 % for who brought",
    ):
        assert said in done.text
    (offer,) = [each for each in reading.every(table, world.program.program_id, 10, "") if each.name == "Spring"]
    assert offer.active_until is not None
    assert offer.active_until.isoformat() == "2027-01-31T23:00:00+00:00"  # midnight in Berlin
    assert (offer.payout_options[0].default, offer.discount and str(offer.discount.percent)) == (True, "10")


def test_an_offer_is_made_once_however_often_the_form_is_sent(manager: Reader, table: Table, world: World):
    form = manager.get(NEW)
    for _ in range(2):
        assert manager.send(form, "Make the offer", name="Twice", payout_options__0__terms__percent="5").headings == [
            "Twice"
        ]
    assert [each.name for each in reading.every(table, world.program.program_id, 10, "")].count("Twice") == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "This is needed"),
        ({"kind": "link"}, "A link needs a page that it leads to"),
        (
            {
                "payout_options__0__terms__type": "per_click",
                "payout_options__0__terms__amount": "1",
                "kind": "promo_code",
            },
            "Clicks cannot be paid in an offer with promo codes",
        ),
        ({"payout_options__0__terms__percent": "101"}, "between 0 and 100"),
        (
            {"payout_options__0__terms__type": "none", "payout_options__0__terms__tiers__0__value": NONSENSE},
            "A number such as 12.5 is needed",
        ),
        ({"discount__percent": "10", "discount__amount": "5"}, "one of the two: amount or percent"),
        ({"active_from": "2027-01-02T00:00", "active_until": "2027-01-01T00:00"}, "must lie after"),
        ({"active_from": NONSENSE}, "A date and time such as"),
        ({"window_days": NONSENSE}, "A whole number is needed"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    manager: Reader, table: Table, world: World, fields: dict[str, str], said: str
):
    again = made(manager, **fields)
    assert (again.status, said in again.text) == (422, True), again.text
    assert len(reading.every(table, world.program.program_id, 10, "")) == 2


@pytest.mark.parametrize(
    "name",
    [
        "payout_options",
        "payout_options.0",
        "payout_options.0.terms",
        "payout_options.0.terms.type",
        "payout_options.0.terms.tiers",
        "payout_options.0.terms.tiers.0",
        "payout_options.0.terms.recurring",
        "payout_options.0.terms.actions.0.code",
        "discount",
        "kind",
        "name",
        "active_from",
    ],
)
@pytest.mark.parametrize("kind", ["", ":many", ":flag", ":money", ":lines", ":nonsense"])
def test_no_field_however_odd_breaks_the_form(manager: Reader, name: str, kind: str):
    form = manager.get(NEW).form("Make the offer")
    fields = {key: value for key, value in form.fields.items() if not key.startswith(name)}
    assert manager.post(NEW, {**fields, name + kind: NONSENSE}).status in {303, 200, 422}


def test_the_list_is_narrowed_and_says_the_next_step(manager: Reader):
    everything = manager.get("/console/offers")
    assert {"Autumn glow", "Links", "New offer"} <= set(everything.links)
    assert "and 1 further option" in everything.text
    assert "Autumn glow" not in manager.get("/console/offers?kind=link").links
    assert "Autumn glow" in manager.get("/console/offers?q=GLOW").links
    assert "Autumn glow" not in manager.get("/console/offers?q=links").links
    assert "No offer like that" in manager.get("/console/offers?status=archived&kind=nonsense").text


def test_settings_are_edited_for_everybody_and_the_history_says_by_whom(manager: Reader, offer: str):
    done = manager.send(
        manager.get(f"{offer}/edit"), "Save", name=f"Glow {SCRIPT}", status="paused", discount__percent="20"
    )
    assert "is saved." in done.text
    assert SCRIPT not in done.html
    seen = manager.get(f"{offer}/history").text
    assert "Max Manager" in seen
    assert "Status active → paused" in seen
    (line, *_) = spreadsheets.read(manager.get(f"{offer}/history.csv").html)
    assert "Status: active → paused" in line["Before and after"]
    cleared = manager.send(manager.get(f"{offer}/edit"), "Save", discount__percent="")
    assert "Discount" not in cleared.text


def test_two_who_edit_an_offer_at_once_see_both_versions(manager: Reader, offer: str):
    form = manager.get(f"{offer}/edit")
    assert manager.send(form, "Save", name="First").headings == ["First"]
    stale = manager.send(form, "Save", name="Second")
    assert (stale.status, "Stored now: First" in stale.text) == (412, True)
    assert manager.send(stale, "Save").headings == ["Second"]


def test_an_option_is_added_edited_and_removed(manager: Reader, offer: str):
    added = manager.send(
        manager.get(f"{offer}/options/new"),
        "Add the option",
        name="VIP",
        terms__type="flat_plus_percent",
        terms__percent="8",
        terms__amount="5",
    )
    assert "VIP is added." in added.text
    assert "€5 and 8 % of each sale" in added.text or "€5.00 and 8 % of each sale" in added.text
    option = added.links["VIP"]
    edited = manager.send(
        manager.get(option),
        "Save",
        terms__type="percent_of_sale",
        terms__percent="9",
        terms__tiers__0__value="1",
        terms__tiers__0__of="amount",
    )
    assert "9 % of each sale, €1.00 for who brought them" in edited.text
    without = manager.send(manager.get(option), "Save", terms__tiers__0__value="")
    assert "for who brought them" not in without.text
    assert "The payout option is removed." in manager.send(manager.get(option), "Remove VIP").text
    assert manager.get(option).status == 404


def test_an_option_that_somebody_is_in_stays(manager: Reader, world: World, table: Table, offer: str):
    Gateway(world.admin).patch(
        f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}", {"payout_option_id": world.options[1]}
    )
    page = manager.get(f"{offer}/options/{world.options[1]}")
    refused = manager.send(page, "Remove Gold")
    assert (refused.status, "move them first" in refused.text) == (409, True)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?q=ad", True),
        ("?q=love", True),
        ("?q=zz", False),
        ("?active=false", False),
        ("?member_status=approved&code_state=active", True),
        ("?member_status=suspended", False),
        ("?joined_from=2026-11-02&joined_to=2026-11-02", True),
        ("?joined_to=2026-11-01", False),
    ],
)
def test_members_of_an_offer_are_found(manager: Reader, offer: str, query: str, found: bool):
    page = manager.get(f"{offer}/members{query}")
    assert ("Ada Lovelace" in page.links) == found
    assert found or "Nobody like that" in page.text


def test_a_question_that_makes_no_sense_is_refused_in_words(manager: Reader, offer: str):
    for query in (
        "joined_from=2026-11-02&joined_to=2026-11-01",
        "payout_option_id=x",
        "cursor=%21",
        "q=a",
        "code_state=x",
    ):
        answer = manager.get(f"{offer}/members?{query}")
        assert (answer.status, answer.headings) == (422, ["This cannot be done"]), query


def test_a_member_is_moved_dated_and_switched_off_from_the_dashboard(
    manager: Reader, world: World, table: Table, offer: str
):
    ada = f"{offer}/members/{world.ada}"
    done = manager.send(
        manager.get(ada),
        "Save",
        payout_option_id=world.options[1],
        active="",
        active_until="2026-12-24T18:00",
        fixed="on",
    )
    assert "Saved." in done.text
    stored = enrollments.get(table, Place(world.program.program_id, world.codes_offer, world.ada))
    assert (stored.payout_option_id, stored.active, stored.fixed) == (world.options[1], False, True)
    assert stored.active_until is not None
    assert stored.active_until.isoformat() == "2026-12-24T17:00:00+00:00"
    told = manager.get(f"{offer}/history?member_id={world.ada}").text
    assert "Payout option Standard → Gold" in told
    assert "Active yes → no" in told
    again = manager.send(manager.get(ada), "Save")
    assert again.status == 200
    assert len(history.page(table, world.program.program_id, world.codes_offer, world.ada, 10, None).items) == 2


def test_two_who_edit_a_member_at_once_see_both_versions(manager: Reader, world: World, offer: str):
    ada = f"{offer}/members/{world.ada}"
    form = manager.get(ada)
    moved = manager.send(form, "Save", payout_option_id=world.options[1], active_until="2026-12-24T18:00")
    assert "Saved." in moved.text
    stale = manager.send(form, "Save", active_until="2026-12-31T18:00")
    assert (stale.status, "Stored now: Gold" in stale.text) == (412, True)
    assert "Stored now: 2026-12-24T18:00" in stale.text
    assert "Saved." in manager.send(stale, "Save").text


def test_a_code_is_replaced_by_one_that_was_asked_for_or_by_any(manager: Reader, world: World, offer: str):
    ada = f"{offer}/members/{world.ada}"
    form = manager.get(ada)
    for _ in range(2):
        assert "The code is ADA25 now." in manager.send(form, "Replace the code", promo_code="ADA25").text
    refused = manager.send(manager.get(ada), "Replace the code", promo_code="A/B")
    assert (refused.status, refused.form("Replace the code").fields["promo_code"]) == (422, "A/B")
    assert "The code is" in manager.send(manager.get(ada), "Replace the code").text
    taken = Gateway(world.admin).put(f"/v1/offers/{world.codes_offer}/enrollments/{world.ben}", {"promo_code": "BEN"})
    assert taken.status == 201
    assert "belongs to somebody else" in manager.send(manager.get(ada), "Replace the code", promo_code="ben").text


def test_terms_of_their_own_are_agreed_and_ended(manager: Reader, world: World, offer: str):
    ada = f"{offer}/members/{world.ada}"
    wrong = manager.send(manager.get(f"{ada}/terms"), "Save their terms", terms__type="per_click", terms__amount="1")
    assert wrong.status == 422
    done = manager.send(manager.get(f"{ada}/terms"), "Save their terms", terms__percent="14")
    assert "14 % of each sale own terms, in Standard" in done.text
    assert "they would earn 10 % of each sale" in done.text
    ended = manager.send(done, "End them")
    assert "They earn by their payout option again." in ended.text
    assert "own terms, in" not in ended.text


def test_a_link_gets_another_name(manager: Reader, world: World):
    page = manager.get(f"/console/offers/{world.links_offer}/members/{world.ada}")
    assert f"/r/{world.slug}" in page.html
    assert "/r/ada-l" in manager.send(page, "Save", slug="ada-l").html


def test_a_viewer_reads_and_sees_no_form(people: People, world: World, offer: str):
    viewer = reader(people, "viewer")
    for path in ("/console/offers", offer, f"{offer}/members", f"{offer}/members/{world.ada}", f"{offer}/history"):
        page = viewer.get(path)
        assert page.status == 200
        assert {button for form in page.forms for button in form.buttons} <= {"Sign out", "Show"}, path
        assert not {"New offer", "Edit", "Add members"} & set(page.links)
