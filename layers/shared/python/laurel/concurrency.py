"""Independent pieces of work, in turn or side by side: calls to AWS wait for the network, not for each other."""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, Final, Protocol, TypeVar

Thing = TypeVar("Thing")
Done = TypeVar("Done")
MOST_CALLS: Final = 16
"""The most calls of one client under way: its connections."""
_connecting: Final = Lock()


class Run(Protocol):
    """Does the work of each thing: what came of it, in their order. The first error of any passes through."""

    def __call__(self, work: Callable[[Thing], Done], things: Iterable[Thing], /) -> list[Done]:
        """Does all the work."""


def in_turn(work: Callable[[Thing], Done], things: Iterable[Thing], /) -> list[Done]:
    """Does one thing after the other, in this thread: what comes of it depends on nothing else."""
    return [work(thing) for thing in things]


def side_by_side(work: Callable[[Thing], Done], things: Iterable[Thing], /) -> list[Done]:
    """Does up to `MOST_CALLS` things at once, each in a thread of its own."""
    from concurrent.futures import ThreadPoolExecutor

    wanted = list(things)
    if len(wanted) < 2:
        return in_turn(work, wanted)
    with ThreadPoolExecutor(min(MOST_CALLS, len(wanted))) as pool:
        return list(pool.map(work, wanted))


def together(*reads: Callable[[], Any]) -> list[Any]:
    """The results of different reads, in their order, made side by side."""

    def read(each: Callable[[], Any]) -> Any:
        return each()

    return side_by_side(read, reads)


def client(service: str, **config: Any) -> Any:
    """A boto3 client, which threads may share; making one may not run twice at once. `config`: botocore's."""
    import boto3
    from botocore.config import Config

    make: Any = boto3.client  # its type has an overload for each service of AWS
    # unless it is given, a name is put together from the whole platform twice a call: a tenth of the processor's time
    with _connecting:
        return make(service, config=Config(user_agent="laurel", max_pool_connections=MOST_CALLS, **config))
