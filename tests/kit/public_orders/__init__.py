"""Orders that other projects publish, and what an independent reading makes of each.

The figures are theirs (README.md says whose); bodies and names are ours. `reads` is worked out by hand
from the platform's documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from laurel.domain.ledger.orders import OrderMoney
from laurel.domain.tracking.webhooks.events import Event

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sale:
    """An order as it must be read, in minor units.

    `back`: the goods that went back, by refund; `totals`: refunds that are totals, with whatever is in them.
    `left`: the goods that the customer kept and paid, None while nobody earns on them.
    """

    order_id: str
    goods: int
    currency: str = "USD"
    codes: tuple[str, ...] = ()
    money: OrderMoney = "collected"
    is_cancelled: bool = False
    back: Mapping[str, int] = field(default_factory=dict)
    totals: Mapping[str, int] = field(default_factory=dict)
    subscription: str | None = None
    payment: str | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A delivery. `topic`: of its header, or None for Stripe, which has it in the body. `why`: the reading in words.

    `reads`: the order, or the one event that it must be, without its time.
    """

    platform: str
    name: str
    topic: str | None
    body: Json
    reads: Sale | Event
    why: str
