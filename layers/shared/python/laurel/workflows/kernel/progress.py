"""Reading how far a member is: the account with what the rules look at, the rewards, the offers that they are of."""

from dataclasses import dataclass
from datetime import date

from laurel.concurrency import side_by_side, together
from laurel.domain.kernel.outcomes import Needed
from laurel.domain.kernel.progress import Progress, Rewards, days_of
from laurel.domain.members.accounts import Account, reach
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.values.periods import DayRange
from laurel.store import accounts, items, keys
from laurel.store.table import Table
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.transitions import read_needed


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's account, the offers that it is in, and the rewards before it."""

    account: Account
    offers: dict[str, Offer]
    rewards: list[Progress]


def standing(
    table: Table, rulebooks: Rulebooks, program: Program, member_id: str, today: date, since: date | None = None
) -> Standing:
    """How a member stands. `since`: the first of the days that are read besides, for a look that costs less: only what
    the account notes counts as fired then. Raises Absent.
    """
    program_id = program.program_id
    rulebook, head = together(
        lambda: rulebooks.of(table, program), lambda: accounts.head(table.get(keys.head(program_id, member_id)))
    )
    days = days_of(rulebook, today)
    ranges = {gauge.days for gauge in rulebook.on(days).gauges}
    beside = {DayRange(since, program.calendar.day_after(today))} if since else set()
    wanted = reach([today], ranges | beside)
    account = accounts.read(table, program_id, member_id, wanted, today, head, side_by_side)
    rewards = Rewards.of(rulebook, account, today)
    needed = Needed() if since else rewards.needed()
    known, found = together(
        lambda: read_needed(table, program_id, account, needed, side_by_side),
        lambda: table.batch_get(keys.offer(program_id, offer_id) for offer_id in account.enrollments),
    )
    offers = {key.sk: items.parse(Offer, item) for key, item in found.items()}
    return Standing(account, offers, rewards.progress(known))
