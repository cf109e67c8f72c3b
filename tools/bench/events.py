"""The cost of events: what a counted order costs more, and a delivery; a program that follows none pays nothing."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from laurel.domain.events.endpoints import Endpoint, Progress
from laurel.domain.events.places import FeedPlace
from laurel.domain.program.programs import Features
from laurel.domain.rules.rulebook import Rulebook
from laurel.queue import EndpointMessage, Queue
from laurel.store import event_items
from laurel.workflows.events import sending
from tools.bench import samples, transitions
from tools.bench.capacity import Cost
from tools.bench.meter import Bill
from tools.bench.report import Row, Table, Target, figures
from tools.bench.samples import Seller
from tools.bench.world import Lab, World, world

_MOST_OF_AN_EVENT: Final = 2
_MOST_OF_A_DELIVERY: Final = 5
_EVENTS_OF_AN_ORDER: Final = 2
_NOTES: Final = (
    "More: units of the transaction above those of a program that keeps no events; an order is two events.",
    "Sent: one run for the events of K orders, to an endpoint that answers at once; the engine's SQS is not counted.",
)


class _Unheard(Queue):
    """A queue that takes every message."""

    def __init__(self) -> None:
        super().__init__("bench")

    def send(self, message: Any, after: timedelta = timedelta(0)) -> None:
        """Nobody waits for it: the bench takes it itself."""


def table(lab: Lab) -> Table:
    """The cost per event, by the number of orders that are counted together."""
    shop = world(lab, samples.template())
    rows: list[Row] = []
    for count in transitions.SIZES:
        plain = _counted(shop, shop.rulebook, count).cost
        told = _counted(shop, _following(shop), count).cost
        rows += [_told(count, plain, told), _sent(shop, count)]
    return Table("Events of K orders counted together", rows, _NOTES)


def _following(shop: World) -> Rulebook:
    program = shop.shop.program.model_copy(update={"features": Features(events=True)})
    return Rulebook.of(program, [], frozenset())


def _counted(shop: World, rulebook: Rulebook, count: int) -> Bill:
    seller = _settled(shop)
    recorded = shop.record(shop.shop.sales(seller, count, 1))
    return transitions.fold(shop, seller.member_id, rulebook, recorded)


def _settled(shop: World) -> Seller:
    seller = shop.seller()
    transitions.fold_new(shop, seller, 1)
    return seller


def _told(count: int, plain: Cost, told: Cost) -> Row:
    events = count * _EVENTS_OF_AN_ORDER
    more = (told.wru - plain.wru) / events
    is_met = more <= _MOST_OF_AN_EVENT and told.index_wru == plain.index_wru and told.trips == plain.trips
    aim = Target(f"<= {_MOST_OF_AN_EVENT} WRU an event, no index, no trip", is_met)
    return Row("told with the count", {"K": count, **figures(told), "more WRU/event": more}, aim)


def _sent(shop: World, count: int) -> Row:
    """One run of deliveries, of all that was told since a moment before."""
    at = samples.NOW
    identity = samples.new_id("end")
    endpoint = Endpoint(url="https://hooks.example/", endpoint_id=identity, created_at=at, updated_at=at)
    place = FeedPlace.at(at - timedelta(seconds=1))
    progress = Progress(endpoint_id=identity, place=place)
    shop.lab.load(
        [
            event_items.endpoint(shop.program_id, endpoint, [{"sealed": "whsec_c2VjcmV0"}]),
            event_items.progress(shop.program_id, progress, at, is_on=True),
        ]
    )
    sent: list[bytes] = []

    def post(_: str, __: Mapping[str, str], body: bytes) -> int:
        sent.append(body)
        return 200

    message = EndpointMessage(shop.program_id, identity)
    with shop.lab.meter.measure() as bill:
        sending.take(shop.lab.table, _Unheard(), lambda sealed, _: sealed, post, message, lambda: _later(at))
    a_delivery = bill.cost.wru / max(len(sent), 1)
    aim = Target(f"<= {_MOST_OF_A_DELIVERY} WRU a delivery", bool(sent) and a_delivery <= _MOST_OF_A_DELIVERY)
    return Row("sent to an endpoint", {"K": count, **figures(bill.cost), "WRU/delivery": a_delivery}, aim)


def _later(at: datetime) -> datetime:
    return at + timedelta(minutes=5)
