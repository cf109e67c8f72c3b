"""Shopify's own examples."""

from typing import Any, Final

from laurel.domain.tracking.webhooks.events import DisputeTold, Ignored, RefundTold
from tests.kit.public_orders import Case, Json, Sale
from tests.kit.shop_bodies import shopify_dispute, shopify_money, shopify_order, shopify_refund

PLAYERS: Final = 450_789_469
"""Three players of 199.00 less 10.00 by a code, 6 % of tax on top; two of them are returned."""
SAMPLE: Final = 820_982_911_946_154_500


def order(order_id: int, now: str, total: str, lines: list[Json], currency: str = "USD", **changes: Any) -> Json:
    """An order that is paid unless `changes` say more. `now`: its goods; `total`: all that is to pay."""
    goods = shopify_money(now, currency)
    plain = {
        "currency": currency,
        "presentment_currency": currency,
        "subtotal_price": now,
        "subtotal_price_set": goods,
        "current_subtotal_price_set": goods,
        "total_price": total,
        "current_total_price": total,
        "line_items": lines,
        "discount_codes": [],
        "landing_site": None,
        "refunds": [],
    }
    return shopify_order(order_id, **{**plain, **changes})


def line(quantity: int, price: str, *taxes: tuple[str, float], back: int = 0) -> Json:
    told = [{"price": amount, "rate": rate} for amount, rate in taxes]
    return {"quantity": quantity, "current_quantity": quantity - back, "price": price, "tax_lines": told}


def returned(refund_id: int, *rows: tuple[str, str], order_id: int = PLAYERS, **changes: Any) -> Json:
    """A refund of lines: the price of each, and the tax on top of it."""
    lines = [
        {
            "quantity": 1,
            "subtotal_set": shopify_money(price, "USD"),
            "total_tax_set": shopify_money(tax, "USD"),
            "line_item": {"price": "199.00", "tax_lines": [{"price": tax, "rate": 0.06}] if float(tax) else []},
        }
        for price, tax in rows
    ]
    return shopify_refund(refund_id, order_id, refund_line_items=lines, **{"transactions": [], **changes})


def sent(amount: str) -> Json:
    return {"kind": "refund", "status": "success", "amount": amount, "currency": "USD"}


TENOFF: Final = [{"code": "TENOFF", "amount": "10.00", "type": "fixed_amount"}]
TWO: Final = returned(509_562_969, ("195.66", "3.98"), ("195.67", "3.98"), transactions=[sent("209.00")])


def players(**changes: Any) -> Json:
    lines = [line(1, "199.00", ("3.98", 0.06), back=back) for back in (1, 0, 1)]
    told = {
        "financial_status": "partially_refunded",
        "subtotal_price": "597.00",
        "subtotal_price_set": shopify_money("597.00", "USD"),
        "total_price": "598.94",
        "discount_codes": TENOFF,
        "refunds": [TWO],
    }
    return {**order(PLAYERS, "195.67", "199.65", lines), **told, **changes}


CASES: Final = tuple(
    Case("shopify", *case)
    for case in (
        (
            "two of three players are returned",
            "orders/updated",
            players(),
            Sale(str(PLAYERS), 58_700, codes=("TENOFF",), back={"509562969": 39_133}, left=19_567),
            "3 x 199.00 - 10.00 = 587.00 of goods; 195.66 + 195.67 went back; 195.67 are left, as it says itself",
        ),
        (
            "the same order is only authorised",
            "orders/updated",
            players(financial_status="authorized"),
            Sale(str(PLAYERS), 58_700, codes=("TENOFF",), back={"509562969": 39_133}, money="awaiting", left=19_567),
            "an authorisation is no money yet",
        ),
        (
            "the same order is cancelled",
            "orders/cancelled",
            players(cancelled_at="2025-07-02T11:31:25-05:00"),
            Sale(str(PLAYERS), 58_700, codes=("TENOFF",), back={"509562969": 39_133}, is_cancelled=True),
            "a cancelled order earns nothing, whatever is left of it",
        ),
        (
            "it is cancelled and refunded while its subtotal is still the old one",
            "orders/cancelled",
            players(
                financial_status="refunded",
                cancelled_at="2025-07-02T11:31:21-05:00",
                current_subtotal_price_set=shopify_money("587.00", "USD"),
                current_total_price="598.94",
                refunds=[returned(929_361_465, ("195.66", "3.98"), ("195.67", "3.98"), ("195.67", "3.98"))],
            ),
            Sale(str(PLAYERS), 117_400, codes=("TENOFF",), back={"929361465": 58_700}, is_cancelled=True),
            "what is in it and what went back of it would be 1174.00, but it is cancelled",
        ),
        (
            "three pieces of one article in euros",
            "orders/create",
            order(1_073_459_976, "224.97", "238.47", [line(3, "74.99", ("13.50", 0.06))], currency="EUR"),
            Sale("1073459976", 22_497, "EUR", left=22_497),
            "3 x 74.99; 13.50 of tax is on top",
        ),
        (
            "a part of it is paid",
            "orders/create",
            order(1_073_459_980, "199.00", "199.00", [line(1, "199.00")], financial_status="partially_paid"),
            Sale("1073459980", 19_900, money="awaiting", left=19_900),
            "not all of its money is in",
        ),
        (
            "nothing of it is paid",
            "orders/create",
            order(1_073_459_983, "199.00", "199.00", [line(1, "199.00")], financial_status="pending"),
            Sale("1073459983", 19_900, money="awaiting", left=19_900),
            "pending is the state of its payment",
        ),
        (
            "nine percent off by a code",
            "orders/create",
            order(
                1_073_459_981,
                "181.09",
                "181.09",
                [line(1, "199.00")],
                discount_codes=[{"code": "FAKE30", "amount": "17.91", "type": "percentage"}],
            ),
            Sale("1073459981", 18_109, codes=("FAKE30",), left=18_109),
            "199.00 - 17.91",
        ),
        (
            "two taxes on some of three articles",
            "orders/create",
            order(
                1_073_459_963,
                "255.92",
                "270.37",
                [
                    line(1, "129.99", ("7.81", 0.06), ("3.26", 0.025)),
                    line(1, "85.95"),
                    line(2, "19.99", ("2.39", 0.06), ("0.99", 0.025)),
                ],
            ),
            Sale("1073459963", 25_592, left=25_592),
            "129.99 + 85.95 + 2 x 19.99; 14.45 of taxes are on top",
        ),
        (
            "an order of a version that tells no current amounts",
            "orders/create",
            {
                **order(PLAYERS, "398.00", "409.94", [line(1, "199.00")] * 2, discount_codes=TENOFF),
                "current_subtotal_price_set": None,
                "current_total_price": None,
                "subtotal_price_set": None,
                "financial_status": "authorized",
            },
            Sale(str(PLAYERS), 39_800, codes=("TENOFF",), money="awaiting", left=39_800),
            "the subtotal is after discounts and without the tax, 11.94, that is on top",
        ),
        (
            "the refund of two players by itself",
            "refunds/create",
            TWO,
            RefundTold(str(PLAYERS), "509562969", 39_133),
            "195.66 + 195.67 of goods, though 209.00 were paid back",
        ),
        (
            "the refund of an old version names no prices",
            "refunds/create",
            shopify_refund(
                509_562_969,
                PLAYERS,
                refund_line_items=[{"id": 1, "quantity": 1}, {"id": 2, "quantity": 1}],
                transactions=[sent("209.00")],
            ),
            RefundTold(str(PLAYERS), "509562969", 20_900, is_total=True),
            "nobody says what the lines cost: 209.00 of money, with whatever is in it",
        ),
        (
            "a refund of five articles",
            "refunds/create",
            returned(
                890_088_186_047_892_400,
                *((price, "0.00") for price in ("89.99", "19.99", "24.99", "159.99", "119.99")),
                order_id=SAMPLE,
                transactions=[sent("75.00"), sent("10.00")],
            ),
            RefundTold(str(SAMPLE), "890088186047892400", 41_495),
            "the five prices; two transactions paid a part of it back, the goods went back all the same",
        ),
        (
            "a refund of shipping alone",
            "refunds/create",
            shopify_refund(
                929_361_471,
                PLAYERS,
                refund_line_items=[],
                refund_shipping_lines=[{"subtotal_amount_set": shopify_money("5.00", "USD")}],
                order_adjustments=[
                    {
                        "kind": "shipping_refund",
                        "reason": "Shipping refund",
                        "amount_set": shopify_money("-5.00", "USD"),
                        "tax_amount": "0.00",
                    }
                ],
                transactions=[sent("5.00")],
            ),
            Ignored("nothing_refunded"),
            "5.00 of shipping are no goods",
        ),
        (
            "a chargeback that is under review",
            "disputes/create",
            shopify_dispute(
                "under_review",
                id=285_332_461_850_802_050,
                order_id=SAMPLE,
                amount="11.50",
                currency="CAD",
                initiated_at="2021-12-31T19:00:00-05:00",
            ),
            DisputeTold(str(SAMPLE), "285332461850802050", 1_150, "open", currency="CAD"),
            "the bank has the money as long as it is open",
        ),
        (
            "the order that a merchant sends to try the webhook",
            "orders/updated",
            order(SAMPLE, "414.95", "414.95", [line(1, "414.95")], test=True, financial_status="voided"),
            Ignored("test"),
            "nobody bought anything",
        ),
        (
            "the edit of an order, without the order",
            "orders/edited",
            {"order_edit": {"id": 78_912_328_793_123_780, "order_id": SAMPLE, "line_items": {"additions": []}}},
            Ignored("no_order"),
            "it says which articles came in, not at what price",
        ),
    )
)
