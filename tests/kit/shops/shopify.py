"""Shopify's code discounts: every request is checked against Shopify's own schema, and takes of a shop's points."""

import json
from datetime import UTC, datetime
from typing import Any

from graphql import graphql_sync

from tests.kit.shops import shopify_costs
from tests.kit.shops.order_books import ShopifyOrders
from tests.kit.shops.shopify_costs import Bucket
from tests.kit.shops.shopify_schema import published

CREDENTIALS = {"shop": "glow.myshopify.com", "access_token": "shpat_1"}
PATH = "/admin/api/2026-10/graphql.json"


class Shopify(ShopifyOrders):
    def __init__(self, currency: str = "EUR") -> None:
        super().__init__()
        self.currency = currency
        self.nodes: dict[str, dict[str, Any]] = {}
        self.bucket = Bucket()

    def add(self, code: str, tags: tuple[str, ...] = (), **fields: Any) -> str:
        """A discount, such as the merchant makes by hand."""
        number = f"gid://shopify/DiscountCodeNode/{len(self.nodes) + 1}"
        self.nodes[number] = {"code": code, "tags": list(tags), "percentage": 0.5, "startsAt": "2026-01-01T00:00:00Z"}
        self.nodes[number] |= {"endsAt": None, "amount": None, **fields}
        return number

    def live(self) -> dict[str, Any]:
        """The codes that discount a cart now, with their percentages or amounts."""
        live = [node for node in self.nodes.values() if _is_begun(node) and not _is_over(node)]
        return {node["code"]: node["amount"] or node["percentage"] for node in live}

    def live_terms(self) -> dict[str, tuple[Any, Any]]:
        """The same with both: the part that each takes off, as Shopify writes it, or the amount."""
        return {n["code"]: (n["percentage"], n["amount"]) for n in self.nodes.values() if not _is_over(n)}

    def throttled(self) -> tuple[int, bytes]:
        return _refused("THROTTLED", Bucket(left=0, a_second=1).status(10, None))

    def answer(self, method: str, path: str, _: dict[str, str], body: bytes) -> tuple[int, bytes]:
        assert (method, path) == ("POST", PATH)
        asked = json.loads(body)
        points = shopify_costs.requested(published(), asked["query"], asked["variables"])
        if points > shopify_costs.MOST:
            return _refused("MAX_COST_EXCEEDED", self.bucket.status(points, None))
        if not self.bucket.has(points):
            return _refused("THROTTLED", self.bucket.status(points, None))
        done = graphql_sync(published(), asked["query"], self, variable_values=asked["variables"])
        self.bucket.take(taken := shopify_costs.actual(asked["query"], done.data))
        return 200, json.dumps({**done.formatted, "extensions": self.bucket.status(points, taken)}).encode()

    # Resolvers: the root value's methods are called with (info, **arguments), Shopify's own defaults among them.

    def shop(self, _: Any) -> dict[str, Any]:
        return {"currencyCode": self.currency}

    def codeDiscountNodes(self, _: Any, first: int, **__: Any) -> dict[str, Any]:  # noqa: N802
        return {"nodes": [self._node(number) for number in list(self.nodes)[:first]]}

    def codeDiscountNodeByCode(self, _: Any, code: str) -> Any:  # noqa: N802
        found = [number for number, node in self.nodes.items() if node["code"].lower() == code.lower()]
        return self._node(found[0]) if found else None

    def codeDiscountNode(self, _: Any, id: str) -> Any:  # noqa: N802
        return self._node(id) if id in self.nodes else None

    def discountCodeBasicCreate(self, _: Any, basicCodeDiscount: dict[str, Any]) -> Any:  # noqa: N802, N803
        sent = basicCodeDiscount
        missing = {"code", "context", "customerGets", "startsAt", "title"} - set(sent)
        if missing or any(node["code"].lower() == sent["code"].lower() for node in self.nodes.values()):
            code = "BLANK" if missing else "TAKEN"
            return {"userErrors": [{"code": code, "field": ["code"], "message": "Code must be unique"}]}
        number = self.add(sent["code"], tuple(sent.get("tags", ())))
        return self._set(number, sent)

    def discountCodeBasicUpdate(self, _: Any, id: str, basicCodeDiscount: dict[str, Any]) -> Any:  # noqa: N802, N803
        return self._set(id, basicCodeDiscount)

    def discountCodeDeactivate(self, _: Any, id: str) -> Any:  # noqa: N802
        if id not in self.nodes:
            return {"userErrors": [{"code": "INVALID", "field": ["id"], "message": "Discount does not exist"}]}
        self.nodes[id]["endsAt"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"codeDiscountNode": self._node(id), "userErrors": []}

    def _set(self, number: str, sent: dict[str, Any]) -> dict[str, Any]:
        value = sent["customerGets"]["value"]
        amount = value.get("discountAmount", {}).get("amount")
        self.nodes[number] |= {name: sent[name] for name in ("startsAt", "endsAt") if name in sent}
        self.nodes[number] |= {"percentage": value.get("percentage"), "amount": amount}
        return {"codeDiscountNode": self._node(number), "userErrors": []}

    def _node(self, number: str) -> dict[str, Any]:
        node = self.nodes[number]
        kind = "DiscountAmount" if node["amount"] else "DiscountPercentage"
        money = {"amount": node["amount"], "currencyCode": self.currency}
        value = {"__typename": kind, "percentage": node["percentage"], "amount": money}
        about = {name: node[name] for name in ("startsAt", "endsAt", "tags")}
        codes = {"nodes": [{"code": node["code"]}]}
        status = "EXPIRED" if _is_over(node) else "ACTIVE" if _is_begun(node) else "SCHEDULED"
        typed = {"__typename": "DiscountCodeBasic", "status": status, "codes": codes, "customerGets": {"value": value}}
        return {"id": number, "codeDiscount": {**about, **typed}}


def _refused(code: str, extensions: dict[str, Any]) -> tuple[int, bytes]:
    errors = [{"message": code.capitalize(), "extensions": {"code": code}}]
    return 200, json.dumps({"errors": errors, "extensions": extensions}).encode()


def _is_begun(node: dict[str, Any]) -> bool:
    return datetime.fromisoformat(node["startsAt"]) <= datetime.now(UTC)


def _is_over(node: dict[str, Any]) -> bool:
    return node["endsAt"] is not None and datetime.fromisoformat(node["endsAt"]) <= datetime.now(UTC)
