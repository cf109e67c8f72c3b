"""A merchant's world for one journey: its own offer, member, code and storefront in the stack's program."""

import itertools
import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.journeys.kit.client import Api, eventually

TEN_PERCENT = {"type": "percent_of_sale", "percent": "10"}


@dataclass(frozen=True, slots=True)
class Shop:
    """Orders go in by `storefront`; everything else is set up and looked at by `admin`."""

    admin: Api
    storefront: Api
    storefront_id: str
    offer_id: str
    member: dict[str, Any]
    code: str
    _orders: itertools.count = field(default_factory=lambda: itertools.count(1001))

    @property
    def member_id(self) -> str:
        return str(self.member["member_id"])

    def order(self, amount: int, **changed: object) -> dict[str, Any]:
        order = {"order_id": str(next(self._orders)), "amount": amount, "currency": "USD", "promo_code": self.code}
        return {**order, **changed}

    def sell(self, amount: int, **changed: object) -> dict[str, Any]:
        return dict(self.storefront.post("/v1/conversions", self.order(amount, **changed)))

    def rule(self, name: str, condition: dict[str, Any], *actions: dict[str, Any], **changed: object) -> dict[str, Any]:
        body = {"name": name, "enabled": True, "priority": 1, "offers": [self.offer_id], "conditions": [condition]}
        return dict(self.admin.post("/v1/rules", {**body, "actions": list(actions), **changed}))

    def declare_field(self, name: str) -> None:
        """One more user field of the program, whose fields other journeys use too."""
        known = self.admin.get("/v1/program")["user_fields"]
        if name not in [field["name"] for field in known]:
            self.admin.patch("/v1/program", {"user_fields": [*known, {"name": name, "label": name.title()}]})

    def template(self, subject: str, text: str) -> str:
        body = {"name": subject, "subject": subject, "text": text}
        return str(self.admin.post("/v1/mail-templates", body)["template_id"])

    def rows(self, **filters: str) -> list[dict[str, Any]]:
        query = "".join(f"&{name}={value}" for name, value in filters.items())
        return list(self.admin.get(f"/v1/commissions?member_id={self.member_id}&limit=100{query}")["items"])

    def bonus(self, rule: dict[str, Any]) -> dict[str, Any]:
        """The one row that the rule made, once it is there."""
        rows = eventually(lambda: self.rows(rule_id=rule["rule_id"]))
        assert len(rows) == 1
        return rows[0]

    def drain(self) -> None:
        """Returns once the stream has folded everything reported so far: a rule that looks at this very sale fired."""
        probe = self.rule("Probe", at_least_one_sale(), {"type": "add_bonus_commission", "amount": 0})
        self.sell(0)
        self.bonus(probe)


def at_least_one_sale() -> dict[str, Any]:
    return {"metric": "sales_count", "operator": "gte", "value": 1, "period": {"type": "all_time"}}


def week_above(value: int) -> dict[str, Any]:
    return {"metric": "commission_value", "operator": "gt", "value": value, "period": {"type": "current_week"}}


def open_shop(admin: Api, **option: object) -> Shop:
    """A promo-code offer at 10 %, a member with a code, and a storefront with its key."""
    storefront_id = admin.post("/v1/storefronts", {"name": "Web shop", "platform": "api"})["storefront_id"]
    key = admin.post("/v1/api-keys", {"scopes": ["storefront"], "storefront_id": storefront_id})["key"]
    options = [{"name": "Standard", "default": True, "terms": option or TEN_PERCENT}]
    offer = admin.post("/v1/offers", {"name": "Glow", "kind": "promo_code", "payout_options": options})
    code, member = join(admin, offer["offer_id"])
    return Shop(admin, admin.with_key(key), storefront_id, offer["offer_id"], member, code)


def join(admin: Api, offer_id: str) -> tuple[str, dict[str, Any]]:
    """A new member in the offer, and the code they got."""
    name = secrets.token_hex(6)
    member = admin.post("/v1/members", {"email": f"{name}@example.com", "first_name": "Ada", "last_name": name})
    code = f"ADA-{name.upper()}"
    admin.put(f"/v1/offers/{offer_id}/enrollments/{member['member_id']}", {"promo_code": code})
    return code, member
