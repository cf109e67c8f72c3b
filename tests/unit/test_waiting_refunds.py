"""Refunds that come before their order wait for it, each in one place however often it is told."""

from datetime import timedelta
from typing import Any

import pytest

from laurel.domain.tracking.facts import News
from laurel.domain.tracking.refunds import MOST_PARKED, OrderRef, Refund
from laurel.domain.values.errors import Conflict
from laurel.store.operations import Put
from laurel.workflows.tracking.order_facts import Place, park
from tests.unit.kit.builders import SATURDAY, SHOP, a_refund, an_id

PLACE = Place(an_id("prg"), OrderRef(SHOP, "1001"))


class Room:
    """The stub of an unknown order, and the refunds that wait beside it."""

    def __init__(self) -> None:
        self.stub: dict[str, Any] | None = None
        self.waiting: dict[str, Refund] = {}

    def tell(self, refund: Refund) -> None:
        ops = park(PLACE, self.stub, self.waiting, News(refund.told_at, refunds=(refund,)), SATURDAY)
        if ops:
            stub, kept = ops
            assert isinstance(stub, Put)
            assert isinstance(kept, Put)
            self.stub = dict(stub.item)
            place = kept.item["body"]["place"]
            self.waiting[refund.refund_id] = refund.model_copy(update={"place": place})


def dispute(name: str, minute: int, **changes: Any) -> Refund:
    return a_refund(name, 1_000, told_at=SATURDAY + timedelta(minutes=minute), reason="chargeback", **changes)


def test_a_dispute_told_again_and_again_takes_one_place_and_its_newest_news_counts():
    room = Room()
    for minute in range(3 * MOST_PARKED):
        room.tell(dispute("first", minute, stands=minute % 2 == 0))
    room.tell(dispute("second", 0))
    assert [each.place for each in room.waiting.values()] == [1, 2]
    assert room.waiting["first"].told_at == SATURDAY + timedelta(minutes=3 * MOST_PARKED - 1)


def test_the_room_for_different_refunds_is_bounded():
    room = Room()
    for number in range(MOST_PARKED):
        room.tell(dispute(f"r{number}", 1))
    with pytest.raises(Conflict, match="wait for it already"):
        room.tell(dispute("one more", 1))
