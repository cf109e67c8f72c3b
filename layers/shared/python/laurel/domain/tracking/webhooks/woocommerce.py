"""WooCommerce: an order as it stands, sent whenever it changes, with all its refunds so far.

Its clock is `date_modified_gmt`; not every change moves it, so of two pictures of one time the later arrival counts.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from laurel.domain.ledger.orders import OrderMoney
from laurel.domain.tracking.landing_pages import CLICK_PARAMETER
from laurel.domain.tracking.webhooks import wire
from laurel.domain.tracking.webhooks.events import (
    UNKNOWN_TOPIC,
    Event,
    RefundTold,
    Refused,
    StateTold,
    SubscriptionNamed,
    code_told,
)
from laurel.domain.tracking.webhooks.wire import NO_ORDER, NOT_UNDERSTOOD, Part, Untold
from laurel.domain.values.money import EXPONENTS

_PICTURES: Final = frozenset({"order.created", "order.updated", "order.restored"})
_CODES: Final = frozenset({"coupon.updated", "coupon.deleted", "coupon.restored"})
_SUBSCRIPTIONS: Final = frozenset({"subscription.created", "subscription.updated"})
_SOLD: Final[Mapping[str, OrderMoney]] = {
    "processing": "collected",
    "completed": "collected",
    "refunded": "collected",
    "on-hold": "awaiting",
}
_FALLEN: Final = frozenset({"cancelled", "failed", "trash"})
_UNPAID: Final = frozenset({"pending", "checkout-draft"})
_NOBODY: Final = "0"
_FORBIDDEN: Final = (401, 403)
_SESSION_ENTRY: Final = "_wc_order_attribution_session_entry"
_RENEWAL: Final = "_subscription_renewal"
_WITHOUT_OFFSET: Final = len("2026-11-21T10:00:00")
_ZERO: Final = Decimal(0)


def events(topic: str, body: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a delivery."""
    yield from wire.told(_events(topic, Part.of(body)))


def _events(topic: str, body: Part) -> Iterator[Event]:
    if topic in _PICTURES:
        # the picture is made when it is sent, and what it restores went by its arrival: so does it
        at = None if topic == "order.restored" else _utc(body, "date_modified_gmt")
        yield _picture(body, at)
    elif topic == "order.deleted":
        # moved to the trash; the body is its id alone
        yield StateTold(body.named("id"), "cancelled", "awaiting") if body.tells("id") else NO_ORDER
    elif topic in _SUBSCRIPTIONS:
        yield _begun(body)
    elif topic in _CODES:
        yield code_told(body.id("id"), _utc(body, "date_modified_gmt"))
    else:
        yield UNKNOWN_TOPIC


def _picture(order: Part, at: datetime | None) -> Event:
    if order.part("data").get("status") in _FORBIDDEN:
        return Refused("orders_not_readable")  # the user who made the webhook may not see orders any more
    if not order.tells("status", "currency", "line_items"):
        return NO_ORDER
    order_id, status = order.named("id"), (order.text("status") or "").removeprefix("wc-")
    is_paid = _utc(order, "date_paid_gmt") is not None
    if status in _FALLEN:
        return StateTold(order_id, "cancelled", "collected" if is_paid else "awaiting", at)
    # a status of the shop's own sells once the payment is dated
    if status in _UNPAID or (status not in _SOLD and not is_paid):
        return StateTold(order_id, "standing", "awaiting", at)
    return _order(order_id, order, _SOLD.get(status, "collected"), at)


def _order(order_id: str, order: Part, money: OrderMoney, at: datetime | None) -> Event:
    currency = wire.currency(order.text("currency"))
    notes = {str(note.get("key")): note for note in reversed(order.parts("meta_data"))}
    return wire.Order(
        order_id=order_id,
        amount=_goods(order),
        currency=currency,
        occurred_at=_utc(order, "date_created_gmt"),
        at=at,
        money=money,
        gross=_gross(order, currency),
        refunds=_refunds(order_id, order, currency, at),
        codes=[coupon.get("code") for coupon in order.parts("coupon_lines")],
        click=_click(notes),
        customer_id=None if order.text("customer_id") == _NOBODY else order.text("customer_id"),
        email=order.part("billing").get("email"),
        subscription_id=notes[_RENEWAL].text("value") if _RENEWAL in notes else None,
    ).reported()


def _goods(order: Part) -> Decimal:
    """The lines after coupons, without tax and shipping, less the fees below zero, which are discounts too."""
    if not order.lists("line_items"):
        raise Untold(NOT_UNDERSTOOD)
    return _sum(order, "line_items") + sum((min(_ZERO, fee) for fee in _totals(order, "fee_lines")), _ZERO)


def _gross(order: Part, currency: str) -> Decimal | None:
    """Goods, shipping, fees and tax, whatever paid for them: a gift card lowers the order's `total`.

    It only divides totals, so no order is lost over it.
    """
    try:
        total = order.amount("total")
        parts = sum((_sum(order, name) for name in ("line_items", "fee_lines", "shipping_lines")), _ZERO)
        parts += order.amount("total_tax") or _ZERO
    except Untold:
        return None
    rounding = (len(order.parts("line_items")) + 2) * Decimal(1).scaleb(-EXPONENTS[currency])
    return parts if total is None or parts > total + rounding else total


def _refunds(order_id: str, order: Part, currency: str, at: datetime | None) -> tuple[RefundTold, ...] | None:
    told = tuple(_each_refund(order_id, order, currency, at))
    if order.text("status") == "refunded" and not told:  # the status alone says that all of it went back
        return (RefundTold(order_id, f"refunded:{order_id}", None, at=at),)
    return told if order.lists("refunds") else None


def _each_refund(order_id: str, order: Part, currency: str, at: datetime | None) -> Iterator[RefundTold]:
    for refund in order.parts("refunds"):
        amount, is_total = _size(refund)
        if units := wire.minor(amount, currency):
            yield RefundTold(order_id, refund.named("id"), units, is_total=is_total, at=at)


def _size(refund: Part) -> tuple[Decimal, bool]:
    """The size of a refund, and whether it is a total with shipping and tax in it: lines are told by some versions."""
    if any(refund.parts(name) for name in ("line_items", "shipping_lines", "fee_lines")):
        return abs(_sum(refund, "line_items")), False
    total = refund.get("total")
    bare = total.strip().lstrip("-") if isinstance(total, str) else total  # a minus is put before whatever it is
    return abs(Part({"total": bare}).amount("total") or _ZERO), True


def _begun(subscription: Part) -> Event:
    order_id, subscription_id = subscription.id("parent_id"), subscription.id("id")
    if order_id is None or order_id == _NOBODY or subscription_id is None:
        return NO_ORDER  # made by hand, or without an order
    return SubscriptionNamed(order_id, subscription_id)


def _click(notes: Mapping[str, Part]) -> Any:
    noted = notes[CLICK_PARAMETER].text("value") if CLICK_PARAMETER in notes else None
    return noted or (wire.click_in(notes[_SESSION_ENTRY].get("value")) if _SESSION_ENTRY in notes else None)


def _totals(part: Part, lines: str) -> list[Decimal]:
    return [line.amount("total") or _ZERO for line in part.parts(lines)]


def _sum(part: Part, lines: str) -> Decimal:
    return sum(_totals(part, lines), _ZERO)


def _utc(part: Part, name: str) -> datetime | None:
    """A date of WooCommerce's in UTC, which has no offset."""
    value = part.get(name)
    return wire.instant(f"{value}Z" if isinstance(value, str) and len(value) == _WITHOUT_OFFSET else value)
