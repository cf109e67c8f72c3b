"""Random histories: rules of every shape, commissions on days around the ends of periods, and what becomes of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.schedule import Payday
from tests.unit.kit.builders import (
    ANNA,
    AUTUMN,
    BASIC,
    GOLD,
    LONG_AGO,
    SPRING,
    an_id,
    an_order,
    bonus,
    enrollment,
    mails,
    member,
    program,
    sets,
)

DAYS = [date.fromisoformat(day) for day in ("2026-01-01", "2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01")]
DAYS += [date(2026, 11, 21), date(2026, 11, 22)] * 5
DAYS += [date(2026, 11, 15), date(2026, 11, 16), date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)]
DAYS += [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 3), date(2027, 1, 4)]
PERIODS = [
    "current_week",
    "current_week",
    "current_day",
    "current_month",
    "current_quarter",
    "current_year",
    "all_time",
    "all_unpaid",
    "all_unpaid",
    "last_week",
    "last_month",
    "last_quarter",
    "last_year",
]
BEGUN = sorted({day + timedelta(days=1) for day in DAYS} | {date(2026, 11, 16), date(2026, 12, 1)})
WINDOWS: list[dict[str, Any]] = [{"type": "last_n_days", "days": days} for days in (1, 2, 3, 7, 30, 90, 366)]
WINDOWS += [{"type": "since", "date": day} for day in ("2025-12-31", "2026-10-01", "2026-11-16", "2026-11-22")]
CODES = ["signup", "a|b"]
LEVELS = ["gold", "silver", ""]
COUNTS = ["sales_count", "actions_count", "recurring_count", "clicks_count", "referred_members_count"]
SUMS = ["commission_value"] * 3 + ["sale_commission_value", "action_commission_value", "click_commission_value"]
STATES = [("approved", "unpaid")] * 3 + [("pending", "unpaid"), ("declined", "unpaid"), ("approved", "paid")]
OFFER_SCOPES: list[Any] = ["all", "all", (SPRING,), (AUTUMN,), (SPRING, AUTUMN)]


Step = tuple[Commission, ...] | date | Payday


@dataclass(frozen=True)
class History:
    """What happens to one member: commissions in the order in which they are folded, some in one batch; days begin,
    and what is due is paid.
    """

    program: Program
    rules: tuple[Rule, ...]
    enrollments: dict[str, Enrollment]
    member: Member
    steps: tuple[Step, ...]
    referred: tuple[date, ...] = ()

    @property
    def changes(self) -> list[Commission]:
        return [change for step in self.steps if isinstance(step, tuple) for change in step]

    @property
    def one_by_one(self) -> list[Step]:
        apart = [[(change,) for change in step] if isinstance(step, tuple) else [step] for step in self.steps]
        return [step for steps in apart for step in steps]


def pick(*options: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(options)


def scopes() -> st.SearchStrategy[dict[str, Any]]:
    states = st.lists(pick("pending", "approved", "paid", "declined"), min_size=1, max_size=3, unique=True)
    narrowed = st.one_of(
        st.fixed_dictionaries({"tier": pick(1, 2, "any")}),
        st.fixed_dictionaries({"statuses": states}),
        st.fixed_dictionaries({"offers": pick(*OFFER_SCOPES)}),
        st.fixed_dictionaries({"action_code": pick(*CODES)}),
        st.fixed_dictionaries({"tier": pick(1, 2, "any"), "statuses": states, "offers": pick(*OFFER_SCOPES)}),
    )
    period = st.one_of(pick(*PERIODS).map(lambda kind: {"type": kind}), pick(*WINDOWS))
    return st.builds(lambda when, scope: {"period": when, **scope}, period, st.just({}) | st.just({}) | narrowed)


def counters(operators: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    count = st.fixed_dictionaries({"metric": pick(*COUNTS), "value": st.integers(0, 2)})
    amount = st.fixed_dictionaries({"metric": pick(*SUMS), "value": pick(0, 99, 100, 200, 201)})
    total = st.fixed_dictionaries({"metric": pick("sales_total"), "value": pick(0, 1000, 2000)})
    rate = st.fixed_dictionaries({"metric": pick("conversion_rate"), "value": pick("0", "50", "33.3", "100")})
    age = st.fixed_dictionaries({"metric": pick("days_since_approval"), "value": pick(0, 1, 30, 300)})
    average = st.fixed_dictionaries({"metric": pick("average_order_value"), "value": pick(0, 500, 751, 1000)})
    numbers = st.one_of(amount, amount, count, total, rate, age, average)
    return st.builds(
        lambda *parts: {k: v for part in parts for k, v in part.items()}, numbers, scopes(), wanted(operators)
    )


def is_decidable(leading: dict[str, Any]) -> bool:
    """Less of a period without an end is refused when a rule is saved."""
    endless = leading["period"]["type"] in {"all_time", "since", "all_unpaid"}
    return leading["metric"] == "days_since_approval" or leading["operator"] not in {"lt", "lte"} or not endless


def wanted(operators: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"operator": pick(*operators)})


def repeating() -> st.SearchStrategy[dict[str, Any]]:
    """Fires for each multiple, few enough of them to read."""
    count = st.fixed_dictionaries({"metric": pick(*COUNTS, "sales_count", "sales_count"), "value": pick(1, 1, 2, 3)})
    amount = st.fixed_dictionaries({"metric": pick(*SUMS), "value": pick(60, 100, 200)})
    total = st.fixed_dictionaries({"metric": pick("sales_total", "average_order_value"), "value": pick(400, 1000)})
    always = {"operator": "gte", "every": True}
    numbers = st.one_of(count, count, amount, total)
    return st.builds(lambda number, scope: {**number, **scope, **always}, numbers, scopes())


def one_order() -> st.SearchStrategy[dict[str, Any]]:
    among = {"offers": pick(*OFFER_SCOPES), "statuses": pick(("approved",), ("pending", "approved"), ("declined",))}
    amount = {"metric": pick("order_amount"), "operator": pick("gt", "gte", "lt", "ne"), "value": pick(0, 500, 700)}
    first = {"metric": pick("first_order"), "operator": pick("eq"), "value": st.booleans()}
    return st.one_of(st.fixed_dictionaries(amount, optional=among), st.fixed_dictionaries(first, optional=among))


def states() -> st.SearchStrategy[dict[str, Any]]:
    field = {"metric": pick("user_field"), "field": pick("level", "city")}
    group = {"metric": pick("commission_group")}
    offers = {"offers": pick(*OFFER_SCOPES)}
    return st.one_of(
        st.fixed_dictionaries({**field, "operator": pick("eq", "ne"), "value": pick("gold", "silver")}),
        st.fixed_dictionaries({**field, "operator": pick("is_set")}),
        st.fixed_dictionaries({**group, "operator": pick("eq", "ne"), "value": pick(BASIC, GOLD)}, optional=offers),
        st.fixed_dictionaries({**group, "operator": pick("is_set")}, optional=offers),
    )


def does(most_mails: int = 2) -> st.SearchStrategy[list[dict[str, Any]]]:
    pays = st.lists(pick(bonus(percent="2"), bonus(percent="12.3456"), bonus(amount=50), bonus(amount=0)), max_size=1)
    told = st.lists(pick(mails(), mails(), mails("merchant")), max_size=most_mails)
    set_ = st.lists(st.builds(sets, pick("level", "city"), pick(*LEVELS)), max_size=2)
    return st.builds(lambda *parts: [action for part in parts for action in part], pays, told, set_).filter(bool)


LEADING, FURTHER = (
    st.one_of(counters(["gt", "gt", "gte", "eq", "ne", "lt", "lte"]).filter(is_decidable), repeating(), one_order()),
    st.lists(st.one_of(counters(["gt", "lt", "gte", "lte"]), one_order()), max_size=1),
)
LEADING_OR_STATE = st.one_of(LEADING, states())
FURTHER_OR_STATE = st.one_of(FURTHER, st.lists(states(), max_size=1))
DOES = does()
MADE = pick(LONG_AGO, LONG_AGO, datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 21, 17, tzinfo=UTC))


@st.composite
def rules(draw: Any, number: int, with_fields: bool) -> Rule:
    leading = draw(LEADING_OR_STATE if with_fields else LEADING)
    further = draw(FURTHER_OR_STATE if with_fields else FURTHER)
    made = draw(MADE)
    settings = {"priority": draw(st.integers(1, 2)), "offers": draw(pick(*OFFER_SCOPES)), "name": f"rule {number}"}
    identity = {"rule_id": an_id("rul", str(number)), "created_at": made, "updated_at": made}
    acts = {"conditions": [leading, *further], "actions": draw(DOES)}
    return Rule.model_validate({**settings, **identity, **acts, "enabled": draw(st.integers(0, 7)) > 0})


@st.composite
def commissions(draw: Any, number: int, zone: str) -> Commission:
    kind = draw(pick("sale", "sale", "sale", "action", "click", "recurring"))
    day = draw(pick(*DAYS))
    status, payout = draw(pick(*STATES))
    when = datetime.combine(day, time(draw(pick(0, 12, 23))), ZoneInfo(zone)).astimezone(UTC)
    order = an_order(str(number), draw(pick(0, 500, 1000))) if kind != "click" and draw(st.booleans()) else None
    origin = "schedule" if kind == "recurring" and order is None else "conversion"
    row = {"commission_id": an_id("com", str(number)), "type": kind, "origin": origin, "member_id": ANNA}
    row |= {"amount": draw(pick(0, 30, 100, 101, 180)), "currency": "USD", "status": status, "payout": payout}
    row |= {"offer_id": draw(pick(SPRING, SPRING, AUTUMN)), "payout_option_id": draw(pick(BASIC, GOLD))}
    row |= {
        "tier": 1 if kind == "click" else draw(pick(1, 1, 1, 2)),
        "action_code": draw(pick(*CODES)) if kind == "action" else None,
        "by_name": kind != "action" or draw(st.booleans()),
    }
    return Commission(**row, order=order, occurred_at=when, day=day, created_at=when, updated_at=when)


@st.composite
def changed(draw: Any, row: Commission) -> Commission:
    """What may become of a commission: approved, declined, paid, refunded in part, or only touched."""
    status, payout = draw(pick(*STATES))
    order = row.order
    if order is not None:
        order = order.model_copy(update={"refunded_sale": draw(pick(0, min(300, order.sale), order.sale))})
    amount = draw(st.one_of(st.just(row.amount), pick(0, 30, 100, 180, -20)))
    return row.revised(row.updated_at, status=status, payout=payout, amount=amount, order=order)


@st.composite
def histories(draw: Any, with_fields: bool = True) -> History:
    zone = draw(pick("UTC", "America/New_York", "Asia/Tokyo"))
    merchant = draw(pick(None, "shop@example.com", "shop@example.com"))
    drawn = [draw(rules(number, with_fields)) for number in range(draw(st.integers(2, 5)))]
    enrolled = {offer: draw(pick(BASIC, GOLD)) for offer in draw(pick((), (SPRING,), (SPRING, AUTUMN)))}
    places = {o: enrollment(offer_id=o, payout_option_id=option) for o, option in enrolled.items()}
    settings = program(timezone=zone, merchant_email=merchant, bonus_status=draw(pick("approved", "pending")))
    approved_at = draw(pick(None, LONG_AGO, datetime(2026, 11, 16, 2, tzinfo=UTC)))
    who = member(approved_at=approved_at, status=draw(pick("approved", "approved", "approved", "suspended")))
    referred = draw(st.lists(pick(*DAYS), max_size=3))
    return History(settings, tuple(drawn), places, who, draw(steps(zone)), tuple(referred))


@st.composite
def steps(draw: Any, zone: str) -> tuple[Step, ...]:
    """Batches of commissions, and between them days that begin, some of them late, and payouts."""
    found: list[Step] = []
    midnights = sorted(draw(st.lists(pick(*BEGUN), max_size=5, unique=True)), reverse=True)
    for batch in draw(batches(zone)):
        found.append(batch)
        if draw(st.integers(0, 3)) == 0:
            found.append(draw(paydays(len(found), zone)))
        while midnights and draw(st.integers(0, 2)) == 0:
            found.append(midnights.pop())
    return (*found, *reversed(midnights))


@st.composite
def paydays(draw: Any, number: int, zone: str) -> Payday:
    day = draw(pick(*DAYS))
    return Payday(day, datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC), an_id("pay", str(number)))


@st.composite
def batches(draw: Any, zone: str) -> tuple[tuple[Commission, ...], ...]:
    rows: dict[str, Commission] = {}
    made: list[list[Commission]] = [[]]
    for number in range(draw(st.integers(6, 14))):
        old = draw(st.booleans()) and bool(rows) and draw(st.booleans())
        row = draw(changed(rows[draw(pick(*rows))])) if old else draw(commissions(number, zone))
        rows[row.commission_id] = row
        together = row.commission_id not in {other.commission_id for other in made[-1]} and draw(st.integers(0, 3)) > 0
        if together:
            made[-1].append(row)
        else:
            made.append([row])
    return tuple(tuple(batch) for batch in made if batch)
