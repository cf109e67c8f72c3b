"""Orders of WooCommerce's documents, of its app and of a connector."""

from typing import Any, Final

from laurel.domain.tracking.webhooks.events import StateTold, SubscriptionNamed
from tests.kit.public_orders import Case, Json, Sale
from tests.kit.shop_bodies import woocommerce_order, woocommerce_subscription


def order(order_id: int, total: str, lines: list[Json], **changes: Any) -> Json:
    """An order of dollars, in work unless `changes` say more. `total`: all that is to pay."""
    plain = {"currency": "USD", "total_tax": "0.00", "coupon_lines": [], "shipping_lines": [], "meta_data": []}
    return woocommerce_order(order_id, line_items=lines, total=total, **{**plain, **changes})


def line(quantity: float, total: str, tax: str = "0.00") -> Json:
    return {"quantity": quantity, "total": total, "total_tax": tax}


def shipped(total: str, tax: str = "0.00") -> list[Json]:
    return [{"total": total, "total_tax": tax}]


def sent_back(*refunds: tuple[int, str]) -> list[Json]:
    return [{"id": refund_id, "reason": "", "total": total} for refund_id, total in refunds]


THIRTY_OFF: Final[Json] = {
    "total_tax": "1.20",
    "shipping_lines": shipped("133.00"),
    "fee_lines": [{"name": "$125.50 fee", "total": "125.50", "total_tax": "0.00"}],
    "coupon_lines": [{"code": "30$off", "discount": "30", "discount_tax": "1.2"}],
    "refunds": None,
}
THIRTY_OFF_LINES: Final = [line(2, "30.00", "1.20"), line(1.5, "0.00")]

CASES: Final = tuple(
    Case("woocommerce", *case)
    for case in (
        (
            "two articles of one kind and one of another",
            "order.created",
            order(727, "29.35", [line(2, "6.00", "0.45"), line(1, "12.00", "0.90")], shipping_lines=shipped("10.00")),
            Sale("727", 1_800, left=1_800),
            "6.00 + 12.00; 10.00 of shipping and 1.35 of tax are no goods",
        ),
        (
            "two refunds that tell a total",
            "order.updated",
            order(
                723,
                "39.00",
                [line(1, "9.00"), line(1, "20.00")],
                status="completed",
                shipping_lines=shipped("10.00"),
                refunds=sent_back((726, "-10.00"), (724, "-9.00")),
            ),
            Sale("723", 2_900, totals={"726": 1_000, "724": 900}, left=1_487),
            "of 19.00 sent back of 39.00, the share of 29.00 of goods is 14.13",
        ),
        (
            "eight articles, two of them refunded",
            "order.updated",
            order(
                324,
                "304.45",
                [
                    line(units, total)
                    for units, total in enumerate(
                        ("13.50", "27.00", "32.40", "54.00", "40.50", "48.60", "12.60", "21.60"), start=1
                    )
                ],
                status="completed",
                shipping_lines=shipped("54.25"),
                refunds=sent_back((549, "-16.20"), (547, "-8.10")),
            ),
            Sale("324", 25_020, totals={"549": 1_620, "547": 810}, left=23_023),
            "250.20 of goods; of 24.30 the share 250.20 / 304.45 is 19.97",
        ),
        (
            "four refunds over the months",
            "order.updated",
            order(
                560,
                "1198.50",
                [
                    line(units, total)
                    for units, total in (
                        (3, "48.60"),
                        (10, "315.00"),
                        (2, "36.00"),
                        (3, "94.50"),
                        (2, "36.00"),
                        (4, "126.00"),
                        (2, "63.00"),
                        (7, "189.00"),
                    )
                ],
                shipping_lines=shipped("290.40"),
                refunds=sent_back((1172, "-63.00"), (1025, "-117.00"), (590, "-18.00"), (562, "-27.00")),
            ),
            Sale("560", 90_810, totals={"1172": 6_300, "1025": 11_700, "590": 1_800, "562": 2_700}, left=73_762),
            "908.10 of goods; of 225.00 the share 908.10 / 1198.50 is 170.48",
        ),
        (
            "all of it is refunded, shipping too",
            "order.updated",
            order(
                609,
                "223.71",
                [line(2, "180.00")],
                status="refunded",
                shipping_lines=shipped("43.71"),
                refunds=sent_back((622, "-223.71")),
            ),
            Sale("609", 18_000, totals={"622": 22_371}, left=0),
            "223.71 of 223.71 are all of the goods",
        ),
        (
            "a coupon makes one of two lines free, and half a piece is sold",
            "order.created",
            order(963, "31.20", THIRTY_OFF_LINES, **THIRTY_OFF),
            Sale("963", 3_000, codes=("30$off",), left=3_000),
            "the lines are after the coupon: 30.00 + 0.00; the fee of 125.50 is no goods",
        ),
        (
            "the same in dirhams",
            "order.created",
            order(963, "31.20", THIRTY_OFF_LINES, **{**THIRTY_OFF, "currency": "AED"}),
            Sale("963", 3_000, "AED", codes=("30$off",), left=3_000),
            "the amount is of the order's currency, whatever sign it has",
        ),
        (
            "prices with two percent of tax in them",
            "order.created",
            order(
                211,
                "33.30",
                [line(1, "17.65", "0.35")],
                prices_include_tax=True,
                total_tax="0.65",
                shipping_lines=shipped("15.00", "0.30"),
            ),
            Sale("211", 1_765, left=1_765),
            "totals of lines are without tax even where prices have it: 17.65 of 18.00",
        ),
        (
            "two gift cards pay most of it",
            "order.created",
            order(
                459,
                "4.00",
                [line(1, "18.00")],
                shipping_lines=shipped("10.00"),
                gift_cards=[{"id": 2, "code": "A", "amount": 20}, {"id": 4, "code": "B", "amount": 4}],
                meta_data=[
                    {"id": 1, "key": "_wc_order_attribution_session_entry", "value": "https://shop.example.com/shop/"},
                    {"id": 2, "key": "_wc_order_attribution_utm_source", "value": "example.com"},
                ],
            ),
            Sale("459", 1_800, left=1_800),
            "a gift card is a way to pay: the goods cost 18.00, though 4.00 are left to pay",
        ),
        (
            "the renewal of a subscription",
            "order.created",
            order(
                526, "14.50", [line(1, "14.50")], meta_data=[{"id": 1, "key": "_subscription_renewal", "value": "282"}]
            ),
            Sale("526", 1_450, subscription="282", left=1_450),
            "14.50, and it names its subscription",
        ),
        (
            "the subscription that an order began",
            "subscription.created",
            woocommerce_subscription(282, 281, currency="USD", total="14.50"),
            SubscriptionNamed("281", "282"),
            "parent_id is the first order",
        ),
        (
            "a composite article whose parts cost nothing",
            "order.created",
            order(421, "2300.00", [line(1, "2300.00"), *[line(1, "0.00")] * 3]),
            Sale("421", 230_000, left=230_000),
            "2300.00 + 3 x 0.00",
        ),
        (
            "it waits for cash on delivery",
            "order.created",
            order(205, "17.70", [line(1, "15.00", "2.70")], status="on-hold", currency="INR", total_tax="2.70"),
            Sale("205", 1_500, "INR", money="awaiting", left=1_500),
            "15.00; 18 % of tax is no goods, and no money is in",
        ),
        (
            "two of one kind in pounds",
            "order.updated",
            order(154, "90.00", [line(2, "90.00")], currency="GBP"),
            Sale("154", 9_000, "GBP", left=9_000),
            "the total of a line is of all its pieces",
        ),
        (
            "a merchant has begun to write it",
            "order.created",
            order(85, "0.00", [], status="draft", currency="GBP"),
            StateTold("85", "standing", "awaiting"),
            "a draft is no order yet",
        ),
    )
)
