"""Shopify's Admin API says in other words what its webhooks say; here its orders are put into those of the webhooks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
Told = Mapping[str, Any]


def order_in_rest(order: Told, lines: Sequence[Told], refunds: Sequence[Told], person: Told) -> dict[str, Any]:
    """An order as a webhook has it. `refunds`: in those words already. `person`: empty where it may not be seen."""
    told: dict[str, Any] = _in_rest({**order, "lineItems": None})
    return {
        **told,
        "id": order.get("legacyResourceId"),
        "currency": order.get("currencyCode"),
        "financial_status": _small(order.get("displayFinancialStatus")),
        "discount_codes": [{"code": code} for code in order.get("discountCodes") or ()],
        "note_attributes": [
            {"name": each.get("key"), "value": each.get("value")} for each in _list(order, "customAttributes")
        ],
        "line_items": [_line(line) for line in lines],
        "refunds": list(refunds),
        "email": person.get("email"),
        "customer": {"id": _object(person, "customer").get("legacyResourceId")},
        "landing_site": _landing_page(_object(person, "customerJourneySummary")),
    }


def refund_in_rest(refund: Told, lines: Sequence[Told]) -> dict[str, Any]:
    """A refund as a webhook has it."""
    adjustments = _list(_object(refund, "orderAdjustments"), "nodes")
    return {
        "id": refund.get("legacyResourceId"),
        "created_at": refund.get("createdAt"),
        "refund_line_items": [{**_in_rest(line), "line_item": _article(_object(line, "lineItem"))} for line in lines],
        "order_adjustments": [{**_in_rest(each), "reason": _small(each.get("reason"))} for each in adjustments],
        "refund_shipping_lines": [_in_rest(each) for each in _list(_object(refund, "refundShippingLines"), "nodes")],
        "transactions": [_payment(each) for each in _list(_object(refund, "transactions"), "nodes")],
        "total_duties_set": _sum(_object(duty, "amountSet", "shopMoney") for duty in _list(refund, "duties")),
    }


def _line(line: Told) -> dict[str, Any]:
    return {**_in_rest(line), **_article(line), "price_set": _in_rest(_object(line, "originalUnitPriceSet"))}


def _article(line: Told) -> dict[str, Any]:
    return {"gift_card": line.get("isGiftCard") is True}


def _payment(payment: Told) -> dict[str, Any]:
    """A transaction, in the shop's money; webhooks tell it in the customer's."""
    money = _object(payment, "amountSet", "shopMoney")
    named = {"kind": _small(payment.get("kind")), "status": _small(payment.get("status"))}
    return {**named, "amount": money.get("amount"), "currency": money.get("currencyCode")}


def _sum(amounts: Iterable[Told]) -> dict[str, Any]:
    return {"shop_money": {"amount": str(sum((_decimal(each.get("amount")) for each in amounts), Decimal(0)))}}


def _decimal(text: Any) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return Decimal(0)


def _landing_page(journey: Told) -> Any:
    """The page that the visit began with which brought the order."""
    pages = (_object(journey, visit).get("landingPage") for visit in ("lastVisit", "firstVisit"))
    return next(filter(None, pages), None)


def _in_rest(value: Any) -> Any:
    """The same with its names in small letters and underscores."""
    if isinstance(value, Mapping):
        return {_HUMP.sub("_", name).lower(): _in_rest(each) for name, each in value.items()}
    return [_in_rest(each) for each in value] if isinstance(value, list) else value


def _small(word: Any) -> str | None:
    return word.lower() if isinstance(word, str) else None


def _object(told: Told, *path: str) -> Told:
    for name in path:
        inner = told.get(name)
        told = inner if isinstance(inner, Mapping) else {}
    return told


def _list(told: Told, name: str) -> list[Told]:
    value = told.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
