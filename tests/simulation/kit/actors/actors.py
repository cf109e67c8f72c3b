"""Who takes part: storefronts that report until they are answered, and the functions around the workflows."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.tracking.conversions import ConversionReport, Received
from laurel.domain.values.errors import Refusal
from laurel.store import items, keys, mail_items
from laurel.store.operations import StoreError
from laurel.workflows.kernel import closing, streams
from laurel.workflows.kernel.batches import Failure, StreamRecord
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.streams import Ways
from laurel.workflows.mail import outbox
from laurel.workflows.mail.letters import Senders
from laurel.workflows.program import jobs, programs
from laurel.workflows.tracking import ingestion, reading
from laurel.workflows.tracking.recording import Recorded
from laurel.workflows.upkeep import job_pages, sweeps
from tests.simulation.kit.world.report_drafts import ANY_CLICK
from tests.simulation.kit.world.scheduler import Scheduler, Unreachable
from tests.simulation.kit.world.services import SENDER, WorldMailer, WorldQueue
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import Tenant, World, storefront_of

_MAY_HAPPEN: Final = (StoreError, Unreachable)
_REDRIVEN: Final = 0.8


@dataclass(frozen=True, slots=True)
class Told:
    """What a storefront was answered. `since`: how many commits there were when it asked."""

    digest: str
    answer: Recorded | Refusal
    since: int


@dataclass
class Order:
    """What was reported under one order id, by the hash of the body, and the answers."""

    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)


class Storefronts:
    """Report each order once or more, several at a time, a few with another body; again until they are answered.

    `clicks`: by program, those that customers know of when they order.
    """

    def __init__(
        self, world: World, table: WorldTable, scheduler: Scheduler, clicks: Mapping[str, Sequence[str]]
    ) -> None:
        self.table = table
        self.scheduler = scheduler
        self.clicks = clicks
        self.orders: dict[tuple[str, str], Order] = defaultdict(Order)
        self.waiting = [request for tenant in world.tenants for request in self._drawn(tenant)]
        scheduler.rng.shuffle(self.waiting)

    @property
    def next_order(self) -> tuple[str, str]:
        """The program and id of an order that is reported next."""
        tenant, reports = self.waiting[-1]
        return tenant.program_id, str(self.scheduler.rng.choice(reports)["order_id"])

    def request(self) -> None:
        """The next request goes out."""
        tenant, reports = self.waiting.pop()
        for report in reports:
            if report.get("click_id") == ANY_CLICK:
                report["click_id"] = self.scheduler.rng.choice(self.clicks[tenant.program_id] or ["clk_unknown"])

        def ended(outcome: Any) -> None:
            if isinstance(outcome, BaseException):  # 5xx or no answer
                self.waiting.insert(self.scheduler.rng.randrange(len(self.waiting) + 1), (tenant, reports))
                return
            for body, told in zip(reports, outcome, strict=True):
                order = self.orders[tenant.program_id, body["order_id"]]
                order.bodies[told.digest] = body
                order.told.append(told)

        self.scheduler.start("storefront", lambda: self._report(tenant, reports), ended)

    def _drawn(self, tenant: Tenant) -> list[tuple[Tenant, list[dict[str, Any]]]]:
        rng, requests = self.scheduler.rng, []
        sent = [report for report in tenant.reports for _ in range(rng.choice((1, 1, 2, 3)))]
        sent += [{**report, "amount": report["amount"] + 1} for report in tenant.reports if rng.random() < 0.05]
        rng.shuffle(sent)
        while sent:
            size = rng.choice((1, 1, 2, 4))
            requests.append((tenant, sent[:size]))
            sent = sent[size:]
        return requests

    def _report(self, tenant: Tenant, reports: Sequence[dict[str, Any]]) -> list[Told]:
        program_key, now, since = keys.program(tenant.program_id), self.scheduler.now, self.scheduler.commits
        found = self.table.batch_get([program_key, *reading.first_keys(tenant.program_id, reports)])
        program = items.parse_program(found[program_key])
        received = [
            Received(ConversionReport.model_validate(each), storefront_of(each["order_id"]), _digest(each), now)
            for each in reports
        ]
        told = ingestion.record_all(self.table, program, received, found)
        return [Told(each.request_hash, answer, since) for each, answer in zip(received, told, strict=True)]


class Functions:
    """What handlers do around the workflows; each starts invocations of itself."""

    def __init__(self, table: WorldTable, mailer: WorldMailer, queue: WorldQueue, scheduler: Scheduler) -> None:
        self.table = table
        self.mailer = mailer
        self.queue = queue
        self.scheduler = scheduler
        self.mail_faults: Counter[str] = Counter()
        self.next_tick = scheduler.now
        self._warm = [_Noting(scheduler) for _ in range(3)]  # as many environments that live on

    def fold(self, records: Sequence[StreamRecord]) -> list[str]:
        """rule_evaluation; answers the records that are to come again."""
        rulebooks, now = self._environment(), self.scheduler.now
        ways = Ways(self._wait, self.queue.send)  # in turn: what happens here depends on the seed alone
        failures = streams.fold_records(self.table, rulebooks, records, now, ways)
        return [number for failure in failures for number in _expected(failure).records]

    def mail(self, records: Sequence[StreamRecord]) -> list[str]:
        """mail; answers the records that are to come again."""
        return [record.sequence_number for record in records if not _attempt(partial(self._send, record.image))]

    def tick(self) -> None:
        """The next minute begins."""
        self.next_tick = self.scheduler.now + timedelta(minutes=1)
        self.queue.waiting += self.queue.later
        self.queue.later.clear()
        self.scheduler.start("tick", self._sweep_all, lambda _: None)

    def job(self) -> None:
        """Some message of the queue is taken up."""
        message = self.queue.waiting.pop(self.scheduler.rng.randrange(len(self.queue.waiting)))

        def work() -> None:
            rulebook = self._environment().current(self.table, message.program_id)
            job_pages.run(self.table, self.queue, rulebook, message.job_id, self.scheduler.now, self._has_time)

        def ended(outcome: Any) -> None:
            # sometimes it was received too often already: then only tick can go on with the job
            if isinstance(outcome, BaseException) and self.scheduler.rng.random() < _REDRIVEN:
                self.queue.waiting.append(message)

        self.scheduler.counts["job runs"] += 1
        self.scheduler.start("job", work, ended)

    def page_of_recurrences(self, tenant: Tenant) -> None:
        """What a job of them does, while tick may do the same."""
        now = self.scheduler.now

        def page() -> object:
            return sweeps.make_recurrences(self.table, programs.get(self.table, tenant.program_id), now)

        self.scheduler.start("job", page, lambda _: None)

    def _send(self, image: dict[str, Any]) -> None:
        invocation = self.scheduler.current
        assert invocation is not None
        before, program_id = len(invocation.touched), image["pk"].partition("#")[0]
        try:
            outbox.dispatch(self.table, self.mailer, program_id, image, self.scheduler.now, Senders(SENDER))
        finally:
            self.mail_faults[image[mail_items.MESSAGE]["mail_id"]] += len(invocation.touched) - before

    def _sweep_all(self) -> None:
        rulebooks = self._environment()
        for program_id in sweeps.programs(self.table, self.scheduler.now):
            _attempt(partial(self._sweep, rulebooks, program_id))

    def _sweep(self, rulebooks: Rulebooks, program_id: str) -> None:
        now = self.scheduler.now
        swept = sweeps.sweep(self.table, rulebooks, program_id, now, self._wait)
        if swept.is_full:
            jobs.start(self.table, self.queue, program_id, "settle_overdue", keys.instant(now)[:15], now)
        if swept.is_full_of_recurrences:
            jobs.start(self.table, self.queue, program_id, "make_recurrences", keys.instant(now)[:15], now)
        job_pages.resend_stalled(self.table, self.queue, program_id, now)
        self._close(program_id, now)

    def _close(self, program_id: str, now: datetime) -> None:
        due = closing.due(self.table, program_id, now)
        if due is not None:
            self.scheduler.counts["closes with something pending"] += due.with_pending
            cursor = closing.first_cursor(due.day)
            jobs.start(self.table, self.queue, program_id, "close_period", due.day.isoformat(), now, cursor)

    def _environment(self) -> Rulebooks:
        return self.scheduler.rng.choice(self._warm)

    def _has_time(self) -> bool:
        return self.scheduler.rng.random() < 0.7

    def _wait(self, _: int) -> None:
        self.scheduler.pause()


class _Noting(Rulebooks):
    """A warm environment's rulebooks; the invocation remembers which it worked with in each program."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler

    def as_of(self, table: Any, found: Any) -> Rulebook:
        rulebook = super().as_of(table, found)
        if self._scheduler.current is not None:
            self._scheduler.current.rulebooks[rulebook.program.program_id] = rulebook
        return rulebook


def _attempt(work: Callable[[], object]) -> bool:
    """What `laurel.consumers.attempt` does, except that surprises are not caught."""
    try:
        work()
    except _MAY_HAPPEN:
        return False
    return True


def _expected(failure: Failure) -> Failure:
    if not isinstance(failure.error, _MAY_HAPPEN):
        raise failure.error
    return failure


def _digest(report: dict[str, Any]) -> str:
    return keys.digest(repr(sorted(report.items())))[:32]
