"""Planted bugs, each the loss of one thing that "exactly once" rests on; production code stays as it is."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from laurel.domain.members.members import Member
from laurel.domain.tracking import conversions
from laurel.mailer import Letter, MailOutcomeUnknown, MailRefused
from laurel.store import accounts, indexes, keys
from laurel.store import outbox as outbox_items
from laurel.store.operations import Op, Put, Update
from laurel.workflows.kernel import transitions
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.mail import outbox
from laurel.workflows.upkeep import job_pages, sweeps
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.world.services import WorldMailer
from tests.simulation.kit.world.world_table import WorldTable

if TYPE_CHECKING:
    from tests.simulation.kit.histories import History


@dataclass(frozen=True)
class Mutant:
    """What is different: the table, the mailer, or functions replaced while a history is played."""

    name: str
    table: type[WorldTable] = WorldTable
    mailer: type[WorldMailer] = WorldMailer
    planted: "Callable[[History], AbstractContextManager[None]]" = lambda _: nullcontext()


NONE = Mutant("none")


class Changed(WorldTable):
    """Changes operations on their way to the table."""

    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        if changed := [new for op in ops if (new := self.changed(op)) is not None]:
            super().commit(changed, token)

    def changed(self, op: Op) -> Op | None:
        return op


def _is_mark(op: Op) -> bool:
    return isinstance(op, Update) and "counted" in op.set


def _is_rule_row(op: Op) -> bool:
    return isinstance(op, Put) and op.item["kind"] == "commission" and op.item["body"]["origin"] == "rule"


class _MarkedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and _is_mark(op) else op


class _TotalsApart(Changed):
    def commit(self, ops: Sequence[Op], token: str | None = None) -> None:
        totals = [op for op in ops if isinstance(op, Put) and op.item["kind"] == "totals"]
        super().commit([op for op in ops if op not in totals], token)
        for op in totals:
            self.scheduler.pause(self.scheduler.switching)
            super().commit([op])


class _MarkersUnguarded(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, new=False) if isinstance(op, Put) and _is_rule_row(op) else op


class _HeadBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and op.key.sk == "head" else op


class _ClaimedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, expect={}) if isinstance(op, Update) and op.set.get("outbox") == "sending" else op


class _HeadUntouched(Changed):
    def changed(self, op: Op) -> Op | None:
        return None if isinstance(op, Update) and op.key.sk == "head" and op.add else op


class _RecordedBlindly(Changed):
    def changed(self, op: Op) -> Op | None:
        is_row = isinstance(op, Put) and op.item["kind"] == "commission" and not _is_rule_row(op)
        return replace(op, new=False) if is_row and isinstance(op, Put) else op


class _NotesKept(Changed):
    def changed(self, op: Op) -> Op | None:
        is_deletion = isinstance(op, Update) and op.key.sk.startswith("fired#") and "deleted" in op.add
        return replace(op, remove=()) if is_deletion and isinstance(op, Update) else op


class _AnewFromTheFirst(Changed):
    def changed(self, op: Op) -> Op | None:
        return replace(op, add={}) if isinstance(op, Update) and "deleted" in op.add else op


class _LeftoversDropped(Changed):
    def changed(self, op: Op) -> Op | None:
        if isinstance(op, Update) and _is_mark(op) and not op.remove:
            gone = ("pend", indexes.WORK.pk, indexes.WORK.sk)
            kept = {name: value for name, value in op.set.items() if name not in {"version", *gone}}
            return replace(op, set=kept, remove=gone)
        return op


class _SentBlindly(WorldMailer):
    def send(self, letter: Letter) -> str:
        try:
            return super().send(letter)
        except MailOutcomeUnknown as unknown:
            raise MailRefused("taken for a refusal") from unknown


def _unread_markers(_: "History") -> AbstractContextManager[None]:
    return replaced(transitions, "read_markers", lambda *asked: dict.fromkeys(asked[2], False))


def _stale_accounts(history: "History") -> AbstractContextManager[None]:
    """What an invocation has read of an account it keeps; only the head is read anew."""
    real = accounts.read
    kept: dict[Any, Any] = {}

    def read(*asked: Any, **known: Any) -> Any:
        fresh = real(*asked, **known)
        # by the invocation itself, which this keeps: an id is given to another once its own is gone
        old = kept.setdefault((history.scheduler.current, *asked[1:4]), fresh)
        return replace(old, head=fresh.head)

    return replaced(accounts, "read", read)


def _head_among_the_rest(_: "History") -> AbstractContextManager[None]:
    def read(table: Any, program_id: str, member_id: str, reach: Any, today: Any, known: Any = None, *_: Any) -> Any:
        partition = keys.account(program_id, member_id)
        found = [item for bounds in accounts.ranges(reach, today) for item in table.query(partition, between=bounds)]
        by_key = {item["sk"]: item for item in found}
        return accounts._account(by_key, accounts.head(by_key.get("head")))

    return replaced(accounts, "read", read)


def _idle_sweep(_: "History") -> AbstractContextManager[None]:
    return replaced(sweeps, "fold_overdue", lambda *_: sweeps.Folded(0, 0))


def _eternal_rulebooks(_: "History") -> AbstractContextManager[None]:
    real = Rulebooks.as_of

    def as_of(self: Rulebooks, table: Any, found: Any) -> Any:
        kept = None if found is None else self._kept.get(found["pk"])
        return real(self, table, found) if kept is None else kept[1]

    return replaced(Rulebooks, "as_of", as_of)


def _stalled_for_ever(_: "History") -> AbstractContextManager[None]:
    return replaced(job_pages, "resend_stalled", lambda *_: 0)


def _died_means_unsent(_: "History") -> AbstractContextManager[None]:
    real = outbox.take_up

    def take_up(table: Any, program_id: str, item: Any, now: Any) -> Any:
        mail: Any = outbox_items.parse(item)
        if mail.status != "sending" or mail.next_attempt_at > now:
            return real(table, program_id, item, now)
        return outbox._mark(table, program_id, mail, now, outbox.Result.RETRY, status="pending")

    return replaced(outbox, "take_up", take_up)


def _every_code_known(_: "History") -> AbstractContextManager[None]:
    return replaced(conversions, "is_known", lambda *_: True)


def _everybody_counts(_: "History") -> AbstractContextManager[None]:
    return replaced(Member, "counts_for", property(lambda member: member.original_referrer_id))


MUTANTS = (
    Mutant("a commission is marked as counted without its version and pend", table=_MarkedBlindly),
    Mutant("totals are written after the transaction", table=_TotalsApart),
    Mutant("a marker is neither looked up nor written conditionally", _MarkersUnguarded, planted=_unread_markers),
    Mutant("the head is written without the version that was read", table=_HeadBlindly),
    Mutant("the head is read in one query with the rest", planted=_head_among_the_rest),
    Mutant("a redo goes on with the account read before", planted=_stale_accounts),
    Mutant("a member's edit does not move the head on", table=_HeadUntouched),
    Mutant("a cut-short pass drops the rules that did not fit", table=_LeftoversDropped),
    Mutant("a deleted marker leaves its note behind", table=_NotesKept),
    Mutant("what fires again has the versions of what was deleted", table=_AnewFromTheFirst),
    Mutant("rules are kept for ever", planted=_eternal_rulebooks),
    Mutant("an order is written over", table=_RecordedBlindly),
    Mutant("tick does not fold what is overdue", planted=_idle_sweep),
    Mutant("who was brought counts whatever their status", planted=_everybody_counts),
    Mutant("every action code is counted by name", planted=_every_code_known),
    Mutant("a mail is claimed without its version", table=_ClaimedBlindly),
    Mutant("a mail without an answer is sent again", mailer=_SentBlindly),
    Mutant("a mail whose sender died is sent again", planted=_died_means_unsent),
    Mutant("a stalled job is not sent again", planted=_stalled_for_ever),
)
