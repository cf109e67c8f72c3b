"""Orders that other projects publish, signed and sent: what the customer kept of them is what can be earned on."""

import pytest

from tests.functional.kit.shop import Shop
from tests.kit.public_orders import Case, Sale
from tests.kit.public_orders.shopify import CASES as SHOPIFY
from tests.kit.public_orders.stripe import CASES as STRIPE
from tests.kit.public_orders.woocommerce import CASES as WOOCOMMERCE

SOLD = [(case, case.reads) for case in (*SHOPIFY, *WOOCOMMERCE, *STRIPE) if isinstance(case.reads, Sale)]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "stripe"])
def test_what_is_left_of_a_published_order_is_what_its_customer_kept(shop: Shop, platform: str):
    latest = {sale.order_id: (case, sale) for case, sale in SOLD if case.platform == platform and sale.left is not None}
    for case, sale in latest.values():
        assert shop.send(platform, case.topic or "", case.body).body["order_id"] == sale.order_id
        told = shop.conversion(platform, sale.order_id)
        assert told["amount"] - told["refunded_amount"] == sale.left, case.why
        assert (told["amount"], told["currency"]) == (sale.goods, sale.currency)


def test_a_published_order_that_was_cancelled_says_so_and_is_worth_nothing(shop: Shop):
    for case, sale in SOLD:
        if sale.is_cancelled:
            assert _sent(shop, case) == (sale.order_id, "cancelled")


def _sent(shop: Shop, case: Case) -> tuple[str, str]:
    answer = shop.send(case.platform, case.topic or "", case.body)
    told = shop.conversion(case.platform, answer.body["order_id"])
    assert told["commission"] == 0
    return told["order_id"], told["reason"]
