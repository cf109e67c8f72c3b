"""Deliveries that no shop should send, and what must be true of the table whatever they said."""

import json
import random
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission, conversion_id
from laurel.domain.ledger.orders import Order
from laurel.domain.tracking.refunds import Refund
from laurel.domain.values.money import EXPONENTS
from laurel.store import items as stored
from laurel.store import keys
from laurel.store.table import Table
from laurel.store.values import Item
from tests.functional.kit.shop import Shop
from tests.functional.kit.stream import event, everything
from tests.functional.kit.world import events
from tests.kit.mutations import mutated, written
from tests.kit.public_orders.shopify import CASES as SHOPIFY
from tests.kit.public_orders.stripe import CASES as STRIPE
from tests.kit.public_orders.woocommerce import CASES as WOOCOMMERCE
from tests.kit.shop_bodies import (
    Json,
    shopify_dispute,
    shopify_order,
    shopify_refund,
    stripe_charge,
    stripe_dispute,
    stripe_event,
    stripe_intent,
    stripe_invoice,
    stripe_refund,
    stripe_session,
    woocommerce_order,
    woocommerce_subscription,
)
from tools.places import EVENTS

WRITES: Final = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
KEPT: Final = (b'"commission"', b'"refund#', b'"payment"')
"""The sort keys of what deliveries tell of orders, in a request."""
_TOPICS: Final = {
    "shopify": ("orders/create", "orders/updated", "orders/cancelled", "orders/paid", "refunds/create"),
    "woocommerce": ("order.created", "order.updated", "order.deleted", "order.restored", "subscription.created"),
    "stripe": ("",),
}
_KINDS: Final = ("checkout.session.completed", "invoice.paid", "charge.refunded", "refund.failed", "charge.captured")


def samples() -> list[tuple[str, str, Any]]:
    """Every sound body that the tests know, with its platform and topic."""
    own: list[tuple[str, str, Json]] = [
        ("shopify", "orders/updated", shopify_order(refunds=[shopify_refund()])),
        ("shopify", "orders/create", shopify_order(taxes_included=True, financial_status="pending")),
        ("shopify", "refunds/create", shopify_refund()),
        ("shopify", "disputes/create", shopify_dispute()),
        ("woocommerce", "order.created", woocommerce_order(fee_lines=[{"total": "-5.00"}])),
        ("woocommerce", "order.updated", woocommerce_order(refunds=[{"id": 1, "total": "-9.00"}])),
        ("woocommerce", "order.updated", woocommerce_order(status="cancelled")),
        ("woocommerce", "subscription.created", woocommerce_subscription()),
        *(("stripe", "", stripe_event(kind, about)) for kind, about in _STRIPE),
    ]
    published = [(case.platform, case.topic or "", case.body) for case in (*SHOPIFY, *WOOCOMMERCE, *STRIPE)]
    return [*own, *published, *_examples()]


_STRIPE: Final[tuple[tuple[str, Json], ...]] = (
    ("checkout.session.completed", stripe_session()),
    ("checkout.session.completed", stripe_session(invoice="in_1", payment_intent=None, subscription="sub_1")),
    ("invoice.paid", stripe_invoice(metadata={"promo_code": "ADA10"})),
    ("invoice_payment.paid", {"id": "ip_1", "invoice": "in_1", "payment": {"payment_intent": "pi_1"}}),
    ("payment_intent.succeeded", stripe_intent(capture_method="manual", amount_received=10_000)),
    ("charge.refunded", stripe_charge(4_000)),
    ("refund.created", stripe_refund(1_000)),
    ("refund.failed", stripe_refund(1_000, status="failed")),
    ("charge.dispute.created", stripe_dispute()),
    ("charge.dispute.closed", stripe_dispute(status="won")),
)


def _examples() -> Iterator[tuple[str, str, Any]]:
    for case in events(EVENTS, "webhooks"):
        told = event("webhooks", case)
        platform = told["rawPath"].rpartition("/")[2]
        if platform in _TOPICS and is_json(told.get("body", "")):
            headers = told["headers"]
            topic = headers.get("x-shopify-topic") or headers.get("x-wc-webhook-topic") or ""
            yield platform, topic, json.loads(told["body"])


def is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


@dataclass
class Stranger:
    """Sends mutated deliveries, rightly signed; `outcomes`: how many ended how."""

    shop: Shop
    table: Table
    chance: random.Random
    outcomes: dict[str, int] = field(default_factory=dict)
    writes: int = 0

    def __post_init__(self) -> None:
        for name in WRITES:
            self.table._client.meta.events.register(
                f"before-call.dynamodb.{name}", self._note, unique_id=f"note {name}"
            )

    def send(self) -> None:
        """One delivery, and what must be true of its answer."""
        platform, topic, sample = self.chance.choice(_SAMPLES)
        topic = self.chance.choice(_TOPICS[platform]) if self.chance.random() < 0.1 else topic
        body = mutated(self.chance, _of_a_member(sample))
        if platform == "stripe" and isinstance(body, dict) and self.chance.random() < 0.1:
            body["type"] = self.chance.choice(_KINDS)
        raw, before = written(self.chance, body), self.writes
        answer = self.shop.send(platform, topic, raw)
        said = f"{platform} {topic} {raw.decode(errors='replace')} -> {answer}"
        assert answer.status == 200, said
        assert answer.body, said
        if not {"order_id", "payment"} & answer.body.keys():
            assert self.writes == before, f"nothing is told, and something written: {said}"
        elif not {"ignored", "refused"} & answer.body.keys():
            assert self._is_kept(platform, answer.body), f"it is told as kept, and is not: {said}"
        outcome = answer.body.get("refused") or answer.body.get("ignored") or "applied"
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def _is_kept(self, platform: str, told: Mapping[str, str]) -> bool:
        program_id, storefront_id = self.shop.world.program.program_id, self.shop.ids[platform]
        if "payment" in told:  # its order may not be known yet
            return self.table.get(keys.payment(program_id, storefront_id, told["payment"])) is not None
        known = conversion_id(program_id, storefront_id, told["order_id"])
        return self.table.get(keys.commission(program_id, known)) is not None

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self.writes += any(kind in params["body"] for kind in KEPT)


_SAMPLES: Final = samples()


def _of_a_member(sample: Any) -> Any:
    """The body with the code of a member, so that it earns."""
    body = deepcopy(sample)
    for name, coupon in (("discount_codes", "code"), ("coupon_lines", "code")):
        if isinstance(body, dict) and isinstance(body.get(name), list):
            body[name] = [{coupon: "ADA10", "amount": "1.00"}]
    if isinstance(body, dict) and isinstance(about := body.get("data", {}).get("object"), dict):
        about["metadata"] = {**(about.get("metadata") or {}), "promo_code": "ADA10"}
    return body


def wrongs(table: Table) -> Iterator[str]:
    """Rows that are not worth what their order's facts come to, and pieces whose other half is missing."""
    found: dict[str, list[Item]] = {}
    for item in everything(table):
        found.setdefault(item["pk"], []).append(item)
    for pk, together in found.items():
        rows = [item for item in together if item["sk"] == "commission"]
        refunds = [stored.parse(Refund, item) for item in together if item["sk"].startswith(keys.REFUNDS)]
        if refunds and not rows:
            yield f"{pk}: refunds of nothing"
        for item in rows:
            if item["kind"] == stored.STUB:
                yield from (f"{pk}: {refund} waits and is applied" for refund in refunds if not refund.is_parked)
            elif item["kind"] != "click tally":
                yield from (f"{pk}: {wrong}" for wrong in _of_row(stored.parse(Commission, item), refunds))


def _of_row(row: Commission, refunds: list[Refund]) -> Iterator[str]:
    if row.order is None:
        return
    standing = [refund for refund in refunds if refund.stands and refund.asked != 0]
    goods = sum(refund.asked or 0 for refund in standing if not refund.is_total)
    totals = sum(refund.asked or 0 for refund in standing if refund.is_total)
    whole = max(row.order.gross or 0, row.order.amount)
    asked = goods + (_half_up(Fraction(totals * row.order.amount, whole)) if whole else totals)
    is_whole = any(refund.asked is None for refund in standing)
    back = row.order.amount if is_whole else min(row.order.amount, asked)
    if row.order.refunded_amount != back:
        yield f"{row.order.refunded_amount} are refunded of {row.order}, not {back}"
    is_nothing = (
        row.order.state == "cancelled" or row.order.money == "void" or (is_whole or 0 < asked >= row.order.amount)
    )
    if row.member_id is not None and row.type == "sale":
        earned = (
            0
            if is_nothing
            else _half_up(Fraction(_in_euros(row.order, row.order.amount) - _in_euros(row.order, back), 10))
        )
        if row.amount != earned:
            yield f"{row.amount} are earned of {row.order} with {refunds}, not {earned}"
        status = "declined" if is_nothing else "pending" if row.order.money == "awaiting" else "approved"
        if row.status != status:
            yield f"{row.status} is {row.order}, not {status}"


def _in_euros(order: Order, amount: int) -> int:
    if order.currency == "EUR":
        return amount
    rate = Fraction(order.exchange_rate or 0)
    return _half_up(amount * rate * Fraction(10) ** (EXPONENTS["EUR"] - EXPONENTS[order.currency]))


def _half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))
