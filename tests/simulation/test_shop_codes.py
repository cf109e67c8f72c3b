"""Codes in a shop under faults at every call: in the end what is wanted is live, once, and nothing else touched."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel.connectors import Taken, Unreachable
from laurel.domain.history import Author
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.offers.offers import Discount, Offer
from laurel.domain.shops import plans
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.plans import Create, End, Seen
from laurel.domain.shops.wanted import Wanted
from laurel.domain.values.codes import are_same
from laurel.queue import ShopMessage
from laurel.store import items, keys, outbox, shop_items
from laurel.store.operations import Put
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers
from laurel.workflows.requests.optimistic import LostRace
from laurel.workflows.shops import handing, looking_after, steps, telling
from tests.functional.kit.world import Randomness, furnished
from tests.kit.interference import Interfering
from tests.simulation.kit.table.fake_table import FakeTable

SHOP = "sf_00000000000000000000000000"
START = datetime(2026, 11, 20, tzinfo=UTC)
HISTORIES = 60


class Died(Exception):
    """The process is gone."""


@dataclass
class FakeShop:
    """A shop in this process; `meanwhile`: what others do while it is called."""

    rng: random.Random
    faulty: bool = True
    codes: dict[str, Seen] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None
    during_next: list[Callable[[], None]] = field(default_factory=list)

    def check(self) -> str | None:
        return "EUR"

    def find(self, code: str, shop_id: str | None) -> list[Seen]:
        def work() -> list[Seen]:
            return [each for each in self.codes.values() if are_same(each.code, code) or each.shop_id == shop_id]

        return self._called(work)

    def create(self, wanted: Wanted, mark: str, attempt: str) -> Seen:  # noqa: ARG002
        def work() -> Seen:
            if any(are_same(each.code, wanted.code) for each in self.codes.values()):
                raise Taken(wanted.code)
            number = str(len(self.codes))
            self.codes[number] = Seen(shop_id=number, code=wanted.code, mark=mark, percent=wanted.percent)
            return self.codes[number]

        return self._called(work)

    def change(self, shop_id: str, wanted: Wanted, now: datetime) -> Seen:  # noqa: ARG002
        return self._called(lambda: self._set(shop_id, percent=wanted.percent, is_on=True))

    def end(self, shop_id: str, now: datetime) -> None:  # noqa: ARG002
        self._called(lambda: self._set(shop_id, is_on=False))

    def _set(self, shop_id: str, **fields: Any) -> Seen:
        self.codes[shop_id] = self.codes[shop_id].model_copy(update=fields)
        return self.codes[shop_id]

    def _called(self, work: Callable[[], Any]) -> Any:
        while self.during_next:
            self.during_next.pop()()
        fault = self.rng.random() if self.faulty else 1.0
        if fault < 0.15:
            self.meanwhile()
        if fault < 0.05:
            raise Died
        if fault < 0.1:
            raise Unreachable("down")
        done = work()
        if 0.1 <= fault < 0.2:
            raise Unreachable("lost")
        if 0.2 <= fault < 0.25:
            raise Died
        return done


class Unheard:
    """A queue whose messages are taken by the test itself."""

    def send(self, message: ShopMessage) -> None:
        pass


class History:
    def __init__(self, seed: int) -> None:
        self.rng, self.now = random.Random(seed), START
        self.table: Any = FakeTable()
        self.world = furnished(self.table)
        self.program_id = self.world.program.program_id
        self.place = Place(self.program_id, self.world.codes_offer, self.world.ada)
        discount = {"discount": Discount(percent="10").model_dump(mode="json", exclude_none=True)}
        offers.edit(self.table, self.program_id, self.world.codes_offer, discount, None, Author("system", self.now))
        self.shop = FakeShop(self.rng, meanwhile=self.edit)
        for code in ("THEIRS", "ADA3"):
            number = str(len(self.shop.codes))
            self.shop.codes[number] = Seen(shop_id=number, code=code, percent="50")
        self.theirs = dict(self.shop.codes)
        connection = Connection.to(SHOP, "shopify", self.now).checked(self.now, None, "EUR")
        self.table.write(Put(shop_items.connection(self.program_id, connection), new=True))
        self.codes = [f"ADA{n}" for n in range(5)]

    def edit(self) -> None:
        """A refresh, to a new code or one of before, a switch, or another discount with the job that tells of it."""
        chosen = self.rng.choice(["code", "on", "off", "discount"])
        if chosen == "discount":
            return self.discount(self.rng.choice(["10", "20", "30"]))
        edit = {"promo_code": self.rng.choice(self.codes)} if chosen == "code" else {"active": chosen == "on"}
        author = Author("system", self.now)
        enrollments.edit(self.table, self.place, EnrollmentEdit(**edit), None, author, Randomness("x"))
        return None

    def discount(self, percent: str) -> None:
        offer_id = self.place.offer_id
        discount = {"discount": {"percent": percent}}
        offers.edit(self.table, self.program_id, offer_id, discount, None, Author("system", self.now))
        looking_after.page(self.table, self.world.program, {"offer_id": offer_id}, self.now)

    def play(self) -> None:
        for _ in range(25):
            self.now += timedelta(minutes=self.rng.choice([0, 1, 5]))
            if self.rng.random() < 0.5:
                self.edit()
            self.step()
        self.shop.faulty = False
        for _ in range(12):
            self.now += timedelta(hours=2)
            self.step()
        self.edit()
        self.shop.during_next = [self.edit]
        for _ in range(4):  # without faults nothing takes longer
            self.now += timedelta(minutes=1)
            self.step()

    def step(self) -> None:
        """What tick, the stream and the queue do in a minute."""
        for item in self.found():
            code = items.parse(ShopCode, item)
            if code.next_attempt_at <= self.now and code.status in {"pending", "handed", "sending"}:
                handing.wake(self.table, self.program_id, code, self.now)
        for item in self.found():
            code = items.parse(ShopCode, item)
            if code.status == "pending" and code.next_attempt_at <= self.now:
                self.hand_on(item, code)

    def hand_on(self, item: Any, code: ShopCode) -> None:
        """The message of a code, which may come twice, and before it is noted as on its way."""

        def hand() -> None:
            handing.hand(self.table, Unheard(), self.program_id, code, self.now)  # type: ignore[arg-type]

        table: Any = self.table
        if self.rng.random() < 0.3:
            table = Interfering(self.table, hand)
        else:
            hand()
        message = ShopMessage(self.program_id, item["pk"], item["sk"])
        for _ in range(self.rng.choice([1, 2])):
            with suppress(Died):
                telling.take(table, lambda *_: self.shop, message, self.now)

    def found(self) -> list[Any]:
        known = self.table.query(f"{self.program_id}#{self.world.ada}", begins_with="shop#")
        return [item for item in known if isinstance(outbox.parse(item), ShopCode)]

    def faults(self) -> list[str]:
        """What is not as it should be."""
        enrolled = enrollments.get(self.table, self.place)
        discount = items.parse(Offer, self.table.get(keys.offer(self.program_id, self.place.offer_id))).discount
        ours = [each for each in self.shop.codes.values() if each.mark and each.is_live_at(self.now)]
        live = [each.code for each in ours]
        is_theirs = enrolled.promo_code in {each.code for each in self.theirs.values()}
        wanted = [enrolled.promo_code] if enrolled.active and not is_theirs else []
        state = "ended" if not enrolled.active else "conflict" if is_theirs else "live"
        told = {items.parse(ShopCode, item).state for item in self.found()}
        kept = {number: each for number, each in self.shop.codes.items() if number in self.theirs}
        wrong = {"live": live != wanted, "theirs": kept != self.theirs, "state": not told <= {state}}
        wrong["terms"] = any(each.percent != discount.percent for each in ours if discount)
        return [name for name, is_wrong in wrong.items() if is_wrong]


def played(seed: int) -> list[str]:
    history = History(seed)
    history.play()
    return history.faults()


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_in_the_end_the_shop_has_what_is_wanted(seed: int):
    assert played(seed) == []


def _makes_before_it_looks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(steps, "_seen", lambda *_: [])


def _notes_nothing_before_it_makes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ShopCode, "setting_out", lambda self, _: self.traces)


def _knows_its_own_by_name(patch: pytest.MonkeyPatch) -> None:
    real = plans.plan

    def plan(wanted: Any, seen: Any, mark: str, *rest: Any) -> Any:
        return real(wanted, [each.model_copy(update={"mark": mark}) for each in seen], mark, *rest)

    patch.setattr(steps, "plan", plan)


def _ends_the_new_code_instead_of_the_old(patch: pytest.MonkeyPatch) -> None:
    real = plans.plan

    def plan(wanted: Any, seen: Any, mark: str, *rest: Any) -> Any:
        steps = real(wanted, seen, mark, *rest)
        if any(isinstance(step, Create) for step in steps):
            return tuple(step for step in steps if not isinstance(step, End))
        return steps

    patch.setattr(steps, "plan", plan)
    patch.setattr(ShopCode, "told", _forgetting(ShopCode.told))


def _forgetting(real: Any) -> Any:
    """Only what was made last is remembered."""

    def told(self: ShopCode, told: Any, *rest: Any) -> ShopCode:
        return real(self, told, *rest).model_copy(update={"traces": told.live})  # type: ignore[no-any-return]

    return told


def _gives_up_a_message_that_lost_a_race(patch: pytest.MonkeyPatch) -> None:
    def once(work: Any, attempt: Callable[[Any], Any], _: Any) -> Any:
        try:
            return attempt(work)
        except LostRace:
            return telling.Result.NOT_OURS

    patch.setattr(telling, "redo_from", once)


def _forgets_terms_that_changed_while_it_told(patch: pytest.MonkeyPatch) -> None:
    def anew(self: ShopCode, code: str, now: datetime, *, sells: bool) -> ShopCode:
        real = _anew(self, code, now, sells=sells)
        return real.model_copy(update={"wanted": self.wanted}) if self.code == code else real

    patch.setattr(ShopCode, "wanted_anew", anew)


_anew = ShopCode.wanted_anew


@pytest.mark.parametrize(
    "bug",
    [
        _makes_before_it_looks,
        _notes_nothing_before_it_makes,
        _knows_its_own_by_name,
        _ends_the_new_code_instead_of_the_old,
        _gives_up_a_message_that_lost_a_race,
        _forgets_terms_that_changed_while_it_told,
    ],
)
def test_a_planted_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch):
    bug(monkeypatch)
    assert any(played(seed) for seed in range(HISTORIES))
