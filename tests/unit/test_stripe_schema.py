"""Whatever Laurel asks of Stripe has the parameters that Stripe's own package knows, in the version that is asked."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe
from stripe._api_version import _ApiVersion

from laurel import connectors
from laurel.connectors.stripe import API_VERSION
from laurel.domain.shops.wanted import Wanted
from tests.kit.shop_bodies import stripe_event, stripe_session
from tests.kit.shops import server
from tests.kit.shops.stripe import CREDENTIALS, Stripe

AT = datetime(2026, 11, 2, tzinfo=UTC)
TERMS = ({"percent": "10"}, {"amount": 500})
PARAMETERS: dict[tuple[str, str], Any] = {
    ("GET", "/v1/promotion_codes"): stripe.PromotionCode.ListParams,
    ("POST", "/v1/promotion_codes"): stripe.PromotionCode.CreateParams,
    ("POST", "/v1/promotion_codes/{id}"): stripe.PromotionCode.ModifyParams,
    ("GET", "/v1/promotion_codes/{id}"): stripe.PromotionCode.RetrieveParams,
    ("GET", "/v1/coupons/{id}"): stripe.Coupon.RetrieveParams,
    ("POST", "/v1/coupons"): stripe.Coupon.CreateParams,
    ("GET", "/v1/events"): stripe.Event.ListParams,
}


class Noting(Stripe):
    """Keeps what it is asked: the kind of request, and the names of what was sent."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[tuple[str, str], set[str]]] = []

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        where = urlsplit(path)
        parts = where.path.split("/")
        kind = "/".join(parts if len(parts) < 4 else [*parts[:3], "{id}"])
        sent = {name.partition("[")[0] for name in parse_qs(where.query or body.decode())}
        self.asked.append(((method, kind), sent))
        return super().answer(method, path, headers, body)


@pytest.fixture(scope="module")
def asked() -> Iterator[list[tuple[tuple[str, str], set[str]]]]:
    """All that a code's life and a look at orders ask."""
    with server.opened(Noting()) as shop:
        line = connectors.connect("stripe", {**CREDENTIALS, "base_url": shop.url}, is_local=True)
        line.check()
        for number, terms in enumerate(TERMS):
            ends = {"starts_at": AT, "ends_at": AT.replace(year=2030)}
            wanted = Wanted.model_validate({"code": f"ADA{number}", "currency": "USD", **ends, **terms})
            made = line.create(wanted, "shc_1", str(number))
            line.find("OTHER", made.shop_id)
            line.end(made.shop_id, AT)
        shop.platform.sell(stripe_event("checkout.session.completed", stripe_session()))
        (told,) = line.changes(datetime(2020, 1, 1, tzinfo=UTC), None, 20).changes
        line.changes(AT, json.loads(told.read())["id"], 20)
        yield shop.platform.asked


def test_every_kind_of_request_was_tried(asked: list[tuple[tuple[str, str], set[str]]]):
    assert {kind for kind, _ in asked} == set(PARAMETERS)


def test_nothing_is_sent_that_stripe_does_not_know(asked: list[tuple[tuple[str, str], set[str]]]):
    unknown = [(kind, sent - set(PARAMETERS[kind].__annotations__)) for kind, sent in asked]
    assert [each for each in unknown if each[1]] == []


def test_all_that_stripe_needs_is_sent(asked: list[tuple[tuple[str, str], set[str]]]):
    missing = [(kind, PARAMETERS[kind].__required_keys__ - sent) for kind, sent in asked]
    assert [each for each in missing if each[1]] == []


def test_the_package_is_of_the_version_that_is_asked():
    assert _ApiVersion.CURRENT == API_VERSION
