"""Planted bugs of moves by rules, higher tiers, closes of days and recurring payments; see `mutants`."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from laurel.domain.earnings import recurrences, tiers
from laurel.domain.kernel import firings
from laurel.domain.rules import compiled
from laurel.domain.values.calendar import Calendar
from laurel.domain.values.periods import period_key
from laurel.store.operations import Check, Op, Put, Update
from laurel.workflows.kernel import closing
from tests.simulation.kit.mutants.mutants import Changed, Mutant
from tests.simulation.kit.replacing import replaced

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


def _is_of_tier(op: Update) -> bool:
    body = op.set.get("body")
    return isinstance(body, dict) and body.get("origin") == "tier"


class _FollowedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and _is_of_tier(op) and self._is_fold() else op

    def _is_fold(self) -> bool:
        return self.scheduler.current is not None and bool(self.scheduler.current.rulebooks)


class _FollowedSilently(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and _is_of_tier(op):
            return replace(op, set={name: value for name, value in op.set.items() if name != "pend"})
        return op


class _MovedSilently(Changed):
    def changed(self, op: Op) -> Op | None:
        by_rule = isinstance(op, Put) and str((op.item.get("body") or {}).get("actor")).startswith("rule:")
        return None if by_rule else op


class _MidnightsForgotten(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and "midnight" in op.set:
            return replace(op, set={name: value for name, value in op.set.items() if name != "midnight"})
        return op


class _RecurringBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and op.key.sk == "recurrence" and op.set else op


class _RecurringUnchecked(Changed):
    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        super().commit(
            [op for op in ops if not isinstance(op, Check) or op.key.sk not in {"commission", "member"}], token
        )


class _RecurringWhoever(Changed):
    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        recurs = any(op.key.sk == "recurrence" for op in ops if isinstance(op, Update))
        super().commit([op for op in ops if not (recurs and isinstance(op, Check) and op.key.sk == "member")], token)


class _StartedAnew(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and op.key.sk == "recurrence" and op.initial:
            return replace(op, set=op.initial, initial={})
        return op


class _CountedWithoutNumber(Changed):
    def changed(self, op: Op) -> Op | None:
        is_counter = isinstance(op, Update) and any(name.endswith("#payments") for name in op.set)
        return replace(op, expect={}) if is_counter and isinstance(op, Update) else op


def _sales_unfollowed(_: "History") -> AbstractContextManager[None]:
    return replaced(tiers, "_followed", lambda *_: {})


def _last_of_page_forgotten(_: "History") -> AbstractContextManager[None]:
    real = closing.begin_day
    asked: list[str] = []

    def begin_day(table: Any, rulebook: Any, member_id: str, *further: Any) -> None:
        asked.append(member_id)
        if len(asked) % 3:
            real(table, rulebook, member_id, *further)

    return replaced(closing, "begin_day", begin_day)


def _windows_alone(_: "History") -> AbstractContextManager[None]:
    return replaced(compiled, "closing_keys", lambda period, days: frozenset({period_key(period, days)}))


def _fixed_moved(_: "History") -> AbstractContextManager[None]:
    real = firings.can_be_carried_out

    def can(rule: Any, program: Any, member: Any, enrollments: Any) -> bool:
        free = {offer: each.model_copy(update={"fixed": False}) for offer, each in enrollments.items()}
        return real(rule, program, member, free)

    return replaced(firings, "can_be_carried_out", can)


def _counted_from_the_last(_: "History") -> AbstractContextManager[None]:
    """The day of the n-th payment drifts at the ends of months."""
    return replaced(recurrences, "later_day", lambda day, months: day + timedelta(days=30 * months))


def _every_day_was(_: "History") -> AbstractContextManager[None]:
    return replaced(Calendar, "has", lambda *_: True)


def _suspended_earn(_: "History") -> AbstractContextManager[None]:
    return replaced(recurrences, "_why_ended", lambda _: None)


TIME_MUTANTS = (
    Mutant("rows of higher tiers do not follow their sale", planted=_sales_unfollowed),
    Mutant("a row of a higher tier follows its sale without the version that was read", table=_FollowedBlindly),
    Mutant("a row of a higher tier that followed its sale is not counted anew", table=_FollowedSilently),
    Mutant("a move by a rule is not in the history", table=_MovedSilently),
    Mutant("a rule moves who is fixed", planted=_fixed_moved),
    Mutant("a repeated close asks again what it has set off", table=_MidnightsForgotten),
    Mutant("a close passes over some members", planted=_last_of_page_forgotten),
    Mutant("a day that never was is closed", planted=_every_day_was),
    Mutant("a rolling window is closed by its own marker only", planted=_windows_alone),
    Mutant("a recurrence goes on from another version than was read", table=_RecurringBlindly),
    Mutant("a payment is made although its member or first payment changed meanwhile", table=_RecurringUnchecked),
    Mutant("a payment is made although its member changed meanwhile", table=_RecurringWhoever),
    Mutant("a recurrence that was stopped starts anew", table=_StartedAnew),
    Mutant("who earns nothing any more goes on earning", planted=_suspended_earn),
    Mutant("months are counted as 30 days", planted=_counted_from_the_last),
    Mutant("a later payment takes a number that another has", table=_CountedWithoutNumber),
)
