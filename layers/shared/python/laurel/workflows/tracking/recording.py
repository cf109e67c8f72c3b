"""Recording: a judged order is written once, by one conditional Put or by one transaction with its further items.

Here it also meets whatever was faster: the row of a replay, refunds that came before their order, another payment of
its subscription.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Loser
from laurel.domain.tracking.conversions import Received
from laurel.domain.tracking.facts import joined
from laurel.domain.tracking.judging import Judged
from laurel.domain.tracking.subscriptions import beginning
from laurel.domain.values.errors import Conflict
from laurel.store import claims, items, keys, ledger
from laurel.store.operations import ConditionFailed, Op, Put, StoreError
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import telling
from laurel.workflows.requests.optimistic import LostRace, redo_from
from laurel.workflows.tracking import order_facts

Beside = Callable[[Commission], Sequence[Op]]
"""Gives the operations that commit with a new row: they store the answer of an Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A conversion as the storefront is told of it; `is_new` is False for a replay."""

    commission: Commission
    is_new: bool


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes the orders of one program."""

    table: Table
    program: Program
    beside: Beside

    def record(self, judged: Judged) -> Recorded | Conflict:
        """Writes the row of an order where none is; returns Conflict `order_conflict` where that of another report is.

        Raises ConditionFailed if what is to commit beside the row cannot.
        """
        try:
            return redo_from(judged, self._attempt, self._as_of_now)  # a replay may meet the row while it is folded
        except Conflict as conflict:
            return conflict

    def find(self, received: Received) -> Recorded | None:
        """The order, if the same report has recorded it before."""
        order = conversion_id(self._program_id, received.storefront_id, received.report.order_id)
        item = self.table.get(keys.commission(self._program_id, order))
        return None if item is None else _replayed(item, received)

    @property
    def _program_id(self) -> str:
        return self.program.program_id

    def _attempt(self, judged: Judged) -> Recorded:
        put = Put(ledger.commission(self._program_id, judged.row, judged.buckets), new=True)
        try:
            self._write(judged, put, judged.row)
        except ConditionFailed as failed:
            in_the_way = failed.found[0]
            if in_the_way is None:
                raise
            return self._settle(judged, in_the_way)
        return Recorded(judged.row, is_new=True)

    def _settle(self, judged: Judged, in_the_way: Item) -> Recorded:
        """The order that is stored already, or the new one in place of a stub. Raises Conflict `order_conflict`."""
        if in_the_way["kind"] == items.STUB:
            return self._join(judged, in_the_way)
        replayed = _replayed(in_the_way, judged.received)
        if replayed is None:
            raise Conflict("order_conflict", "this order was reported before with another body")
        return replayed

    def _join(self, judged: Judged, stub: Item) -> Recorded:
        """The order takes the place that news has kept for it, unless more of it came."""
        program_id, row = self._program_id, judged.row
        parked = order_facts.waiting(self.table, program_id, row.commission_id)
        # one version on, so that nothing written on the stub's version can hit the row
        row = beginning(row.model_copy(update={"version": stub["version"] + 1}), items.stub_subscription(stub))
        steps = joined(row, parked, items.stub_state(stub), row.created_at)
        row = (steps[-1].after if steps else row).model_copy(update={"first": None})  # its first answer has them too
        put = Put(ledger.commission(program_id, row, judged.buckets), expect={"version": stub["version"]})
        told = row.as_first_told()
        try:
            self._write(judged, put, told, [op for step in steps for op in order_facts.waited(program_id, step)])
        except ConditionFailed as failed:
            if 0 in failed.failed:
                raise LostRace from failed
            raise
        return Recorded(told, is_new=True)

    def _write(self, judged: Judged, put: Put, told: Commission, refunded: Sequence[Op] = ()) -> None:
        """Writes the row and whatever commits with it; the row alone costs half.

        Raises ConditionFailed with the row's at position 0, LostRace for a payment that is another's by now.
        """
        counting = _counting(self._program_id, judged)
        further = [*counting, *refunded, *_evidence(self._program_id, judged), *self.beside(told)]
        further += telling.of_unattributed(self.program, told)
        try:
            self.table.transact([put, *further]) if further else self.table.write(put)
        except ConditionFailed as failed:
            if counting and 1 in failed.failed and 0 not in failed.failed:
                raise LostRace from failed
            raise

    def _as_of_now(self, judged: Judged, error: StoreError) -> Judged:
        """The order after a lost race: a later payment of a subscription follows those that are counted by now."""
        subscription = judged.subscription
        if subscription is None or not isinstance(error, LostRace):
            return judged
        item = self.table.get(claims.key(self._program_id, subscription.claim))
        payments = claims.payments(item, subscription.claim.scope)
        return judged.renewing(self.program, replace(subscription, payments=payments))


def _replayed(item: Item, received: Received) -> Recorded | None:
    """A recorded order as it was first told, if the same report recorded it."""
    row = None if item["kind"] == items.STUB else items.parse(Commission, item)
    if row is None or row.order is None or row.order.request_hash != received.request_hash:
        return None
    return Recorded(row.as_first_told(), is_new=False)


def _counting(program_id: str, judged: Judged) -> list[Op]:
    """Counts a later payment together with its row, so that each has its own number and a replay takes none."""
    subscription, is_interval = judged.subscription, judged.received.is_interval
    if subscription is None or not subscription.counts(judged.row, is_interval=is_interval):
        return []
    return [claims.count_payment(program_id, subscription.claim, subscription.payments)]


def _evidence(program_id: str, judged: Judged) -> list[Op]:
    """Stores beside the row what has no place in its 1 KB; a plain order with one candidate has no evidence."""
    metadata = judged.received.report.metadata
    if metadata is None and not judged.losers:
        return []
    key = keys.evidence(program_id, judged.row.commission_id)
    body = {
        # as text: it is the storefront's and may hold floats, which are not ours to keep exact
        "metadata": None if metadata is None else json.dumps(metadata),
        "losers": [_loser(loser) for loser in judged.losers],
    }
    return [Put({"pk": key.pk, "sk": key.sk, "kind": "evidence", "body": body}, new=True)]


def _loser(loser: Loser) -> dict[str, str | None]:
    candidate = loser.candidate
    return {
        "by": candidate.by,
        "reason": loser.reason,
        "offer_id": candidate.offer.offer_id if candidate.offer else None,
        "member_id": candidate.member.member_id if candidate.member else None,
    }
