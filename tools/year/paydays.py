"""Monthly payouts: drafted on the fifth, confirmed the next day; of one, a line came back. The last is a draft."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from laurel.domain.payouts.payouts import NewPayout
from laurel.domain.payouts.reasons import Rail
from laurel.workflows.payouts import payouts, reading
from laurel.workflows.requests.listing import DEFAULT_LIMIT
from tools.year.backstage import Backstage, author
from tools.year.opening import Scene

DRAFTED_ON: Final = 5
CONFIRMED_ON: Final = 6
RETURNED_ON: Final = 9
_MINIMUM: Final = 2_500
_RETURNED: Final = 3
"""The payout of which a line comes back."""


@dataclass
class Paydays:
    """The payouts so far, oldest first; `drafts`: those that wait for the owner."""

    paid: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)

    def pass_day(self, stage: Backstage, scene: Scene, day: date, at: datetime) -> None:
        """Does what falls on a day of the month."""
        if day.day == DRAFTED_ON:
            self.draft(stage, scene, day - timedelta(days=DRAFTED_ON), at)
        elif day.day == CONFIRMED_ON and self.drafts:
            payout_id = self.drafts.pop()
            if reading.get(stage.table, stage.program_id, payout_id).total > 0:
                payouts.confirm(stage.table, stage.queue, stage.program_id, payout_id, author(scene.owner, at))
                self.paid.append(payout_id)
        elif day.day == RETURNED_ON and len(self.paid) == _RETURNED:
            self._return(stage, scene, at)
        stage.run_jobs(at)

    def draft(self, stage: Backstage, scene: Scene, until: date, at: datetime, rail: Rail = "csv") -> None:
        """Drafts what is due."""
        new = NewPayout(until=until, minimum=_MINIMUM, rail=rail)
        asked = stage.asked_by(scene.manager, at)
        self.drafts.append(payouts.start(stage.table, stage.queue, asked, new, stage.randomness)[0].payout_id)
        stage.run_jobs(at)

    def _return(self, stage: Backstage, scene: Scene, at: datetime) -> None:
        lines = reading.line_views(stage.table, stage.program_id, self.paid[-1], DEFAULT_LIMIT, None).items
        for line in lines[:1]:
            why, by = "The account is closed", author(scene.owner, at)
            payouts.fail(stage.table, stage.queue, stage.program_id, self.paid[-1], line.member_id, why, by)
