"""Orders and visits of a day as the shop reports them, and what comes of orders later: refunds, disputes, decisions."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate, islice
from random import Random
from typing import Any, Final, Literal

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.tracking.clicks import ClickReport
from laurel.domain.tracking.conversions import ConversionReport
from laurel.domain.tracking.refunds import OrderRef, RefundReport
from laurel.domain.values.errors import Refusal
from laurel.store import keys
from laurel.workflows.earnings import approvals
from laurel.workflows.requests.access import Caller
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.tracking import clicks, ingestion, reading, refunds
from tools.year.backstage import Backstage, author
from tools.year.crew import Seller
from tools.year.opening import Scene

_BATCH: Final = 25
_NOBODYS: Final = 0.05
_BY_LINK: Final = 0.11
_OTHER_VISITS: Final = (3, 5, 7, 9)
_SMALLEST, _LARGEST = 900, 60_000
_RISK: Final = (("refund", 0.055), ("chargeback", 0.0015), ("declined", 0.004))
Fate = Literal["refund", "chargeback", "declined"]


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that happens to an order later."""

    fate: Fate
    order_id: str
    commission_id: str
    amount: int


@dataclass
class Ledger:
    """How far the shop's numbers are, and what is still to come, by day."""

    orders: int = 0
    visitors: int = 0
    turns: dict[date, list[Turn]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Buy:
    """An order that will be made. `seller`: by whose code or link; None: nobody's."""

    at: datetime
    amount: int
    seller: Seller | None
    by_link: bool


def trade(
    stage: Backstage,
    scene: Scene,
    everybody: Sequence[Seller],
    ledger: Ledger,
    count: int,
    hours: tuple[datetime, datetime],
) -> None:
    """Reports the day's visits and its orders, in the order of their hours."""
    buys = _buys(stage.rng, everybody, count, hours)
    request = stage.asked_by(scene.shop, hours[0])
    reports = [_report(stage, request, ledger, buy) for buy in buys]
    told = iter(zip(reports, buys, strict=True))
    while batch := list(islice(told, _BATCH)):
        _record(stage, request, scene, ledger, batch)


def evening(stage: Backstage, scene: Scene, ledger: Ledger, day: date, at: datetime) -> None:
    """Refunds and disputes that the shop tells of, and what Max declines."""
    program = stage.program
    for turn in ledger.turns.pop(day, ()):
        if turn.fate == "declined":
            _decline(stage, scene, turn, at)
            continue
        amount = None if turn.fate == "chargeback" or stage.rng.random() < 0.4 else max(1, turn.amount // 3)
        order = OrderRef(scene.shop.storefront_id or "", turn.order_id)
        told = RefundReport(refund_id=f"R{turn.order_id}", amount=amount, reason=turn.fate)
        refunds.refund_order(stage.table, program, order, told, Author(scene.shop.actor, at), at)


def _decline(stage: Backstage, scene: Scene, turn: Turn, at: datetime) -> None:
    decision = Decision(status="declined", reason="The member bought this themselves")
    approvals.decide(stage.table, stage.program_id, turn.commission_id, decision, author(scene.manager, at))


def _buys(rng: Random, everybody: Sequence[Seller], count: int, hours: tuple[datetime, datetime]) -> list[Buy]:
    selling = [seller for seller in everybody if seller.sells_on(hours[0].date())]
    linked = [seller for seller in selling if seller.slug]
    width = (hours[1] - hours[0]) / timedelta(seconds=1)
    made = []
    for _ in range(count):
        at = hours[0] + timedelta(seconds=int(rng.triangular(0, width, width * 0.8)))
        amount = min(_LARGEST, max(_SMALLEST, int(rng.lognormvariate(8.55, 0.55))))
        by_link = rng.random() < _BY_LINK
        known = linked if by_link else selling
        seller = None if rng.random() < _NOBODYS or not known else _drawn(rng, known)
        made.append(Buy(at, amount, seller, by_link))
    return sorted(made, key=lambda buy: buy.at)


def _drawn(rng: Random, known: Sequence[Seller]) -> Seller:
    return rng.choices(known, cum_weights=list(accumulate(seller.persona.pull for seller in known)))[0]


def _report(stage: Backstage, request: Request, ledger: Ledger, buy: Buy) -> dict[str, Any]:
    ledger.orders += 1
    told: dict[str, Any] = {
        "order_id": str(10_000 + ledger.orders),
        "amount": buy.amount,
        "currency": request.program.currency,
        "occurred_at": buy.at.isoformat(),
    }
    if buy.seller is None:
        return told | ({"promo_code": "WELCOME5"} if stage.rng.random() < 0.5 else {})
    if not buy.by_link or buy.seller.slug is None:
        return {**told, "promo_code": stage.rng.choice(buy.seller.codes)}
    for _ in range(stage.rng.choice(_OTHER_VISITS)):
        _visit(stage, request, ledger, buy.seller.slug, buy.at)
    clicked = _visit(stage, request, ledger, buy.seller.slug, buy.at)
    return {**told, "click_id": clicked} if clicked else told


def _visit(stage: Backstage, request: Request, ledger: Ledger, slug: str, before: datetime) -> str | None:
    """The id of a click some minutes before an hour."""
    ledger.visitors += 1
    at = before - timedelta(minutes=stage.rng.randrange(1, 25))
    asked = Request(request.program, request.by, None, "", at)
    told = ClickReport(slug=slug, visitor_id=f"v{ledger.visitors}")
    found = stage.table.batch_get([keys.link(slug)])
    return clicks.report(stage.table, asked, told, found)[0].click_id


def _record(
    stage: Backstage, request: Request, scene: Scene, ledger: Ledger, batch: Sequence[tuple[dict[str, Any], Buy]]
) -> None:
    program = request.program
    found = stage.table.batch_get(reading.first_keys(program.program_id, [told for told, _ in batch]))
    received = list(_received(Caller(program, scene.shop, found), batch))
    for done, (told, buy) in zip(ingestion.record_all(stage.table, program, received, found), batch, strict=True):
        if isinstance(done, Refusal):
            raise done
        if done.commission.member_id is not None:
            _note(stage.rng, ledger, told, buy, done.commission)


def _received(shop: Caller, batch: Sequence[tuple[Mapping[str, Any], Buy]]) -> Iterator[Any]:
    for told, buy in batch:
        digest = hashlib.sha256(str(told).encode()).hexdigest()
        report = ConversionReport.model_validate(told)
        yield ingestion.received(shop, report, digest, buy.at + timedelta(seconds=2))


def _note(rng: Random, ledger: Ledger, told: Mapping[str, Any], buy: Buy, row: Commission) -> None:
    """Draws what will come of an order, and when."""
    drawn = rng.random()
    for fate, risk in _RISK:
        if drawn < risk:
            wait = {"refund": rng.choice((1, 3, 5, 8, 12, 20, 45)), "chargeback": 35, "declined": 1}[fate]
            turn = Turn(fate, told["order_id"], row.commission_id, buy.amount)  # type: ignore[arg-type]
            ledger.turns.setdefault(buy.at.date() + timedelta(days=wait), []).append(turn)
            return
        drawn -= risk
