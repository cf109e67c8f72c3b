"""The orders that fake shops keep, as their APIs list them; each was put in as its webhook tells it."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
GID = "gid://shopify/"
SINCE = re.compile(r"updated_at:>='(\S+Z)'")
WOOCOMMERCE_ASKS = {"status", "modified_after", "dates_are_gmt", "orderby", "order", "per_page"}


class ShopifyOrders:
    """Resolvers of orders: the root value's methods are called with (info, **arguments), defaults among them."""

    def __init__(self) -> None:
        self.sold: dict[str, Json] = {}

    def sell(self, order: Json) -> None:
        """Keeps an order as it is by now, in place of what it was."""
        self.sold[str(order["id"])] = order

    def orders(self, _: Any, query: str, first: int, sortKey: str, **more: Any) -> Json:  # noqa: N803
        told = SINCE.fullmatch(query)
        assert told is not None, query
        assert sortKey == "UPDATED_AT"
        since = datetime.fromisoformat(told[1])
        found = sorted((_at(order), name) for name, order in self.sold.items() if _at(order) >= since)
        return _page([_order(self.sold[name]) for _, name in found], first, more.get("after"))

    def order(self, _: Any, id: str) -> Any:
        found = self.sold.get(id.removeprefix(f"{GID}Order/"))
        return None if found is None else _order(found)

    def refund(self, _: Any, id: str) -> Any:
        every = ((refund, order) for order in self.sold.values() for refund in order.get("refunds", ()))
        return next((_refund(refund, order) for refund, order in every if id.endswith(f"/{refund['id']}")), None)


class WooCommerceOrders:
    """`GET /orders` of REST v3."""

    def __init__(self) -> None:
        self.sold: dict[str, Json] = {}

    def sell(self, order: Json) -> None:
        """Keeps an order as it is by now, in place of what it was."""
        self.sold[str(order["id"])] = order

    def listed(self, url: str) -> list[Json]:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert set(asked) - {"exclude"} == WOOCOMMERCE_ASKS, asked
        assert (asked["orderby"], asked["order"], asked["dates_are_gmt"]) == ("modified", "asc", "true")
        in_trash = asked["status"] == "trash"
        found = [
            order
            for order in self.sold.values()
            if (order["status"] == "trash") == in_trash and order["date_modified_gmt"] > asked["modified_after"]
            if str(order["id"]) not in asked.get("exclude", "").split(",")
        ]
        found.sort(key=lambda order: (order["date_modified_gmt"], int(order["id"])))
        return found[: int(asked["per_page"])]


class StripeEvents:
    """`GET /v1/events`."""

    def __init__(self) -> None:
        self.happened: list[Json] = []

    def sell(self, event: Json) -> None:
        """Keeps an event."""
        self.happened.append({**event, "id": f"evt_{len(self.happened)}"})

    def listed(self, asked: dict[str, list[str]]) -> Json:
        assert len(asked["types[]"]) <= 20
        since, most = int(asked["created[gte]"][0]), int(asked["limit"][0])
        found = [each for each in self.happened if each["created"] >= since and each["type"] in asked["types[]"]]
        found.sort(key=lambda event: event["created"], reverse=True)
        ids = [event["id"] for event in found]
        first = ids.index(asked["starting_after"][0]) + 1 if "starting_after" in asked else 0
        return {"object": "list", "data": found[first : first + most], "has_more": len(found) > first + most}


def _at(order: Json) -> datetime:
    return datetime.fromisoformat(order["updated_at"]).astimezone(UTC)


def _utc(text: str | None) -> str | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _page(nodes: Sequence[Json], first: int, after: str | None) -> Json:
    start = 0 if after is None else int(after)
    end = start + first
    return {"nodes": nodes[start:end], "pageInfo": {"hasNextPage": end < len(nodes), "endCursor": str(end)}}


def _connection(nodes: Sequence[Json]) -> Callable[..., Json]:
    return lambda _, first, after=None, **__: _page(nodes, first, after)


def _money(part: Json, name: str, currency: str) -> Json | None:
    """A bag of the shop's money, of a set or of an amount alone."""
    told = (part.get(f"{name}_set") or {}).get("shop_money")
    if told is not None:
        return {"shopMoney": {"amount": told["amount"], "currencyCode": told["currency_code"]}}
    return _bag(part.get(name), currency)


def _bag(amount: Any, currency: str) -> Json | None:
    return None if amount is None else {"shopMoney": {"amount": str(amount), "currencyCode": currency}}


def _order(order: Json) -> Json:
    currency, status = order["currency"], order.get("financial_status")
    customer, page = order.get("customer") or {}, order.get("landing_site")
    sets = ("current_subtotal_price", "subtotal_price", "total_price", "current_total_price")
    return {
        "id": f"{GID}Order/{order['id']}",
        "legacyResourceId": str(order["id"]),
        "updatedAt": _utc(order["updated_at"]),
        "createdAt": _utc(order["created_at"]),
        "cancelledAt": _utc(order.get("cancelled_at")),
        "test": order.get("test", False),
        "currencyCode": currency,
        "displayFinancialStatus": None if status is None else status.upper(),
        "taxesIncluded": order.get("taxes_included", False),
        "discountCodes": [each["code"] for each in order.get("discount_codes", ())],
        "customAttributes": [{"key": n["name"], "value": n["value"]} for n in order.get("note_attributes", ())],
        **{f"{_camel(name)}Set": _money(order, name, currency) for name in sets},
        "lineItems": _connection([_line(line, currency) for line in order.get("line_items", ())]),
        "refunds": lambda _, first: [{"id": f"{GID}Refund/{each['id']}"} for each in order.get("refunds", ())[:first]],
        "email": order.get("email"),
        "customer": {"legacyResourceId": str(customer["id"])} if customer.get("id") else None,
        "customerJourneySummary": {"firstVisit": None, "lastVisit": page and {"landingPage": page}},
    }


def _line(line: Json, currency: str) -> Json:
    taxes = [{"rate": t.get("rate"), "priceSet": _money(t, "price", currency)} for t in line.get("tax_lines", ())]
    return {
        "quantity": line.get("quantity", 1),
        "currentQuantity": line.get("current_quantity", line.get("quantity", 1)),
        "isGiftCard": line.get("gift_card", False),
        "originalUnitPriceSet": _money(line, "price", currency) or _bag("0", currency),
        "taxLines": lambda _, first: taxes[:first],
    }


def _refund(refund: Json, order: Json) -> Json:
    currency = order["currency"]
    zero = _bag("0.00", currency)

    def bags(part: Json, *names: str) -> Json:
        return {f"{_camel(name)}Set": _money(part, name, currency) or zero for name in names}

    lines = [
        {**bags(line, "subtotal", "total_tax"), "lineItem": _line(line.get("line_item") or {}, currency)}
        for line in refund.get("refund_line_items", ())
    ]
    adjustments = [
        {**bags(each, "amount", "tax_amount"), "reason": _word(each.get("reason"))}
        for each in refund.get("order_adjustments", ())
    ]
    shipping = [bags(each, "subtotal_amount", "tax_amount") for each in refund.get("refund_shipping_lines", ())]
    sent = [
        {"kind": _word(each["kind"]), "status": _word(each["status"]), "amountSet": _bag(each["amount"], currency)}
        for each in refund.get("transactions", ())
    ]
    return {
        "legacyResourceId": str(refund["id"]),
        "createdAt": _utc(refund.get("created_at")),
        "refundLineItems": _connection(lines),
        "orderAdjustments": _connection(adjustments),
        "refundShippingLines": _connection(shipping),
        "transactions": _connection(sent),
        "duties": [{"amountSet": _money(refund, "total_duties", currency)}] if "total_duties_set" in refund else [],
    }


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _word(text: str | None) -> str | None:
    return None if text is None else text.upper().replace(" ", "_")
