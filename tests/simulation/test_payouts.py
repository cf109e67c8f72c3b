"""Payouts of a few members, whose process dies at every single call: all goes on by itself, and every sum is right."""

from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.simulation.kit.crowd import ROW, Crowd, small
from tests.simulation.kit.world.scheduler import Crash

Done = TypeVar("Done")
MEMBERS, ROWS = 2, 3
ALL = MEMBERS * ROWS * ROW


def play(crowd: Crowd) -> tuple[str, str, str]:
    """A draft is cancelled; the next one is confirmed, and a line of it fails; another pays that. Their ids."""
    cancelled = begun(crowd, "first")
    again(lambda: crowd.cancel(cancelled))
    again(crowd.work)
    confirmed = begun(crowd, "second")
    again(lambda: crowd.confirm(confirmed))
    again(crowd.work)
    again(lambda: crowd.fail(confirmed, crowd.member_ids[0]))
    again(crowd.work)
    last = begun(crowd, "third")
    again(lambda: crowd.confirm(last))
    again(crowd.work)
    return cancelled, confirmed, last


def begun(crowd: Crowd, name: str) -> str:
    payout_id = again(lambda: crowd.draft(name))
    again(crowd.work)
    return payout_id


def again(step: Callable[[], Done]) -> Done:
    """Whoever died does it once more, or tick does."""
    try:
        return step()
    except Crash:
        return step()


def check(crowd: Crowd, cancelled: str, confirmed: str, last: str) -> None:
    failed = ROWS * ROW
    assert crowd.sums() == {("paid", confirmed): ALL - failed, ("paid", last): failed}
    assert crowd.balances() == {"paid": ALL}
    states = [crowd.payout(payout_id).state for payout_id in (cancelled, confirmed, last)]
    assert states == ["cancelled", "confirmed", "confirmed"]
    paid = crowd.payout(confirmed)
    assert (paid.total, paid.failed_total, crowd.payout(last).total) == (ALL, failed, failed)
    assert crowd.statements() == MEMBERS + 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_dies_at_any_call_of_a_payout_pays_everybody_once(when: str) -> None:
    with small():
        whole = Crowd(MEMBERS, ROWS)
        check(whole, *play(whole))
        for number, name in enumerate(tuple(whole.calls), 1):
            if when == "before" or name in {"write", "transact"}:  # after a read nothing has changed
                crowd = Crowd(MEMBERS, ROWS)
                crowd.dies_at = number, when
                payouts, crowd.dies_at = play(crowd), None
                check(crowd, *payouts)
