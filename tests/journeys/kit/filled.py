"""A program with something of every kind in it, and for the operations that need more, what they need."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.shop import at_least_one_sale
from tests.kit.shop_bodies import SECRET, signed

ORIGIN = "https://shop.example"
CODE = "ADA10"
OPTIONS = [
    {"name": "Standard", "default": True, "terms": {"type": "percent_of_sale", "percent": "10"}},
    {"name": "Gold", "terms": {"type": "flat_plus_percent", "amount": 500, "percent": "12.5"}},
]
LINKS = {"name": "Links", "kind": "link", "landing_url": f"{ORIGIN}/", "payout_options": OPTIONS[:1]}
LOGO = bytes.fromhex("89504e470d0a1a0a") + bytes(24)
Ids = dict[str, str]


@dataclass(slots=True)
class Filled:
    """`ids`: one of each kind, by the name that paths have for it."""

    admin: Api
    mails_to: Callable[[str], list[dict[str, Any]]]
    ids: Ids = field(default_factory=dict)
    shops: Ids = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def new(self, path: str, body: object, name: str) -> str:
        """The id of what is made."""
        return str(self.admin.post(path, body)[name])

    def sale(self, order_id: str, **changed: object) -> Ids:
        """An order of the member."""
        order = {"order_id": order_id, "amount": 10_000, "currency": "USD", "promo_code": CODE}
        order["storefront_id"] = self.ids["storefront_id"]
        return {"conversion_id": self.new("/v1/conversions", {**order, **changed}, "conversion_id")}

    def bonus(self, **changed: object) -> Ids:
        """A row that a hand made, for a member of its own."""
        body = {"member_id": self.ids["member_id"], "offer_id": self.ids["offer_id"], "amount": 700, **changed}
        return {"commission_id": self.new("/v1/commissions", body, "commission_id")}

    def member(self, name: str) -> Ids:
        """A member whom nobody was before."""
        body = {"email": f"{name}-{next(self.numbers)}@example.com", "first_name": name.title(), "status": "approved"}
        return {"member_id": self.new("/v1/members", body, "member_id")}

    def rule(self) -> Ids:
        body = {"name": "Hello", "conditions": [at_least_one_sale()], "actions": [self.pays]}
        return {"rule_id": self.new("/v1/rules", {**body, "enabled": False}, "rule_id")}

    @property
    def pays(self) -> dict[str, Any]:
        return {"type": "add_bonus_commission", "amount": 100}

    def draft(self, name: str, status: str = "draft") -> Ids:
        """A payout of one line, to a member of its own."""
        of = self.member(name)
        self.bonus(**of)
        eventually(lambda: self.due(of))
        day = self.admin.today()
        made = {"payout_id": self.new("/v1/payouts", {"until": day, "member_ids": [*of.values()]}, "payout_id")}
        self.become(made, "draft")
        if status == "confirmed":
            self.admin.post(f"/v1/payouts/{made['payout_id']}/confirm", {})
            self.become(made, "confirmed")
        return {**made, **of}

    def due(self, of: Ids) -> int:
        """What the next payout has for a member: nothing until their rows are counted."""
        return int(self.admin.get(f"/v1/reports/summary?member_id={of['member_id']}")["totals"]["payout_due"])

    def become(self, made: Ids, status: str) -> None:
        path = f"/v1/payouts/{made['payout_id']}"
        eventually(lambda: self.admin.get(path)["status"] == status)

    def token(self, address: str) -> Ids:
        """The link that asks the owner of an address."""
        self.admin.patch("/v1/program", {"sender_email": address})
        (mail,) = eventually(lambda: self.mails_to(address))
        (line,) = [line for line in mail["BodyText"].splitlines() if "/confirm-sender/" in line]
        return {"token": line.rpartition("/")[2]}

    def one_of(self, path: str, name: str) -> Ids:
        """The newest of a list, once there is one."""
        (newest, *_) = eventually(lambda: self.admin.get(path)["items"])
        return {name: str(newest[name])}


def filled(admin: Api, mails_to: Callable[[str], list[dict[str, Any]]]) -> Filled:
    """The program of `admin`, filled."""
    at = Filled(admin, mails_to)
    admin.patch(
        "/v1/program", {"user_fields": [{"name": "level", "label": "Level"}], "merchant_email": "a@example.com"}
    )
    at.ids["storefront_id"] = at.new(
        "/v1/storefronts", {"name": "Web shop", "platform": "api", "origins": [ORIGIN]}, "storefront_id"
    )
    for platform in ("api", "shopify", "woocommerce", "stripe"):
        shop = {"name": platform, "platform": platform, "webhook_secret": SECRET}
        at.shops[platform] = at.new("/v1/storefronts", shop, "storefront_id")
    at.ids |= at.member("ada")
    _enroll(at)
    at.ids["template_id"] = template(at)
    at.ids["key_id"] = admin.get("/v1/api-keys")["items"][0]["key_id"]
    greets = {"type": "send_mail", "to": "member", "template_id": at.ids["template_id"]}
    at.ids["paid_rule"] = at.new(
        "/v1/rules", {"name": "First", "conditions": [at_least_one_sale()], "actions": [at.pays, greets]}, "rule_id"
    )
    at.ids |= at.rule()
    _trade(at)
    return at


def _enroll(at: Filled) -> None:
    codes = at.admin.post("/v1/offers", {"name": "Codes", "kind": "promo_code", "payout_options": OPTIONS})
    at.ids |= {"offer_id": codes["offer_id"], "payout_option_id": codes["payout_options"][1]["payout_option_id"]}
    links = at.new("/v1/offers", LINKS, "offer_id")
    member_id = at.ids["member_id"]
    at.admin.put(f"/v1/offers/{at.ids['offer_id']}/enrollments/{member_id}", {"promo_code": CODE})
    at.ids["slug"] = at.admin.put(f"/v1/offers/{links}/enrollments/{member_id}", {})["link"]["slug"]


def _trade(at: Filled) -> None:
    at.sale("6000", occurred_at="2026-11-20T10:00:00Z")
    at.ids |= at.sale("6001")
    at.ids |= at.one_of(f"/v1/commissions?rule_id={at.ids['paid_rule']}", "commission_id")
    at.ids |= at.one_of(f"/v1/mails?rule_id={at.ids['paid_rule']}", "mail_id")
    at.ids |= {"payout_id": at.draft("drafted")["payout_id"]}
    at.ids["job_id"] = at.admin.get(f"/v1/payouts/{at.ids['payout_id']}")["job_id"]
    at.ids |= {name: refunded(at, "6002")[name] for name in ("refund_id",)}


def template(at: Filled) -> str:
    return at.new("/v1/mail-templates", {"name": "Hello", "subject": "Hello", "text": "Well done"}, "template_id")


def option(at: Filled) -> str:
    body = {"name": "Spare", "terms": {"type": "none"}}
    return at.new(f"/v1/offers/{at.ids['offer_id']}/payout-options", body, "payout_option_id")


def refunded(at: Filled, order_id: str) -> Ids:
    made = at.sale(order_id)
    refund = {"refund_id": f"re_{order_id}", "amount": 100, "reason": "refund"}
    at.admin.post(f"/v1/conversions/{made['conversion_id']}/refunds", refund)
    return {**made, "refund_id": f"re_{order_id}"}


def with_payee(at: Filled, name: str) -> Ids:
    of = at.member(name)
    at.admin.put(f"/v1/members/{of['member_id']}/payee", {"method": "paypal", "email": f"{name}@example.com"})
    return of


def backtested(at: Filled) -> Ids:
    first = f"2026-11-{1 + next(at.numbers) % 20:02}"  # another question each time: the same is one job while it runs
    asked = {"rule_id": at.ids["paid_rule"], "from": first, "to": "2026-11-25"}
    return {"job_id": at.new("/v1/rules/backtest", asked, "job_id")}


def connected(at: Filled) -> Ids:
    """A storefront with a connection to a shop that is not there."""
    access = {"api_key": "sk_test_1", "base_url": "http://127.0.0.1:9"}
    at.admin.patch(f"/v1/storefronts/{at.shops['stripe']}", {"connection": access})
    return {"storefront_id": at.shops["stripe"]}


def listening(at: Filled) -> Ids:
    """An endpoint at which nobody answers."""
    return {"endpoint_id": at.new("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/"}, "endpoint_id")}


def known(at: Filled) -> Ids:
    """The same one for all: a program has only a few."""
    if "endpoint_id" not in at.ids:
        at.ids |= listening(at)
    return {"endpoint_id": at.ids["endpoint_id"]}


def tried(at: Filled) -> Ids:
    """An event that such an endpoint did not take."""
    of = known(at)
    path = f"/v1/webhook-endpoints/{of['endpoint_id']}"
    at.admin.post(f"{path}/test", {})
    return of | at.one_of(f"{path}/deliveries", "delivery_id")


def delivered(at: Filled) -> Ids:
    """A body that nobody can read."""
    of = {"storefront_id": at.shops["shopify"]}
    headers = signed("shopify", "orders/paid", "{", datetime.now(UTC))
    at.admin.with_key(None).send("POST", f"/webhooks/{of['storefront_id']}/shopify", raw=b"{", **headers)
    return of | at.one_of(f"/v1/storefronts/{of['storefront_id']}/deliveries", "delivery_id")


def user(at: Filled) -> Ids:
    """A user whom nobody was before."""
    body = {"email": f"user-{next(at.numbers)}@example.com", "role": "viewer"}
    return {"user_id": at.new("/v1/users", body, "user_id")}


def pictured(at: Filled) -> Ids:
    """A program with a logo."""
    assert at.admin.send("PUT", "/v1/program/logo", raw=LOGO, Content_Type="image/png").status == 204
    return {}


def as_shown(value: Any, known: dict[str, str]) -> Any:
    """An example with the program's ids instead of those that stand in it."""
    text = json.dumps(value)
    for shown, own in known.items():
        text = text.replace(shown, own)
    return json.loads(text)


NEEDS: dict[str, Callable[[Filled], Ids]] = {
    "revoke_api_key": lambda at: {"key_id": at.new("/v1/api-keys", {"scopes": ["read"]}, "key_id")},
    "delete_template": lambda at: {"template_id": template(at)},
    "remove_payout_option": lambda at: {"payout_option_id": option(at)},
    "delete_rule": Filled.rule,
    "edit_rule": Filled.rule,
    "delete_marker": lambda at: at.one_of(f"/v1/commissions?rule_id={at.ids['paid_rule']}", "commission_id"),
    "attribute_conversion": lambda at: at.sale("unwon", promo_code="NOBODY"),
    "approve_conversion": lambda at: at.sale("approved"),
    "decline_conversion": lambda at: at.sale("declined"),
    "approve_commission": Filled.bonus,
    "decline_commission": Filled.bonus,
    "undo_refund": lambda at: refunded(at, "undone"),
    "list_refunds_of_conversion": lambda at: refunded(at, "refunded"),
    "erase_member": lambda at: at.member("erased"),
    "remove_payee": lambda at: with_payee(at, "unpaid"),
    "get_payee": lambda at: with_payee(at, "paid"),
    "confirm_payout": lambda at: at.draft("confirmed"),
    "cancel_payout": lambda at: at.draft("cancelled"),
    "fail_line": lambda at: at.draft("failing", "confirmed"),
    "get_statement": lambda at: at.draft("stated", "confirmed"),
    "get_file": lambda at: at.draft("filed", "confirmed"),
    "look_at_sender": lambda at: at.token("looked@laurel.example"),
    "confirm_sender": lambda at: at.token("confirmed@laurel.example"),
    "ask_sender": lambda at: at.token("asked@laurel.example"),
    "enroll": lambda at: {"member_id": at.ids["member_id"]},
    "sync_storefront": connected,
    "apply_rule": lambda at: {"rule_id": at.ids["paid_rule"]},
    "get_backtest": backtested,
    "take_postback": lambda at: {"storefront_id": at.shops["api"]},
    "take_from_shopify": lambda at: {"storefront_id": at.shops["shopify"]},
    "take_from_woocommerce": lambda at: {"storefront_id": at.shops["woocommerce"]},
    "take_from_stripe": lambda at: {"storefront_id": at.shops["stripe"]},
    **dict.fromkeys(("get_user", "edit_user", "remove_user"), user),
    "get_logo": pictured,
    "redeliver": tried,
    "delete_endpoint": listening,
    **dict.fromkeys(("get_endpoint", "edit_endpoint", "rotate_secret"), known),
    **dict.fromkeys(("list_event_deliveries", "replay_events"), known),
    "send_test": listening,  # where nothing waits for another try
    **dict.fromkeys(("list_deliveries", "get_delivery", "retry_delivery"), delivered),
    **dict.fromkeys(
        ("follow_link", "look_at_link", "report_click", "count_visit"), lambda at: {"slug": at.ids["slug"]}
    ),
}
"""Operation -> the ids that its example needs beside or instead of those of the program."""
