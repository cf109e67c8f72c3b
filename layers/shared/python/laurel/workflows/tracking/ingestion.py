"""Ingestion: a storefront's report becomes one recorded conversion. Two batched reads, one conditional Put.

First everything that the reports need is read (`reading`), then they are judged without the table
(`domain.tracking.judging`), and then each that is not refused is written once (`recording`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.views import ConversionView
from laurel.domain.program.programs import Program
from laurel.domain.tracking.conversions import ConversionReport, Received
from laurel.domain.tracking.judging import Judged, Known, judge
from laurel.domain.values.errors import Forbidden, Invalid, Refusal
from laurel.store import keys
from laurel.store.operations import ConditionFailed, Op
from laurel.store.table import Table
from laurel.workflows.program import programs
from laurel.workflows.requests import idempotency
from laurel.workflows.requests.access import Caller
from laurel.workflows.requests.idempotency import CREATED, OK, Request
from laurel.workflows.tracking import reading
from laurel.workflows.tracking.candidates import Found
from laurel.workflows.tracking.recording import Beside, Recorded, Recorder

HASH_CHARACTERS: Final = 16  # 64 bits tell two reports of one order apart, and the row stays under 1 KB


def received(caller: Caller, report: ConversionReport, body_hash: str, at: datetime) -> Received:
    """A report as it arrived from `caller`; `body_hash` tells its JSON from others. Raises as `storefront_of`."""
    return Received(report, storefront_of(caller, report.storefront_id), body_hash[:HASH_CHARACTERS], at)


def storefront_of(caller: Caller, named: str | None) -> str:
    """The storefront of an order that `caller` tells of: the one named, or the key's own.

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


def record_once(table: Table, request: Request, received: Received, found: Found) -> tuple[ConversionView, int]:
    """Records one report and answers with its status: 201 new, 200 a replay. Raises the Refusals of `record_all`.

    With an Idempotency-Key the answer commits with the row. Raises Conflict `idempotency_conflict` too.
    """
    if (told := idempotency.find(table, request, ConversionView)) is not None:
        return told
    try:
        (recorded,) = record_all(table, request.program, [received], found, partial(_kept, request))
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


def record_all(
    table: Table, program: Program, received: Sequence[Received], found: Found, beside: Beside = lambda _: ()
) -> list[Recorded | Refusal]:
    """Records each report, or says why not, in the order given. `found`: the items of `reading.first_keys`.

    Refusals: Invalid where a report contradicts itself or names what does not exist, Conflict `order_conflict` for a
    known order with another body. Unattributed orders are recorded too.
    """
    known = reading.read(table, program.program_id, received, found)
    judged = _judged(program, received, known)
    if not program.in_use and any(isinstance(each, Judged) for each in judged):
        program = programs.mark_in_use(table, program)
        judged = _judged(program, received, known)  # until then, its currency and zone may have changed under us
    recorder = Recorder(table, program, beside)
    # a report that is refused as things stand now may have been recorded when they stood otherwise
    settled = [
        each if isinstance(each, Judged) else recorder.find(report) or each
        for report, each in zip(received, judged, strict=True)
    ]
    return [recorder.record(each) if isinstance(each, Judged) else each for each in settled]


def _judged(program: Program, received: Sequence[Received], known: Iterable[Known]) -> list[Judged | Refusal]:
    return [_judged_or_refused(program, *each) for each in zip(received, known, strict=True)]


def _judged_or_refused(program: Program, received: Received, known: Known) -> Judged | Refusal:
    try:
        return judge(program, received, known)
    except Refusal as refusal:
        return refusal


def _kept(request: Request, row: Commission) -> Sequence[Op]:
    return idempotency.kept(request, ConversionView.of(row))
