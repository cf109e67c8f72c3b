"""News of an order, put to what is known of it: each fact under a key of its own, the newer news counts.

`told` is the one way in for shops, the API and hands. It only keeps facts; `worth` says what they make of the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.orders import NOTHING_TAKEN, Order, OrderMoney, OrderState
from laurel.domain.ledger.worth import with_facts
from laurel.domain.tracking.refunds import Refund
from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import ExchangeRate, Frozen, Instant, Money


class StateNews(Frozen):
    """The state and money of an order that is not known yet, as of `at`."""

    state: OrderState
    money: OrderMoney
    at: Instant


@dataclass(frozen=True, slots=True)
class News:
    """All that is told of an order at once; None is not told. `at`: the shop's time of it, None: its arrival.

    `amount`, `gross`: minor units of the order's currency. `refunds`: as they are by now; `lists_all`: they are all
    that the shop knows, so that one that it listed before and does not any more is undone.
    `currency`: of the amounts, where the shop tells.
    """

    at: datetime | None = None
    amount: Money | None = None
    gross: Money | None = None
    exchange_rate: ExchangeRate | None = None
    state: OrderState | None = None
    money: OrderMoney | None = None
    refunds: tuple[Refund, ...] = ()
    lists_all: bool = False
    currency: str | None = None

    @property
    def is_picture(self) -> bool:
        """True if it tells what no single fact does: the gross amount, or all refunds."""
        return self.lists_all or self.gross is not None


@dataclass(frozen=True, slots=True)
class Told:
    """An order before and after news: its row, and those of its refunds that are new or different.

    `new`: the ids of refunds that were not kept before. `is_known`: all that is new is the time of what was known.
    """

    before: Commission
    after: Commission
    refunds: tuple[Refund, ...]
    new: frozenset[str]
    is_known: bool

    @property
    def is_news(self) -> bool:
        """True if anything is to be written."""
        return self.after is not self.before or bool(self.refunds)


def told(row: Commission, known: Mapping[str, Refund], news: News, now: datetime) -> Told:
    """`row` after `news`. `known`: its refunds by id; where the news lists all, every one of them.

    Raises Invalid `currency_mismatch` for amounts in another currency: they are never taken by their number.
    """
    order, at = _order_of(row), news.at or now
    if news.currency not in {None, order.currency}:
        raise Invalid("currency_mismatch", f"the order is in {order.currency}", "/currency")
    clocks = _Clocks.of(order, row.created_at)
    facts: dict[str, Any] = {}
    if news.amount is not None and at >= clocks.amount:
        facts["amount"] = news.amount
        clocks = clocks._replace(amount=at)
    if (news.state or news.money) and at >= clocks.state:
        facts |= {"state": news.state or order.state, "money": news.money or order.money}
        clocks = clocks._replace(state=at)
    if news.exchange_rate is not None:
        facts["exchange_rate"] = news.exchange_rate
    changed = _newer(known, news, at, clocks.pictured)
    if news.is_picture and at >= clocks.pictured:
        facts["gross"] = order.gross if news.gross is None else news.gross
        clocks = clocks._replace(pictured=at)
    priced = order.reckoned(row.currency, **facts, **clocks.fields(row.created_at))
    after, refunds = _with_refunds(priced, row.currency, known, changed)
    new = frozenset(refund.refund_id for refund in refunds) - known.keys()
    following = with_facts(row, after, now)
    if following is row and refunds:
        following = row.revised(now)  # its version guards its refunds too, and names the line of its history
    is_known = _undated(after) == _undated(order) and all(is_same(each, known.get(each.refund_id)) for each in refunds)
    return Told(row, following, refunds, new, is_known)


def _undated(order: Order) -> Order:
    return order.model_copy(update={"told_at": None, "amount_at": None, "state_at": None})


def joined(row: Commission, parked: Sequence[Refund], state: StateNews | None, now: datetime) -> list[Told]:
    """What the news that waited for a new conversion make of it, in order of arrival; one step each, if any."""
    news = [News(refunds=(refund,)) for refund in sorted(parked, key=lambda refund: refund.place)]
    if state is not None:
        news.append(News(state.at, state=state.state, money=state.money))
    steps: list[Told] = []
    for each in news:
        step = told(steps[-1].after if steps else row, {}, each, now)
        if step.is_news:
            steps.append(step)
    return steps


def newer_state(known: StateNews | None, news: News, now: datetime) -> StateNews | None:
    """The state of an order that is not known itself, after `news`."""
    at = news.at or now
    if news.state is None or news.money is None or (known is not None and known.at > at):
        return known
    return StateNews(state=news.state, money=news.money, at=at)


def _order_of(row: Commission) -> Order:
    assert row.order is not None, "only orders have facts"  # noqa: S101
    return row.order


def _newer(known: Mapping[str, Refund], news: News, at: datetime, listed_at: datetime) -> list[Refund]:
    """The refunds that the news changes, as they are then. A list that is older than another one changes nothing."""
    if news.lists_all and at < listed_at:
        return []
    listed = {refund.refund_id for refund in news.refunds}
    gone = [
        refund.model_copy(update={"stands": False, "told_at": at})
        for refund in known.values()
        if news.lists_all and refund.is_listed and refund.stands and refund.refund_id not in listed
    ]
    return [*(refund for refund in news.refunds if is_newer(refund, known.get(refund.refund_id), listed_at)), *gone]


def is_newer(refund: Refund, known: Refund | None, listed_at: datetime | None = None) -> bool:
    """True for news of a refund: another fact than is known and not an older one, or the same at a newer time.

    `listed_at`: the time of the newest picture, which has told again what it listed; so a list need not be kept anew
    but for what it lists for the first time.
    """
    if known is None:
        return True
    if is_same(refund, known) and refund.is_listed:
        return not known.is_listed
    if is_same(refund, known):
        return refund.told_at is not None and refund.told_at > _known_at(known, listed_at)
    return refund.known_at() >= _known_at(known, listed_at)


def is_same(refund: Refund, known: Refund | None) -> bool:
    """True if both say the same of the refund, at whatever time."""
    return known is not None and (refund.asked, refund.is_total, refund.stands, refund.reason) == (
        known.asked,
        known.is_total,
        known.stands,
        known.reason,
    )


def _known_at(known: Refund, listed_at: datetime | None) -> datetime:
    if listed_at is None or not (known.is_listed and known.stands):
        return known.known_at()
    return max(known.known_at(), listed_at)


def _with_refunds(
    order: Order, currency: str, known: Mapping[str, Refund], changed: Sequence[Refund]
) -> tuple[Order, tuple[Refund, ...]]:
    """The order with the sums of its refunds anew, and each changed refund with what it took when it came."""
    applied = []
    for refund in changed:
        before, left = known.get(refund.refund_id), order.rest
        taken = order.taken if before is None else order.taken.changed(before.taken, -1)
        order = order.reckoned(currency, taken=taken.changed(refund.taken, 1))
        kept = {name: getattr(before, name) for name in _KEPT} if before else {"amount": left - order.rest}
        is_listed = refund.is_listed or (before is not None and before.is_listed)
        applied.append(refund.model_copy(update={**kept, "is_listed": is_listed}))
    return order, tuple(applied)


_KEPT: Final = ("amount", "created_at", "actor")
"""The parts of a refund that no later news of it changes."""


def takes_now(order: Order, refunds: Sequence[Refund]) -> list[int]:
    """The part of the order that each of all its `refunds` takes as things stand, the earlier ones first."""
    rest, taken, parts = order.amount, NOTHING_TAKEN, []
    for refund in refunds:
        taken = taken.changed(refund.taken, 1)
        left = order.model_copy(update={"taken": taken}).rest
        parts.append(rest - left)
        rest = left
    return parts


class _Clocks(NamedTuple):
    """The times of the newest news of an order's amount, of its state and money, and of its whole picture."""

    amount: datetime
    state: datetime
    pictured: datetime

    @staticmethod
    def of(order: Order, recorded_at: datetime) -> "_Clocks":
        pictured = order.told_at or recorded_at
        return _Clocks(order.amount_at or pictured, order.state_at or pictured, pictured)

    def fields(self, recorded_at: datetime) -> dict[str, datetime | None]:
        """As an order keeps them: what follows from another one is left out."""
        return {
            "told_at": None if self.pictured == recorded_at else self.pictured,
            "amount_at": None if self.amount == self.pictured else self.amount,
            "state_at": None if self.state == self.pictured else self.state,
        }
