"""Sample values, for looking at a mail template before anybody gets it."""

from datetime import UTC, datetime
from typing import Final

from laurel.domain.ledger.commissions import marker_id
from laurel.domain.mail.mails import Mail, template_values
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.values.ids import new_id
from laurel.domain.values.money import money_text
from laurel.domain.values.periods import CurrentWeek, period_key

_AT: Final = datetime(2026, 11, 21, 10, tzinfo=UTC)
_EARNED, _BONUS = 21_000, 420


def sample_values(program: Program) -> dict[str, str]:
    """A value for every variable: a bonus of 4.20 for a week of 210.00; user fields show their labels."""
    member = Member(
        member_id=new_id("mem", _AT, b""),
        email="ada@example.com",
        first_name="Ada",
        last_name="Lovelace",
        fields={field.name: field.label for field in program.user_fields},
        created_at=_AT,
        updated_at=_AT,
    )
    return template_values(_mail(program, member), program, member)


def _mail(program: Program, member: Member) -> Mail:
    rule_id, week = new_id("rul", _AT, b""), CurrentWeek(type="current_week").range(_AT.date())
    period = period_key(CurrentWeek(type="current_week"), week)
    return Mail(
        mail_id=new_id("mai", _AT, b""),
        member_id=member.member_id,
        rule_id=rule_id,
        rule_name="Strong week",
        marker_id=marker_id(program.program_id, rule_id, member.member_id, period),
        template_id=new_id("tpl", _AT, b""),
        recipient="member",
        period=period,
        period_start=week.first,
        period_end=_AT.date().replace(day=22),
        value=money_text(_EARNED, program.currency),
        bonus=_BONUS,
        next_attempt_at=_AT,
        created_at=_AT,
        updated_at=_AT,
    )
