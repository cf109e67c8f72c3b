"""Shopify's refunds: of goods, line by line, or of money, of which nobody says what it was for.

No refund has a total. Its lines say which goods went back; a refund without lines is told by its adjustments, which
are the difference between what the lines come to (nothing) and what was sent back, and by its transactions.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from laurel.domain.tracking.webhooks import wire
from laurel.domain.tracking.webhooks.events import RefundTold
from laurel.domain.tracking.webhooks.wire import NOT_UNDERSTOOD, Part, Untold

_FAILED: Final = frozenset({"failure", "error"})
_SHIPPING: Final = "shipping_refund"
_PENDING: Final = "pending_refund_discrepancy"
"""The entry that takes back, once the money has arrived, the one that stood against it until then."""
_ZERO: Final = Decimal(0)
_ROUNDING: Final = Decimal("0.02")


def in_shop_money(part: Part, name: str) -> Decimal | None:
    """An amount in the shop's money: it stands in a set beside that of the customer, or alone. Raises Untold."""
    of_set = part.part(f"{name}_set", "shop_money").amount("amount")
    return part.amount(name) if of_set is None else of_set


class Line(NamedTuple):
    """Goods that went back. `inside`: the tax in their `price`."""

    body: Part
    price: Decimal
    inside: Decimal


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund in Shopify's words. `lines`: None where it does not say which goods went back, and at what price.

    Its properties raise Untold.
    """

    body: Part
    currency: str
    includes_tax: bool | None
    lines: tuple[Line, ...] | None

    @property
    def stands(self) -> bool:
        """False once all its payments have failed; one that is on its way stands."""
        statuses = [sent.text("status") for sent in self._sent]
        return not statuses or any(status not in _FAILED for status in statuses)

    @property
    def goods(self) -> Decimal:
        """The price of the lines that went back, without tax."""
        return sum((line.price - line.inside for line in self.lines or ()), _ZERO)

    @property
    def tax_inside(self) -> Decimal:
        """The tax in the prices of those lines."""
        return sum((line.inside for line in self.lines or ()), _ZERO)

    @property
    def gross(self) -> Decimal:
        """All that it took out of the order's total, as far as it is told by lines."""
        taxes = (_ZERO if line.inside else _tax(line.body) for line in self.lines or ())
        return sum((line.price for line in self.lines or ()), sum(taxes, self._shipping))

    @property
    def money(self) -> Decimal:
        """The money that a refund without lines sent back, without shipping and duties."""
        return self._discrepancy or self._paid_back

    @property
    def _sent(self) -> list[Part]:
        return [sent for sent in self.body.parts("transactions") if sent.text("kind") == "refund"]

    @property
    def _discrepancy(self) -> Decimal:
        """The money beyond lines and shipping, by the entries that say so: they are below zero."""
        entries = (entry for entry in self.body.parts("order_adjustments") if not _kinds(entry) & {_SHIPPING, _PENDING})
        return -sum((min(_ZERO, _with_tax(entry)) for entry in entries), _ZERO)

    @property
    def _paid_back(self) -> Decimal:
        """By the transactions. One in the customer's money says nothing where another way says what it was for."""
        sent = [payment for payment in self._sent if payment.text("status") not in _FAILED]
        if all((payment.text("currency") or self.currency).upper() == self.currency for payment in sent):
            paid = sum((payment.amount("amount") or _ZERO for payment in sent), _ZERO)
            return max(_ZERO, paid - self._shipping - self._duties)
        if self._shipping or self._duties:
            return _ZERO
        raise Untold(NOT_UNDERSTOOD)

    @property
    def _shipping(self) -> Decimal:
        lines = self.body.parts("refund_shipping_lines")
        if lines:
            return sum((self._shipping_of(line) for line in lines), _ZERO)
        # before 2024-10
        entries = (entry for entry in self.body.parts("order_adjustments") if _SHIPPING in _kinds(entry))
        return -sum((_with_tax(entry) for entry in entries), _ZERO)

    def _shipping_of(self, line: Part) -> Decimal:
        subtotal = in_shop_money(line, "subtotal_amount") or _ZERO
        tax = in_shop_money(line, "tax_amount")
        if tax is None and not self.includes_tax:
            tax = subtotal * _rate(line.part("shipping_line"))
        return subtotal + (tax or _ZERO)

    @property
    def _duties(self) -> Decimal:
        sets = (self.body.part(name, "shop_money") for name in ("total_duties_set", "total_additional_fees_set"))
        return sum((told.amount("amount") or _ZERO for told in sets), _ZERO)


def refund_of(body: Part, currency: str, *, includes_tax: bool | None) -> Refund:
    """A refund. `includes_tax`: whether its prices do, None where only they can show it. Raises Untold."""
    found = [(line, in_shop_money(line, "subtotal")) for line in body.parts("refund_line_items")]
    if not found or any(price is None for _, price in found):
        return Refund(body, currency, includes_tax, None)
    goods = ((line, price) for line, price in found if price is not None and not _is_no_goods(line.part("line_item")))
    return Refund(body, currency, includes_tax, tuple(_line(line, price, includes_tax) for line, price in goods))


def _line(line: Part, price: Decimal, includes_tax: bool | None) -> Line:
    if includes_tax is None:
        includes_tax = _includes_tax(price, _tax(line), _rate(line.part("line_item")))
    return Line(line, price, _tax(line) if includes_tax else _ZERO)


def _tax(line: Part) -> Decimal:
    return in_shop_money(line, "total_tax") or _ZERO


def told(order_id: str, refund: Refund, at: datetime | None) -> RefundTold:
    """The refund in our words, of 0 where no goods went back. Raises Untold."""
    amount = refund.money if refund.lines is None else refund.goods
    return RefundTold(
        order_id=order_id,
        refund_id=refund.body.named("id"),
        amount=wire.minor(amount, refund.currency),
        is_total=refund.lines is None,
        stands=refund.stands,
        at=at,
    )


def currency_of(refund: Part) -> str | None:
    """The currency of the shop, where the refund tells it; older ones tell that of the payment alone."""
    lists = {
        "refund_line_items": "subtotal_set",
        "refund_shipping_lines": "subtotal_amount_set",
        "order_adjustments": "amount_set",
    }
    sets = [part.part(name) for member, name in lists.items() for part in refund.parts(member)]
    sets += [refund.part(name) for name in ("total_duties_set", "total_additional_fees_set")]
    codes = [told.part("shop_money").text("currency_code") for told in sets]
    return next(filter(None, [*codes, *(sent.text("currency") for sent in refund.parts("transactions"))]), None)


def _kinds(adjustment: Part) -> set[str]:
    """Its kind and its reason, which says the same in words and stays when the kind is gone."""
    labels = (adjustment.text("kind"), adjustment.text("reason"))
    return {label.lower().replace(" ", "_") for label in labels if label}


def _with_tax(adjustment: Part) -> Decimal:
    return (in_shop_money(adjustment, "amount") or _ZERO) + (in_shop_money(adjustment, "tax_amount") or _ZERO)


def _is_no_goods(item: Part) -> bool:
    return item.says("gift_card") or item.get("tip") is not None


def _rate(item: Part) -> Decimal:
    return sum((tax.amount("rate") or _ZERO for tax in item.parts("tax_lines")), _ZERO)


def _includes_tax(price: Decimal, tax: Decimal, rate: Decimal) -> bool:
    """Whether `tax` is in `price`, which it shows: of 119.00 at 19 % it is 19.00, or 22.61 if it is added."""
    added = price * rate
    distance = abs(tax * (1 + rate) - added)
    return distance < abs(tax - added) and distance <= _ROUNDING + tax / 100
