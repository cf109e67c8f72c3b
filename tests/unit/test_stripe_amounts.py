"""What is commissioned of a payment by Stripe: goods after discounts, without tax and shipping, for money that came."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks import stripe
from laurel.domain.tracking.webhooks.events import OrderTold, PaymentRefunded
from tests.kit.shop_bodies import Json, stripe_charge, stripe_event, stripe_intent, stripe_invoice, stripe_session
from tests.unit.kit.builders import steady


def order(kind: str, about: Json) -> OrderTold:
    event = next(stripe.events(stripe_event(kind, about)))
    assert isinstance(event, OrderTold)
    return event


def checkout(**changes: Any) -> OrderTold:
    return order("checkout.session.completed", stripe_session(**changes))


def invoice(**changes: Any) -> OrderTold:
    return order("invoice.paid", stripe_invoice(**changes))


def intent(**changes: Any) -> OrderTold:
    return order("payment_intent.succeeded", stripe_intent(**changes))


def test_tax_inside_the_prices_of_a_checkout_is_not_commissioned():
    inside = {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 1_900}
    placed = checkout(amount_subtotal=11_900, amount_total=11_900, total_details=inside)
    assert (placed.report.amount, placed.gross) == (10_000, 11_900)


def test_tax_inside_the_prices_of_an_invoice_is_not_commissioned():
    paid = invoice(subtotal=11_900, total=11_900, total_excluding_tax=10_000, amount_paid=11_900)
    assert (paid.report.amount, paid.gross) == (10_000, 11_900)


def test_discounts_of_items_are_taken_off_once():
    discounts = [{"amount": 2_523, "discount": "di_1"}, {"amount": 870, "discount": "di_of_an_item"}]
    told = {"subtotal": 25_230, "total_discount_amounts": discounts, "total_excluding_tax": 22_707}
    assert invoice(**told, total=22_707, amount_paid=22_707).report.amount == 22_707


@pytest.mark.parametrize(
    "cost",
    [
        {"amount_subtotal": 1_190, "amount_tax": 190, "amount_total": 1_190},  # tax inside the price of shipping
        {"amount_subtotal": 1_000, "amount_tax": 190, "amount_total": 1_190},  # and on top of it
    ],
)
def test_shipping_is_not_commissioned_whatever_its_price_includes(cost: Json):
    told = cost["amount_subtotal"]
    details = {"amount_shipping": told, "amount_tax": 2_090}
    assert checkout(amount_total=13_090, total_details=details, shipping_cost=cost).report.amount == 10_000
    billed = {"total": 13_090, "total_excluding_tax": 11_000, "amount_paid": 13_090, "amount_shipping": told}
    assert invoice(**billed, shipping_cost=cost).report.amount == 10_000
    assert invoice(**billed | {"amount_shipping": None}, shipping_cost=cost).report.amount == 10_000


def test_odd_shipping_is_taken_as_the_sum_of_it_is_told():
    odd = {"amount_subtotal": 5, "amount_tax": 900_000, "amount_total": 7}
    assert checkout(shipping_cost=odd).report.amount == 15_040
    assert checkout(shipping_cost={"amount_total": None}).report.amount == 15_040
    assert invoice(amount_shipping=None, shipping_cost=odd).report.amount == 15_040


def test_what_a_customers_credit_settles_is_not_commissioned_again():
    paid = invoice(total=10_000, total_excluding_tax=10_000, amount_due=7_000, amount_paid=7_000)
    assert (paid.report.amount, paid.gross) == (7_000, 7_000)


def test_of_what_is_paid_beside_a_credit_the_tax_is_not_commissioned():
    billed = {"total": 11_900, "total_excluding_tax": 10_000, "amount_shipping": 0}
    for collected, goods in ((11_900, 10_000), (10_000, 8_403), (5_950, 5_000), (1, 1)):
        paid = invoice(**billed, amount_due=collected, amount_paid=collected)
        assert (paid.report.amount, paid.gross) == (goods, collected)


def test_the_least_that_is_paid_counts():
    assert invoice(amount_paid=1, billing_reason="subscription_cycle").report.amount == 1


def test_a_debt_that_is_paid_with_an_invoice_is_not_commissioned():
    assert invoice(amount_due=20_000, amount_paid=20_000).report.amount == 15_040


def test_money_that_older_versions_tell_to_have_come_by_another_way_came_in():
    assert invoice(amount_paid=0, paid_out_of_band=True).report.amount == 15_040


@pytest.mark.parametrize(
    "taxed",
    [
        {"tax": 2_858, "total_taxes": None},
        {"total_taxes": [{"amount": 2_000}, None, {"amount": 858}, {"amount": None}]},
    ],
)
def test_an_invoice_without_its_total_excluding_tax_tells_the_tax(taxed: Json):
    assert invoice(total_excluding_tax=None, **taxed).report.amount == 15_040


def test_an_amount_is_never_negative():
    assert checkout(amount_total=100).report.amount == 0


def test_a_payment_tells_tax_and_shipping_where_the_shop_gave_them():
    details = {"tax": {"total_tax_amount": 1_900}, "shipping": {"amount": 600}, "tip": {}}
    assert intent(amount_details=details).report.amount == 10_000
    assert intent(amount_details={"tax": None, "shipping": {}}).report.amount == 12_500
    assert intent(amount_received=None).report.amount == 12_500


@pytest.mark.parametrize(
    ("currency", "units", "minor"),
    [
        ("usd", 1050, 1050),
        ("jpy", 1050, 1050),
        ("kwd", 10500, 10500),
        ("isk", 1050, 11),
        ("ugx", 500, 5),
        ("mga", 7, 700),
    ],
)
def test_stripes_units_are_told_in_those_of_iso_4217(currency: str, units: int, minor: int):
    told = {"currency": currency, "amount_paid": units, "total": units, "total_excluding_tax": units}
    assert (invoice(**told).report.amount, invoice(**told).gross) == (minor, minor)
    refunded = next(stripe.events(stripe_event("charge.refunded", stripe_charge(units, currency=currency))))
    assert isinstance(refunded, PaymentRefunded)
    assert (refunded.total, refunded.currency) == (minor, currency.upper())


# -- orders whose sums are known another way: line by line -------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """An article or shipping; `price`: as shown, with or without tax. `off`: its own discount."""

    price: int
    rate: int
    off: int = 0

    def net(self, inside: bool) -> int:
        paid = Decimal(self.price - self.off)
        exact = paid / (1 + Decimal(self.rate) / 100) if inside else paid
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))

    def tax(self, inside: bool) -> int:
        if inside:
            return self.price - self.off - self.net(inside)
        return int((Decimal(self.price - self.off) * self.rate / 100).quantize(Decimal(1), ROUND_HALF_UP))


articles = st.builds(
    lambda price, rate, off: Line(price, rate, off * price // 100),
    st.integers(0, 500_000),
    st.sampled_from([0, 7, 19, 25]),
    st.integers(0, 100),
)
parcels = st.builds(Line, st.integers(0, 3_000), st.sampled_from([0, 7, 19]))


@given(st.lists(articles, min_size=1, max_size=5), parcels, st.booleans())
@steady
def test_checkouts_and_invoices_come_to_the_sum_of_their_articles(lines: list[Line], parcel: Line, inside: bool):
    goods = sum(line.net(inside) for line in lines)
    tax = sum(line.tax(inside) for line in (*lines, parcel))
    total = goods + parcel.net(inside) + tax
    shown = sum(line.price for line in lines)
    cost = {"amount_subtotal": parcel.price, "amount_tax": parcel.tax(inside)}
    shipping = {**cost, "amount_total": parcel.net(inside) + parcel.tax(inside)}
    details = {"amount_discount": sum(line.off for line in lines), "amount_shipping": parcel.price, "amount_tax": tax}
    placed = checkout(amount_subtotal=shown, amount_total=total, total_details=details, shipping_cost=shipping)
    assert (placed.report.amount, placed.gross) == (goods, total)
    billed = {"subtotal": shown, "total": total, "total_excluding_tax": total - tax, "amount_paid": total}
    paid = invoice(**billed, amount_shipping=parcel.price, shipping_cost=shipping) if goods else None
    assert paid is None or (paid.report.amount, paid.gross) == (goods, total)
