"""Somebody pays what is due, while it changes; and once more when all is quiet, so that nothing can be left."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

from laurel.domain.payouts.payouts import NewPayout
from laurel.domain.program.programs import ApiKey
from laurel.queue import Queue
from laurel.workflows.payouts import payouts
from laurel.workflows.requests.idempotency import Request
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import Tenant

Edit = Callable[[], object]
_MINIMA: Final = (0, 0, 0, 300, 2_000)
_BEFORE: Final = (timedelta(0), timedelta(0), timedelta(hours=1), timedelta(days=1))


class PayoutEdits:
    """Begins payouts; jobs carries them out. `last`: the id of the one that was begun when all was quiet."""

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler, admin: ApiKey, queue: Queue) -> None:
        self.table = table
        self.tenant = tenant
        self.scheduler = scheduler
        self.admin = admin
        self.queue = queue
        self.last = ""

    def payout(self, rng: Random) -> Edit:
        """A payout of everybody or of some, up to now or some time ago."""
        members = [member.member_id for member in self.tenant.members]
        some = tuple(rng.sample(members, rng.randint(1, len(members)))) if rng.random() < 0.3 else None
        minimum, before, randomness = rng.choice(_MINIMA), rng.choice(_BEFORE), rng.randbytes(10)

        def edit() -> object:
            until = self.scheduler.now - before
            return self._start(NewPayout(until=until, minimum=minimum, member_ids=some), randomness)

        return edit

    def payout_of(self, rng: Random, member_id: str) -> Edit:
        """A payout of all that is due to somebody."""
        randomness = rng.randbytes(10)
        return lambda: self._start(NewPayout(until=self.scheduler.now, member_ids=(member_id,)), randomness)

    def last_one(self) -> None:
        """All that is due now."""
        new = NewPayout(until=self.scheduler.now)
        self.last = self._start(new, self.scheduler.rng.randbytes(10))

    def _start(self, new: NewPayout, randomness: bytes) -> str:
        now: datetime = self.scheduler.now
        request = Request(self.tenant.program, self.admin, None, "", now)
        return payouts.start(self.table, self.queue, request, new, lambda _: randomness)[0].payout_id
