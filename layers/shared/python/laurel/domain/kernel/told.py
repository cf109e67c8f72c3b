"""The events of an account transition: all that its transaction writes, told in that transaction."""

from collections.abc import Iterator
from dataclasses import dataclass

from laurel.domain import telling
from laurel.domain.events.events import Event
from laurel.domain.history import Author, enrollment_edit, member_edit
from laurel.domain.kernel.outcomes import Fold, Transition
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.members.members import Member


@dataclass(frozen=True, slots=True)
class _Told:
    """A fold as its events are told."""

    fold: Fold

    @property
    def commission(self) -> Commission:
        """The row as it is left."""
        return self.fold.commission

    @property
    def was_paid(self) -> bool:
        """Whether it was paid before."""
        before = self.fold.change.counted
        return before is not None and before.bucket.state == "paid"

    @property
    def counted_before(self) -> Contribution | None:
        """Its contribution as it was counted before."""
        return self.fold.change.counted


def events(program_id: str, member: Member, done: Transition) -> Iterator[Event]:
    """The events of `done`, which is of `member`'s account; rows that wait for another transition are told there."""
    for fold in done.folds:
        if _is_news(fold):
            yield from telling.of_row(program_id, _Told(fold), done.at)
    for bonus in done.bonuses:
        yield telling.of_firing(program_id, bonus.commission, done.at)
        if bonus.counted is not None:
            yield telling.of_new_row(program_id, bonus.commission, done.at)
    for adjustment in done.adjustments:
        yield telling.of_new_row(program_id, adjustment, done.at)
    for move in done.moves:
        edit = enrollment_edit(move.before, move.after, Author(f"rule:{move.rule_id}", move.after.updated_at))
        yield telling.of_enrollment(program_id, move.after, edit)
    yield from _fields(program_id, member, done)


def _is_news(fold: Fold) -> bool:
    """Whether the row is another than it was told last; not if only rules were left over."""
    return not fold.change.is_left_over or fold.is_rewritten or fold.counted != fold.change.counted


def _fields(program_id: str, member: Member, done: Transition) -> Iterator[Event]:
    if done.fields is not None:
        after = member.model_copy(
            update={"fields": dict(done.fields), "updated_at": done.at, "version": member.version + 1}
        )
        rules = sorted({by_rule.rule_id for by_rule in done.fields_set})
        author = Author(f"rule:{rules[0]}" if rules else "system", done.at)
        yield telling.of_member(program_id, after, member_edit(member, after, author))
