"""What an account transition decides: all that one transaction writes, or what it must know first."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from laurel.domain.earnings.recurrences import Recurrence
from laurel.domain.earnings.tiers import TierRow
from laurel.domain.kernel.fields import FieldsSet
from laurel.domain.kernel.firings import Bonus
from laurel.domain.kernel.moves import Move
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.multiples import Multiples, Repeats, Stretch
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.ledger.totals import Counters, TotalsRow
from laurel.domain.mail.mails import Message
from laurel.domain.members.accounts import Change
from laurel.domain.offers.offers import Offer
from laurel.domain.payouts.lines import LineMove, Place, freeing
from laurel.domain.program.jobs import Job
from laurel.domain.tracking.claims import Claim


@dataclass(frozen=True, slots=True)
class Fold:
    """A change whose commission is now in the totals; `again`: rules are left over for another pass.

    `commission`: the row as the transaction leaves it, a version on from what was read if it or its pass is not over.
    """

    change: Change
    commission: Commission
    counted: Contribution | None
    again: bool = False

    @property
    def is_rewritten(self) -> bool:
        """Whether the row itself is another than the table has, not only counted."""
        return self.commission.version > self.change.read.version + self.again

    def left_over(self) -> "Fold":
        """With rules that another pass takes up."""
        onward = self.commission.model_copy(update={"version": self.commission.version + 1})
        return replace(self, commission=onward, again=True)


@dataclass(frozen=True, slots=True)
class Known:
    """What was read beside the account, as far as the pass asked for it.

    `markers`: whether the row of that id exists. `offers`: None for one that does not exist. `approved`: whether the
    member of that id is. `places`: by the payout that rows name. `multiples`: for which a rule that repeats has fired
    in each period of a stretch.
    """

    markers: Mapping[str, bool] = field(default_factory=dict)
    offers: Mapping[str, Offer | None] = field(default_factory=dict)
    approved: Mapping[str, bool] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    multiples: Mapping[Stretch, Mapping[Repeats, Multiples]] = field(default_factory=dict)

    def with_more(self, more: "Known") -> "Known":
        """With what was read since."""
        return Known(
            {**self.markers, **more.markers},
            {**self.offers, **more.offers},
            {**self.approved, **more.approved},
            {**self.places, **more.places},
            {**self.multiples, **more.multiples},
        )


NOTHING: Final = Known()


@dataclass(frozen=True, slots=True)
class Needed:
    """The pass asked for what was not read: read this too and ask again.

    `offer_ids`: offers whose terms it goes by. `member_ids`: others whom it would pay. `payout_ids`: payouts that have
    rows of it. `stretches`: periods of rules that repeat.
    """

    marker_ids: frozenset[str] = frozenset()
    offer_ids: frozenset[str] = frozenset()
    member_ids: frozenset[str] = frozenset()
    payout_ids: frozenset[str] = frozenset()
    stretches: frozenset[Stretch] = frozenset()


@dataclass(slots=True)
class Wanted:
    """What a pass has missed so far; as `Needed`."""

    markers: set[str] = field(default_factory=set)
    offers: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    payouts: set[str] = field(default_factory=set)
    stretches: set[Stretch] = field(default_factory=set)

    @property
    def asked(self) -> Needed | None:
        """The reading that the pass needs before anything can follow."""
        if not (self.markers or self.offers or self.members or self.payouts or self.stretches):
            return None
        markers, offers, members = map(frozenset, (self.markers, self.offers, self.members))
        return Needed(markers, offers, members, frozenset(self.payouts), frozenset(self.stretches))


@dataclass(frozen=True, slots=True)
class Transition:
    """What one transaction writes. `rows` are whole and new; `fields` is None if unchanged, else `fields_set` says by
    which rules; `rest` did not fit.

    `claims`: what orders have won for their member, unless somebody had won it before. `recurrences`: what follows
    first payments by itself, unless it was started, or stopped, before. `tier_rows`: rows of the members above, which
    follow the sales. `outbox`: messages that are sent once they are written.
    `adjustments`: of paid rows, counted with them. `lines`: of open payouts, moved with their rows.
    `multiples`: whole and new, of rules that repeat. `first_sale`: the member's, if it was not known before.
    `outstanding`, `drafts`: as the account's head has them then.
    `is_partial`: rules of an occasion, or at the end of a recalculation, did not fit and follow in the next;
    `midnight`: the day whose last of it this is; `last_payout`: the payout whose last of the member this is.
    """

    folds: tuple[Fold, ...]
    rows: Mapping[TotalsRow, Counters]
    balances: Mapping[str, int]
    outstanding: Mapping[str, int]
    bonuses: tuple[Bonus, ...]
    outbox: tuple[Message, ...]
    fields: Mapping[str, str] | None
    claims: Mapping[Claim, Commission]
    recurrences: tuple[Recurrence, ...]
    moves: tuple[Move, ...]
    tier_rows: tuple[TierRow, ...]
    adjustments: tuple[Commission, ...]
    lines: tuple[LineMove, ...]
    drafts: tuple[str, ...]
    rest: tuple[Change, ...]
    at: datetime
    is_partial: bool = False
    midnight: date | None = None
    last_payout: str | None = None
    multiples: Mapping[Repeats, Multiples] = field(default_factory=dict)
    first_sale: str | None = None
    fields_set: tuple[FieldsSet, ...] = ()

    @property
    def recalculations(self) -> tuple[Recalculation, ...]:
        """The recalculations that begin."""
        return tuple(move.recalculation for move in self.moves if move.recalculation)

    def freeing(self, program_id: str) -> list[Job]:
        """The jobs that free the rows of lines that left their payouts."""
        gone = [move.after for move in self.lines if move.leaves]
        return [freeing(program_id, line.payout_id, line.member_id, self.at) for line in gone]

    def job_ids(self, program_id: str) -> list[str]:
        """The jobs that begin."""
        begun = [recalculation.job_id(program_id) for recalculation in self.recalculations]
        return begun + [job.job_id for job in self.freeing(program_id)]

    @property
    def does_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.folds or self.bonuses or self.moves or self.fields is not None)
