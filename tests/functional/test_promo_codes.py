"""Replacing promo codes: the old one is dead at once, and no code ever means two enrollments."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laurel import clock
from laurel.domain.members.bulk_edits import BulkEdit
from laurel.domain.members.enrollments import CodeClaim, Enrollment, EnrollmentEdit, generated_code
from laurel.domain.values.errors import Conflict
from laurel.store import items as entities
from laurel.store.operations import StoreError
from laurel.store.table import Table
from laurel.workflows.members import bulk_edits, enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.requests.idempotency import Request
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.paths import enrollment_path
from tests.functional.kit.world import AT, Randomness, World, furnished, request_of
from tests.kit.interference import Interfering
from tests.simulation.kit.table.fake_table import FakeTable


def code_path(world: World, member: str | None = None, offer: str | None = None) -> str:
    return f"{enrollment_path(world, member or world.ada, offer)}/promo-code"


def reason(world: World, code: str, order_id: str, **when: str) -> str | None:
    """Why an order with that code has no winner; None if Ada won it."""
    order = {"order_id": order_id, "amount": 100, "currency": "EUR", "promo_code": code, **when}
    answer: Answer = Gateway(world.reporter).post("/v1/conversions", order)
    return answer.body["attribution"].get("reason")


def history(api: Gateway, world: World) -> list[dict[str, object]]:
    return list(api.get(f"/v1/offers/{world.codes_offer}/history?member_id={world.ada}").body["items"])


def test_a_given_code_takes_the_place_of_the_one_before(api: Gateway, world: World):
    answer = api.post(code_path(world), {"promo_code": "ada-2"})
    assert (answer.status, answer.body["promo_code"], answer.body["version"]) == (200, "ada-2", 2)
    assert [reason(world, code, code) for code in ("ADA10", "ADA-2")] == ["code_inactive", None]


def test_an_order_of_before_the_replacement_is_still_won_by_the_old_code(api: Gateway, world: World):
    api.post(code_path(world), {"promo_code": "ADA-2"})
    assert reason(world, "ADA10", "1", occurred_at="2026-11-02T09:30:00Z") is None


@pytest.mark.parametrize("body", [None, {}, {"promo_code": None}])
def test_without_a_code_one_is_generated(api: Gateway, world: World, body: object):
    code = api.post(code_path(world), body).body["promo_code"]
    assert len(code) == 10
    assert [reason(world, name, name) for name in ("ADA10", code)] == ["code_inactive", None]


def test_the_same_code_again_changes_nothing(api: Gateway, world: World):
    lines = history(api, world)
    answer = api.post(code_path(world), {"promo_code": "ada10"})
    assert (answer.status, answer.body["promo_code"], answer.body["version"]) == (200, "ADA10", 1)
    assert history(api, world) == lines


def test_a_generated_code_asked_for_twice_under_one_key_is_one(api: Gateway, world: World):
    first = api.post(code_path(world), {}, idempotency_key="1")
    again = api.post(code_path(world), {}, idempotency_key="1")
    assert (again.status, again.body) == (200, first.body)
    assert len(history(api, world)) == 2
    assert api.post(code_path(world), {"promo_code": "OTHER"}, idempotency_key="1").code == "idempotency_conflict"
    assert api.post(code_path(world), {}, idempotency_key="2").body["promo_code"] != first.body["promo_code"]


def test_a_code_of_somebody_else_is_refused_and_nothing_changes(api: Gateway, world: World):
    api.put(enrollment_path(world, world.ben), {"promo_code": "BEN"})
    before = api.get(enrollment_path(world, world.ada)).body
    answer = api.post(code_path(world), {"promo_code": "ben"})
    assert (answer.status, answer.code) == (409, "promo_code_taken")
    assert api.get(enrollment_path(world, world.ada)).body == before
    assert reason(world, "ADA10", "1") is None


def test_an_old_code_can_be_taken_back(api: Gateway, world: World):
    api.post(code_path(world), {"promo_code": "ADA20"})
    assert api.post(code_path(world), {"promo_code": "ADA10"}).body["promo_code"] == "ADA10"
    assert [reason(world, code, code) for code in ("ADA10", "ADA20")] == [None, "code_inactive"]


@pytest.mark.parametrize("body", [{}, {"promo_code": "ADA20"}])
def test_links_have_no_codes(api: Gateway, world: World, body: object):
    answer = api.post(code_path(world, offer=world.links_offer), body)
    assert (answer.status, answer.code) == (422, "promo_code_on_link_offer")


def test_who_is_not_enrolled_has_no_code(api: Gateway, world: World):
    assert api.post(code_path(world, world.ben), {}).code == "enrollment_not_found"
    assert api.post(code_path(world, "mem_" + "0" * 26), {}).code == "member_not_found"
    assert api.post(code_path(world, offer="off_" + "0" * 26), {}).code == "offer_not_found"


def test_a_generated_code_that_is_taken_is_generated_anew(items: Table, world: World):
    class Stuttering(Randomness):
        def __call__(self, size: int) -> bytes:
            self.count += 1
            return b"\x00" * size if self.count < 3 else b"\x01" * size

    ada, ben = (Place(world.program.program_id, world.codes_offer, member) for member in (world.ada, world.ben))
    request = request_of(world.program, at=clock.now())
    enrollments.put(items, ben, EnrollmentEdit(promo_code="0000000000"), request.author, Randomness("x"))
    assert enrollments.replace_code(items, request, ada, None, Stuttering("s")).promo_code != "0000000000"


def test_of_twins_that_replace_a_code_one_does(items: Table, world: World):
    ada = Place(world.program.program_id, world.codes_offer, world.ada)
    request = request_of(world.program, "twin", at=clock.now())
    told: list[Enrollment] = []
    racing = Interfering(
        items, lambda: told.append(enrollments.replace_code(items, request, ada, None, Randomness("faster")))
    )
    assert enrollments.replace_code(racing, request, ada, None, Randomness("slower")) == told[0]
    assert enrollments.get(items, ada) == told[0]


# -- whatever happens --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refresh:
    """Gives a member (0, 1) a code, a generated one for None; `bulk`: all members, generated. `races`: in between."""

    member: int
    code: str | None
    bulk: bool
    races: bool


class Interleaved:
    """A program in which a refresh that races is done just before another one is written."""

    def __init__(self, refreshes: list[Refresh]) -> None:
        self.waiting: list[Refresh] = []
        self.owners: dict[str, tuple[str, str]] = {}
        self.table = FakeTable(self._gate)
        self.world = furnished(self.table)
        self.waiting += refreshes

    def run(self) -> None:
        while self.waiting:
            self._next()

    def _gate(self, when: str, name: str) -> None:
        if (when, name) == ("before", "transact") and self.waiting and self.waiting[0].races:
            self._next()

    def _next(self) -> None:
        refresh, number = self.waiting.pop(0), len(self.waiting)
        with suppress(Conflict, StoreError):
            (self._replace_all if refresh.bulk else self._replace)(refresh, str(number))
        self._check()

    def _request(self, header: str | None) -> Request:
        # each of an instant of its own: two lines of one instant would stand in each other's way in the history
        return request_of(self.world.program, header, at=AT - timedelta(minutes=len(self.waiting)))

    def _replace(self, refresh: Refresh, name: str) -> None:
        world, request = self.world, self._request(None)
        place = Place(world.program.program_id, world.codes_offer, (world.ada, world.ben)[refresh.member])
        edit = EnrollmentEdit(promo_code=refresh.code or generated_code(name.encode()))
        enrollments.put(self.table, place, edit, request.author, Randomness(name))

    def _replace_all(self, _: Refresh, name: str) -> None:
        world = self.world
        everybody = {"member_ids": [world.ada, world.ben], "enroll": True, "set": {"refresh_promo_code": True}}
        request, bulk = self._request(name), BulkEdit.model_validate(everybody)
        bulk_edits.edit(self.table, request, world.codes_offer, bulk, Randomness(name))

    def _check(self) -> None:
        """Claims never change hands; every enrollment's code is its own and live, and no other code is."""
        stored = self.table.contents().values()
        claims = [entities.parse(CodeClaim, item) for item in stored if item["kind"] == "promo code"]
        enrolled = [entities.parse(Enrollment, item) for item in stored if item["kind"] == "enrollment"]
        for claim in claims:
            owner = (claim.offer_id, claim.member_id)
            assert self.owners.setdefault(claim.promo_code, owner) == owner
        assert all(claim.ended_at is None or claim.ended_at > claim.issued_at for claim in claims)
        live = sorted((claim.promo_code, claim.member_id) for claim in claims if claim.ended_at is None)
        assert live == sorted((each.promo_code, each.member_id) for each in enrolled if each.promo_code)


refreshes = st.builds(
    Refresh,
    member=st.integers(0, 1),
    code=st.sampled_from(["ADA10", "BEN", "HOT", None]),
    bulk=st.sampled_from([False, False, False, True]),
    races=st.booleans(),
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(refreshes, min_size=2, max_size=12))
def test_no_code_ever_means_two_enrollments_however_refreshes_race(drawn: list[Refresh]):
    Interleaved(drawn).run()
