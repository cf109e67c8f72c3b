"""Independent pieces of work, in turn or side by side: calls to AWS wait for the network, not for each other."""

from collections.abc import Callable, Iterable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

if TYPE_CHECKING:
    from botocore.session import Session

Thing = TypeVar("Thing")
Done = TypeVar("Done")
MOST_CALLS: Final = 16
"""The most calls of one client under way: its connections."""
SERVICES: Final = ("dynamodb", "kms", "sesv2", "sqs")
"""The services of AWS that are called, each by a client."""
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
    """A client of AWS, which threads may share; making one may not run twice at once. `config`: botocore's."""
    from botocore.config import Config

    # unless it is given, a name is put together from the whole platform twice a call: a tenth of the processor's time
    named = Config(user_agent="laurel", max_pool_connections=MOST_CALLS, **config)
    with _connecting:
        return session().create_client(service, config=named)


@cache
def session() -> "Session":
    """The maker of all clients of this process. It is botocore's: to load boto3 around it is a tenth of a cold start.

    Whoever changes credentials meanwhile calls `session.cache_clear()`.
    """
    from botocore.loaders import Loader
    from botocore.session import get_session

    class Known(Loader):
        """botocore's descriptions of services, without looking twice through 400 folders for which there are."""

        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
            return [*SERVICES]

    made = get_session()
    made.register_component("data_loader", Known())
    return made
