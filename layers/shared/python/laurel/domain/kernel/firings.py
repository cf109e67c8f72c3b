"""A rule that fires: whether it can, the rows that prove and pay it, the moves it makes and the mails it sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from laurel.domain.ledger.commissions import Commission, Contribution, marker_id
from laurel.domain.ledger.multiples import Stretch
from laurel.domain.ledger.row_parts import FiringEvidence
from laurel.domain.mail.mails import Fired, Message
from laurel.domain.members.accounts import Account, Change, Head
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member, with_fields
from laurel.domain.offers.offers import Offer
from laurel.domain.offers.terms import FixedOrPercent, NoPayout, PayoutTerms, is_automatic
from laurel.domain.program.programs import Program
from laurel.domain.rules.actions import Effect, MoveTo, Pay, Send, SetField
from laurel.domain.rules.compiled import CompiledRule
from laurel.domain.rules.gauges import Subject
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Occasion
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.model import MAX_AMOUNT

Enrollments = Mapping[str, Enrollment]


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof that one row of a rule is: a period, a multiple in it if the rule repeats, or one `order` alone.

    `number`: which multiple, from 1. `through`: how many multiples, from the first, are then proven without a gap.
    """

    order: Commission | None = None
    number: int | None = None
    through: int = 0


OF_PERIOD: Final = Proof()


@dataclass(frozen=True, slots=True)
class Bonus:
    """A row that a rule made. `counted` None: it is pending, for the transition of the member whom it pays.

    `key`: what it is known by as the marker of a period; None if it proves one order only.
    """

    commission: Commission
    counted: Contribution | None
    key: str | None
    proof: Proof = OF_PERIOD

    @property
    def is_per_sale(self) -> bool:
        """Whether it proves one order, not the period."""
        return self.key is None


def period_of(compiled: CompiledRule, head: Head) -> str:
    """How the marker of the rule names the period for this account: what is unpaid is another after each payout."""
    if compiled.is_of_unpaid and head.last_payout is not None:
        return f"{compiled.period}:{head.last_payout}"
    return compiled.period


def key_of(compiled: CompiledRule, head: Head) -> str:
    """What the marker of that period is known by."""
    period = period_of(compiled, head)
    return compiled.key if period == compiled.period else period


def closed_by(compiled: CompiledRule, head: Head) -> frozenset[str]:
    """The keys of markers that say that the rule has fired for this period."""
    own = key_of(compiled, head)
    return compiled.closed_by if own == compiled.key else frozenset({own})


def unnoted(rules: Sequence[CompiledRule], account: Account) -> Sequence[CompiledRule]:
    """The `rules` of whose marker the account notes nothing; a pass need not ask the others."""
    fired, head = account.fired, account.head
    if not fired:
        return rules
    return [
        compiled
        for compiled in rules
        if not compiled.is_noted
        # what only payouts change is asked for by a call, the rest without one: every pass looks at every rule
        or fired.get(compiled.rule_id)
        not in (closed_by(compiled, head) if compiled.is_of_unpaid else compiled.closed_by)
    ]


def stretch_of(compiled: CompiledRule, head: Head) -> Stretch:
    """The periods whose multiples say that a rule which repeats has fired for this one."""
    keys = closed_by(compiled, head)
    return Stretch(compiled.rule_id, min(keys), max(keys))


def marker_of(compiled: CompiledRule, account: Account, program: Program, proof: Proof = OF_PERIOD) -> str:
    """The id of the row that proves it. The first multiple is known as the period: so a rule may begin to repeat."""
    proven = key_of(compiled, account.head) if proof.order is None else proof.order.commission_id
    if proof.number is not None and proof.number > 1:
        proven = f"{proven}#{proof.number}"
    return marker_id(program.program_id, compiled.rule_id, account.member.member_id, proven)


def markers_of(compiled: CompiledRule, account: Account, program: Program) -> frozenset[str]:
    """The ids of all rows any of which proves that the rule needs not fire for this member and period."""
    member_id, closing = account.member.member_id, closed_by(compiled, account.head)
    return frozenset(marker_id(program.program_id, compiled.rule_id, member_id, key) for key in closing)


def subject_of(account: Account, program: Program, values: list[int]) -> Subject:
    """The account as rules look at it, with `values` for the gauges of their rules."""
    member = account.member
    state = dict(member.fields), dict(account.enrollments), member.approved_at
    return Subject(values, *state, program.calendar, account.head.first_sale)


def others_paid(rule: Rule, member: Member) -> tuple[str, ...]:
    """The ids of members whom the rule pays for what this one does; nobody who is not approved earns of it."""
    referrer_id = member.original_referrer_id
    return (referrer_id,) if rule.pays_referrer and referrer_id is not None else ()


def can_be_carried_out(rule: Rule, program: Program, member: Member, enrollments: Enrollments) -> bool:
    """Whether all that the rule does can be done, as far as the account tells; otherwise nothing of it is."""
    if member.erased_at is not None:
        return False
    return all(_is_possible(effect, program, member, enrollments) for effect in rule.effects)


def _is_possible(effect: Effect, program: Program, member: Member, enrollments: Enrollments) -> bool:
    match effect:
        case Pay(to_referrer=True):
            return member.original_referrer_id is not None
        case Pay():
            return member.status == "approved"
        case Send(recipient=recipient):
            return recipient != "merchant" or program.merchant_email is not None
        case MoveTo(offer_id=offer_id, payout_option_id=option):
            place = enrollments.get(offer_id)
            return place is not None and not (place.fixed and place.payout_option_id != option)
        case SetField():
            return True
        case _:
            assert_never(effect)


def changes_fields(rule: Rule, fields: Mapping[str, str]) -> bool:
    """Whether a field would be another afterwards."""
    return with_fields(dict(fields), rule.updates) != fields


def enters(change: Change, compiled: CompiledRule) -> bool:
    """Whether a tier-1 sale comes into the statuses of the leading condition by this change.

    One with rules left over is looked at again: its marker tells whether it was paid for.
    """
    row, states = change.commission, compiled.leading.scope.states
    if row.type != "sale" or row.is_trial or row.tier != 1 or row.state not in states:
        return False
    before = change.counted
    return before is None or before.bucket.state not in states or change.is_left_over


@dataclass(frozen=True, slots=True)
class Firing:
    """One rule that fires for one member, set off by `trigger`; `subject`: the numbers as the rule saw them.

    `offers`: as far as they were read; those whose terms tell whether an action bonus recurs.
    """

    compiled: CompiledRule
    trigger: Commission | Occasion
    account: Account
    subject: Subject
    program: Program
    offers: Mapping[str, Offer | None]
    now: datetime

    def row(self, proof: Proof) -> Bonus:
        """The row that proves it: what the rule pays for it, of zero value if that is nothing."""
        paying = self.compiled.rule.paying if self._pays_for(proof) else None
        base = self.subject.values[self.compiled.base] if proof.order is None else _earned(proof.order)
        return self._bonus(paying.bonus(base) if paying else 0, base, proof)

    def _pays_for(self, proof: Proof) -> bool:
        """Beside shares of every sale, what proves the period pays nothing."""
        return proof.order is not None or not self.compiled.rule.pays_every_sale

    def message(self, send: Send, marker: Commission, index: int) -> Message:
        """What the rule sends by its `index`-th effect, to be written with its marker."""
        days = self.compiled.days
        fired = Fired(
            member_id=self.account.member.member_id,
            rule_id=self.compiled.rule_id,
            rule_name=self.compiled.rule.name,
            marker_id=marker.commission_id,
            period=period_of(self.compiled, self.account.head),
            first=days.first,
            last=None if days.until is None else days.until - ONE_DAY,
            value=self.compiled.leading.for_people(self.subject, self.program.currency),
            bonus=marker.amount,
            identity=(marker.commission_id, str(marker.version), str(index)),
            at=self.now,
        )
        return send.message(fired)

    def _bonus(self, amount: int, base: int, proof: Proof) -> Bonus:
        rule = self.compiled.rule
        key = key_of(self.compiled, self.account.head) if proof.order is None else None
        row = Commission(
            commission_id=marker_of(self.compiled, self.account, self.program, proof),
            **self._payee(pays=self._pays_for(proof)),
            origin="rule",
            offer_id=rule.sole_offer,
            terms=self._terms(amount),
            amount=amount,
            currency=self.program.currency,
            status=self.program.bonus_status,
            payout="unpaid",
            occurred_at=self.trigger.occurred_at,
            day=self.trigger.day,
            rule_id=rule.rule_id,
            period=period_of(self.compiled, self.account.head),
            evidence=self._evidence(base, proof, key),
            created_at=self.now,
            updated_at=self.now,
            version=1 + self.account.deleted.get(rule.rule_id, 0),
        )
        # rows that count, and rows of others, are folded like any commission: no rule sees what its own pass made
        is_own = row.type == "extra_bonus" and row.earned_by is None
        return Bonus(row, row.contribution() if is_own else None, key, proof)

    def _evidence(self, base: int, proof: Proof, key: str | None) -> FiringEvidence:
        is_one_order = proof.order is not None and self.compiled.rule.fires_per_order
        return FiringEvidence(
            base=base,
            value=self.compiled.leading.evidence(self.subject),
            rule_version=self.compiled.rule.version,
            multiple=proof.number and self.compiled.leading.multiple(proof.number),
            number=proof.number,
            key=key if proof.number else None,
            commission_id=proof.order.commission_id if proof.order and is_one_order else None,
        )

    def _payee(self, *, pays: bool) -> dict[str, Any]:
        member, paying = self.account.member, self.compiled.rule.paying
        if pays and paying is not None and paying.action_code is not None:
            return {"type": "action", "action_code": paying.action_code, "member_id": member.member_id}
        if pays and self.compiled.rule.pays_referrer:
            return {"type": "extra_bonus", "member_id": member.original_referrer_id, "earned_by": member.member_id}
        return {"type": "extra_bonus", "member_id": member.member_id}

    def _terms(self, amount: int) -> PayoutTerms | None:
        """What repeats an action bonus: its own amount, as often as an action of its code recurs for the member."""
        paying, offer_id = self.compiled.rule.paying, self.compiled.rule.sole_offer or ""
        offer, place = self.offers.get(offer_id), self.subject.enrollments.get(offer_id)
        if paying is None or offer is None or place is None:
            return None
        terms, code = place.terms_in(offer), paying.action_code
        if not is_automatic(terms) or code is None or code not in terms.actions:
            return None
        own = FixedOrPercent(amount=min(amount, MAX_AMOUNT))
        return NoPayout(type="none", actions={code: own}, recurring=terms.recurring)


def _earned(order: Commission) -> int:
    """An order's commission, with the adjustments that it is due."""
    return order.amount + order.due.amount
