"""Shopify: an order as it stands whenever it changes, its refunds and its disputes, in the shop's own money.

An order is worth the goods that are in it now and those that its refunds took out of it: less its refunds, that is
what is left, whatever was edited, returned or exchanged. Gift cards and tips are no goods: what a gift card pays
counts once it buys some.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from laurel.domain.ledger.orders import OrderMoney, OrderState
from laurel.domain.tracking.landing_pages import CLICK_PARAMETER
from laurel.domain.tracking.webhooks import shopify_refunds as refunds
from laurel.domain.tracking.webhooks import wire
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    DisputeStanding,
    DisputeTold,
    Event,
    Ignored,
    RefundTold,
    StateTold,
    code_told,
)
from laurel.domain.tracking.webhooks.shopify_refunds import Refund, in_shop_money, refund_of
from laurel.domain.tracking.webhooks.wire import NOT_UNDERSTOOD, Part, Untold

_PICTURES: Final = frozenset({"orders/create", "orders/updated", "orders/edited", "orders/paid", "orders/cancelled"})
_CODES: Final = frozenset({"discounts/update", "discounts/delete"})
_DISPUTES: Final = frozenset({"disputes/create", "disputes/update"})
_PAID: Final = frozenset({"paid", "partially_refunded", "refunded"})
_AMOUNTS: Final = ("current_subtotal_price_set", "subtotal_price_set", "subtotal_price", "currency")
_STANDINGS: Final[Mapping[str | None, DisputeStanding]] = {
    "won": "won",
    "lost": "lost",
    "accepted": "lost",
    "prevented": "inquiry",
}
_ZERO: Final = Decimal(0)


def events(topic: str, body: Mapping[str, Any], currency: str) -> Iterator[Event]:
    """The events of a delivery. `currency`: that of a refund or dispute which names none."""
    yield from wire.told(_events(topic, Part.of(body), currency))


def _events(topic: str, body: Part, currency: str) -> Iterator[Event]:
    if topic in _PICTURES:
        yield _picture(topic, body)
    elif topic == "refunds/create":
        yield _refund(body, currency)
    elif topic in _DISPUTES:
        yield _dispute(body, currency)
    elif topic in _CODES:
        yield code_told(body.id("admin_graphql_api_id"), body.instant("updated_at"))
    else:
        yield UNKNOWN_TOPIC


def _picture(topic: str, order: Part) -> Event:
    state: OrderState = "cancelled" if topic == "orders/cancelled" or order.text("cancelled_at") else "standing"
    money = _money(topic, order)
    if order.says("test"):
        return Ignored("test")
    if order.tells(*_AMOUNTS):
        return _order(order.named("id"), order, state, money)
    if state == "cancelled" and order.tells("id"):
        return StateTold(order.named("id"), state, money, order.instant("updated_at"))
    return wire.NO_ORDER  # such as the edit in orders/edited, which orders/updated follows


def _money(topic: str, order: Part) -> OrderMoney:
    status = order.text("financial_status")
    if status == "voided":
        return "void"
    return "collected" if topic == "orders/paid" or status in _PAID else "awaiting"


def _order(order_id: str, order: Part, state: OrderState, money: OrderMoney) -> Event:
    currency = wire.currency(_currency(order))
    includes_tax = order.says("taxes_included")
    back = [refund_of(refund, currency, includes_tax=includes_tax) for refund in order.parts("refunds")]
    at = order.instant("updated_at")
    customer = order.part("customer")
    return wire.Order(
        order_id=order_id,
        amount=_goods(order, back, includes_tax=includes_tax),
        currency=currency,
        occurred_at=order.instant("created_at"),
        at=at,
        state=state,
        money=money,
        gross=_gross(order, back),
        refunds=tuple(_told(order_id, back, at)) if order.lists("refunds") else None,
        codes=[discount.get("code") for discount in order.parts("discount_codes")],
        click=_click(order),
        customer_id=customer.text("id"),
        email=order.get("email") or customer.get("email"),
    ).reported()


def _currency(order: Part) -> str | None:
    sets = ("current_subtotal_price_set", "subtotal_price_set")
    found = (order.part(name, "shop_money").text("currency_code") for name in sets)
    return next(filter(None, found), order.text("currency"))


def _goods(order: Part, back: list[Refund], *, includes_tax: bool) -> Decimal:
    """The goods that are in the order or were taken out of it by a refund, without tax."""
    inside = _taxes(order) if includes_tax else _ZERO
    now = order.part("current_subtotal_price_set", "shop_money").amount("amount")
    if now is None:  # an API version that does not tell
        ever = in_shop_money(order, "subtotal_price")
        if ever is None:
            raise Untold(NOT_UNDERSTOOD)
        return ever - inside - _gift_cards(order, "quantity")
    # the tax of the lines is told as it was charged at first, so that of what went back is no longer inside
    inside -= sum((refund.tax_inside for refund in back), _ZERO)
    left = now - inside - _gift_cards(order, "current_quantity") if now else _ZERO
    return left + sum((refund.goods for refund in back), _ZERO)


def _taxes(order: Part) -> Decimal:
    taxes = (in_shop_money(tax, "price") for line in order.parts("line_items") for tax in line.parts("tax_lines"))
    return sum(filter(None, taxes), _ZERO)


def _gift_cards(order: Part, quantity: str) -> Decimal:
    """The price of the gift cards in the order, which are sold without discounts and tax."""
    cards = (line for line in order.parts("line_items") if line.says("gift_card"))
    return sum(((in_shop_money(card, "price") or _ZERO) * (card.amount(quantity) or _ZERO) for card in cards), _ZERO)


def _gross(order: Part, back: list[Refund]) -> Decimal | None:
    """All that was ever to pay for the order; it only divides totals, so no order is lost over it."""
    try:
        ever, now = in_shop_money(order, "total_price"), in_shop_money(order, "current_total_price")
        paid = None if now is None else now + sum((refund.gross for refund in back), _ZERO)
    except Untold:
        return None
    return max((total for total in (ever, paid) if total is not None), default=None)


def _told(order_id: str, back: list[Refund], at: datetime | None) -> Iterator[RefundTold]:
    for refund in back:
        event = refunds.told(order_id, refund, at)
        if event.amount:
            yield event


def _click(order: Part) -> Any:
    noted = (note.get("value") for note in order.parts("note_attributes") if note.get("name") == CLICK_PARAMETER)
    return next(filter(None, noted), None) or wire.click_in(order.get("landing_site"))


def _refund(body: Part, currency: str) -> Event:
    """The refund when it is made; its fate is told by pictures of its order alone."""
    if not body.tells("order_id", "refund_line_items"):
        return wire.NO_ORDER
    order_id = body.named("order_id")
    refund = refund_of(body, wire.currency(refunds.currency_of(body) or currency), includes_tax=None)
    event = refunds.told(order_id, refund, body.instant("created_at") or body.instant("processed_at"))
    return event if event.amount else Ignored("nothing_refunded")


def _dispute(dispute: Part, currency: str) -> Event:
    """A dispute, at the latest of its times: it has none of its change."""
    order_id, dispute_id = dispute.id("order_id"), dispute.id("id")
    if order_id is None or dispute_id is None:
        return wire.NO_ORDER  # documented: the order of a dispute can be null
    code = wire.currency(dispute.text("currency") or currency)
    amount = dispute.amount("amount")
    if amount is None:
        raise Untold(NOT_UNDERSTOOD)
    units = wire.minor(amount, code)
    standing = "inquiry" if dispute.text("type") == "inquiry" else _STANDINGS.get(dispute.text("status"), "open")
    times = (dispute.instant(name) for name in ("initiated_at", "evidence_sent_on", "finalized_on"))
    at = max(filter(None, times), default=None)
    return DisputeTold(order_id, dispute_id, units, standing, at, code) if units else Ignored("nothing_disputed")
