"""The slow obvious answer: which rules fire when, worked out from the bare list of commissions, without any totals.

The unit tests ask it about the transition, the functional ones about a whole trade, with payouts and adjustments.

It shares nothing with the transition but the models: periods by comparing dates, sums by walking every row, money by
fractions.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.totals import NO_OFFER
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule

ONE_DAY = timedelta(days=1)
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

OF_ORDER = {"order_amount", "first_order"}


def same_period(kind: str, one: date, other: date) -> bool:
    """Whether two days lie in one day, week, month, quarter or year."""
    match kind.removeprefix("current_"):
        case "day":
            return one == other
        case "week":
            return one.isocalendar()[:2] == other.isocalendar()[:2]
        case "month":
            return (one.year, one.month) == (other.year, other.month)
        case "quarter":
            return (one.year, (one.month + 2) // 3) == (other.year, (other.month + 2) // 3)
        case "year":
            return one.year == other.year
    raise AssertionError(kind)


@cache
def first_of(kind: str, day: date) -> date:
    while same_period(kind, day - ONE_DAY, day):
        day -= ONE_DAY
    return day


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
    multiple: int | None = None
    order: str | None = None


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
    joined: list[date] = field(default_factory=list)  # when those whom the member brought joined
    links: Collection[str] = ()  # the offers that can be clicked on
    last_payout: str | None = None
    first: str | None = None  # the first sale that was good
    forgotten: list[Firing] = field(default_factory=list)
    cause: Commission | None = None  # the row that the rules are asked for

    def ordered(self) -> list[Rule]:
        return sorted(self.rules, key=lambda rule: (rule.priority, rule.created_at, rule.rule_id))

    def fold(self, changed: Commission) -> None:
        """The commission is recorded or changed; then every rule is asked once, in order."""
        self.rows[changed.commission_id] = changed
        if self.first is None and counted_as(changed) == "sale" and changed.tier == 1 and changed.status != "declined":
            self.first = changed.commission_id
        for rule in self.ordered():
            concerned = rule.offers == "all" or changed.offer_id in rule.offers
            if rule.enabled and concerned and not self.waits(rule):
                self.ask(rule, changed.day, changed.occurred_at, changed)

    def begin(self, day: date) -> None:
        """A local day begins: what only the end of a period decides, and what time alone changes, is asked once."""
        midnight = self.midnight(day)
        for rule in self.ordered():
            about = self.asked_on(rule, day)
            enrolled = any(rule.offers == "all" or offer in rule.offers for offer in self.enrolled)
            if rule.enabled and enrolled and self.member.status == "approved" and about:
                self.ask(rule, about, midnight)

    def apply(self, rule_id: str, day: date, at: datetime) -> None:
        """A merchant applies a rule, which is asked as if something had just been sold."""
        enrolled = [rule for rule in self.rules if rule.offers == "all" or {*rule.offers} & self.enrolled.keys()]
        for rule in enrolled:
            if rule.rule_id == rule_id and self.member.status == "approved":
                self.ask(rule, day, at)

    def pay(self, payout_id: str, day: date, at: datetime, only: Collection[str] | None = None) -> None:
        """What is due is paid, `only` these rows if told; then the rules are asked that it makes a difference to."""
        for row in self.rows.values():
            if (row.status, row.payout) == ("approved", "unpaid") and (only is None or row.commission_id in only):
                self.rows[row.commission_id] = row.model_copy(update={"payout": "paid"})
        self.last_payout = payout_id
        for rule in self.ordered():
            unpaid = any(condition.period.type == "all_unpaid" for condition in rule.conditions)
            unpaid = unpaid and not any(condition.metric in OF_ORDER for condition in rule.conditions)
            if rule.enabled and unpaid and not self.waits(rule):
                self.ask(rule, day, at)

    def forget(self, row: Commission) -> None:
        """That marker is deleted, so that its rule may fire again."""
        assert row.evidence is not None
        place = (row.rule_id, row.period, row.evidence.number, row.evidence.commission_id)
        (gone,) = [fired for fired in self.firings if (fired.rule, fired.period, fired.multiple, fired.order) == place]
        self.firings.remove(gone)
        self.forgotten.append(gone)

    def midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.program.timezone)).astimezone(UTC)

    def asked_on(self, rule: Rule, begun: date) -> date | None:
        over = begun - ONE_DAY
        while self.midnight(over) == self.midnight(over + ONE_DAY):  # a day that never was
            over -= ONE_DAY
        ends = [c.period for c in rule.conditions if self.period_of(c.period, over) != self.period_of(c.period, begun)]
        if any(condition.metric in OF_ORDER for condition in rule.conditions):
            return None
        if self.waits(rule):
            return over if rule.conditions[0].period in ends else None
        for condition in rule.conditions:
            if condition.metric == "days_since_approval":
                return begun
            if condition.metric == "referred_members_count" and not condition.period.type.startswith("last_"):
                return over
            if condition.period in ends and condition.period.type.startswith("last_"):
                return over if condition.period.type == "last_n_days" else begun
        return None

    @staticmethod
    def waits(rule: Rule) -> bool:
        """Whether only the end of its period decides it."""
        leading = rule.conditions[0]
        rolls = leading.period.type == "last_n_days" or leading.period.type.startswith("current_")
        return leading.metric not in {"days_since_approval", *OF_ORDER} and leading.operator in {"lt", "lte"} and rolls

    def ask(self, rule: Rule, day: date, at: datetime, cause: Commission | None = None) -> None:
        self.cause = cause
        if self.ended_before(rule, day):
            return
        if all(self.holds(condition, rule, day) for condition in rule.conditions):
            self.carry_out(rule, day, at)

    def carry_out(self, rule: Rule, day: date, at: datetime) -> None:
        """Once; a rule that repeats, once for each multiple that it has not fired for."""
        leading = rule.conditions[0]
        if not getattr(leading, "every", False):
            self.carry_out_once(rule, day, at, None)
            return
        multiple = 1
        while multiple * Fraction(leading.value) <= self.value(leading, rule, day):
            self.carry_out_once(rule, day, at, multiple)
            multiple += 1

    def carry_out_once(self, rule: Rule, day: date, at: datetime, multiple: int | None) -> None:
        leading = rule.conditions[0]
        if self.program.merchant_email is None and any(getattr(a, "to", None) == "merchant" for a in rule.actions):
            return
        period = self.period_of(leading.period, day)
        pays = [action for action in rule.actions if action.type == "add_bonus_commission"]
        mails = [action for action in rule.actions if action.type == "send_mail"]
        if pays and self.member.status != "approved":
            return
        order = self.cause.commission_id if self.cause and leading.metric in OF_ORDER else None
        if pays or mails:
            if self.fired_for(rule, period, multiple, order):
                return
            base = self.cause.amount + self.cause.due.amount if self.cause and order else self.base(rule, day)
            paid = self.bonus(pays[0], base) if pays else 0
            offer = rule.offers[0] if rule.offers != "all" and len(rule.offers) == 1 else None
            seen = self.seen(leading, rule, day)
            what = base, seen, paid, len(mails), multiple, order
            self.firings.append(Firing(rule.rule_id, period, offer, at, *what))
        for action in rule.actions:
            if action.type == "update_user_field":
                self.fields[action.field] = action.value

    def holds(self, condition: Any, rule: Rule, day: date) -> bool:
        if condition.metric == "user_field":
            return self.holds_field(condition)
        if condition.metric == "commission_group":
            return self.holds_group(condition, rule)
        if condition.metric == "days_since_approval" and self.member.approved_at is None:
            return False
        exact = self.value(condition, rule, day)
        if exact is None:  # nothing can be said of it
            return False
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
        if condition.metric not in {"conversion_rate", "average_order_value"}:
            return str(value).lower()
        if value is None:
            return None
        whole, cents = divmod(round(value * 100), 100)
        return f"{whole}.{cents:02d}".rstrip("0").rstrip(".")

    def value(self, condition: Any, rule: Rule, day: date) -> Any:
        if condition.metric in OF_ORDER:
            return self.of_order(condition, rule)
        if condition.metric == "average_order_value":
            total, sales = (self.number(metric, condition, rule, day) for metric in ("sales_total", "sales_count"))
            return Fraction(total, sales) if sales > 0 else None
        if condition.metric == "conversion_rate":
            return self.rate(condition, rule, day)
        if condition.metric == "days_since_approval":
            assert self.member.approved_at is not None
            return (day - self.member.approved_at.astimezone(ZoneInfo(self.program.timezone)).date()).days
        if condition.metric == "referred_members_count":
            return sum(self.in_period(condition.period, joined, day) for joined in self.joined)
        return self.number(condition.metric, condition, rule, day)

    def of_order(self, condition: Any, rule: Rule) -> Any:
        """What the condition sees of the order that is the cause; None if that is none, or not one of its own."""
        row, offers = self.cause, rule.offers if condition.offers is None else condition.offers
        if row is None or row.order is None or counted_as(row) not in {"sale", "recurring"} or row.tier != 1:
            return None
        is_free = row.order.subscription is not None and row.order.amount == 0
        if is_free or not (offers == "all" or row.offer_id in offers):
            return None
        if not any(self.has_status(row, status) for status in condition.statuses):
            return None
        if condition.metric == "first_order":
            return row.commission_id == self.first
        stands = row.order.state == "standing" and row.order.money != "void"
        return row.order.sale - row.order.refunded_sale if stands else 0

    def number(self, metric: str, condition: Any, rule: Rule, day: date) -> int:
        rows = [row for row in self.inside(condition, rule, day) if earned_as(row) in EARNS[metric]]
        if metric.endswith("_count"):
            return sum(row.adjusts.quantity if row.adjusts else 1 for row in rows)
        if metric == "sales_total":
            return sum(row.order.sale - row.order.refunded_sale for row in rows if row.order and row.tier == 1)
        return sum(row.amount for row in rows)

    def rate(self, condition: Any, rule: Rule, day: date) -> Fraction | None:
        """Of what can be clicked on: conversions for a hundred clicks; None where nobody clicked."""
        widened = condition.model_copy(update={"tier": 1})  # clicks have neither tiers nor actions
        clicked = self.inside(widened, rule, day, any_action=True)
        clicks = sum(row.type == "click" and row.offer_id in self.links for row in clicked)
        found = self.inside(condition, rule, day)
        orders = [row for row in found if row.origin != "schedule" and row.offer_id in self.links]
        conversions = sum(row.type in {"sale", "action", "recurring"} for row in orders)
        return Fraction(100 * conversions, clicks) if clicks else None

    def inside(self, condition: Any, rule: Rule, day: date, any_action: bool = False) -> list[Commission]:
        """Every commission in the scope and period of `condition`, as of `day`."""
        offers = rule.offers if condition.offers is None else condition.offers
        return [
            row
            for row in self.rows.values()
            if self.in_period(condition.period, row.day, day)
            and (offers == "all" or row.offer_id in offers)
            and condition.tier in {"any", row.tier}
            and (any_action or condition.action_code is None or name_of(row) == condition.action_code)
            and any(self.has_status(row, status) for status in condition.statuses)
            and (condition.period.type != "all_unpaid" or row.payout != "paid")
        ]

    @staticmethod
    def has_status(row: Commission, status: str) -> bool:
        return row.payout == "paid" if status == "paid" else row.status == status

    def base(self, rule: Rule, day: date) -> int:
        rows = self.inside(rule.conditions[0], rule, day, any_action=True)
        return sum(row.amount for row in rows if earned_as(row) in EARNS["commission_value"])

    @staticmethod
    def bonus(action: Any, base: int) -> int:
        if action.amount is not None:
            return int(action.amount)
        return max(0, floor(Fraction(action.percent) * base / 100 + Fraction(1, 2)))

    def in_period(self, period: Any, one: date, day: date) -> bool:
        """Whether `one` counts where `period` is asked for on `day`."""
        match period.type:
            case "all_time" | "all_unpaid":
                return True
            case "since":
                return bool(one >= period.date)
            case "last_n_days":
                return 0 <= (day - one).days < period.days
            case kind if kind.startswith("last_"):
                unit = kind.removeprefix("last_")
                return same_period(unit, one, first_of(unit, day) - ONE_DAY)
            case kind:
                return same_period(kind, one, day)

    def period_of(self, period: Any, day: date) -> str:
        match period.type:
            case "all_time":
                return "all_time"
            case "all_unpaid":
                return f"all_unpaid:{self.last_payout}" if self.last_payout else "all_unpaid"
            case "since":
                return f"since:{period.date}"
            case "last_n_days":
                return f"last_n_days:{day - (period.days - 1) * ONE_DAY}"
            case kind if kind.startswith("last_"):
                unit = kind.removeprefix("last_")
                return f"{kind}:{first_of(unit, first_of(unit, day) - ONE_DAY)}"
            case kind:
                return f"{kind}:{first_of(kind, day)}"

    def fired_for(self, rule: Rule, period: str, multiple: int | None = None, order: str | None = None) -> bool:
        """Whether it has fired for the period (multiple, order), or for a rolling window that shares a day with it."""
        own = [fired for fired in self.firings if fired.rule == rule.rule_id]
        if order is not None:
            return order in [fired.order for fired in own]
        periods = [fired.period for fired in own if fired.multiple == multiple]
        if not period.startswith("last_n_days:"):
            return period in periods
        gaps = [date.fromisoformat(period[12:]) - date.fromisoformat(other[12:]) for other in periods]
        return any(abs(gap.days) < getattr(rule.conditions[0].period, "days", 0) for gap in gaps)

    def ended_before(self, rule: Rule, day: date) -> bool:
        """Whether the last day of the leading period was over when the rule was made."""
        period = rule.conditions[0].period
        made = rule.created_at.astimezone(ZoneInfo(self.program.timezone)).date()
        if period.type in {"all_time", "since", "all_unpaid"}:
            return False
        if period.type == "last_n_days":
            return made > day
        if period.type.startswith("last_"):
            return made >= first_of(period.type.removeprefix("last_"), day)
        return made > day and not self.in_period(period, made, day)


def earned_as(row: Commission) -> str:
    """The type that its amount is part of: an adjustment is part of what it adjusts."""
    if row.adjusts:
        return {"recurrence": "recurring", "granted action": "action"}.get(row.adjusts.kind, row.adjusts.kind)
    return row.type


def name_of(row: Commission) -> str:
    """The action that it is counted as: those that nobody knows are one."""
    return row.action_code if row.action_code and row.by_name else ""


def counted_as(row: Commission) -> str:
    """The type that it is counted as: what nobody ordered, and adjustments, have types of their own."""
    if row.adjusts:
        return f"adjusted {row.adjusts.kind}"
    if (row.type, row.origin) == ("action", "rule"):
        return "granted action"
    if row.type == "sale" and row.order and row.order.subscription and row.order.amount == 0:
        return "trial"
    return "recurrence" if row.origin == "schedule" else row.type


Counter = tuple[int, int, int]


def counters(rows: Iterable[Commission]) -> dict[tuple[Any, ...], Counter]:
    """What every counter that is not empty must hold: rows, commission and sales.

    By member, day or month, offer, and what the rows have in common. Rows of nobody are in none.
    """
    found: dict[tuple[Any, ...], Counter] = {}
    for row in rows:
        if row.member_id is None:
            continue
        sale = row.order.sale - row.order.refunded_sale if row.order and row.tier == 1 else 0
        if row.order and (row.order.state == "cancelled" or row.order.money == "void"):
            sale = 0
        quantity = row.adjusts.quantity if row.adjusts else 1
        bucket = (row.payout_option_id or "", counted_as(row), name_of(row), row.tier, str(row.state), row.own_terms)
        for when in (row.day, (row.day.year, row.day.month)):
            place = (row.member_id, when, row.offer_id or NO_OFFER, *bucket)
            count, commission, sales = found.get(place, (0, 0, 0))
            found[place] = (count + quantity, commission + row.amount, sales + sale)
    return {place: counter for place, counter in found.items() if any(counter)}


def balances(rows: Iterable[Commission]) -> dict[str, int]:
    """What rows of one member come to, by state; nothing is left out."""
    found: dict[str, int] = {}
    for row in rows:
        found[str(row.state)] = found.get(str(row.state), 0) + row.amount
    return {state: amount for state, amount in found.items() if amount}
