"""Histories of rules that move members retroactively, in the worlds, among the faults and editors of the others."""

from functools import partial
from typing import Any, Final

from laurel.domain.kernel.transition import at_end_of, recalculated
from laurel.domain.offers.offers import Offer, PayoutOption
from laurel.domain.program.programs import Features
from laurel.domain.rules.rules import Rule
from laurel.workflows.kernel import recalculations
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import retro_judge
from tests.simulation.kit.mutants.mutants import NONE, Mutant
from tests.simulation.kit.replacing import replaced
from tests.simulation.kit.trials import judged
from tests.simulation.kit.world.term_drafts import _LINK_TERMS, _TERMS, _TIERS
from tests.simulation.kit.world.worlds import Tenant, identity

_PERIODS: Final = ("all_time", "all_time", "current_month", "current_week", "current_day", "current_year")


class RetroHistory(History):
    """A history whose programs have commission groups and begin with two to four rules that move retroactively."""

    def __init__(self, seed: int, mutant: Mutant = NONE) -> None:
        super().__init__(seed, mutant)
        for editor in self.editors:
            editor.offers.agreeing = 0.6
        self._most_rows = self.rng.choice((2, 3, recalculations.MOST_ROWS))
        self.faults.lagging = self.rng.choice((self.faults.lagging, 0.9))
        for number, tenant in enumerate(self.world.tenants, 1):
            self._furnish(number, tenant)

    def play(self) -> "RetroHistory":
        with (
            replaced(recalculations, "MOST_ROWS", self._most_rows),
            replaced(recalculations, "recalculated", partial(recalculated, budget=self._sizes.budget)),
            replaced(recalculations, "at_end_of", partial(at_end_of, budget=self._sizes.budget)),
        ):
            super().play()
        return self

    def _begin_something(self) -> None:
        if self.queue.waiting and self.rng.random() < 0.5:
            self.functions.job()  # while orders come in, not only when all is over
        else:
            super()._begin_something()

    def _pay_the_rest(self) -> None:
        """Not here: what is not paid must end at the right price."""

    def _furnish(self, number: int, tenant: Tenant) -> None:
        features = Features(**{**dict(tenant.program.features), "commission_groups": True})
        tenant.program = tenant.program.model_copy(update={"features": features})
        tenant.offers[:] = [self._with_options(number, offer) for offer in tenant.offers]
        made = {"created_at": tenant.program.created_at, "updated_at": tenant.program.created_at}
        drawn = range(50, 50 + self.rng.randint(2, 4))
        tenant.rules += [self._rule(tenant, rule_id=identity("rul", number, index), **made) for index in drawn]

    def _with_options(self, number: int, offer: Offer) -> Offer:
        terms = _LINK_TERMS if offer.kind == "link" else _TERMS
        tiers = _TIERS if self.world.timely else ((),)
        more = tuple(
            PayoutOption(
                payout_option_id=identity("opt", number, int(offer.offer_id[-2:]), option),
                name=f"option {option}",
                default=False,
                terms=self.rng.choice(terms).model_copy(update={"tiers": self.rng.choice(tiers)}),
            )
            for option in range(len(offer.payout_options) + 1, 4)
        )
        return offer.model_copy(update={"payout_options": (*offer.payout_options, *more)})

    def _rule(self, tenant: Tenant, **known: Any) -> Rule:
        rng, offer = self.rng, self.rng.choice(tenant.offers)
        metric = rng.choice(("sales_count", "sales_count", "commission_value", "clicks_count"))
        value = 500 if metric == "commission_value" else rng.randint(1, 3)
        statuses = rng.choice((("approved",), ("pending", "approved")))
        leading = {"metric": metric, "operator": "gte", "value": value, "statuses": statuses}
        leading["period"] = {"type": rng.choice(_PERIODS)}
        move = {"offer_id": offer.offer_id, "payout_option_id": rng.choice(offer.payout_options).payout_option_id}
        kind = "put_into_commission_group" + rng.choice(("", "", *("_retroactively",) * 3))
        actions: list[dict[str, Any]] = [{"type": kind, **move}]
        if rng.random() < 0.7:  # once in a period: else it would take back what others move
            actions.append({"type": "add_bonus_commission", "percent": "2"})
        says = {"name": "retroactive", "priority": rng.randint(1, 3), "conditions": [leading], "actions": actions}
        return Rule.model_validate({**says, **known})


def tried(seed: int, mutant: Mutant = NONE) -> tuple[RetroHistory, list[str]]:
    """The history of `seed`, and what is wrong with it."""
    history = RetroHistory(seed, mutant)
    return history, judged(history, retro_judge.wrongs)
