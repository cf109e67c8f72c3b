"""Work that others interfere with is begun anew from the reading, so many times, and never after a bug of ours."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from laurel.store.operations import ConditionFailed, Conflict, StoreError, Throttled, TokenReused, Unavailable
from laurel.workflows.requests.optimistic import (
    MOST_ATTEMPTS,
    MOST_OF_A_REQUEST,
    LostRace,
    racing,
    redo,
    redo_from,
    work_off,
)

FAILED = ConditionFailed([None], [0])


def refusing(errors: Iterable[StoreError | None]) -> Callable[..., Any]:
    """What it is called with; raises the next of `errors`, if there is one."""
    left = list(errors)

    def attempt(*given: Any) -> Any:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        return given

    return attempt


def test_a_change_is_begun_anew_while_others_interfere(pauses: list[float]):
    errors = [Conflict(), LostRace(), *[Conflict()] * (MOST_OF_A_REQUEST - 3)]
    assert redo(refusing(errors)) == ()
    assert len(pauses) == MOST_OF_A_REQUEST - 1
    with pytest.raises(LostRace):
        redo(refusing([*errors, LostRace()]))


@pytest.mark.parametrize("error", [FAILED, Throttled(), Unavailable(), TokenReused()])
def test_any_other_refusal_of_a_change_is_told_at_once(error: StoreError, pauses: list[float]):
    with pytest.raises(type(error)):
        redo(refusing([error]))
    assert not pauses


def test_the_next_attempt_begins_with_what_was_read_again(pauses: list[float]):
    lost, held = LostRace(), Conflict()
    seen = redo_from((), refusing([lost, held]), lambda work, error: (*work, error))
    assert seen == ((lost, held),)


def test_a_failed_condition_on_what_was_read_is_a_lost_race():
    with pytest.raises(LostRace), racing():
        raise FAILED
    with pytest.raises(Throttled), racing():
        raise Throttled


def test_work_goes_on_with_what_is_left_of_it_whatever_refused():
    errors = iter([None, Conflict(), FAILED, None, Throttled(), Unavailable(), None])
    waited: list[int] = []

    def step(left: str) -> str:
        if (error := next(errors)) is not None:
            raise error
        return left[1:]

    work_off("abc", step, lambda left: left, waited.append)
    assert waited == [1, 2, 1, 2]


def test_work_that_is_done_already_takes_no_further_step():
    steps = refusing([Unavailable()])
    work_off("a", steps, lambda _: "", lambda _: None)
    assert steps() == (), "the one error was met, and nothing else was asked for"


def test_work_is_given_up_after_so_many_attempts_in_a_row():
    waited: list[int] = []
    with pytest.raises(Unavailable):
        work_off("a", refusing([*[Conflict()] * (MOST_ATTEMPTS - 1), Unavailable()]), lambda left: left, waited.append)
    assert waited == list(range(1, MOST_ATTEMPTS))


def test_a_reused_token_is_our_own_bug_and_not_tried_again():
    waited: list[int] = []
    with pytest.raises(TokenReused):
        work_off("a", refusing([TokenReused()]), lambda left: left, waited.append)
    assert not waited


def test_a_reading_that_fails_ends_the_work():
    def reread(_: str) -> str:
        raise Throttled

    with pytest.raises(Throttled):
        work_off("a", refusing([Conflict()]), reread, lambda _: None)
