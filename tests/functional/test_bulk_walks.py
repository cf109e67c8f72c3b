"""Walks over all enrollments of an offer: everybody once, at a flat cost, whoever else edits and whatever dies."""

from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from laurel import clock
from laurel.domain.history import Author, Edit
from laurel.domain.members.bulk_edits import BulkEdit, BulkEditResults
from laurel.domain.members.enrollments import Enrollment, EnrollmentEdit
from laurel.domain.members.members import NewMember
from laurel.domain.shops.connections import Connection
from laurel.store import items as entities
from laurel.store import keys, shop_items
from laurel.store.operations import Put, Unavailable
from laurel.store.values import Item
from laurel.workflows.members import bulk_edits, enrollments, members
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers
from laurel.workflows.shops import looking_after
from tests.functional.kit.world import Randomness, World, furnished, request_of
from tests.kit.interference import Interfering
from tests.simulation.kit.table.fake_table import FakeTable


@cache
def enrolled(count: int) -> tuple[dict[str, dict[str, Item]], World, list[str]]:
    """A table with that many enrollments, its program, and the ids of the members."""
    table = FakeTable()
    world = furnished(table)
    joined = [world.ada, *(join(table, world, number) for number in range(count - 1))]
    return table.copied(), world, joined


def join(table: FakeTable, world: World, number: int) -> str:
    request, random = request_of(world.program), Randomness(str(number))
    member_id = members.create(table, request, NewMember(email=f"m{number}@example.com"), random)[0].member_id
    enrollments.put(table, place(world, member_id), EnrollmentEdit(), request.author, random)
    return member_id


def place(world: World, member_id: str) -> Place:
    return Place(world.program.program_id, world.codes_offer, member_id)


@dataclass
class Many:
    """The offer of promo codes with several hundred enrollments, in a table that counts what is asked of it."""

    count: int = 250
    asked: Counter[str] = field(default_factory=Counter)
    before: Callable[[str], object] = lambda _: None
    lags: bool = False

    def __post_init__(self) -> None:
        stored, self.world, self.member_ids = enrolled(self.count)
        self.table = FakeTable(self._gate, lambda: self.lags)
        self.table.restore(stored)

    def _gate(self, when: str, name: str) -> None:
        if when == "before":
            self.asked[name] += 1
            self.before(name)

    def place(self, member_id: str) -> Place:
        return place(self.world, member_id)

    def edit(self, header: str | None = None, **call: Any) -> BulkEditResults:
        request, random = request_of(self.world.program, header, at=clock.now()), Randomness(header or "bulk")
        return bulk_edits.edit(self.table, request, self.world.codes_offer, BulkEdit.model_validate(call), random)

    def walk(self, *, name: str | None = None, **call: Any) -> Generator[BulkEditResults, None, None]:
        """Page after page; `name`: of the Idempotency-Keys."""
        cursor: dict[str, Any] = {}
        while cursor is not None:
            page = self.edit(name and f"{name}{cursor}", **call, **cursor)
            cursor = page.next_cursor and {"cursor": page.next_cursor}
            yield page

    def enrolled(self) -> list[Enrollment]:
        stored = (item for item in self.table.contents().values() if item["kind"] == "enrollment")
        all_offers = (entities.parse(Enrollment, item) for item in stored)
        return [each for each in all_offers if each.offer_id == self.world.codes_offer]

    def lines(self, member_id: str) -> list[Edit]:
        pk = keys.histories(self.world.program.program_id, self.world.codes_offer)
        found = (entities.parse(Edit, item) for item in self.table.query(pk, newest_first=True))
        return [line for line in found if line.member_id == member_id]


def test_a_walk_edits_everybody_once_in_one_batch_at_a_flat_cost():
    many = Many()
    pages = list(many.walk(name="walk", filter={}, set={"refresh_promo_code": True, "active": False}))
    assert [len(page.results) for page in pages] == [100, 100, 50]
    assert {page.batch_id for page in pages} == {many.lines(many.world.ada)[0].batch_id}
    assert {result.member_id: result.status for page in pages for result in page.results} == dict.fromkeys(
        many.member_ids, "changed"
    )
    assert not any(each.active for each in many.enrolled())
    assert many.asked["transact"] == 250
    assert many.asked["batch_get"] == 2 * len(pages)  # FakeTable counts calls: each takes 100 keys a request
    assert many.asked["get"] + many.asked["query"] <= 4 * len(pages)  # one of them asks which shops are connected


@pytest.mark.parametrize("every", [3, 7, 40])
def test_two_editors_at_once_lose_nothing(every: int, pauses: list[float]):
    many, results = Many(), []
    gold = many.world.options[1]
    moving = many.walk(filter={}, set={"payout_option_id": gold})
    turning = many.walk(filter={"active": True}, set={"active": False, "fixed": True})

    def interfere(name: str) -> None:
        """A whole page of the other editor, while the one is about to write."""
        if name == "transact" and many.asked["transact"] % every == 0:
            results.extend(next(editor, None) for editor in (moving, turning) if not editor.gi_running)

    many.before = interfere
    for editor in (moving, turning):
        results.extend(editor)
    assert Counter(result.status for page in results if page for result in page.results) == {"changed": 500}
    for each in many.enrolled():
        assert (each.payout_option_id, each.active, each.fixed, each.version) == (gold, False, True, 3)
        assert len(many.lines(each.member_id)) == 3


def test_what_no_longer_matches_is_left_alone_even_if_the_index_says_otherwise():
    many = Many(20)
    gold, ada = many.world.options[1], many.place(many.world.ada)
    many.lags = True
    many.table.refresh()
    enrollments.edit(many.table, ada, EnrollmentEdit(active=False), None, request_of(many.world.program).author, bytes)
    page = many.edit(filter={"active": True}, set={"payout_option_id": gold})
    assert {result.member_id for result in page.results} == {*many.member_ids} - {many.world.ada}
    assert enrollments.get(many.table, ada).payout_option_id != gold


def test_what_stops_to_match_while_it_is_edited_is_left_alone(pauses: list[float]):
    many = Many(2)
    ada, author = many.place(many.world.ada), request_of(many.world.program).author

    def deactivate(name: str) -> None:
        if name == "transact" and enrollments.get(many.table, ada).active:
            many.before = lambda _: None
            enrollments.edit(many.table, ada, EnrollmentEdit(active=False), None, author, bytes)

    many.before = deactivate
    page = many.edit(filter={"active": True}, set={"fixed": True})
    assert many.world.ada not in {result.member_id for result in page.results}
    assert enrollments.get(many.table, ada).fixed is False


@pytest.mark.parametrize("dies_at", [1, 7, 20])
def test_a_call_that_died_in_the_middle_gives_the_same_codes_when_it_is_sent_again(dies_at: int):
    many, undisturbed = Many(20), Many(20)
    call = {"filter": {}, "set": {"refresh_promo_code": True}}
    undisturbed.edit("key", **call)

    def die(name: str) -> None:
        if many.asked["transact"] == dies_at:
            raise Unavailable("no answer")

    many.before = die
    with pytest.raises(Unavailable):
        many.edit("key", **call)
    many.before = lambda _: None
    assert {result.status for result in many.edit("key", **call).results} <= {"changed", "unchanged"}
    assert [each.promo_code for each in many.enrolled()] == [each.promo_code for each in undisturbed.enrolled()]
    assert all(len(many.lines(member_id)) == 2 for member_id in many.member_ids)


def test_a_code_replaced_since_is_not_brought_back_by_sending_the_call_again():
    many = Many(2)
    ada, call = many.place(many.world.ada), {"member_ids": [many.world.ada], "set": {"refresh_promo_code": True}}

    def die(name: str) -> None:
        if name == "write":  # the answer
            raise Unavailable("no answer")

    many.before = die
    with pytest.raises(Unavailable):
        many.edit("key", **call)
    many.before = lambda _: None
    author = request_of(many.world.program).author
    enrollments.edit(many.table, ada, EnrollmentEdit(promo_code="NEWER"), None, author, bytes)
    assert [result.status for result in many.edit("key", **call).results] == ["unchanged"]
    assert enrollments.get(many.table, ada).promo_code == "NEWER"


def test_who_is_edited_again_and_again_holds_up_nobody_else(pauses: list[float]):
    many = Many(3)
    ada, author, count = many.place(many.world.ada), request_of(many.world.program).author, iter(range(100))

    class Contended(Interfering):
        def transact(self, ops: Any, **kwargs: Any) -> None:
            if ops[0].key == ada.key:
                edit = EnrollmentEdit(promo_code=f"CODE-{next(count)}")
                enrollments.edit(many.table, ada, edit, None, author, bytes)
            many.table.transact(ops, **kwargs)

    bulk = BulkEdit.model_validate({"filter": {}, "set": {"fixed": True}})
    table: Any = Contended(many.table, lambda: None)
    page = bulk_edits.edit(table, request_of(many.world.program), many.world.codes_offer, bulk, Randomness("x"))
    assert {result.member_id: result.code or result.status for result in page.results} == {
        each: "unavailable" if each == many.world.ada else "changed" for each in many.member_ids
    }


def test_a_walk_over_codes_in_a_connected_shop_reads_them_in_one_batch_a_page():
    many, shop = Many(), "sf_" + "0" * 26
    program_id, now = many.world.program.program_id, clock.now()
    discount = {"discount": {"percent": "10"}}
    offers.edit(many.table, program_id, many.world.codes_offer, discount, None, Author("system", now))
    connection = Connection.to(shop, "shopify", now)
    many.table.write(Put(shop_items.connection(program_id, connection), new=True))
    looking_after.page(many.table, many.world.program, {"offer_id": many.world.codes_offer}, now)
    many.asked.clear()
    pages = list(many.walk(filter={}, set={"active": False}))
    told = [item["body"]["state"] for item in many.table.contents().values() if item["kind"] == "shop code"]
    assert (len(pages), set(told), len(told)) == (3, {"ending"}, 25)
    assert (many.asked["transact"], many.asked["batch_get"]) == (250, 2 * len(pages))
