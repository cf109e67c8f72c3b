"""The oracle of tests/unit for rows of a whole trade: it knows adjustments too, and payouts of some rows only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.totals import NO_OFFER, REFERRALS, LifeRow, MonthRow, from_stored
from laurel.domain.rules.rules import Rule
from laurel.store.ledger import totals_row
from laurel.store.values import Item
from tests.unit.kit.oracle import EARNS, Firing, Oracle


@dataclass
class Judge(Oracle):
    """One member's rows in the order in which they are counted, and what its rules must have made of them."""

    forgotten: list[Firing] = field(default_factory=list)

    def value(self, condition: Any, rule: Rule, day: date) -> Any:
        exact = super().value(condition, rule, day)
        if condition.metric not in EARNS or condition.metric == "sales_total":  # what is left of a sale, it tells
            return exact
        counts = condition.metric.endswith("_count")
        about = [row for row in self.inside(condition, rule, day) if row.adjusts]
        of_kind = [row for row in about if row.adjusts and row.adjusts.kind in EARNS[condition.metric]]
        return exact + sum(row.adjusts.quantity if counts and row.adjusts else row.amount for row in of_kind)

    def base(self, rule: Rule, day: date) -> int:
        rows = self.inside(rule.conditions[0], rule, day, any_action=True)
        return super().base(rule, day) + sum(row.amount for row in rows if row.adjusts)

    def pay_some(self, paid: Collection[str], payout_id: str, day: date, at: datetime) -> None:
        """Those rows are paid, and all others stay as they are."""
        self.rows |= {row_id: _paid(row) for row_id, row in self.rows.items() if row_id in paid}
        self.last_payout = payout_id
        for rule in self.ordered():
            unpaid = any(condition.period.type == "all_unpaid" for condition in rule.conditions)
            if rule.enabled and unpaid and not self.waits(rule):
                self.ask(rule, day, at)

    def forget(self, row: Commission) -> None:
        """That marker is deleted, so that its rule may fire again."""
        (gone,) = [fired for fired in self.firings if (fired.rule, fired.period) == (row.rule_id, row.period)]
        self.firings.remove(gone)
        self.forgotten.append(gone)


def _paid(row: Commission) -> Commission:
    return row.model_copy(update={"payout": "paid"})


Counter = tuple[int, int, int]


def counters(rows: Iterable[Commission]) -> dict[tuple[Any, ...], Counter]:
    """What every counter that is not empty must hold, as `stored_counters` tells them: rows, commission and sales."""
    found: dict[tuple[Any, ...], Counter] = {}
    for row in rows:
        sale = row.order.sale - row.order.refunded_sale if row.order and row.tier == 1 else 0
        quantity = row.adjusts.quantity if row.adjusts else 1
        kind = f"adjusted {row.adjusts.kind}" if row.adjusts else row.type
        bucket = (row.payout_option_id or "", kind, row.action_code or "", row.tier, str(row.state))
        for when in (row.day, (row.day.year, row.day.month), "life"):
            place = (row.member_id, when, row.offer_id or NO_OFFER, *bucket)
            count, commission, sales = found.get(place, (0, 0, 0))
            found[place] = (count + quantity, commission + row.amount, sales + sale)
    return {place: counter for place, counter in found.items() if any(counter)}


def stored_counters(items: Iterable[Item]) -> dict[tuple[Any, ...], Counter]:
    """What totals items hold: by member, day, month or life, offer and bucket."""
    found: dict[tuple[Any, ...], Counter] = {}
    for item in items:
        row, member_id = totals_row(item["sk"]), item["pk"].split("#")[1]
        if row is None or row.offer_id == REFERRALS:
            continue
        when: Any = "life" if isinstance(row, LifeRow) else row[0]
        when = (when.year, when.month) if isinstance(row, MonthRow) else when
        for bucket, (count, commission, sales) in from_stored(item["body"]).items():
            found[member_id, when, row.offer_id, *bucket] = (count, commission, sales)
    return found


def balances(rows: Iterable[Commission]) -> dict[str, int]:
    """What rows of one member come to, by state; nothing is left out."""
    found: dict[str, int] = {}
    for row in rows:
        found[str(row.state)] = found.get(str(row.state), 0) + row.amount
    return {state: amount for state, amount in found.items() if amount}
