"""The slow obvious answer: which rules fire when, worked out from the bare list of commissions, without any totals.

It shares nothing with the transition but the models: periods by comparing dates, sums by walking every row, money by
fractions.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from laurel.domain.commissions import Commission
from laurel.domain.members import Member
from laurel.domain.programs import Program
from laurel.domain.rules import Rule

EARNS = {
    "sales_count": ["sale"],
    "actions_count": ["action"],
    "recurring_count": ["recurring"],
    "clicks_count": ["click"],
    "commission_value": ["sale", "action", "click", "recurring"],
    "sale_commission_value": ["sale"],
    "action_commission_value": ["action"],
    "click_commission_value": ["click"],
    "sales_total": ["sale", "action", "recurring"],
}


@dataclass(frozen=True)
class Firing:
    """A rule that fired: for which period, when, what it paid and why."""

    rule: str
    period: str
    offer: str | None
    at: datetime
    base: int
    value: str | None
    bonus: int
    mails: int


@dataclass
class Oracle:
    """Knows every commission as it last was, and decides anew after each change."""

    program: Program
    rules: Sequence[Rule]
    member: Member
    enrolled: dict[str, str]  # offer -> payout option
    rows: dict[str, Commission] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    firings: list[Firing] = field(default_factory=list)

    def fold(self, changed: Commission) -> None:
        """The commission is recorded or changed; then every rule is asked once, in order."""
        self.rows[changed.commission_id] = changed
        for rule in sorted(self.rules, key=lambda rule: (rule.priority, rule.created_at, rule.rule_id)):
            if rule.enabled and (rule.offers == "all" or changed.offer_id in rule.offers):
                self.ask(rule, changed)

    def ask(self, rule: Rule, changed: Commission) -> None:
        if self.ended_before(rule, rule.conditions[0].period.type, changed.day):
            return
        if all(self.holds(condition, rule, changed.day) for condition in rule.conditions):
            self.carry_out(rule, changed)

    def carry_out(self, rule: Rule, changed: Commission) -> None:
        leading = rule.conditions[0]
        if self.program.merchant_email is None and any(getattr(a, "to", None) == "merchant" for a in rule.actions):
            return
        period = self.period_of(leading.period.type, changed.day)
        pays = [action for action in rule.actions if action.type == "add_bonus_commission"]
        mails = [action for action in rule.actions if action.type == "send_mail"]
        if pays or mails:
            if any(fired.rule == rule.rule_id and fired.period == period for fired in self.firings):
                return
            base = self.base(rule, changed.day)
            paid = self.bonus(pays[0], base) if pays else 0
            offer = rule.offers[0] if rule.offers != "all" and len(rule.offers) == 1 else None
            seen = self.seen(leading, rule, changed.day)
            self.firings.append(Firing(rule.rule_id, period, offer, changed.occurred_at, base, seen, paid, len(mails)))
        for action in rule.actions:
            if action.type == "update_user_field":
                self.fields[action.field] = action.value

    def holds(self, condition: Any, rule: Rule, day: date) -> bool:
        if condition.metric == "user_field":
            return self.holds_field(condition)
        if condition.metric == "commission_group":
            return self.holds_group(condition, rule)
        exact = self.value(condition, rule, day)
        wanted = Fraction(condition.value)
        return {
            "gt": exact > wanted,
            "lt": exact < wanted,
            "gte": exact >= wanted,
            "lte": exact <= wanted,
            "eq": exact == wanted,
            "ne": exact != wanted,
        }[condition.operator]

    def holds_field(self, condition: Any) -> bool:
        present = self.fields.get(condition.field) or None
        if condition.operator == "is_set":
            return present is not None
        return (present == condition.value) == (condition.operator == "eq")

    def holds_group(self, condition: Any, rule: Rule) -> bool:
        offers = rule.offers if condition.offers is None else condition.offers
        groups = self.groups(offers)
        if condition.operator == "is_set":
            return len(groups) > 0
        return (condition.value in groups) == (condition.operator == "eq")

    def groups(self, offers: Any) -> list[str]:
        return [option for offer, option in self.enrolled.items() if offers == "all" or offer in offers]

    def seen(self, condition: Any, rule: Rule, day: date) -> str | None:
        """What the leading condition looked at, as it stands on the bonus."""
        if condition.metric == "user_field":
            return self.fields.get(condition.field) or None
        if condition.metric == "commission_group":
            groups = self.groups(rule.offers if condition.offers is None else condition.offers)
            return ", ".join(sorted(set(groups)))
        value = self.value(condition, rule, day)
        if condition.metric != "conversion_rate":
            return str(value)
        whole, cents = divmod(round(value * 100), 100)
        return f"{whole}.{cents:02d}".rstrip("0").rstrip(".")

    def value(self, condition: Any, rule: Rule, day: date) -> Any:
        if condition.metric == "conversion_rate":
            return self.rate(condition, rule, day)
        rows = [row for row in self.inside(condition, rule, day) if row.type in EARNS[condition.metric]]
        if condition.metric.endswith("_count"):
            return len(rows)
        if condition.metric == "sales_total":
            return sum(row.order.sale - row.order.refunded_sale for row in rows if row.order and row.tier == 1)
        return sum(row.amount for row in rows)

    def rate(self, condition: Any, rule: Rule, day: date) -> Fraction:
        rows = self.inside(condition, rule, day)
        clicks = sum(row.type == "click" for row in rows)
        orders = [row for row in rows if row.origin != "schedule"]
        conversions = sum(row.type in {"sale", "action", "recurring"} for row in orders)
        return Fraction(100 * conversions, clicks) if clicks else Fraction(0)

    def inside(self, condition: Any, rule: Rule, day: date, any_action: bool = False) -> list[Commission]:
        """Every commission in the scope and period of `condition`, as of `day`."""
        offers = rule.offers if condition.offers is None else condition.offers
        return [
            row
            for row in self.rows.values()
            if self.same_period(condition.period.type, row.day, day)
            and (offers == "all" or row.offer_id in offers)
            and condition.tier in {"any", row.tier}
            and (any_action or condition.action_code is None or row.action_code == condition.action_code)
            and any(self.has_status(row, status) for status in condition.statuses)
        ]

    @staticmethod
    def has_status(row: Commission, status: str) -> bool:
        return row.payout == "paid" if status == "paid" else row.status == status

    def base(self, rule: Rule, day: date) -> int:
        rows = self.inside(rule.conditions[0], rule, day, any_action=True)
        return sum(row.amount for row in rows if row.type in EARNS["commission_value"])

    @staticmethod
    def bonus(action: Any, base: int) -> int:
        if action.amount is not None:
            return int(action.amount)
        return max(0, floor(Fraction(action.percent) * base / 100 + Fraction(1, 2)))

    @staticmethod
    def same_period(kind: str, one: date, other: date) -> bool:
        match kind:
            case "current_day":
                return one == other
            case "current_week":
                return one.isocalendar()[:2] == other.isocalendar()[:2]
            case "current_month":
                return (one.year, one.month) == (other.year, other.month)
            case "current_quarter":
                return (one.year, (one.month + 2) // 3) == (other.year, (other.month + 2) // 3)
            case "current_year":
                return one.year == other.year
            case _:
                return True

    def period_of(self, kind: str, day: date) -> str:
        if kind == "all_time":
            return kind
        while self.same_period(kind, day - timedelta(days=1), day):
            day -= timedelta(days=1)
        return f"{kind}:{day}"

    def ended_before(self, rule: Rule, kind: str, day: date) -> bool:
        """Whether the period's last day was over when the rule was made."""
        made = rule.created_at.astimezone(ZoneInfo(self.program.timezone)).date()
        return kind != "all_time" and made > day and not self.same_period(kind, made, day)

    def sums(self, bonuses: Sequence[Commission]) -> dict[tuple[Any, ...], tuple[int, int, int]]:
        """What each non-empty counter must hold: by day, month or life, offer, and what the rows have in common."""
        found: dict[tuple[Any, ...], tuple[int, int, int]] = {}
        for row in [*self.rows.values(), *bonuses]:
            state = "paid" if row.payout == "paid" else row.status
            counted_as = "recurrence" if row.origin == "schedule" else row.type
            kind = (row.payout_option_id or "", counted_as, row.action_code or "", row.tier, state)
            sale = row.order.sale - row.order.refunded_sale if row.order and row.tier == 1 else 0
            for when in (row.day, (row.day.year, row.day.month), "life"):
                count, commission, sales = found.get((when, row.offer_id, *kind), (0, 0, 0))
                found[when, row.offer_id, *kind] = (count + 1, commission + row.amount, sales + sale)
        return {key: counter for key, counter in found.items() if any(counter)}
