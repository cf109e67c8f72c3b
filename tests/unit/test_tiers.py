"""Rows of higher tiers: whatever becomes of a sale, and whoever was paid when, they come to what the sale now gives."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.accounts import Account, Change, Head, Upline
from laurel.domain.commissions import Commission
from laurel.domain.tiers import tier_rows
from laurel.domain.totals import Totals
from tests.unit.builders import BEN, SATURDAY, an_id, commission, member, refunded, steady, terms

PROGRAM = an_id("prg")
RATES = st.sampled_from(
    [{"percent_of_sale": "5"}, {"percent_of_first_tier": "33.3333"}, {"percent_of_first_tier": "50"}, {"amount": 70}]
)
MOVES = st.lists(
    st.sampled_from(["refund 700", "refund 3333", "refund", "decline", "approve", "pay the sale", "pay above"]),
    max_size=8,
)


class Pair:
    """A sale of 100.00 at 7.5 %, and what Ben, who stands above, has of it."""

    def __init__(self, rate: dict[str, Any], refund: int | None = None) -> None:
        given_ = terms(type="percent_of_sale", percent="7.5", tiers=[rate])
        self.sale = commission("sale", 750, sale=10_000, terms=given_)
        if refund is not None:
            self.sale = refunded(self.sale, refund, refund_id="early")
        self.rows: dict[str, Commission] = {}
        self.fold(is_first=True)

    @property
    def above(self) -> Commission:
        """The row that follows the sale."""
        (row,) = (row for row in self.rows.values() if row.adjusts is None)
        return row

    def fold(self, *, is_first: bool = False) -> None:
        """What the transition makes of the sale as it stands."""
        upline = Upline(approved=frozenset({BEN}), rows=dict(self.rows))
        account = Account(member(ancestors=(BEN,)), Head(), {}, Totals(), upline=upline)
        change = Change(self.sale, None if is_first else self.sale.contribution())
        for made in tier_rows(PROGRAM, account, change, SATURDAY):
            assert made.before is None or made.before == self.rows[made.after.commission_id]
            assert made.before is not None or made.after.commission_id not in self.rows
            self.rows[made.after.commission_id] = made.after

    def move(self, move: str) -> None:
        """Something happens to the sale, or to the row above; then the sale is folded."""
        match move.split():
            case ["refund", *amount]:
                name = f"{move} {self.sale.version}"
                self.sale = refunded(self.sale, int(amount[0]) if amount else None, refund_id=name)
            case ["decline"] if self.sale.payout == "unpaid" and self.sale.status == "approved":
                self.sale = self.sale.revised(SATURDAY, status="declined", reason="late")
            case ["approve"] if self.sale.status == "declined" and self.sale.reason == "late":
                self.sale = self.sale.revised(SATURDAY, status="approved", reason=None)
            case ["pay", "the", "sale"] if self.sale.status == "approved":
                self.sale = self.sale.revised(SATURDAY, payout="paid")
            case ["pay", "above"] if self.above.status == "approved":
                self.rows[self.above.commission_id] = self.above.revised(SATURDAY, payout="paid")
        self.fold()

    def wanted(self, rate: dict[str, Any]) -> int:
        """What the sale gives above, worked out by hand."""
        order = self.sale.order
        assert order is not None
        left = order.amount - order.refunded_amount
        if left == 0 or self.sale.status == "declined":
            return 0
        if "amount" in rate:
            return int(rate["amount"])
        base = left if "percent_of_sale" in rate else _half_up(Fraction(left) * Fraction("7.5") / 100)
        (percent,) = rate.values()
        return _half_up(base * Fraction(percent) / 100)


def _half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


def adjustments(pair: Pair) -> Iterator[Commission]:
    yield from (row for row in pair.rows.values() if row.adjusts is not None)


@steady
@given(RATES, MOVES)
def test_a_row_above_comes_to_what_its_sale_gives(rate: dict[str, Any], moves: list[str]) -> None:
    pair = Pair(rate)
    for move in moves:
        paid = pair.above if pair.above.payout == "paid" else None
        pair.move(move)
        if paid is not None:
            assert (pair.above.amount, pair.above.status, pair.above.payout) == (paid.amount, "approved", "paid")
    above, made = pair.above, list(adjustments(pair))
    counts = 1 + sum(row.adjusts.quantity for row in made if row.adjusts)
    if above.payout == "paid":
        assert above.amount + sum(row.amount for row in made) == above.net == pair.wanted(rate)
        assert counts == (0 if pair.sale.is_refunded or pair.sale.status == "declined" else 1)
    elif above.status != "declined":
        assert (above.amount, made) == (pair.wanted(rate), [])
    else:
        assert (pair.wanted(rate), made) == (0, [])


@steady
@given(RATES, MOVES)
def test_folding_a_sale_again_changes_nothing_above(rate: dict[str, Any], moves: list[str]) -> None:
    pair = Pair(rate)
    for move in moves:
        pair.move(move)
    before = dict(pair.rows)
    pair.fold()
    assert pair.rows == before


@given(RATES, st.integers(1, 9_999))
def test_a_sale_refunded_in_part_before_it_counts_makes_the_row_that_would_have_followed(
    rate: dict[str, Any], refund: int
) -> None:
    made, followed = Pair(rate, refund).above, Pair(rate)
    followed.move(f"refund {refund}")
    assert made.reason == "refund"
    assert made == followed.above.model_copy(update={"version": 1})
