"""The history of an offer: every change by people, once, newest first, with before and after."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from laurel.domain.history import Author
from laurel.domain.members.bulk_edits import EnrollmentFilter
from laurel.domain.members.enrollments import Enrollment, EnrollmentEdit
from laurel.domain.offers.offers import NewPayoutOption
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.workflows import history
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers, payout_options
from laurel.workflows.offers.payout_options import OptionPlace
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import AT, Randomness, World, request_of
from tests.kit.interference import Interfering

NOON = AT + timedelta(hours=3)
OPERATOR = "key:key_00000000000000000000000000"
LONG_TERMS = {"type": "none", "actions": {f"action-{number}": {"amount": number} for number in range(50)}}


def offer(world: World, rest: str = "") -> str:
    return f"/v1/offers/{world.codes_offer}{rest}"


def lines(api: Gateway, world: World, query: str = "") -> list[dict[str, Any]]:
    return list(api.get(offer(world, f"/history?{query}")).body["items"])


def newest(api: Gateway, world: World) -> tuple[str, dict[str, tuple[Any, Any]]]:
    line = lines(api, world)[0]
    return line["action"], {change["field"]: (change["before"], change["after"]) for change in line["changes"]}


def test_it_begins_with_the_making_of_the_offer_and_who_joined(api: Gateway, world: World):
    joined, made = lines(api, world)
    assert (made["action"], made["actor"], made["member_id"], made["at"]) == (
        "created",
        OPERATOR,
        None,
        "2026-11-02T09:03:00Z",
    )
    assert {"name", "kind", "payout_options"} <= {change["field"] for change in made["changes"]}
    assert (joined["action"], joined["actor"], joined["member_id"]) == ("enrolled", OPERATOR, world.ada)


def test_every_kind_of_edit_is_told(api: Gateway, world: World):
    api.patch(offer(world), {"name": "Winter", "active_until": "2027-01-01T00:00:00Z"})
    edited = {"name": ("Autumn glow", "Winter"), "active_until": (None, "2027-01-01T00:00:00Z")}
    assert newest(api, world) == ("edited", edited)
    silver = {"name": "Silver", "terms": {"type": "flat_per_sale", "amount": 5}}
    option = api.post(offer(world, "/payout-options"), silver).body["payout_option_id"]
    action, changes = newest(api, world)
    assert (action, changes["name"], changes["terms"][1]["amount"]) == ("payout_option_added", (None, "Silver"), 5)
    api.patch(offer(world, f"/payout-options/{option}"), {"terms": {"amount": 6}})
    action, changes = newest(api, world)
    assert (action, changes.keys()) == ("payout_option_edited", {"terms"})
    assert [side["amount"] for side in changes["terms"]] == [5, 6]
    api.delete(offer(world, f"/payout-options/{option}"))
    assert newest(api, world)[0] == "payout_option_removed"
    assert lines(api, world)[0]["payout_option_id"] == option
    api.patch(offer(world, f"/enrollments/{world.ada}"), {"payout_option_id": world.options[1], "active": False})
    moved = {"payout_option_id": (world.options[0], world.options[1]), "active": (True, False)}
    assert newest(api, world) == ("enrollment_edited", moved)
    code = api.post(offer(world, f"/enrollments/{world.ada}/promo-code")).body["promo_code"]
    assert newest(api, world) == ("enrollment_edited", {"promo_code": ("ADA10", code)})


def test_the_actor_is_the_key_that_was_used(api: Gateway, world: World):
    issued = api.post("/v1/api-keys", {"scopes": ["admin"]}).body
    api.patch(offer(world), {"name": "Winter"}, key=issued["key"])
    assert lines(api, world)[0]["actor"] == f"key:{issued['key_id']}"


def test_what_changes_nothing_or_is_refused_is_not_told(api: Gateway, world: World):
    before = lines(api, world)
    api.patch(offer(world), {"name": "Autumn glow"})
    api.patch(offer(world), {"kind": "link"})
    api.patch(offer(world, f"/payout-options/{world.options[0]}"), {"name": "Standard"})
    api.delete(offer(world, f"/payout-options/{world.options[0]}"))
    api.put(offer(world, f"/enrollments/{world.ada}"), {"promo_code": "ADA10", "active": True})
    api.put(offer(world, f"/enrollments/{world.ben}"), {"promo_code": "ADA10"})
    api.post(offer(world, "/enrollments/bulk"), {"filter": {}, "set": {"active": True}})
    assert lines(api, world) == before


def test_a_member_has_a_history_in_the_offer(api: Gateway, world: World):
    api.put(offer(world, f"/enrollments/{world.ben}"))
    api.patch(offer(world, f"/enrollments/{world.ada}"), {"fixed": True})
    api.patch(offer(world), {"name": "Winter"})
    told = lines(api, world, f"member_id={world.ada}")
    assert [line["action"] for line in told] == ["enrollment_edited", "enrolled"]
    assert {line["member_id"] for line in told} == {world.ada}
    elsewhere = api.get(f"/v1/offers/{world.links_offer}/history?member_id={world.ada}").body["items"]
    assert [line["action"] for line in elsewhere] == ["enrolled"]
    assert lines(api, world, "member_id=mem_" + "0" * 26) == []


@pytest.mark.parametrize("narrowed", ["", "&member_id={ada}"])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_pages_together_are_the_history_newest_first(api: Gateway, world: World, limit: int, narrowed: str):
    for name in ("A", "B", "C"):
        api.patch(offer(world, f"/enrollments/{world.ada}"), {"fixed": name != "B"})
    whole = lines(api, world, "limit=100" + narrowed.format(ada=world.ada))
    seen, query = [], f"limit={limit}"
    while query:
        page = api.get(offer(world, f"/history?{query}{narrowed.format(ada=world.ada)}")).body
        seen += page["items"]
        query = page["next_cursor"] and f"limit={limit}&cursor={page['next_cursor']}"
    assert seen == whole
    assert [line["at"] for line in seen] == sorted((line["at"] for line in seen), reverse=True)


def test_large_terms_are_told_whole(api: Gateway, world: World):
    api.patch(offer(world, f"/payout-options/{world.options[1]}"), {"terms": LONG_TERMS})
    _, changes = newest(api, world)
    assert len(changes["terms"][1]["actions"]) == 50


@pytest.mark.parametrize("part", ["history", "history?member_id={ada}", "enrollments"])
def test_an_unknown_offer_has_neither_history_nor_members(api: Gateway, world: World, part: str):
    answer = api.get("/v1/offers/off_" + "0" * 26 + "/" + part.format(ada=world.ada))
    assert (answer.status, answer.code) == (404, "offer_not_found")


def test_who_is_not_in_an_offer_has_an_empty_history_in_it(api: Gateway, world: World):
    assert api.get(offer(world, f"/history?member_id={world.ben}")).body == {"items": [], "next_cursor": None}


def test_a_page_that_shows_something_does_not_ask_whether_the_offer_exists(
    items: Table, world: World, monkeypatch: pytest.MonkeyPatch
):
    read: list[Key] = []
    monkeypatch.setattr(items, "get", read.append)
    program, offer_id = world.program, world.codes_offer
    for member_id in (None, world.ada):
        assert history.page(items, program.program_id, offer_id, member_id, 5, None).items
    assert enrollments.page_of_offer(items, program, offer_id, EnrollmentFilter(), 5, None).items
    assert read == []


def test_a_reader_may_read_it(api: Gateway, world: World):
    assert api.get(offer(world, "/history"), key=world.reader).status == 200
    assert api.get(offer(world, "/history"), key=world.reporter).status == 403


def test_changes_of_one_instant_have_a_line_each(items: Table, world: World):
    author, program_id = Author("key:somebody", NOON), world.program.program_id
    ada, ben = (Place(program_id, world.codes_offer, member) for member in (world.ada, world.ben))
    enrollments.put(items, ben, EnrollmentEdit(), author, Randomness("x"))
    for fixed in (True, False, True):
        for place in (ada, ben):
            enrollments.edit(items, place, EnrollmentEdit(fixed=fixed), None, author, Randomness("x"))
    told = history.page(items, program_id, world.codes_offer, None, 100, None).items
    assert len([line for line in told if line.actor == author.actor]) == 7
    assert Counter(line.at for line in told)[NOON] == 2


def test_the_slower_of_two_editors_tells_what_it_found(items: Table, world: World):
    place, random = Place(world.program.program_id, world.codes_offer, world.ada), Randomness("x")

    def move(table: Table, actor: str, option: str) -> None:
        enrollments.edit(table, place, EnrollmentEdit(payout_option_id=option), None, Author(actor, AT), random)

    move(items, "key:first", world.options[1])
    racing = Interfering(items, lambda: move(items, "key:faster", world.options[0]))
    enrollments.edit(racing, place, EnrollmentEdit(fixed=True), None, Author("rule:slower", AT), random)
    told = history.page(items, place.program_id, world.codes_offer, world.ada, 100, None).items
    (slower,) = [line for line in told if line.actor == "rule:slower"]
    assert [change.field for change in slower.changes] == ["fixed"]
    assert len(told) == 4


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1)])
def test_who_loses_a_race_comes_second_though_asked_first(items: Table, world: World, late: timedelta):
    place, random = Place(world.program.program_id, world.codes_offer, world.ada), Randomness("x")

    def edit(table: Table, actor: str, change: EnrollmentEdit, at: datetime) -> Enrollment:
        return enrollments.edit(table, place, change, None, Author(actor, at), random)

    faster: list[Enrollment] = []
    off, code = EnrollmentEdit(active=False), EnrollmentEdit(promo_code="ADA20")
    racing = Interfering(items, lambda: faster.append(edit(items, "key:faster", code, NOON)))
    slower = edit(racing, "key:slower", off, NOON - late)
    told = history.page(items, place.program_id, world.codes_offer, world.ada, 100, None).items
    assert [line.actor for line in told][:2] == ["key:slower", "key:faster"]
    assert slower.updated_at == slower.deactivated_at == told[0].at > faster[0].updated_at == NOON


@pytest.mark.parametrize("by", ["edit", "option edit", "option added", "option removed"])
def test_who_loses_a_race_for_an_offer_comes_second_too(items: Table, world: World, by: str):
    program_id, offer_id = world.program.program_id, world.codes_offer
    place, author = OptionPlace(program_id, offer_id, world.options[1]), Author("key:slower", NOON)
    later = Author("key:faster", NOON + timedelta(seconds=1))
    racing = Interfering(items, lambda: offers.edit(items, program_id, offer_id, {"name": "Winter"}, None, later))
    if by == "edit":
        offers.edit(racing, program_id, offer_id, {"lifetime": True}, None, author)
    elif by == "option edit":
        payout_options.edit(racing, place, {"name": "Silver"}, None, author)
    elif by == "option removed":
        payout_options.remove(racing, place, None, author)
    else:
        new = NewPayoutOption.model_validate({"name": "Silver", "terms": {"type": "none"}})
        payout_options.add(racing, request_of(world.program, at=NOON), offer_id, new, Randomness("x"))
    told = history.page(items, program_id, offer_id, None, 100, None).items
    assert told[1].actor == "key:faster"
    assert offers.get(items, program_id, offer_id).updated_at == told[0].at > later.at


@pytest.mark.parametrize("by_adding", [True, False])
def test_another_default_is_told_of_both_options(api: Gateway, world: World, by_adding: bool):
    if by_adding:
        api.post(offer(world, "/payout-options"), {"name": "New", "default": True, "terms": {"type": "none"}})
    else:
        api.patch(offer(world, f"/payout-options/{world.options[1]}"), {"default": True})
    _, changes = newest(api, world)
    assert changes["default"] == (None if by_adding else False, True)
    assert changes[f"payout_options.{world.options[0]}.default"] == (True, False)
