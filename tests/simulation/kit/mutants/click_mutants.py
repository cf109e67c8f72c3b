"""Planted bugs of clicks, customers, codes and edits of many enrollments at once; see `mutants`."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.accounts import Change
from laurel.domain.members.enrollments import CodeClaim
from laurel.domain.program.programs import Program
from laurel.domain.tracking.claims import claims_of
from laurel.domain.tracking.clicks import Click, ClickRow, grown
from laurel.domain.tracking.judging import Judged
from laurel.store import claims, items, keys, ledger
from laurel.store.operations import Op, Put, Update
from laurel.store.table import Table
from laurel.workflows.kernel import click_rows
from laurel.workflows.tracking import clicks as visits
from laurel.workflows.tracking import recording
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.world.world_table import WorldTable

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


class _CountedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and op.key.sk == "click" else op


class _GrownBlindly(WorldTable):
    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        if any(op.key.sk == "click" for op in ops):
            ops = [replace(op, expect={}) if isinstance(op, Update) and op.set else op for op in ops]
        super().commit(ops, token)


class _OpenedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, new=False) if isinstance(op, Put) and "clicks" in (op.item.get("body") or {}) else op


class _RecordedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, new=False) if isinstance(op, Put) and op.key.sk == "click" else op


class _ClaimedAnew(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and op.initial:
            return replace(op, set={**op.set, **op.initial}, initial={})
        return op


def _in_bulk(table: WorldTable) -> bool:
    return table.scheduler.current is not None and table.scheduler.current.name == "edit_bulk"


class _EditedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        is_edit = isinstance(op, Put) and op.item["kind"] == "enrollment" and not op.new
        return replace(op, expect={}) if is_edit and _in_bulk(self) else op


class _CodesTaken(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, new=False) if isinstance(op, Put) and op.key.sk == "code" else op


class _NothingNoted(Changed):
    def changed(self, op: Op) -> Op | None:
        return None if isinstance(op, Put) and op.item["kind"] == "history" and _in_bulk(self) else op


def _paid_grow(_: "History") -> AbstractContextManager[None]:
    real = click_rows._put_row

    def put_row(table: Table, program: Program, row: ClickRow, clicks: Sequence[Click], now: datetime) -> Op:
        key = keys.commission(program.program_id, row.commission_id(program.program_id, 0))
        found = table.get(key)
        if found is None:
            return real(table, program, row, clicks, now)
        before = items.parse(Commission, found)
        return ledger.changed(program.program_id, before, grown(before, clicks, now))

    return replaced(click_rows, "_put_row", put_row)


def _one_price(_: "History") -> AbstractContextManager[None]:
    """Another price begins no row of its own."""
    real = ClickRow.commission_id

    def commission_id(row: ClickRow, program_id: str, number: int) -> str:
        return real(row._replace(price=0), program_id, number)

    return replaced(ClickRow, "commission_id", commission_id)


def _claimed_at_once(_: "History") -> AbstractContextManager[None]:
    """A customer is won when the order is recorded, not when it is counted."""
    real = recording._evidence

    def evidence(program_id: str, judged: Judged) -> list[Op]:
        ops = real(program_id, judged)
        for claim in claims_of(Change(judged.row, None)):
            if claim.kind == "customer":
                won = claims.attributes(claim, judged.row)
                ops.append(Update(claims.key(program_id, claim), initial=won, exists=False))
        return ops

    return replaced(recording, "_evidence", evidence)


def _only_streamed(history: "History") -> AbstractContextManager[None]:
    real = click_rows.by_row

    def by_row(clicks: Iterable[Any]) -> Any:
        current = history.scheduler.current
        return {} if current is not None and current.name in {"tick", "job"} else real(clicks)

    return replaced(click_rows, "by_row", by_row)


def _visited(is_last: bool) -> "Callable[[History], AbstractContextManager[None]]":
    """A further visit is always the last one, or never."""
    real = visits._written

    def written(program_id: str, click: Click, before: Click | None) -> list[Any]:
        if before is None or not is_last:
            return [] if before else real(program_id, click, before)
        return [items.visited_again(program_id, before, click.occurred_at)]

    return lambda _: replaced(visits, "_written", written)


def _always(owner: Any, name: str, answer: Any) -> "Callable[[History], AbstractContextManager[None]]":
    return lambda _: replaced(owner, name, partial(_said, answer))


def _said(answer: Any, *_: Any) -> Any:
    return answer


CLICK_MUTANTS = (
    Mutant("a click is counted although it was", table=_CountedBlindly),
    Mutant("a row of clicks grows from another version than was read", table=_GrownBlindly),
    Mutant("a row of clicks is opened over one that is there", table=_OpenedBlindly),
    Mutant("a click is written over", table=_RecordedBlindly),
    Mutant("a visit that is told late is the last one", planted=_visited(is_last=True)),
    Mutant("a click counts from the first visit of its day", planted=_visited(is_last=False)),
    Mutant("a paid row of clicks grows", planted=_paid_grow),
    Mutant("clicks of other prices go into one row", planted=_one_price),
    Mutant("tick does not count overdue clicks", planted=_only_streamed),
    Mutant("a customer is claimed by the last order", table=_ClaimedAnew),
    Mutant("a customer is claimed before the order is counted", planted=_claimed_at_once),
    Mutant("known customers are forgotten", planted=_always(claims, "holder", None)),
    Mutant("a replaced code still wins", planted=_always(CodeClaim, "is_dead_at", False)),
    Mutant("a code is taken that somebody took meanwhile", table=_CodesTaken),
    Mutant("an edit of many is written without the version that was read", table=_EditedBlindly),
    Mutant("an edit of many is not in the history", table=_NothingNoted),
)
