"""The events of payouts."""

from datetime import datetime

from laurel.domain.events.events import Event
from laurel.domain.payouts.lines import Line
from laurel.domain.payouts.payouts import Payout
from laurel.domain.values.model import Money, Open


class FailedLine(Open):
    """A line whose money did not arrive; `amount`: minor units of the payout's currency."""

    payout_id: str
    member_id: str
    amount: Money
    reason: str | None = None


def drafted_event(program_id: str, payout: Payout, at: datetime) -> Event:
    """A draft is whole."""
    subject = f"payout:{payout.payout_id}"
    return Event.of(program_id, "payout.drafted", subject, payout.version, payout.shown(None), at)


def confirmed_event(program_id: str, payout: Payout, at: datetime) -> Event:
    """All lines of a payout are sent."""
    subject = f"payout:{payout.payout_id}"
    return Event.of(program_id, "payout.confirmed", subject, payout.version, payout.shown(None), at)


def line_failed_event(program_id: str, line: Line, at: datetime) -> Event:
    """A member's line did not arrive: it can fail once."""
    shown = FailedLine(payout_id=line.payout_id, member_id=line.member_id, amount=line.amount, reason=line.reason)
    return Event.of(program_id, "payout.line_failed", f"payout:{line.payout_id}/{line.member_id}", 1, shown, at)
