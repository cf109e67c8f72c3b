"""A whole program driven over HTTP in random order: whatever was done, all that it tells agrees with the bare facts.

The facts are kept beside it: each order with a few numbers (order_book.py), and a judge of each member that recounts
every rule from the list of rows (kit/oracle.py, which the unit tests ask too).
"""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from laurel.store.table import Table
from tests.functional.kit.books import agree
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.order_book import FOR_GOOD, Told
from tests.functional.kit.quick_moto import kept, put_back
from tests.functional.kit.replays import can_be_known, replays_agree
from tests.functional.kit.rewards import pick, rewards
from tests.functional.kit.trade import BOTH, FLAT, PERCENT, TIERED, Clock, Furniture, Trade, furnish, require
from tests.kit.tables import TABLE_NAME

if TYPE_CHECKING:
    from moto.dynamodb.models import Table as MotoTable

PROFILE = hypothesis.settings(
    max_examples=5,
    stateful_step_count=15,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[hypothesis.Phase.generate],
)
"""How many programs, and how much happens in each: the same in every run. For longer: 400 of 40, derandomize=False."""


NUMBERS = st.integers(0, 7)
AMOUNTS = pick(0, 1, 999, 5_000, 5_000, 12_345, 20_000, 20_000)
MEMBERS = pick("ADA", "BEN")
LATELY = pick(*(timedelta(hours=hours) for hours in (0, 0, 1, 5, 24, 24 * 3, 24 * 7, 24 * 20)))
AROUND_MIDNIGHTS = pick(
    "2026-10-01T03:59:59.999Z",  # the last instant of September in New York
    "2026-10-01T04:00:00Z",
    "2026-11-01T03:59:59Z",
    "2026-11-01T05:30:00Z",  # this hour comes twice
    "2026-11-01T06:30:00Z",
    "2026-11-02T04:59:59Z",  # Sunday, of 25 hours
    "2026-11-02T05:00:00Z",
).map(datetime.fromisoformat)
Sale = tuple[int, int, str, str, timedelta | datetime]
SALES = st.tuples(NUMBERS, AMOUNTS, MEMBERS, pick("A", "A", "B"), LATELY | AROUND_MIDNIGHTS)
APPROVALS = pick({"mode": "immediate"}, {"mode": "hold", "hold_days": 2}, {"mode": "manual"})


class Machine(RuleBasedStateMachine):
    """The program's merchant, its storefront and its calendar."""

    def __init__(self, trade: Trade) -> None:
        super().__init__()
        self.trade = trade
        trade.begin()
        self.orders: dict[str, Told] = {}
        self.parked: dict[str, dict[str, tuple[int | None, str]]] = {}
        self.refunds: dict[tuple[str, str], tuple[int | None, str]] = {}
        self.options = {(member, offer): 0 for member in ("ADA", "BEN") for offer in ("A", "B")}
        self.terms: dict[str, list[dict[str, Any]]] = {"A": [TIERED, PERCENT], "B": [BOTH, FLAT]}
        self.agreed: dict[tuple[str, str], dict[str, Any] | None] = {}
        self.approval: dict[str, Any] = {"mode": "immediate"}
        self.touched: set[str] = set()  # rules that were edited, or whose markers were deleted

    @initialize(first=st.lists(rewards(), min_size=2, max_size=3), sold=st.lists(SALES, min_size=3, max_size=3))
    def open(self, first: list[dict[str, Any]], sold: list[Sale]) -> None:
        for reward in first:
            self.save(reward)
        for sale in sold:
            self.sell(sale)

    @rule(sale=SALES)
    def report(self, sale: Sale) -> None:
        self.sell(sale)

    def sell(self, sale: Sale) -> None:
        number, amount, member, offer, at = sale
        order_id = str(number)
        occurred_at = min(self.now, at if isinstance(at, datetime) else self.now - at)
        body = {
            "order_id": order_id,
            "amount": amount,
            "currency": "USD",
            "promo_code": f"{member}-{offer}",
            "occurred_at": occurred_at.isoformat().replace("+00:00", "Z"),
            "storefront_id": self.trade.furniture.storefront_id,
        }
        answer = self.trade.api.post("/v1/conversions", body)
        if order_id in self.orders:
            told = self.orders[order_id]
            same = told.body == body
            assert (answer.status, same or answer.code) == ((200, True) if same else (409, "order_conflict"))
            return
        option = self.options[member, offer]
        made = require(answer, 201)
        furniture = self.trade.furniture
        terms = self.agreed.get((member, offer)) or self.terms[offer][option]
        told = Told(body, furniture.members[member], furniture.offers[offer], furniture.options[offer][option], terms)
        told.conversion_id, told.answer = made["conversion_id"], made
        for refund_id, (refunded, reason) in self.parked.pop(order_id, {}).items():
            told.refund(refunded, reason)
            self.refunds[order_id, refund_id] = (refunded, reason)
        told.begin(self.approval, occurred_at)
        self.orders[order_id] = told
        assert (made["commission"], made["status"]) == (told.earns, told.status)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def report_again(self, data: st.DataObject) -> None:
        told = self.an_order(data)
        assert require(self.trade.api.post("/v1/conversions", told.body), 200) == told.answer

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), verdict=pick("approved", "declined"))
    def decide(self, data: st.DataObject, verdict: str) -> None:
        told = self.an_order(data)
        path = f"/v1/conversions/{told.conversion_id}/{'approve' if verdict == 'approved' else 'decline'}"
        answer = self.trade.api.post(path, {})
        refusal = told.decide(verdict)
        assert (answer.status, answer.body.get("code")) == ((200, None) if refusal is None else (409, refusal))

    @rule(
        number=NUMBERS,
        refund=pick("r1", "r1", "r2", "r3"),
        amount=pick(None, 1, 333, 5_000),
        reason=pick(*sorted(FOR_GOOD)),
    )
    def refund(self, number: int, refund: str, amount: int | None, reason: str) -> None:
        order_id = str(number)
        body: dict[str, Any] = {"order_id": order_id, "refund_id": refund, "reason": reason}
        body |= {"storefront_id": self.trade.furniture.storefront_id} | ({} if amount is None else {"amount": amount})
        answer = self.trade.api.post("/v1/refunds", body)
        waits = self.parked.get(order_id, {})
        known = self.refunds.get((order_id, refund), waits.get(refund))
        if known is not None and known != (amount, reason):
            assert (answer.status, answer.code) == (409, "refund_conflict")
            return
        is_parked = order_id not in self.orders
        assert answer.status == (202 if is_parked else 201 if known is None else 200), answer.body
        if is_parked:
            self.parked.setdefault(order_id, {})[refund] = (amount, reason)
        elif known is None:
            self.refunds[order_id, refund] = (amount, reason)
            self.orders[order_id].refund(amount, reason)

    @rule(member=MEMBERS, offer=pick("A", "B"), option=st.integers(0, 1))
    def move(self, member: str, offer: str, option: int) -> None:
        furniture = self.trade.furniture
        offer_id, member_id = furniture.offers[offer], furniture.members[member]
        option_id = furniture.options[offer][option]
        path = f"/v1/offers/{offer_id}/enrollments/{member_id}"
        require(self.trade.api.patch(path, {"payout_option_id": option_id}), 200)
        if self.options[member, offer] != option:
            self.agreed.pop((member, offer), None)
        self.options[member, offer] = option
        self.trade.judges[member_id].enrolled[offer_id] = option_id

    @rule(member=MEMBERS, offer=pick("A", "B"), terms=pick(None, PERCENT, TIERED, BOTH, FLAT))
    def agree_on_terms(self, member: str, offer: str, terms: dict[str, Any] | None) -> None:
        furniture = self.trade.furniture
        path = f"/v1/offers/{furniture.offers[offer]}/enrollments/{furniture.members[member]}"
        require(self.trade.api.patch(path, {"terms": terms}), 200)
        self.agreed[member, offer] = terms

    @rule(offer=pick("A", "B"), option=st.integers(0, 1), terms=pick(PERCENT, TIERED, BOTH, FLAT))
    def edit_terms(self, offer: str, option: int, terms: dict[str, Any]) -> None:
        furniture = self.trade.furniture
        path = f"/v1/offers/{furniture.offers[offer]}/payout-options/{furniture.options[offer][option]}"
        require(self.trade.api.patch(path, {"terms": terms}), 200)
        kept = {name: rates for name, rates in self.terms[offer][option].items() if name == "tiers"}  # none was cleared
        self.terms[offer] = [{**kept, **terms} if n == option else each for n, each in enumerate(self.terms[offer])]

    @rule(approval=APPROVALS)
    def approve_otherwise(self, approval: dict[str, Any]) -> None:
        require(self.trade.api.patch("/v1/program", {"approval": approval}), 200)
        self.approval = approval

    @precondition(lambda self: len(self.trade.rules) < 4)
    @rule(reward=rewards())
    def add_rule(self, reward: dict[str, Any]) -> None:
        self.save(reward)

    def save(self, reward: dict[str, Any]) -> None:
        require(self.trade.api.post("/v1/rules", self.trade.named(reward)), 201)
        self.trade.tell_rules()

    @precondition(lambda self: self.trade.rules)
    @rule(data=st.data(), changes=rewards() | pick({"enabled": False}, {"enabled": True}))
    def edit_rule(self, data: st.DataObject, changes: dict[str, Any]) -> None:
        edited = data.draw(pick(*sorted(rule.rule_id for rule in self.trade.rules)))
        require(self.trade.api.patch(f"/v1/rules/{edited}", self.trade.named(changes)), 200)
        self.touched.add(edited)
        self.trade.tell_rules()

    @precondition(lambda self: self.trade.rules)
    @rule(data=st.data())
    def apply_rule(self, data: st.DataObject) -> None:
        self.trade.drain()
        applied = data.draw(pick(*sorted(self.trade.rules, key=lambda rule: rule.rule_id)))
        if self.trade.apply(applied):
            self.touched.add(applied.rule_id)

    @precondition(lambda self: any(judge.firings for judge in self.trade.judges.values()))
    @rule(data=st.data())
    def delete_marker(self, data: st.DataObject) -> None:
        made = sorted((row for row in self.trade.rows().values() if row.rule_id), key=lambda row: row.commission_id)
        if not made:
            return
        row = data.draw(pick(*made))
        path = f"/v1/commissions/{row.commission_id}?confirm=true"
        if row.payout == "paid":
            assert self.trade.api.delete(path).code == "already_paid"
        else:
            require(self.trade.api.delete(path), 204)
            self.trade.forget(row)
            self.touched.add(row.rule_id or "")

    @precondition(lambda self: any(judge.firings for judge in self.trade.judges.values()))
    @rule(data=st.data(), verdict=pick("approve", "decline"))
    def decide_about_a_bonus(self, data: st.DataObject, verdict: str) -> None:
        made = sorted(row.commission_id for row in self.trade.rows().values() if row.rule_id)
        if made:
            self.trade.api.post(f"/v1/commissions/{data.draw(pick(*made))}/{verdict}", {})

    @rule(days=pick(1, 1, 2, 5))
    def days_pass(self, days: int) -> None:
        self.trade.drain()
        self.trade.clock.at += timedelta(days=days)
        for told in self.orders.values():
            told.wait_until(self.now)
        self.trade.minutes()

    @rule(minimum=pick(0, 0, 1_000), back=pick(0, 0, 2))
    def pay_out(self, minimum: int, back: int) -> None:
        self.trade.drain()
        day = self.trade.furniture.program.calendar.day_of(self.now)
        paid = self.trade.pay_out(day - timedelta(days=back), minimum)
        for told in self.orders.values():
            if told.conversion_id in paid:
                told.paid = paid[told.conversion_id]

    @precondition(lambda self: self.orders)
    @rule()
    def count(self) -> None:
        self.trade.drain()
        agree(self.trade, self.orders)

    def teardown(self) -> None:
        self.trade.drain()
        agree(self.trade, self.orders)
        untouched = [rule for rule in self.trade.rules if rule.rule_id not in self.touched and can_be_known(rule)]
        replays_agree(self.trade, untouched)

    def an_order(self, data: st.DataObject) -> Told:
        return self.orders[data.draw(pick(*sorted(self.orders)))]

    @property
    def now(self) -> datetime:
        return self.trade.clock.at.astimezone(UTC)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of day, which only laurel.clock reads."""
    stood_in = Clock()
    monkeypatch.setattr("laurel.clock.datetime", stood_in)
    return stood_in


@pytest.fixture
def furnished(outside: None, empty_table: "MotoTable", items: Table, clock: Clock) -> Furniture:
    """A program of its own, alone in the table."""
    put_back(empty_table)
    return furnish(items)


def test_whatever_happens_all_that_is_told_agrees(furnished: Furniture, clock: Clock, jobs_queue: JobsQueue) -> None:
    table = kept(TABLE_NAME)

    def opened() -> Machine:
        put_back(table)
        return Machine(Trade(furnished, clock, jobs_queue))

    make: Any = opened  # which is all that is asked of a machine's class
    run_state_machine_as_test(make, settings=PROFILE)
