"""A member's ledger with its rows: recorded, folded, changed and recalculated in steps that a test chooses."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from laurel.domain.kernel.outcomes import NOTHING, Known
from laurel.domain.kernel.transition import Ended, at_end_of, recalculated, transition
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.members.accounts import Change
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.offers.terms import earned
from laurel.domain.rules.rulebook import Rulebook
from tests.unit.kit.builders import BASIC, GOLD, SATURDAY, SPRING, commission, enrollment, offer, option, program
from tests.unit.kit.ledger import Ledger

SILVER = "opt_" + "5" * 26
PRICES = {BASIC: 500, GOLD: 800, SILVER: 650}


def flat(name: str, amount: int) -> Any:
    return option(payout_option_id=name, default=name == BASIC, terms={"type": "flat_per_sale", "amount": amount})


def is_priced_by_terms(row: Commission) -> bool:
    by_terms = row.origin in {"conversion", "schedule"} and row.type in {"sale", "action", "recurring", "click"}
    return by_terms and row.offer_id == SPRING and row.tier == 1


@dataclass
class ShopLedger(Ledger):
    """Anna sells in the spring offer, whose options pay 5.00, 8.00 and 6.50 a sale."""

    rows: dict[str, Commission] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    history: list[Recalculation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.program = program(features={"commission_groups": True})
        self.offers = self.offers or {SPRING: offer(payout_options=[flat(*each) for each in PRICES.items()])}
        self.enrollments = self.enrollments or {SPRING: enrollment()}

    @property
    def begun(self) -> list[Recalculation]:
        """The recalculations that are at work."""
        every = self.enrollments[SPRING].recalculations
        return [each for each in every if each.key in self.head.outstanding]

    def record(self, name: str, when: datetime = SATURDAY, **changes: Any) -> Commission:
        """A sale by the terms that Anna has now; it waits to be counted."""
        mine = self.enrollments[SPRING]
        chosen = self.offers[SPRING].offered(mine.payout_option_id)
        priced = {"payout_option_id": chosen.payout_option_id, "terms": chosen.terms, "move": mine.move}
        row = commission(name, earned(chosen.terms, None, 10_000), when=when, sale=10_000, **{**priced, **changes})
        self.rows[row.commission_id] = row
        self.waiting.append(row.commission_id)
        return row

    def sell(self, count: int, when: datetime = SATURDAY, **changes: Any) -> list[str]:
        """So many sales, each counted before the next is made."""
        sold = []
        for _ in range(count):
            sold.append(self.record(f"sale {len(self.rows)}", when, **changes).commission_id)
            self.fold()
        return sold

    def change(self, row_id: str, **changes: Any) -> None:
        """What an editor makes of a row; it waits to be counted anew."""
        self.rows[row_id] = self.rows[row_id].revised(self.now, **changes)
        if row_id not in self.waiting:
            self.waiting.append(row_id)

    def move(self, payout_option_id: str) -> None:
        """A merchant moves Anna by hand."""
        edit = EnrollmentEdit(payout_option_id=payout_option_id)
        self.enrollments = {SPRING: self.enrollments[SPRING].edited(edit, self.now)}

    def fold(self, most: int = 100) -> None:
        """Counts what has waited longest, and evaluates the rules."""
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        changes: Sequence[Change] = [Change(self.rows[each], self.counted.get(each)) for each in taken]
        rulebook = Rulebook.of(self.program, self.rules)
        while changes:
            days = {change.commission.day for change in changes}
            account = self._read(days, rulebook.ranges(days))

            def ask(known: Known, now: Any, budget: int) -> Any:
                return transition(account, changes, rulebook, known, now, budget)  # noqa: B023

            changes = self._apply(self._decide(ask)).rest

    def reprice(self, row_ids: Iterable[str]) -> None:
        """A page of a walk: what waits to be counted is left alone."""
        rulebook = Rulebook.of(self.program, self.rules)
        found = [self.rows[each] for each in row_ids if each not in self.waiting]
        changes: Sequence[Change] = [Change(row, self.counted[row.commission_id], is_pending=False) for row in found]
        while changes:
            account = self._read({change.commission.day for change in changes}, ())
            done = recalculated(account, changes, rulebook, NOTHING, self.now, self.budget)
            assert len(done.rest) < len(changes)
            changes = (self._apply(done) if done.folds else done).rest

    def end(self) -> None:
        """All walks, from the first row to the last, and what follows at their ends."""
        self.fold()
        while self.begun:
            self.reprice(self.rows)
            for each in self.begun:
                assert self.head.outstanding[each.key] == 0
                self.finish(each)

    def finish(self, begun: Recalculation) -> None:
        """The rules are asked once more."""
        rulebook, trigger = Rulebook.of(self.program, self.rules), self.rows[begun.trigger or ""]
        account = self._read({begun.day}, rulebook.ranges({begun.day}))
        cause = Change(trigger, self.counted[trigger.commission_id])

        def ask(known: Known, now: Any, budget: int) -> Any:
            return at_end_of(Ended(begun, cause), account, rulebook, known, now, budget)

        self._apply(self._decide(ask))

    def recount(self, begun: Recalculation) -> int:
        """What is outstanding, from the bare rows."""
        return sum(
            (row.clicks or 1)
            for row_id, row in self.rows.items()
            if (counted := self.counted.get(row_id)) is not None
            and counted.bucket.state in {"pending", "approved"}
            and row.move < begun.number
            and is_priced_by_terms(row)
            and (begun.first is None or begun.first <= row.day)
            and (begun.until is None or row.day < begun.until)
        )

    @property
    def total(self) -> int:
        """What Anna's sales have earned."""
        return sum(row.amount for row in self.rows.values())

    @property
    def days(self) -> set[date]:
        return {row.day for row in self.rows.values()}

    def _apply(self, done: Any) -> Any:
        for fold in done.folds:
            assert fold.change.read == self.rows[fold.commission.commission_id], "written over another version"
            self.rows[fold.commission.commission_id] = fold.commission
        self.history += done.recalculations
        self._write(done)
        assert {each.key: self.recount(each) for each in self.begun} == dict(self.head.outstanding)
        return done
