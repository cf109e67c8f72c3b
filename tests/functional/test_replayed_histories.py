"""In random histories over HTTP, a backtest of a rule that was active all the time has exactly its own markers."""

from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.quick_moto import kept, put_back
from tests.functional.kit.replays import replays_agree
from tests.functional.kit.trade import Clock, Furniture, Trade
from tests.functional.test_state_machine import PROFILE, Machine, clock, furnished
from tests.kit.tables import TABLE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["clock", "furnished"]
FEW = settings(PROFILE, max_examples=4, stateful_step_count=14)


class Undisturbed(Machine):
    """Rules that pay, and are neither edited nor stopped, and whose markers stay; user fields are not kept by time."""

    edit_rule: "Callable[..., None]"
    delete_marker: "Callable[..., None]"

    def save(self, reward: dict[str, Any]) -> None:
        plain = {**reward["conditions"][0], "tier": 1}
        pays = [{"type": "add_bonus_commission", "percent": "2"}]
        super().save({**reward, "conditions": [plain], "actions": pays})

    def teardown(self) -> None:
        self.trade.drain()
        replays_agree(self.trade, self.trade.rules)


# what a machine does, it finds by the names of its class
Undisturbed.edit_rule = Undisturbed.delete_marker = lambda _: None


def test_a_backtest_has_the_markers_of_a_rule_that_was_active(
    furnished: Furniture, clock: Clock, jobs_queue: JobsQueue
) -> None:
    table = kept(TABLE_NAME)

    def opened() -> Undisturbed:
        jobs_queue.take()  # left by an example that broke off
        put_back(table)
        return Undisturbed(Trade(furnished, clock, jobs_queue))

    make: Any = opened
    run_state_machine_as_test(make, settings=FEW)
