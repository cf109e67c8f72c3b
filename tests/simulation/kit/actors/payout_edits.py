"""Somebody drafts what is due, and confirms it, cancels it or tells what failed, while it changes.

Once more when all is quiet, so that nothing can be left.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from laurel.domain.history import Author
from laurel.domain.payouts.payouts import NewPayout
from laurel.domain.program.programs import ApiKey
from laurel.domain.values.errors import Refusal
from laurel.queue import Queue
from laurel.store import payout_keys
from laurel.store.payout_keys import PAYOUT_LINES
from laurel.workflows.payouts import payouts
from laurel.workflows.requests.idempotency import Request
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import Tenant

Edit = Callable[[], object]
_MINIMA: Final = (0, 0, 0, 300, 2_000)
_BEFORE: Final = (0, 0, 0, 1, 2)
"""Days before today up to which is paid."""
RAILS: Final = ("csv", "csv", "csv", "paypal")


class PayoutEdits:
    """Begins payouts and decides about them; jobs carry it out. `last`: the id of the one of when all was quiet."""

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler, admin: ApiKey, queue: Queue) -> None:
        self.table = table
        self.tenant = tenant
        self.scheduler = scheduler
        self.admin = admin
        self.queue = queue
        self.begun: list[str] = []
        self.last = ""

    def payout(self, rng: Random) -> Edit:
        """A draft of everybody or of some, up to today or some days before."""
        members = [member.member_id for member in self.tenant.members]
        some = tuple(rng.sample(members, rng.randint(1, len(members)))) if rng.random() < 0.3 else None
        minimum, before, randomness = rng.choice(_MINIMA), rng.choice(_BEFORE), rng.randbytes(10)
        rail = rng.choice(RAILS)
        return lambda: self.start(before, randomness, minimum=minimum, member_ids=some, rail=rail)

    def payout_of(self, rng: Random, member_id: str) -> Edit:
        """A draft of all that is due to somebody, confirmed once it is ready if that is soon."""
        randomness, turns = rng.randbytes(10), rng.randrange(30)

        def edit() -> None:
            payout_id = self.start(0, randomness, member_ids=(member_id,))
            self.scheduler.wait(turns)
            with suppress(Refusal):
                self.confirm(payout_id)

        return edit

    def decide(self, rng: Random) -> Edit:
        """A payout is confirmed or cancelled, or a line of it failed; too early or too late, nothing happens."""
        if not self.begun:
            return lambda: None
        payout_id, randomness = rng.choice(self.begun[-4:]), rng.randbytes(10)
        ends: tuple[Edit, ...] = (
            lambda: self.confirm(payout_id),
            lambda: self._fail_one(rng, payout_id),
            lambda: self._cancel_for_another(payout_id, randomness),
        )
        end = rng.choice((*ends, ends[0], ends[1]))

        def edit() -> None:
            with suppress(Refusal):
                end()

        return edit

    def decide_all(self) -> None:
        """Every draft is confirmed and cancelled at once."""
        for payout_id in self.all_of_program():
            for end in self.scheduler.rng.sample((self.confirm, self.cancel), 2):
                self.scheduler.start("edit_decide", partial(end, payout_id), lambda _: None)

    def fail_some(self) -> None:
        """Some lines of what was confirmed did not arrive."""
        rng = self.scheduler.rng
        for payout_id in self.all_of_program():
            for member_id in self._members_of(payout_id):
                for _ in range(rng.choice((0, 1, 2))):
                    with suppress(Refusal):
                        self._fail(payout_id, member_id)

    def last_one(self) -> None:
        """A draft of all that is due now."""
        self.last = self.start(0, self.scheduler.rng.randbytes(10))

    def confirm_last(self) -> None:
        """It is paid, if it comes to anything."""
        with suppress(Refusal):
            self.confirm(self.last)

    def all_of_program(self) -> list[str]:
        """Of this program; some were begun without an answer."""
        return sorted(self.table._collections.get(payout_keys.payout(self.tenant.program_id, "").pk, {}))

    def _members_of(self, payout_id: str) -> list[str]:
        lines = self.table._collections.get(payout_keys.payout_line(self.tenant.program_id, payout_id, "").pk, {})
        return sorted(sk.removeprefix(PAYOUT_LINES) for sk in lines if sk.startswith(PAYOUT_LINES))

    def _fail_one(self, rng: Random, payout_id: str) -> None:
        if found := self._members_of(payout_id):
            self._fail(payout_id, rng.choice(found))

    def _cancel_for_another(self, payout_id: str, randomness: bytes) -> None:
        """The next draft takes over what the job has not freed yet."""
        self.cancel(payout_id)
        self.start(0, randomness)

    def start(self, before: int, randomness: bytes, **wanted: Any) -> str:
        """A draft of what is due up to so many days ago; its id."""
        now: datetime = self.scheduler.now
        until = self.tenant.program.calendar.day_of(now) - timedelta(days=before)
        new = NewPayout(until=until, **wanted)
        request = Request(self.tenant.program, self.admin, None, "", now)
        payout_id = payouts.start(self.table, self.queue, request, new, lambda _: randomness)[0].payout_id
        self.begun.append(payout_id)
        return payout_id

    def confirm(self, payout_id: str) -> None:
        """It is paid as it is. Raises Refusal in another state."""
        payouts.confirm(self.table, self.queue, self.tenant.program_id, payout_id, self._author())

    def cancel(self, payout_id: str) -> None:
        """It is given up. Raises Refusal in another state."""
        payouts.cancel(self.table, self.queue, self.tenant.program_id, payout_id, self._author())

    def _fail(self, payout_id: str, member_id: str) -> None:
        payouts.fail(self.table, self.queue, self.tenant.program_id, payout_id, member_id, "gone", self._author())

    def _author(self) -> Author:
        return Author(self.admin.actor, self.scheduler.now)
