"""Facts of orders, written down: news put to what is known of an order, or parked until it is reported.

News that comes before its order leaves a stub in the conversion's place. The order's own Put then fails and finds it,
so that neither can miss the other, whichever is faster.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Final

from laurel.domain.history import SYSTEM, Author, FieldChange
from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.ledger.orders import NOTHING_TAKEN
from laurel.domain.tracking.facts import News, StateNews, Told, is_newer, newer_state, told
from laurel.domain.tracking.refunds import MOST_PARKED, OrderRef, Refund
from laurel.domain.values.errors import Conflict
from laurel.store import items, keys, ledger
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import telling
from laurel.workflows.ledger import row_history
from laurel.workflows.requests.edits import following
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking.subscriptions import ending_trial

MOST_AT_ONCE: Final = 40
"""Refunds of one transaction."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an order in the table, known or not: its conversion, or the stub of news that waits for it."""

    program_id: str
    order: OrderRef

    @property
    def conversion_id(self) -> str:
        """The conversion that the order is, or will be."""
        return conversion_id(self.program_id, *self.order)


def tell(table: Table, place: Place, news: News, author: Author, now: datetime) -> bool:
    """Puts news to an order of a storefront; False if it waits for the order. Told again, it changes nothing.

    Raises Conflict `too_many_refunds` above MOST_PARKED that wait.
    """
    is_written, is_known = False, False
    while not is_written:  # a picture of many refunds takes several transactions
        is_known, is_written = redo(lambda: _tell(table, place, news, author, now))
    return is_known


def _tell(table: Table, place: Place, news: News, author: Author, now: datetime) -> tuple[bool, bool]:
    item = table.get(keys.commission(place.program_id, place.conversion_id))
    if item is None or item["kind"] == items.STUB:
        with racing():
            _write(table, park(place, item, _named(table, place, news.refunds), news, now))
        return False, True
    row = items.parse(Commission, item)
    known = _concerned(table, place, row, news)
    by = following(row, replace(author, at=now))
    step = told(row, known, news, by.at)
    is_whole = len(step.refunds) <= MOST_AT_ONCE
    if not is_whole:
        step = told(row, known, News(news.at, refunds=step.refunds[:MOST_AT_ONCE]), by.at)
    if step.is_news:
        with racing():
            table.transact(written(table, place.program_id, step, by))
    return True, is_whole


def _write(table: Table, ops: Sequence[Op]) -> None:
    if ops:
        table.transact(ops)


def _concerned(table: Table, place: Place, row: Commission, news: News) -> dict[str, Refund]:
    """The refunds that the news may change."""
    if not news.lists_all:
        return _named(table, place, news.refunds)
    has_any = bool(news.refunds) or (row.order is not None and row.order.taken != NOTHING_TAKEN)
    every = waiting(table, place.program_id, place.conversion_id) if has_any else []
    return {refund.refund_id: refund for refund in every}


def _named(table: Table, place: Place, refunds: Sequence[Refund]) -> dict[str, Refund]:
    wanted = [keys.refund(place.program_id, place.conversion_id, refund.refund_id) for refund in refunds]
    stored = (items.parse(Refund, item) for item in (table.batch_get(wanted).values() if wanted else ()))
    return {refund.refund_id: refund for refund in stored}


def written(table: Table, program_id: str, step: Told, author: Author, why: str | None = None) -> list[Op]:
    """The transaction that keeps news of a known order: its row on the version that was read, refunds, and a line.

    An order that nobody won is told of here, others when they are counted.

    News that tells nothing new but its time has no line: nobody would see a change.
    """
    note = (FieldChange(field="why", after=why),) if why else ()
    lines = (
        [] if step.is_known else [row_history.line(program_id, step.before, step.after, action_of(step), author, note)]
    )
    return [
        ledger.changed(program_id, step.before, step.after),
        *(Put(items.refund(program_id, refund), new=refund.refund_id in step.new) for refund in step.refunds),
        *lines,
        *ending_trial(table, program_id, step.before, step.after),
        *telling.of_unattributed_change(table, program_id, step.after, author.at),
    ]


def waited(program_id: str, step: Told) -> list[Op]:
    """What commits with the new row of an order that this news has waited for."""
    author = Author(step.refunds[0].actor if step.refunds else SYSTEM, step.after.updated_at)
    return [
        *(Put(items.refund(program_id, refund)) for refund in step.refunds),
        row_history.line(program_id, step.before, step.after, action_of(step), author),
    ]


def action_of(step: Told) -> str:
    """The word of the history for what has happened."""
    before, after = step.before.order, step.after.order
    assert before is not None and after is not None, "only orders have facts"  # noqa: S101, PT018
    if standing := [refund for refund in step.refunds if refund.stands]:
        return "charged_back" if any(refund.reason == "chargeback" for refund in standing) else "refunded"
    if step.refunds:
        return "refund_undone"
    if before.state != after.state:
        return "cancelled" if after.state == "cancelled" else "reopened"
    if before.money != after.money:
        return {"collected": "payment_received", "awaiting": "payment_awaited", "void": "payment_void"}[after.money]
    return "revised"


def waiting(table: Table, program_id: str, conversion_id: str) -> list[Refund]:
    """The refunds of an order, known or not."""
    found = table.query(keys.commission(program_id, conversion_id).pk, begins_with=keys.REFUNDS)
    return [items.parse(Refund, item) for item in found]


def park(place: Place, stub: Item | None, known: Mapping[str, Refund], news: News, now: datetime) -> list[Op]:
    """The transaction that keeps news of an order until it is known: refunds and state. An amount alone is none.

    `known`: the refunds among them that wait already, read after the stub.

    Raises Conflict `too_many_refunds`.
    """
    new = [refund for refund in news.refunds if is_newer(refund, known.get(refund.refund_id))]
    waiting_state = items.stub_state(stub)
    state = newer_state(waiting_state, news, now)
    if not new and state == waiting_state:
        return []
    version, before = (0, 0) if stub is None else (stub["version"], stub["waiting"])
    numbered = _numbered(new, known, before)
    after = max([before, *(refund.place for refund in numbered)])
    if after > MOST_PARKED:
        raise Conflict("too_many_refunds", f"{before} refunds of this order wait for it already")
    subscription = items.stub_subscription(stub)
    return [
        _stub(place, version, after, state, subscription),
        *(Put(items.refund(place.program_id, refund), new=refund.refund_id not in known) for refund in numbered),
    ]


def park_subscription(place: Place, stub: Item | None, subscription: str) -> list[Op]:
    """The transaction that keeps which subscription an order began until it is known; the first that was named."""
    if items.stub_subscription(stub) is not None:
        return []
    version, waiting = (0, 0) if stub is None else (stub["version"], stub["waiting"])
    return [_stub(place, version, waiting, items.stub_state(stub), subscription)]


def _stub(place: Place, before: int, waiting: int, state: StateNews | None, subscription: str | None) -> Put:
    """The stub after that of version `before`; 0: there was none."""
    item = items.stub(place.program_id, place.conversion_id, before + 1, waiting, state, subscription)
    return Put(item, expect={"version": before}) if before else Put(item, new=True)


def _numbered(refunds: Sequence[Refund], known: Mapping[str, Refund], before: int) -> list[Refund]:
    """Each with its place in the order of arrival: one that waits already keeps the place that it has."""
    places = count(before + 1)
    return [
        refund.model_copy(update={"place": old.place if (old := known.get(refund.refund_id)) else next(places)})
        for refund in refunds
    ]
