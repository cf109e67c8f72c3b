"""A rule that fires: the row that proves it, and the mails it sends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from laurel.domain.accounts import Account
from laurel.domain.actions import SendMail
from laurel.domain.calendar import ONE_DAY
from laurel.domain.commissions import Commission, Contribution, FiringEvidence, marker_id
from laurel.domain.ids import derived_id
from laurel.domain.mails import Mail
from laurel.domain.plans import PlannedRule, Subject
from laurel.domain.programs import Program


@dataclass(frozen=True, slots=True)
class Bonus:
    """A row that a rule made, already counted."""

    commission: Commission
    counted: Contribution


def marker_of(planned: PlannedRule, account: Account, program: Program) -> str:
    """The id of the row that proves that the rule fired for this member and period."""
    return marker_id(program.program_id, planned.rule_id, account.member.member_id, planned.period)


@dataclass(frozen=True, slots=True)
class Firing:
    """One rule that fires for one member, set off by `trigger`; `subject`: the numbers as the rule saw them."""

    planned: PlannedRule
    trigger: Commission
    account: Account
    subject: Subject
    program: Program
    now: datetime

    def bonus(self) -> Bonus:
        """The marker, already counted; of zero value if the rule pays nothing."""
        rule, base = self.planned.rule, self.subject.values[self.planned.base]
        value = self.planned.leading.evidence(self.subject)
        row = Commission(
            commission_id=marker_of(self.planned, self.account, self.program),
            type="extra_bonus",
            origin="rule",
            member_id=self.account.member.member_id,
            offer_id=rule.sole_offer,
            amount=max(0, rule.paying.bonus(base)) if rule.paying else 0,
            currency=self.program.currency,
            status=self.program.bonus_status,
            payout="unpaid",
            occurred_at=self.trigger.occurred_at,
            day=self.trigger.day,
            rule_id=rule.rule_id,
            period=self.planned.period,
            evidence=FiringEvidence(base=base, value=value, rule_version=rule.version),
            created_at=self.now,
            updated_at=self.now,
        )
        counted = row.contribution()
        assert counted is not None  # noqa: S101 - for the type checker: the row has a member and a status
        return Bonus(row, counted)

    def mails(self, marker: Commission) -> Iterator[Mail]:
        """What the rule sends, to be written with its marker."""
        for index, action in enumerate(self.planned.rule.mails):
            yield self._mail(marker, index, action)

    def _mail(self, marker: Commission, index: int, action: SendMail) -> Mail:
        # the head's version makes the id new when a deleted marker lets the rule fire again
        version = str(self.account.head.version)
        days = self.planned.days
        return Mail(
            mail_id=derived_id("mai", marker.commission_id, version, str(index)),
            member_id=self.account.member.member_id,
            rule_id=self.planned.rule_id,
            rule_name=self.planned.rule.name,
            marker_id=marker.commission_id,
            template_id=action.template_id,
            recipient=action.to,
            period=self.planned.period,
            period_start=days.first,
            period_end=None if days.until is None else days.until - ONE_DAY,
            value=self.planned.leading.value_text(self.subject, self.program.currency),
            bonus=marker.amount,
            next_attempt_at=self.now,
            created_at=self.now,
            updated_at=self.now,
        )
