"""A sale, and what the member above has of it: facts, hands and moves happen to it, counted at once or late."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from hypothesis import strategies as st

from laurel.domain.earnings.repricing import repriced
from laurel.domain.earnings.tiers import tier_rows
from laurel.domain.ledger.adjustments import adjustment
from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.orders import NOTHING_TAKEN
from laurel.domain.ledger.recalculations import Recalculation
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.ledger.totals import Totals
from laurel.domain.ledger.worth import revalued
from laurel.domain.members.accounts import Account, Change, Head, Upline
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.tracking.facts import News, told
from tests.unit.kit.builders import (
    ANNA,
    BEN,
    GOLD,
    SATURDAY,
    SPRING,
    an_id,
    commission,
    member,
    refunded,
    terms,
)

PROGRAM = an_id("prg")
RATES = st.sampled_from(
    [{"percent_of_sale": "5"}, {"percent_of_first_tier": "33.3333"}, {"percent_of_first_tier": "50"}, {"amount": 70}]
)
Option = tuple[str, dict[str, Any] | None]
"""What a payout option gives: the percentage of who sold, and the rate of who stands above."""
GROUPS: Final[dict[str, Option]] = {
    "without tiers": ("15", None),
    "that pays above less": ("7.5", {"percent_of_sale": "1"}),
    "that pays more": ("20", {"percent_of_first_tier": "33.3333"}),
}
FACTS: Final = ["refund 1", "refund 700", "refund 3333", "refund", "undo", "amount 2500", "amount 0", "amount 10000"]
MOVES: Final = [f"group {name}" for name in GROUPS]
OF_THE_SALE: Final = [*FACTS, "decline", "approve", "pay the sale", *MOVES]
ALL: Final = st.lists(st.tuples(st.sampled_from([*OF_THE_SALE, "pay above"]), st.booleans()), max_size=10)
"""What happens one after the other, and whether it is counted before the next does."""


class Pair:
    """A sale at first of 100.00 at 7.5 %, not yet counted, and what Ben, who stands above, has of it."""

    def __init__(self, rate: dict[str, Any] | None, **order: Any) -> None:
        self.rate = rate
        self.sale = commission("sale", 750, sale=10_000, terms=_terms(("7.5", rate)))
        assert self.sale.order is not None
        self.sale = self.sale.model_copy(update={"order": self.sale.order.model_copy(update=order)})
        self.counted: Contribution | None = None
        self.rows: dict[str, Commission] = {}
        self.happened = 0

    @property
    def above(self) -> Commission:
        """The row that follows the sale."""
        (row,) = (row for row in self.rows.values() if row.adjusts is None)
        return row

    @property
    def adjustments(self) -> list[Commission]:
        """What was taken off the row above, or given back, once it was paid."""
        return [row for row in self.rows.values() if row.adjusts is not None]

    @property
    def earned_above(self) -> tuple[int, int]:
        """What Ben earns of the sale, and how many sales that is."""
        due = [row for row in self.rows.values() if row.status != "declined"]
        return sum(row.amount for row in due), sum(row.adjusts.quantity if row.adjusts else 1 for row in due)

    def count(self) -> None:
        """What the transition makes of the sale as it stands."""
        upline = Upline(approved=frozenset({BEN}), rows=dict(self.rows))
        account = Account(member(ancestors=(BEN,)), Head(), {}, Totals(), upline=upline)
        for made in tier_rows(PROGRAM, account, Change(self.sale, self.counted), SATURDAY):
            assert made.before is None or made.before == self.rows[made.after.commission_id]
            assert made.before is not None or made.after.commission_id not in self.rows
            self.rows[made.after.commission_id] = made.after
        self.counted = self.sale.contribution()
        for row in list(self.rows.values()):  # Ben's own transition
            if (needed := adjustment(PROGRAM, row, SATURDAY)) is not None:
                self.rows |= {each.commission_id: each for each in needed}

    def happens(self, *what: str) -> "Pair":
        """One after the other, each counted before the next."""
        for each in what:
            self.happen(each)
            self.count()
        return self

    def happen(self, what: str) -> None:
        """Something happens to the sale, or to the row above, and waits to be counted."""
        self.happened += 1
        match what.split():
            case ["refund" | "undo" | "amount" as fact, *amounts]:
                self._tell(fact, *map(int, amounts))
            case ["decline"] if self.sale.payout == "unpaid" and self.sale.status == "approved":
                self.sale = revalued(self.sale, SATURDAY, decision=Decision(status="declined", reason="late"))
            case ["approve"] if self.sale.status == "declined" and self.sale.reason == "late":
                self.sale = revalued(self.sale, SATURDAY, decision=Decision(status="approved"))
            case ["pay", "the", "sale"] if self.sale.status == "approved":
                self.sale = self.sale.revised(SATURDAY, payout="paid")
            case ["pay", "above"]:
                self._pay_above()
            case ["group", *name]:
                move = recalculation(self.sale.move + 1, _terms(GROUPS[" ".join(name)]))
                self.sale = repriced(self.sale, [move], SATURDAY)

    def _tell(self, fact: str, amount: int | None = None) -> None:
        if fact == "refund":
            self.sale = refunded(self.sale, amount, refund_id=f"refund {self.happened}")
        elif fact == "amount":
            self.sale = told(self.sale, {}, News(amount=amount), SATURDAY).after
        else:
            self._undo()

    def _undo(self) -> None:
        """All refunds of the order fail at the bank."""
        order = self.sale.order
        if order is not None and order.taken != NOTHING_TAKEN:
            self.sale = revalued(self.sale, SATURDAY, order=order.reckoned("USD", taken=NOTHING_TAKEN))

    def _pay_above(self) -> None:
        for row in list(self.rows.values()):
            if row.adjusts is None and row.status == "approved":
                self.rows[row.commission_id] = row.revised(SATURDAY, payout="paid")

    @property
    def wanted(self) -> int:
        """What the sale gives above, worked out by hand from its facts and the option that it was recorded by."""
        order, rate = self.sale.order, self.rate
        assert order is not None
        is_free = order.amount == 0 and order.subscription is not None
        if order.earns_nothing or is_free or self.sale.status == "declined" or rate is None:
            return 0
        if "amount" in rate:
            return int(rate["amount"])
        left = order.amount - order.refunded_amount
        base = left if "percent_of_sale" in rate else _half_up(Fraction(left) * Fraction("7.5") / 100)
        (percent,) = rate.values()
        return _half_up(base * Fraction(percent) / 100)


def _terms(option: Option) -> PayoutTerms:
    percent, rate = option
    return terms(type="percent_of_sale", percent=percent, tiers=[rate] if rate else [])


def recalculation(number: int, by: PayoutTerms) -> Recalculation:
    """A retroactive move of who sold, the `number`-th."""
    what = {"member_id": ANNA, "offer_id": SPRING, "number": number, "payout_option_id": GOLD, "option_version": 3}
    when = {"period": "all_time", "day": SATURDAY.date(), "chain": (an_id("rul"),), "at": SATURDAY}
    return Recalculation.model_validate({**what, **when, "terms": by})


def _half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


def played(rate: dict[str, Any] | None, happenings: list[tuple[str, bool]], **order: Any) -> Iterator[Pair]:
    """The pair after each of them, and once more when all is counted."""
    pair = Pair(rate, **order)
    for what, is_counted in happenings:
        pair.happen(what)
        if is_counted:
            pair.count()
        yield pair
    pair.count()
    yield pair


def last(pairs: Iterator[Pair]) -> Pair:
    *_, pair = pairs
    return pair
