"""Sending events to one endpoint: those that failed before, then what is new; a run has the endpoint for itself."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from laurel import clock, egress
from laurel.domain.events import signing
from laurel.domain.events.endpoints import MOST_ASIDE, Aside, Endpoint, KeptDelivery, Progress
from laurel.domain.events.events import Event
from laurel.domain.events.places import MOST_REMEMBERED, FeedPlace, Step, steps
from laurel.domain.mail.endpoint_notices import EndpointPausedMail
from laurel.queue import EndpointMessage, Queue
from laurel.store import event_items, event_keys, items, outbox
from laurel.store.keys import Key
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.events import holding
from laurel.workflows.events.holding import Lost, Open
from laurel.workflows.events.reading import ahead, discreet
from laurel.workflows.requests.optimistic import racing, redo

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Posts a body once: the status of the answer. Raises NoAnswer, and Forbidden for an address that is not public."""
SECONDS: Final = 45.0
"""How long a run goes on with further events; what is left then is another run's."""
_AT_ONCE: Final = 25
"""Events between two notes of how far it is: so many are sent twice at most if a run dies."""
_LONGEST_DELAY: Final = timedelta(minutes=15)
"""The most that the queue keeps a message back; `tick` finds what is to be tried later."""


class Result(Enum):
    """The result of one run."""

    NOT_OURS = "not ours"
    DONE = "done"
    MORE = "more"
    RETRY = "retry"
    PAUSED = "paused"


@dataclass(slots=True)
class _Round:
    """The end of some events: those that are done with, those that wait for another try, and what the log says."""

    over: list[Aside] = field(default_factory=list)
    waiting: list[Aside] = field(default_factory=list)
    log: list[KeptDelivery] = field(default_factory=list)
    is_hopeless: bool = False


@dataclass(slots=True)
class _Run:
    """A run that holds an endpoint."""

    table: Table
    program_id: str
    endpoint: Endpoint
    secrets: list[str]
    progress: Progress
    post: Post
    now: Callable[[], datetime]
    has_time: Callable[[], bool]
    failed: list[Aside] = field(default_factory=list)
    has_more: bool = False

    def go(self) -> Result:
        """Sends all that is due, as long as there is time."""
        goes_on = True
        while goes_on:
            if self._retried():
                return self._given_up()
            goes_on = self._advanced()
        self._note(_Round(), self.progress.place, claim=None)
        self.has_more = self.has_more or self._is_left()
        return Result.RETRY if self.failed else Result.MORE if self.has_more else Result.DONE

    def _is_left(self) -> bool:
        """Whether something came while it ended: who woke it for that was sent away."""
        place, is_full = self.progress.place, self.progress.is_full or len(self.progress.place.seen) >= MOST_REMEMBERED
        due = self.progress.due(self.now())
        return bool(due) or (not is_full and bool(ahead(self.table, self.program_id, place, 1)[0]))

    def _retried(self) -> bool:
        """Tries again what is due; whether the endpoint is hopeless."""
        round_, due = _Round(), self.progress.due(self.now())
        for waiting in due:
            if not self.has_time():
                self.has_more = True
                break
            event = self._event(waiting)
            if event is None:
                round_.over.append(waiting)  # it is older than 30 days
            else:
                self._try(event, waiting, round_)
        if due:
            self._note(round_, self.progress.place)
        return round_.is_hopeless

    def _event(self, waiting: Aside) -> Event | None:
        item = self.table.get(Key(waiting.pk, waiting.sk))
        return None if item is None else event_items.page(item).events[waiting.number]

    def _advanced(self) -> bool:
        """Sends the next events; whether there are more that it may try."""
        place, round_ = self.progress.place, _Round()
        pages, unread = ahead(self.table, self.program_id, place)
        all_steps = steps(place, pages)
        for number, step in enumerate(all_steps):
            is_stopped = len(self.progress.aside) + len(round_.waiting) >= MOST_ASIDE
            if is_stopped or len(place.seen) >= MOST_REMEMBERED or not self.has_time() or number >= _AT_ONCE:
                unread, self.has_more = step.page, not is_stopped and len(place.seen) < MOST_REMEMBERED
                break
            self._step(step, round_)
            place = place.past(step)
        else:
            self.has_more = unread is not None
        settled = place.settling(unread, self.now())
        if settled != self.progress.place or round_.log:
            self._note(round_, settled)
        return self.has_more and self.has_time() and bool(all_steps)

    def _step(self, step: Step, round_: _Round) -> None:
        if self.endpoint.wants(step.event.type):
            at, key = self.now(), event_keys.page(self.program_id, step.page)
            waiting = Aside(pk=key.pk, sk=key.sk, number=step.number, tries=0, since=at, at=at)
            self._try(step.event, waiting, round_)

    def _try(self, event: Event, waiting: Aside, round_: _Round) -> None:
        """Sends one event once."""
        (event,) = discreet(self.table, self.program_id, [event])
        at = self.now()
        body = json.dumps(event.model_dump(mode="json"), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **signing.headers(self.secrets, event.id, at, body)}
        status, reason = self._posted(headers, body)
        after = self.now()
        again = None if reason is None else waiting.again(event.id, after)
        if again is None:
            round_.over.append(waiting)
        else:
            round_.waiting.append(again)
            self.failed.append(again)
            round_.is_hopeless |= again.is_hopeless(after)
        round_.log.append(KeptDelivery.of(event, waiting, (at, after), status, reason, again))

    def _posted(self, headers: Mapping[str, str], body: bytes) -> tuple[int | None, str | None]:
        """The status of the answer, and why it is no success."""
        try:
            status = self.post(self.endpoint.url, headers, body)
        except (egress.Forbidden, egress.NoAnswer) as error:
            return None, str(error)
        return status, None if 200 <= status < 300 else f"it answered {status}"

    def _note(self, round_: _Round, place: FeedPlace, **changes: object) -> None:
        """Writes how far the run is onto what is stored by now: a redelivery or a replay may have been asked for."""
        for kept in round_.log:
            self.table.write(Put(event_items.delivery(self.program_id, self.endpoint.endpoint_id, kept)))
        began = self.progress

        def attempt() -> Progress:
            current = holding.as_it_stands(self.table, self.program_id, began)
            handled = {(each.pk, each.sk, each.number) for each in (*round_.over, *round_.waiting)}
            kept = [each for each in current.aside if (each.pk, each.sk, each.number) not in handled]
            at = place if current.place == began.place else current.place
            moved = current.moved(aside=(*kept, *round_.waiting), place=at, **changes)
            with racing():
                self.table.write(holding.written(self.program_id, self.endpoint, current, moved))
            return moved

        self.progress = redo(attempt)

    def _given_up(self) -> Result:
        """Pauses the endpoint, and has its owner told."""
        now = self.now()

        def attempt() -> None:
            key = event_keys.endpoint(self.program_id, self.endpoint.endpoint_id)
            item, current = self.table.get(key), holding.as_it_stands(self.table, self.program_id, self.progress)
            if item is None:
                return
            endpoint = items.parse(Endpoint, item)
            paused = endpoint.given_up(now)
            with racing():
                self.table.transact(self._pausing(endpoint, paused, item, current))

        redo(attempt)
        return Result.PAUSED

    def _pausing(self, endpoint: Endpoint, paused: Endpoint, item: Item, current: Progress) -> list[Op]:
        put = event_items.endpoint(self.program_id, paused, item[event_items.SECRETS])
        mail = EndpointPausedMail.of(paused.endpoint_id, paused.url, paused.version, self.now())
        return [
            Put(put, expect={"version": endpoint.version}),
            holding.written(self.program_id, paused, current, current.moved(claim=None)),
            outbox.put(self.program_id, mail),
        ]


def take(  # noqa: PLR0913, PLR0917 - a message, and what a run needs
    table: Table,
    queue: Queue,
    unseal: Open,
    post: Post,
    message: EndpointMessage,
    now: Callable[[], datetime] = clock.now,
    has_time: Callable[[], bool] | None = None,
) -> Result:
    """Sends what an endpoint has not got yet, unless another run does. Raises StoreError, VaultClosed."""
    held = holding.begun(table, unseal, message, now())
    if held is None:
        return Result.NOT_OURS
    kept = held.endpoint, held.secrets, held.progress
    run = _Run(table, message.program_id, *kept, post, now, has_time or clock.seconds(SECONDS))
    try:
        result = run.go()
    except Lost:
        return Result.NOT_OURS
    _sent_on(queue, message, run, result, now())
    return result


def _sent_on(queue: Queue, message: EndpointMessage, run: _Run, result: Result, now: datetime) -> None:
    """Asks for the next run, if it is known when that is to be soon. What is lost here, `tick` finds."""
    if result is Result.PAUSED:
        return
    if run.has_more:
        queue.send(message)
    elif run.failed and (pause := min(each.at for each in run.failed) - now) < _LONGEST_DELAY:
        queue.send(message, max(pause, timedelta(0)))
