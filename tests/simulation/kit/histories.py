"""One history: a world, its actors and its faults, all drawn from one seed; played, and calmed down."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, Final

from laurel import clock
from laurel.domain.kernel.payday import paid_out
from laurel.domain.kernel.transition import applied, at_midnight, recalculated, transition
from laurel.domain.values.errors import Refusal
from laurel.domain.values.model import MOST_OPERATIONS
from laurel.store import indexes, items, keys
from laurel.store.indexes import WORK
from laurel.workflows.earnings import recurrences
from laurel.workflows.kernel import click_rows, closing, transitions
from laurel.workflows.members import bulk_edits
from laurel.workflows.payouts import confirming, drafting, releasing
from laurel.workflows.rules import applying
from laurel.workflows.upkeep import sweeps
from tests.simulation.kit.actors.actors import Functions, Storefronts
from tests.simulation.kit.actors.editors import Edit, Editor
from tests.simulation.kit.actors.visitors import Visitors
from tests.simulation.kit.judges import ledger
from tests.simulation.kit.mutants.mutants import NONE, Mutant
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.world import worlds
from tests.simulation.kit.world.faults import Faults
from tests.simulation.kit.world.pump import Consumer
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.services import WorldQueue
from tests.simulation.kit.world.vault import encrypting

_MOST_TURNS: Final = 10_000
_MOST_ROUNDS: Final = 400
_AT_ONCE: Final = 6
_LEAST_ROOM: Final = 17  # for one commission and any one rule of rule_drafts
_ROOM_FOR_OTHERS: Final = 3  # beside them, in timely worlds: members above, and a recurrence
_INSTANT: Final = len("2026-11-21T10:00:00.000Z")
_MINUTE: Final = timedelta(minutes=1)
_LONG_DAY: Final = timedelta(hours=26)
_EDITS: Final = {"plain": (0, 6, 15, 30), "stateful": (20, 40), "links": (12, 30), "timely": (12, 24, 36)}
_LEAPS: Final = (
    *(timedelta(seconds=5),) * 5,
    *(timedelta(seconds=70),) * 4,
    *(timedelta(minutes=7),) * 3,
    timedelta(hours=3),
    timedelta(days=1),
    timedelta(days=4),
)
_REFUNDS: Final = {"plain": (*(0,) * 10, 2, 3), "stateful": (0,), "links": (*(0,) * 12, 2, 3), "timely": (0,)}
_TURNS_OF_PAYMENT: Final = 16
_FURTHER_DAYS: Final = (0, 0, 1, 2, 8)
_CLOSED_BY: Final = timedelta(minutes=16)
"""After a local midnight its close has begun."""


class History:
    """Everything that one seed makes happen. `judge.verdict` tells what is wrong with it."""

    def __init__(self, seed: int, mutant: Mutant = NONE) -> None:
        self.seed = seed
        self.rng = rng = Random(seed)
        self.faults = Faults.drawn(rng)
        self.world = worlds.drawn(rng)
        self.scheduler = Scheduler(rng, self.world.start, switching=rng.choice((0.1, 0.4, 0.8)))
        self.table = mutant.table(self.scheduler, self.faults)
        self.mailer = mutant.mailer(self.scheduler, self.faults)
        self.queue = WorldQueue(self.scheduler, self.faults)
        self.visitors = Visitors(self.world, self.table, self.scheduler)
        self.storefronts = Storefronts(self.world, self.table, self.scheduler, self.visitors.clicks)
        self.functions = Functions(self.table, self.mailer, self.queue, self.scheduler)
        self._fold = Consumer("fold", self.scheduler, self.faults, ("pend", 1), lanes=1, retries=5)
        self._mail = Consumer("mail", self.scheduler, self.faults, ("outbox", "pending"), lanes=2, retries=3)
        self.editors = [
            Editor(self.table, self.world, tenant, self.scheduler, self.queue) for tenant in self.world.tenants
        ]
        self._again: list[tuple[str, Edit]] = []
        self._edits = rng.choice(_EDITS[self.world.kind])
        least = _LEAST_ROOM + _ROOM_FOR_OTHERS * self.world.timely
        self._sizes = Sizes(
            budget=rng.choice((MOST_OPERATIONS, least + 5, least, least)),
            page=rng.choice((sweeps.PAGE, sweeps.PAGE, 3)),
            clicks_at_once=rng.choice((MOST_OPERATIONS, 3)),
            members_at_once=rng.choice((closing.MOST_MEMBERS, 2)),
            payments_at_once=rng.choice((recurrences.MOST_AT_ONCE, 1)),
            paid_at_once=rng.choice((drafting.MOST_ROWS, drafting.MOST_ROWS, 3)),
        )
        self._further_days = rng.choice(_FURTHER_DAYS) if self.world.timely else 0
        self._late_edits = rng.choice((0, 24, 24, 24)) if self.world.timely else 0
        self._payments = 100
        self._are_changing = False
        self._mutant = mutant
        self._fed = 0
        self._calm_since: int | None = None if self.faults.lagging else 0

    def lagged(self, since: int) -> bool:
        """Whether an index that was read when there were `since` commits may not have caught up."""
        return self._calm_since is None or since < self._calm_since

    @property
    def counts(self) -> Counter[str]:
        """How often what happened."""
        return self.scheduler.counts

    def play(self) -> "History":
        """From the first order until nothing is left to do."""
        with _arranged(self.scheduler, self._sizes), self._mutant.planted(self):
            worlds.store(self.world, self.table)
            self._fed = len(self.table.stream)
            self._unfold()
            self._calm_down()
            self._pay_the_rest()
        return self

    def _unfold(self) -> None:
        for _ in range(_MOST_TURNS):
            if not (self.storefronts.waiting or self.visitors.waiting or self._edits or self.scheduler.running):
                return
            self._pass_time()
            self._feed(self.rng.randrange(8))
            if len(self.scheduler.running) < _AT_ONCE and self.rng.random() < 0.4:
                self._begin_something()
            else:
                self.scheduler.turn()
        raise AssertionError("the history never ends")

    def _pass_time(self) -> None:
        self.scheduler.advance(timedelta(milliseconds=self.rng.randrange(1, 30)))
        if self.rng.random() < (0.03 if self.world.timely else 0.01):
            if not self.faults.likely:
                self.scheduler.finish()  # nothing is killed where nothing may go wrong
            self.scheduler.advance(self.rng.choice(_LEAPS))

    def _begin_something(self) -> None:
        choices: list[Callable[[], None]] = [*self._batches()]
        if self.storefronts.waiting:
            choices += [self._report] * 2
        if self.visitors.waiting:
            choices += [self.visitors.request] * 4  # who orders has clicked before
        if self._edits:
            choices += [self._edit] * (1 + self.world.has_links)
        if self.scheduler.now >= self.functions.next_tick:
            choices.append(self._tick)
        if self.queue.waiting:
            choices.append(self.functions.job)
        if choices:
            self.rng.choice(choices)()

    def _batches(self) -> Iterator[Callable[[], None]]:
        for consumer, handle in ((self._fold, self.functions.fold), (self._mail, self.functions.mail)):
            yield from (partial(consumer.hand_out, shard, handle) for shard in consumer.ready())

    def _report(self) -> None:
        """A storefront reports orders; at times one of them is refunded just before and meanwhile."""
        refunds = self.rng.choice(_REFUNDS[self.world.kind]) if self._edits else 0
        self._edits -= bool(refunds)
        program_id, order_id = self.storefronts.next_order
        editor = next(editor for editor in self.editors if editor.program_id == program_id)
        edits = [editor.refunders.refund_of(self.rng, order_id) for _ in range(refunds)]
        for edit in edits[:1]:
            self.scheduler.start("edit_refund", edit, lambda _: None)
        self.storefronts.request()
        for edit in edits[1:]:
            self.scheduler.start("edit_refund", edit, lambda _: None)

    def _edit(self) -> None:
        """Somebody edits, or sends again what was not answered."""
        self._edits -= 1
        name, edit = self._again.pop() if self._again else self.rng.choice(self.editors).draw()

        def ended(outcome: object) -> None:
            if isinstance(outcome, BaseException) and not isinstance(outcome, Refusal):
                self._again.append((name, edit))

        self.scheduler.start(name, edit, ended)

    def expect_edit(self, name: str, edit: Edit) -> None:
        """This is what somebody edits next."""
        self.expect_edits(1)
        self._again.append((name, edit))

    def expect_edits(self, more: int) -> None:
        """So many more than were drawn."""
        self._edits += more

    def _feed(self, most: int | None = None) -> None:
        stream = self.table.stream
        until = len(stream) if most is None else min(len(stream), self._fed + most)
        for number in range(self._fed, until):
            self._fold.feed(stream[number], number)
            self._mail.feed(stream[number], number)
        self._fed = until

    def _calm_down(self) -> None:
        """No more faults: all that is due gets done, however long it takes."""
        self.faults.cease()
        self._calm_since = self._calm_since or self.scheduler.commits
        # but who is still editing may come between anything
        self.scheduler.switching, self.faults.torn = (
            (0.4, 0.5) if self._late_edits or self._are_changing else (0.0, 0.0)
        )
        self.scheduler.finish()
        self._feed()
        if self.faults.losing:
            self._fold.drop_everything()
            self._mail.drop_everything()
        for _ in range(_MOST_ROUNDS):
            self._drain()
            at = self._next_due()
            if at is None:
                return
            self.scheduler.advance(max(_MINUTE, at - self.scheduler.now))
            self._tick()
        raise AssertionError("work is never done")

    def _pay_the_rest(self) -> None:
        """After the day of the last click is over, and all that follows by itself is made."""
        self._late_edits = 0
        self.scheduler.advance(_LONG_DAY)
        self._calm_down()
        while_changing = (Editor.draft_more, Editor.decide_drafts, Editor.fail_lines)
        for step in (*while_changing, Editor.draft_the_rest, Editor.pay_the_rest):
            self._are_changing = step in while_changing
            for editor in self.editors:
                step(editor)
            self._calm_down()

    def _tick(self) -> None:
        """And somebody changes what payments follow that are due, while they are made, perhaps by two at once."""
        self.functions.tick()
        for editor in self.editors:
            for recurrence in editor.followed.due_recurrences()[: self._late_edits]:
                self._late_edits -= 1
                self.functions.page_of_recurrences(editor.tenant)
                for _ in range(self.rng.choice((1, 2))):
                    self.scheduler.start("edit_late", editor.draw_late(recurrence), lambda _: None)
            if self._late_edits:
                self.scheduler.start("edit_late", editor.followed.sale_above(self.rng), lambda _: None)
                self.scheduler.start("edit_late", editor.followed.refund_drafted(self.rng), lambda _: None)

    def _pay_followers(self) -> None:
        """Who earns of a sale that is to be folded next is being paid by then."""
        for editor in self.editors[: self._late_edits]:
            if self._payments and (rows := editor.followed.followers()):
                self._payments -= 1  # a payment may take nothing, and each is a change that is folded next
                editor.followed.pay_follower(self.rng, self.rng.choice(rows))()
                self.functions.job()
                for _ in range(self.rng.randrange(_TURNS_OF_PAYMENT)):
                    self.scheduler.turn()

    def _end_drafts(self) -> None:
        """A draft is confirmed or cancelled while a row of it is being folded."""
        for editor in self.editors[: self._late_edits]:
            if rows := editor.followed.waiting_in_drafts():
                self._late_edits -= 1
                end = editor.followed.end_of_draft(self.rng, self.rng.choice(rows))
                self.scheduler.start("edit_late", end, lambda _: None)

    def _change_payees(self) -> None:
        """Members change where they are paid, or are erased, while payouts are drafted, paid and taken back."""
        for editor in self.editors if self._are_changing else ():
            editor.payees.change_late()

    def _next_due(self) -> datetime | None:
        """When there is something to do again: work that is due, a day to be closed, or a few days more."""
        stored = self.table._items()
        due = [datetime.fromisoformat(item[WORK.sk][:_INSTANT]) for item in stored if WORK.sk in item]
        closes = [self._next_close(tenant.program_id) for tenant in self.world.tenants]
        if due or min(closes) <= self.scheduler.now:
            return min((*due, *closes))
        if self._further_days == 0:
            return None
        self._further_days -= 1
        return min(closes)

    def _next_close(self, program_id: str) -> datetime:
        program = items.parse_program(self.table._stored(keys.program(program_id)) or {})
        assert program.closed_until is not None
        return ledger.start_of(program.closed_until + timedelta(days=1), program.timezone) + _CLOSED_BY

    def _drain(self) -> None:
        while True:
            self.scheduler.finish()
            self._feed()
            batch = next(self._batches(), None)
            if batch is None and not self.queue.waiting:
                return
            if batch is not None:
                self._pay_followers()
                self._end_drafts()
                batch()
            if self.queue.waiting:
                self._change_payees()
                self.functions.job()


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of transactions and pages: small ones, which a few commissions, clicks or members overfill."""

    budget: int
    page: int
    clicks_at_once: int
    members_at_once: int
    payments_at_once: int
    paid_at_once: int


def sized(budget: int) -> Callable[..., object]:
    """Counting rows taken back, in transactions of that size."""

    def counted(*asked: Any) -> object:
        return recalculated(*asked[:-1], min(budget, asked[-1]))

    return counted


@contextmanager
def _arranged(scheduler: Scheduler, sizes: Sizes) -> Iterator[None]:
    """Of these sizes; waiting lets others run."""
    waiting = SimpleNamespace(sleep=lambda _: scheduler.pause())
    with (
        replaced(transitions, "transition", partial(transition, budget=sizes.budget)),
        replaced(transitions, "applied", partial(applied, budget=sizes.budget)),
        replaced(applying, "MOST_MEMBERS", sizes.members_at_once),
        replaced(transitions, "at_midnight", partial(at_midnight, budget=sizes.budget)),
        replaced(sweeps, "PAGE", sizes.page),
        replaced(indexes, "_WORK_SHARDS", dict.fromkeys(indexes._WORK_SHARDS, 2)),  # tick asks each of them
        replaced(click_rows, "MOST_OPERATIONS", sizes.clicks_at_once),
        replaced(closing, "MOST_MEMBERS", sizes.members_at_once),
        replaced(recurrences, "MOST_AT_ONCE", sizes.payments_at_once),
        replaced(bulk_edits, "MOST_MEMBERS", 3),
        replaced(confirming, "paid_out", partial(paid_out, budget=min(sizes.budget, MOST_OPERATIONS - 1))),
        replaced(confirming, "MOST_PAGES", 2),
        replaced(confirming, "MOST_LINES", 2),
        replaced(releasing, "recalculated", sized(sizes.budget)),
        replaced(releasing, "MOST_PAGES", 1),
        replaced(drafting, "MOST_ROWS", sizes.paid_at_once),
        replaced(drafting, "MOST_CHANGES", 3 if sizes.paid_at_once == 3 else drafting.MOST_CHANGES),
        replaced(drafting, "MOST_MEMBERS", 2),
        replaced(clock, "time", waiting),
        encrypting(scheduler),
    ):
        yield
