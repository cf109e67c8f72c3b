"""Shopify's orders as its Admin API lists them, in the words of its webhooks.

The list has ids and times alone. An order that is not known as of then is read in pieces, each well within the cost
that one request may have: the order with its first lines, further lines, and each of its refunds.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from laurel.connectors import Change, Changes, Denied, Strange
from laurel.connectors.shopify_words import order_in_rest, refund_in_rest
from laurel.domain.values.model import instant_text

Ask = Callable[..., Any]
"""The data of a query with variables. Raises ShopError."""

_MONEY: Final = "{ shopMoney { amount currencyCode } }"
_MORE: Final = "pageInfo { hasNextPage endCursor }"
_LINE: Final = (
    f"quantity currentQuantity isGiftCard originalUnitPriceSet {_MONEY} taxLines(first: 5) {{ rate priceSet {_MONEY} }}"
)
LIST: Final = (
    "query ($since: String!, $page: String, $most: Int!) "
    "{ orders(query: $since, after: $page, first: $most, sortKey: UPDATED_AT) "
    f"{{ nodes {{ id legacyResourceId updatedAt }} {_MORE} }} }}"
)
ORDER: Final = (
    "query ($id: ID!) { order(id: $id) { legacyResourceId createdAt updatedAt cancelledAt test currencyCode "
    "displayFinancialStatus taxesIncluded discountCodes customAttributes { key value } "
    f"currentSubtotalPriceSet {_MONEY} subtotalPriceSet {_MONEY} totalPriceSet {_MONEY} currentTotalPriceSet {_MONEY} "
    f"lineItems(first: 25) {{ nodes {{ {_LINE} }} {_MORE} }} refunds(first: 250) {{ id }} }} }}"
)
LINES: Final = (
    "query ($id: ID!, $page: String) { order(id: $id) { lineItems(first: 25, after: $page) "
    f"{{ nodes {{ {_LINE} }} {_MORE} }} }} }}"
)
_BACK: Final = f"nodes {{ subtotalSet {_MONEY} totalTaxSet {_MONEY} lineItem {{ isGiftCard }} }} {_MORE}"
REFUND: Final = (
    "query ($id: ID!) { refund(id: $id) { legacyResourceId createdAt "
    f"refundLineItems(first: 30) {{ {_BACK} }} "
    f"orderAdjustments(first: 20) {{ nodes {{ reason amountSet {_MONEY} taxAmountSet {_MONEY} }} }} "
    f"refundShippingLines(first: 10) {{ nodes {{ subtotalAmountSet {_MONEY} taxAmountSet {_MONEY} }} }} "
    f"transactions(first: 20) {{ nodes {{ kind status amountSet {_MONEY} }} }} duties {{ amountSet {_MONEY} }} }} }}"
)
RETURNED: Final = (
    "query ($id: ID!, $page: String) { refund(id: $id) { refundLineItems(first: 30, after: $page) "
    f"{{ {_BACK} }} }} }}"
)
PERSON: Final = (
    "query ($id: ID!) { order(id: $id) { email customer { legacyResourceId } "
    "customerJourneySummary { firstVisit { landingPage } lastVisit { landingPage } } } }"
)
"""Needs scopes of its own, which a token may lack: then the order is read without it."""


def changes(ask: Ask, since: datetime, page: str | None, most: int) -> Changes:
    """A page of orders, those that changed first before others."""
    listed = _told(ask(LIST, since=f"updated_at:>='{instant_text(since)}'", page=page, most=most), "orders")
    found = tuple(_change(ask, node) for node in _nodes(listed))
    return Changes(found, _next(listed) if found else None)


def _change(ask: Ask, node: Mapping[str, Any]) -> Change:
    number, at = str(node.get("legacyResourceId")), _instant(node.get("updatedAt"))
    return Change("orders/updated", at, partial(_read, ask, str(node.get("id"))), number)


def _read(ask: Ask, order: str) -> bytes:
    """The body of an order as its webhook would have it."""
    told = _told(ask(ORDER, id=order), "order")
    lines = list(_all(ask, LINES, order, "order", "lineItems", _told(told, "lineItems")))
    refunds = [_refund(ask, str(refund.get("id"))) for refund in _list(told.get("refunds"))]
    return json.dumps(order_in_rest(told, lines, refunds, _person(ask, order))).encode()


def _refund(ask: Ask, refund: str) -> dict[str, Any]:
    told = _told(ask(REFUND, id=refund), "refund")
    lines = list(_all(ask, RETURNED, refund, "refund", "refundLineItems", _told(told, "refundLineItems")))
    return refund_in_rest(told, lines)


def _person(ask: Ask, order: str) -> Mapping[str, Any]:
    try:
        return _told(ask(PERSON, id=order), "order")
    except Denied:
        return {}


def _all(
    ask: Ask, query: str, owner: str, kind: str, name: str, first: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """All that a connection of `owner` has, of which `first` is the first page."""
    told = first
    yield from _nodes(told)
    while _nodes(told) and (page := _next(told)) is not None:
        told = _told(_told(ask(query, id=owner, page=page), kind), name)
        yield from _nodes(told)


def _told(data: Any, name: str) -> Mapping[str, Any]:
    """The object of that name. Raises Strange where there is none."""
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise Strange(f"Shopify answers without {name}")
    return found


def _nodes(connection: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _list(connection.get("nodes"))


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _next(connection: Mapping[str, Any]) -> str | None:
    info = connection.get("pageInfo")
    known = info if isinstance(info, dict) else {}
    return str(known.get("endCursor")) if known.get("hasNextPage") is True else None


def _instant(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError):
        return None
