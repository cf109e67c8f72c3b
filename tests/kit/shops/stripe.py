"""Stripe's promotion codes: form bodies, coupons that exist once, terms that never change, answers kept by key."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.kit.shops.order_books import StripeEvents

CREDENTIALS = {"api_key": "rk_test_1"}
OF_COUPON = {"id", "duration", "percent_off", "amount_off", "currency"}
OF_CODE = {"coupon", "code", "expires_at", "metadata[laurel_code]"}


class Stripe(StripeEvents):
    def __init__(self) -> None:
        super().__init__()
        self.coupons: dict[str, dict[str, Any]] = {}
        self.nodes: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, tuple[int, Any]] = {}

    def add(self, code: str, **fields: Any) -> str:
        """A promotion code, such as the merchant makes by hand."""
        number = f"promo_{len(self.nodes)}"
        made = {"id": number, "code": code, "active": True, "metadata": {}, "expires_at": None}
        self.nodes[number] = {**made, "coupon": {"id": "theirs", "percent_off": 50.0}, **fields}
        return number

    def live(self) -> dict[str, str]:
        """The codes that discount a payment now, with what they take off."""
        found = [node for node in self.nodes.values() if node["active"]]
        return {n["code"]: str(n["coupon"].get("percent_off") or n["coupon"]["amount_off"]) for n in found}

    def throttled(self) -> tuple[int, bytes]:
        return 429, b'{"error": {"code": "rate_limit"}}'

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        key, where = headers.get("idempotency-key", ""), urlsplit(path)
        if where.path == "/v1/events":
            return 200, json.dumps(self.listed(parse_qs(where.query))).encode()
        sent = {name: values[0] for name, values in parse_qs(where.query or body.decode()).items()}
        told = self.kept.get(key) or self._answer(method, where.path.removeprefix("/v1/").split("/"), sent)
        if key:
            self.kept[key] = told
        return told[0], json.dumps(told[1]).encode()

    def _answer(self, method: str, parts: list[str], sent: dict[str, str]) -> tuple[int, Any]:
        kept = self.coupons if parts[0] == "coupons" else self.nodes
        if len(parts) == 2 and parts[1] not in kept:
            return 404, {"error": {"code": "resource_missing"}}
        if len(parts) == 2:
            if method == "POST":
                assert sent == {"active": "false"}
                kept[parts[1]]["active"] = False
            return 200, kept[parts[1]]
        if method == "GET":
            return 200, {"data": [n for n in kept.values() if sent.get("code", n["code"]).lower() == n["code"].lower()]}
        return self._coupon(sent) if kept is self.coupons else self._code(sent)

    def _coupon(self, sent: dict[str, str]) -> tuple[int, Any]:
        assert set(sent) <= OF_COUPON
        if sent["id"] in self.coupons:
            return 400, {"error": {"code": "resource_already_exists", "message": "Coupon already exists."}}
        told: dict[str, Any] = {**sent, "percent_off": None, "amount_off": None}
        told |= {"percent_off": float(sent["percent_off"])} if "percent_off" in sent else {}
        told |= {"amount_off": int(sent["amount_off"])} if "amount_off" in sent else {}
        self.coupons[sent["id"]] = told
        return 200, told

    def _code(self, sent: dict[str, str]) -> tuple[int, Any]:
        assert set(sent) <= OF_CODE
        if not sent["code"].replace("-", "").isalnum():
            return 400, {"error": {"message": "Promotion codes have letters, digits and dashes alone."}}
        if any(n["active"] and n["code"].lower() == sent["code"].lower() for n in self.nodes.values()):
            return 400, {"error": {"message": f"An active promotion code with `code: {sent['code']}` already exists."}}
        ends = int(sent["expires_at"]) if "expires_at" in sent else None
        marked = {"metadata": {"laurel_code": sent["metadata[laurel_code]"]}, "expires_at": ends}
        return 200, self.nodes[self.add(sent["code"], coupon=self.coupons[sent["coupon"]], **marked)]
