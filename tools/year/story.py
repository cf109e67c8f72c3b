"""The days of the year in their order, from the night to the evening."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from laurel.store import items
from laurel.store.operations import Put
from laurel.workflows.program import programs
from tools.failure import Say
from tools.year import trade
from tools.year.backstage import Backstage
from tools.year.crew import Seller, crew, morning
from tools.year.opening import Scene, opened
from tools.year.paydays import Paydays
from tools.year.plan import Size
from tools.year.trade import Ledger

NIGHT, MORNING, SHOP_OPENS, SHOP_CLOSES, EVENING = time(3), time(3, 30), time(5), time(20, 30), time(21, 30)
"""UTC; Berlin's midnight lies between an evening and the next night."""
_WHOLE_ENOUGH: Final = timedelta(hours=8)
"""A day that has just begun has no trade yet."""
_HOLD: Final = timedelta(days=40)
"""So long ago the merchant began to hold orders back, so that some wait."""
_HOLDS: Final = {"approval": {"mode": "hold", "hold_days": 14}}


@dataclass(frozen=True, slots=True)
class Told:
    """The year as it went. `ada`: the member who has all there is."""

    scene: Scene
    everybody: Sequence[Seller]
    ada: Seller
    orders: int


def play(stage: Backstage, size: Size, now: datetime, landing_url: str, say: Say) -> Told:
    """Plays the year that ends `now`; The program and its owner are in the table.

    `landing_url`: where links lead.
    """
    last = (now - _WHOLE_ENOUGH).date()
    first = size.first_day(last)
    _date_back(stage, _at(first, NIGHT))
    scene = opened(stage, _at(first, NIGHT), landing_url)
    year = _Year(stage, scene, crew(stage.rng, size, last), Ledger(), Paydays())
    for day, count in size.orders_of_days(last).items():
        year.pass_day(day, count, now, last)
        if day.day == 1:
            say(f"  until {day}   {year.ledger.orders:7,} orders   {stage.post.sent:5,} mails")
    return Told(scene, year.everybody, year.everybody[0], year.ledger.orders)


@dataclass
class _Year:
    stage: Backstage
    scene: Scene
    everybody: list[Seller]
    ledger: Ledger
    paydays: Paydays

    def pass_day(self, day: date, count: int, now: datetime, last: date) -> None:
        """A day; the last one ends `now`, with a draft of what is due by then."""
        stage, scene = self.stage, self.scene
        stage.pass_night(_at(day, NIGHT))
        if last - day == _HOLD:
            programs.edit(stage.table, stage.program, _HOLDS, None, _at(day, NIGHT))
        morning(stage, scene, self.everybody, day, _at(day, MORNING))
        if day == last:
            self.paydays.draft(stage, scene, day - timedelta(days=1), _at(day, MORNING), "paypal")
        else:
            self.paydays.pass_day(stage, scene, day, _at(day, MORNING))
        hours = _at(day, SHOP_OPENS), min(_at(day, SHOP_CLOSES), now - timedelta(minutes=30))
        trade.trade(stage, scene, self.everybody, self.ledger, count, hours)
        evening = min(_at(day, EVENING), now - timedelta(minutes=1))
        trade.evening(stage, scene, self.ledger, day, evening)
        stage.settle(evening)


def _date_back(stage: Backstage, at: datetime) -> None:
    """Has the program begun then, so that it has closed its days since."""
    program = stage.program.model_copy(update={"created_at": at, "updated_at": at})
    stage.table.write(Put(items.program(program)))


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, UTC)
