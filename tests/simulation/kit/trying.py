"""Histories of rules that are active all the time over sums that only grow, and that are tried when all is over."""

from datetime import timedelta
from functools import partial
from typing import Any, Final

from laurel.domain.kernel import replays
from laurel.domain.kernel.backtests import BacktestRequest
from laurel.domain.program.programs import Approval
from laurel.domain.rules.rules import Rule
from laurel.workflows.program import programs
from laurel.workflows.rules import backtests, replaying
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import backtest_judge, ledger
from tests.simulation.kit.mutants.mutants import NONE, Mutant
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.trials import judged
from tests.simulation.kit.world.worlds import Tenant, identity

_PERIODS: Final = ("all_time", "current_day", "current_week", "current_month", "current_year")
_OLDER: Final = timedelta(days=300)
"""Than anything that somebody sells: only what a rule saw can be replayed."""


class TriedHistory(History):
    """A history in which nobody edits, of programs that approve at once and have two to four rules more."""

    def __init__(self, seed: int, mutant: Mutant = NONE) -> None:
        super().__init__(seed, mutant)
        self._edits = self._late_edits = 0
        self._members_at_once = self.rng.choice((1, 2, replaying.MOST_MEMBERS))
        self._facts_at_once = self.rng.choice((1, 2, replays._AT_ONCE))
        for number, tenant in enumerate(self.world.tenants, 1):
            self._furnish(number, tenant)

    def play(self) -> "TriedHistory":
        super().play()
        with (
            replaced(replaying, "MOST_MEMBERS", self._members_at_once),
            replaced(replays, "_AT_ONCE", self._facts_at_once),
            self._mutant.planted(self),
        ):
            for tenant in self.world.tenants:
                for rule in tenant.rules:
                    if rule.name == "tried":
                        self.scheduler.start("edit_backtest", partial(self._try, tenant, rule), lambda _: None)
            self._drain()
        return self

    def _pay_the_rest(self) -> None:
        """Not here: it takes rows back."""

    def _try(self, tenant: Tenant, rule: Rule) -> object:
        now, zone = self.scheduler.now, tenant.program.timezone
        span = {"from": ledger.day_of(now - _OLDER, zone), "to": ledger.day_of(now, zone)}
        asked = BacktestRequest.model_validate({"rule_id": rule.rule_id, **span})
        return backtests.start(self.table, self.queue, programs.get(self.table, tenant.program_id), asked, now)

    def _furnish(self, number: int, tenant: Tenant) -> None:
        tenant.program = tenant.program.model_copy(update={"approval": Approval(mode="immediate")})
        old = self.world.start - 2 * _OLDER
        drawn = range(60, 60 + self.rng.randint(2, 4))
        tenant.rules += [
            self._rule(tenant, rule_id=identity("rul", number, index), created_at=old, updated_at=old)
            for index in drawn
        ]

    def _rule(self, tenant: Tenant, **known: Any) -> Rule:
        rng = self.rng
        metric = rng.choice(("sales_count", "sales_count", "commission_value", "sales_total", "clicks_count"))
        value = rng.randint(1, 3) if metric.endswith("count") else rng.choice((500, 5_000))
        leading = {"metric": metric, "operator": "gte", "value": value, "every": rng.random() < 0.5}
        leading["period"] = {"type": rng.choice(_PERIODS)}
        offers = rng.choice(("all", "all", (rng.choice(tenant.offers).offer_id,)))
        actions = [{"type": "add_bonus_commission", "amount": rng.randint(1, 900)}]
        says = {"name": "tried", "offers": offers, "conditions": [leading], "actions": actions}
        return Rule.model_validate({**says, **known})


def tried(seed: int, mutant: Mutant = NONE) -> tuple[TriedHistory, list[str]]:
    """The history of `seed`, and what is wrong with it."""
    history = TriedHistory(seed, mutant)
    return history, judged(history, backtest_judge.wrongs)
