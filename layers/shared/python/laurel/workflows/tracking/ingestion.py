"""Ingestion: a storefront's report becomes one recorded conversion. Two batched reads, one conditional Put."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.ledger.views import ConversionView
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Candidate, Loser, Outcome, attribute, outranked
from laurel.domain.tracking.conversions import ConversionReport, Received, record
from laurel.domain.tracking.facts import joined
from laurel.domain.tracking.subscriptions import Subscription, renewed
from laurel.domain.values.errors import Conflict, Forbidden, Invalid, Refusal
from laurel.store import claims, items, keys, ledger
from laurel.store.operations import ConditionFailed, Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.program import programs
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Caller
from laurel.workflows.requests.idempotency import CREATED, OK, Request
from laurel.workflows.requests.optimistic import LostRace, redo
from laurel.workflows.tracking import candidates, order_facts, subscriptions
from laurel.workflows.tracking.candidates import Found, Named

HASH_CHARACTERS: Final = 16  # 64 bits tell two reports of one order apart, and the row stays under 1 KB
RATE_MISSING: Final = "exchange_rate_missing"
LONGEST_METADATA: Final = 4096
"""Bytes of JSON."""
Beside = Callable[[Commission], Sequence[Op]]
"""What commits together with a new row: the stored answer of an Idempotency-Key."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A conversion as the storefront is told of it; `is_new` is False for a replay."""

    commission: Commission
    is_new: bool


def received(caller: Caller, report: ConversionReport, body_hash: str, at: datetime) -> Received:
    """A report as it arrived from `caller`; `body_hash` tells its JSON from others. Raises as `storefront_of`."""
    return Received(report, storefront_of(caller, report.storefront_id), body_hash[:HASH_CHARACTERS], at)


def storefront_of(caller: Caller, named: str | None) -> str:
    """Whose order it is that `caller` tells of.

    Raises Forbidden for another storefront's, Invalid where an admin key names none or an unknown one.
    """
    own = caller.key.storefront_id
    if "admin" not in caller.key.scopes and named not in {None, own}:
        raise Forbidden("other_storefront", "this key reports for its own storefront only")
    storefront_id = named or own
    if storefront_id is None:
        raise Invalid("storefront_required", "an admin key must name the storefront", "/storefront_id")
    if storefront_id != own and keys.storefront(caller.program.program_id, storefront_id) not in caller.found:
        raise Invalid("unknown_storefront", "no such storefront", "/storefront_id")
    return storefront_id


def record_all(
    table: Table, program: Program, received: Sequence[Received], found: Found, beside: Beside = lambda _: ()
) -> list[Recorded | Refusal]:
    """Records each report, or says why not, in the order given. `found`: the items of `candidates.first_keys`.

    Refusals: Invalid where a report contradicts itself or names what does not exist, Conflict `order_conflict` for a
    known order with another body. Unattributed orders are recorded too.
    """
    people = [_named(table, program.program_id, each, found) for each in received]
    wanted = {
        key
        for each, named in zip(received, people, strict=True)
        if not isinstance(named, Refusal)
        for key in (
            *candidates.second_keys(program.program_id, each.report, named),
            *subscriptions.second_keys(program.program_id, each, found),
        )
    }
    ingestion = _Ingestion(table, program, {**found, **table.batch_get(wanted)} if wanted else found, beside)
    judged = [ingestion.judge(*each) for each in zip(received, people, strict=True)]
    if not program.in_use and any(isinstance(each, _Judged) for each in judged):
        marked = programs.mark_in_use(table, program)
        if marked.version != program.version:  # its currency or zone may have changed under us: judge again
            return record_all(table, marked, received, found, beside)
    return [ingestion.put(each) if isinstance(each, _Judged) else each for each in judged]


def _named(table: Table, program_id: str, received: Received, found: Found) -> list[Named] | Refusal:
    try:
        _require_sound(received)
        return candidates.named(table, program_id, received, found)
    except Refusal as refusal:
        return refusal


def _require_sound(received: Received) -> None:
    metadata = received.report.metadata
    received.report.require_not_ahead(received.at)
    if metadata is not None and len(json.dumps(metadata, ensure_ascii=False).encode()) > LONGEST_METADATA:
        raise Invalid("metadata_too_large", f"metadata goes to {LONGEST_METADATA} bytes", "/metadata")


def record_once(table: Table, request: Request, received: Received, found: Found) -> tuple[ConversionView, int]:
    """Records one report and tells of it with its status: 201 new, 200 a replay. Raises the Refusals of `record_all`.

    With an Idempotency-Key the answer commits with the row. Raises Conflict `idempotency_conflict` too.
    """
    if (told := idempotency.find(table, request, ConversionView)) is not None:
        return told
    beside = partial(_kept, request)
    try:
        (recorded,) = record_all(table, request.program, [received], found, beside)
    except ConditionFailed:  # not the row's own, which is a replay: a twin stored its answer first
        if (told := idempotency.find(table, request, ConversionView)) is None:
            raise
        return told
    if isinstance(recorded, Refusal):
        raise recorded
    answer = ConversionView.of(recorded.commission)
    if recorded.is_new or request.answer_key is None:
        return answer, CREATED if recorded.is_new else OK
    return idempotency.commit(table, request, [], answer, OK)


def _kept(request: Request, row: Commission) -> Sequence[Op]:
    return idempotency.kept(request, ConversionView.of(row))


@dataclass(frozen=True, slots=True)
class _Judged:
    """A row that may be written; `subscription`: what it is a later payment of."""

    row: Commission
    report: ConversionReport
    outcome: Outcome
    subscription: Subscription | None = None

    @property
    def buckets(self) -> int:
        """Those of its offer."""
        if self.subscription is not None:
            return self.subscription.buckets
        return self.outcome.winner.offer.buckets if self.outcome.winner else 1

    def renewing(self, program: Program, subscription: Subscription) -> "_Judged":
        """As the next payment of `subscription`."""
        return replace(self, row=renewed(program, self.row, subscription), subscription=subscription)


@dataclass(frozen=True, slots=True)
class _Ingestion:
    table: Table
    program: Program
    found: Found
    beside: Beside

    def judge(self, received: Received, named: list[Named] | Refusal) -> _Judged | Recorded | Refusal:
        try:
            if isinstance(named, Refusal):
                raise named
            people = candidates.candidates(self.program.program_id, received.report, named, self.found)
            return self._judged(received, people)
        except Refusal as refusal:  # refused as things stand now, but perhaps recorded when they stood otherwise
            return self._recorded_before(received) or refusal

    def put(self, judged: _Judged) -> Recorded | Refusal:
        current = judged

        def attempt() -> Recorded:
            nonlocal current
            try:
                return self._put(current)
            except LostRace:  # another payment of the subscription came first: this is the next
                current = self._recounted(current)
                raise

        try:
            return redo(attempt)  # a replay may meet the row while it is being folded
        except Conflict as conflict:
            return conflict

    def _judged(self, received: Received, people: Sequence[Candidate]) -> _Judged:
        report, policy = received.report, self.program.attribution
        subscription = subscriptions.find(self.program.program_id, received, self.found)
        if subscription is None:
            outcome = attribute(people, policy, received.occurred_at, report.customer_email)
            if received.lacks_rate(self.program.currency):
                outcome = Outcome(None, RATE_MISSING, outcome.losers)
            return _Judged(record(self.program, received, outcome), report, outcome)
        outcome = outranked(person for person in people if not subscription.is_of(person))
        judged = _Judged(record(self.program, received, outcome), report, outcome)
        return judged.renewing(self.program, subscription)

    def _recounted(self, judged: _Judged) -> _Judged:
        if judged.subscription is None:
            return judged
        known = subscriptions.recounted(self.table, self.program.program_id, judged.subscription)
        return judged.renewing(self.program, known)

    def _recorded_before(self, received: Received) -> Recorded | None:
        program_id = self.program.program_id
        order = conversion_id(program_id, received.storefront_id, received.report.order_id)
        item = self.table.get(keys.commission(program_id, order))
        known = None if item is None or item["kind"] == items.STUB else items.parse(Commission, item)
        if known is None or known.order is None or known.order.request_hash != received.request_hash:
            return None
        return Recorded(known.as_first_told(), is_new=False)

    def _put(self, judged: _Judged) -> Recorded:
        put = Put(ledger.commission(self.program.program_id, judged.row, judged.buckets), new=True)
        try:
            self._write(judged, put, judged.row)
        except ConditionFailed as failed:
            known = failed.found[0]
            if known is None:
                raise
            if known["kind"] == items.STUB:
                return self._join(judged, known)
            return _replayed(items.parse(Commission, known), judged.row)
        return Recorded(judged.row, is_new=True)

    def _join(self, judged: _Judged, stub: Item) -> Recorded:
        """The order takes the place that its refunds have kept for it, unless one more of them came."""
        program_id, row = self.program.program_id, judged.row
        parked = order_facts.waiting(self.table, program_id, row.commission_id)
        # one version on, so that nothing written on the stub's version can hit the row
        place = row.model_copy(update={"version": stub["version"] + 1})
        step = joined(place, parked, items.stub_state(stub), row.created_at)
        put = Put(ledger.commission(program_id, step.after, judged.buckets), expect={"version": stub["version"]})
        told = step.after.as_first_told()
        try:
            self._write(judged, put, told, order_facts.joined(program_id, step))
        except ConditionFailed as failed:
            if 0 in failed.failed:
                raise LostRace from failed
            raise
        return Recorded(told, is_new=True)

    def _write(self, judged: _Judged, put: Put, told: Commission, joined: Sequence[Op] = ()) -> None:
        """Raises ConditionFailed with the row's at position 0, LostRace for a payment that is another's by now."""
        program_id, counting = self.program.program_id, _counting(self.program.program_id, judged.subscription)
        evidence = _evidence(program_id, judged.row, judged.report, judged.outcome)
        further = [*counting, *joined, *evidence, *self.beside(told)]
        try:
            self.table.transact([put, *further]) if further else self.table.write(put)
        except ConditionFailed as failed:
            if counting and 1 in failed.failed and 0 not in failed.failed:
                raise LostRace from failed
            raise


def _replayed(known: Commission, row: Commission) -> Recorded:
    assert known.order is not None  # noqa: S101 - for the type checker: only orders derive this id
    assert row.order is not None  # noqa: S101
    if known.order.request_hash != row.order.request_hash:
        raise Conflict("order_conflict", "this order was reported before with another body")
    return Recorded(known.as_first_told(), is_new=False)


def _counting(program_id: str, subscription: Subscription | None) -> list[Op]:
    """Commits with a later payment, so that each has a number of its own and a replay takes none."""
    if subscription is None:
        return []
    return [claims.count_payment(program_id, subscription.claim, subscription.payments)]


def _evidence(program_id: str, row: Commission, report: ConversionReport, outcome: Outcome) -> list[Op]:
    """What a row of 1 KB has no place for; a plain order with one candidate has none."""
    if report.metadata is None and not outcome.losers:
        return []
    key = keys.evidence(program_id, row.commission_id)
    # as text: metadata is the storefront's and may hold floats, which are not ours to keep exact
    metadata = None if report.metadata is None else json.dumps(report.metadata)
    body = {"metadata": metadata, "losers": [_loser(loser) for loser in outcome.losers]}
    return [Put({"pk": key.pk, "sk": key.sk, "kind": "evidence", "body": body}, new=True)]


def _loser(loser: Loser) -> dict[str, str | None]:
    candidate = loser.candidate
    return {
        "by": candidate.by,
        "reason": loser.reason,
        "offer_id": candidate.offer.offer_id if candidate.offer else None,
        "member_id": candidate.member.member_id if candidate.member else None,
    }
