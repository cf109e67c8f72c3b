"""Orders are facts: told in any order and however often, they end in the same row, worth what is known of the order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.ledger.adjustments import adjustment
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.orders import Order
from laurel.domain.ledger.row_parts import Decision
from laurel.domain.ledger.worth import revalued
from laurel.domain.offers.terms import earned
from laurel.domain.tracking.facts import News, StateNews, joined, told
from laurel.domain.tracking.refunds import Refund
from tests.unit.kit.builders import SATURDAY, a_refund, an_id, an_order, commission, steady, terms

PROGRAM = an_id("prg")
PERCENT = {"type": "percent_of_sale", "percent": "10"}
TERMS = st.sampled_from([PERCENT, {"type": "flat_plus_percent", "amount": 250, "percent": "2.9"}])
ARRIVED = SATURDAY + timedelta(hours=1)


def sold(amount: int = 10_000, by: dict[str, Any] = PERCENT, **changes: Any) -> Commission:
    given_, order = terms(**by), changes.pop("order", {})
    whole = an_order("1001", amount, **order)
    return commission("sold", earned(given_, None, amount), terms=given_, order=whole, **changes)


def at(minute: int) -> datetime:
    return SATURDAY + timedelta(minutes=minute)


def refund(name: str = "r1", amount: int | None = None, minute: int = 1, **changes: Any) -> Refund:
    return a_refund(name, amount, told_at=at(minute), **changes)


class Account:
    """One order, told of news; its refunds as they are kept, and the adjustments that its folds have made."""

    def __init__(self, row: Commission) -> None:
        self.row, self.refunds = row, dict[str, Refund]()
        self.made: list[Commission] = []

    def tell(self, *news: News) -> "Account":
        for each in news:
            step = told(self.row, self.refunds, each, ARRIVED)
            self.row, self.refunds = step.after, self.refunds | {r.refund_id: r for r in step.refunds}
            if (needed := adjustment(PROGRAM, self.row, ARRIVED)) is not None:
                self.row = needed.row
                self.made.append(needed.made)
        return self

    @property
    def order(self) -> Order:
        assert self.row.order is not None
        return self.row.order

    @property
    def end(self) -> Any:
        """What must be the same whatever the order of the news."""
        row = self.row.model_copy(
            update={"version": 1, "first": None, "updated_at": SATURDAY, "due": self.row.adjusted}
        )
        paid = sum(each.amount for each in self.made), sum(each.adjusts.quantity for each in self.made if each.adjusts)
        return row, paid, {name: each.asked for name, each in self.refunds.items() if each.stands}


MINUTES = st.integers(1, 30)
AMOUNTS = st.integers(0, 20_000)


@st.composite
def facts(draw: st.DrawFn) -> list[News]:
    """News of one order, no two of the same instant: pictures, states, refunds by themselves, disputes."""
    minutes = iter(draw(st.permutations(range(1, 40))))
    news: list[News] = []
    for _ in range(draw(st.integers(1, 7))):
        minute = next(minutes)
        match draw(st.sampled_from(["picture", "state", "refund", "refund", "dispute", "amount"])):
            case "picture":
                amount = draw(AMOUNTS)
                listed = draw(st.lists(st.sampled_from(["a", "b", "c"]), unique=True, max_size=3))
                refunds = tuple(refund(each, 1_000, minute, is_total=True, is_listed=True) for each in listed)
                gross = amount + draw(st.integers(0, 3_000))
                state = draw(st.sampled_from(["standing", "cancelled"]))
                money = draw(st.sampled_from(["awaiting", "collected", "void"]))
                news.append(News(at(minute), amount, gross, None, state, money, refunds, lists_all=True))
            case "state":
                state = draw(st.sampled_from(["standing", "cancelled"]))
                news.append(
                    News(at(minute), state=state, money=draw(st.sampled_from(["awaiting", "collected", "void"])))
                )
            case "refund":
                amount = draw(st.one_of(st.none(), st.integers(1, 9_000)))
                one = refund(draw(st.sampled_from(["x", "y"])), amount, minute, stands=draw(st.booleans()))
                news.append(News(at(minute), refunds=(one,)))
            case "dispute":
                one = refund("dispute", 5_000, minute, reason="chargeback", is_total=True, stands=draw(st.booleans()))
                news.append(News(at(minute), refunds=(one,)))
            case _:
                news.append(News(at(minute), amount=draw(AMOUNTS)))
    return news


@steady
@given(facts(), TERMS, st.sampled_from(["unpaid", "paid"]), st.data())
def test_the_same_facts_in_any_order_and_told_again_end_the_same(
    news: list[News], by: dict[str, Any], payout: str, data: st.DataObject
) -> None:
    row = sold(by=by, payout=payout)
    shuffled = data.draw(st.permutations([*news, *data.draw(st.lists(st.sampled_from(news), max_size=3))]))
    first, second = Account(row).tell(*news), Account(row).tell(*shuffled)
    assert first.end == second.end


@steady
@given(facts(), TERMS)
def test_a_paid_row_with_its_adjustments_pays_what_an_unpaid_one_would(news: list[News], by: dict[str, Any]) -> None:
    unpaid, paid = Account(sold(by=by)).tell(*news), Account(sold(by=by, payout="paid")).tell(*news)
    before = sold(by=by)
    assert (paid.row.amount, paid.row.status) == (before.amount, "approved")
    assert paid.row.net == before.amount + sum(each.amount for each in paid.made) == unpaid.row.amount
    counted = 1 + sum(each.adjusts.quantity for each in paid.made if each.adjusts)
    assert counted == (0 if unpaid.order.earns_nothing else 1)
    assert len({each.commission_id for each in paid.made}) == len(paid.made)


@steady
@given(facts(), TERMS)
def test_what_an_order_is_worth_is_one_function_of_its_facts(news: list[News], by: dict[str, Any]) -> None:
    account = Account(sold(by=by)).tell(*news)
    order, row = account.order, account.row
    taken = [each for each in account.refunds.values() if each.stands and each.asked != 0]
    goods = sum(each.asked or 0 for each in taken if not each.is_total)
    totals = sum(each.asked or 0 for each in taken if each.is_total)
    whole, part = order.gross or order.amount, order.amount
    asked = goods + (totals if whole <= part else (2 * totals * part + whole) // (2 * whole))
    left = 0 if any(each.asked is None for each in taken) else max(0, part - asked)
    is_gone = bool(taken) and left == 0 and (asked > 0 or any(each.asked is None for each in taken))
    nothing = is_gone or order.state == "cancelled" or order.money == "void"
    assert row.amount == (0 if nothing else earned(terms(**by), None, left))
    assert row.status == ("declined" if nothing else "pending" if order.money == "awaiting" else "approved")


@steady
@given(facts(), TERMS, st.sampled_from(["unpaid", "paid"]))
def test_a_refund_that_is_undone_was_never_there(news: list[News], by: dict[str, Any], payout: str) -> None:
    row = sold(by=by, payout=payout)
    without, with_it = Account(row).tell(*news), Account(row).tell(*news)
    with_it.tell(News(at(50), refunds=(refund("late", 3_000, 50),)))
    with_it.tell(News(at(51), refunds=(refund("late", 3_000, 51, stands=False),)))
    assert (with_it.row.net, with_it.row.status, with_it.row.reason) == (
        without.row.net,
        without.row.status,
        without.row.reason,
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1), (1, 2, 0)])
def test_a_refund_told_again_after_it_was_undone_stands_whichever_arrives_first(order: tuple[int, ...]) -> None:
    news = [News(at(n), refunds=(refund("r", 1_000, n, stands=n != 2),)) for n in (1, 2, 3)]
    assert Account(sold()).tell(*(news[n] for n in order)).row.amount == 900


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (2, 0, 1)])
def test_a_picture_tells_again_that_a_refund_stands_which_was_undone_before_it(order: tuple[int, ...]) -> None:
    listed = [News(at(n), refunds=(refund("r", 1_000, n, is_listed=True),), lists_all=True) for n in (1, 3)]
    news = [listed[0], News(at(2), refunds=(refund("r", 1_000, 2, stands=False),)), listed[1]]
    assert Account(sold()).tell(*(news[n] for n in order)).row.amount == 900


def test_the_same_again_later_is_kept_with_its_time_and_is_no_change_that_anybody_would_see() -> None:
    account = Account(sold()).tell(News(at(1), refunds=(refund("r", 1_000, 1),)))
    step = told(account.row, account.refunds, News(at(2), refunds=(refund("r", 1_000, 2),)), ARRIVED)
    assert (step.is_news, step.is_known, step.refunds[0].told_at) == (True, True, at(2))
    again = told(account.row, account.refunds, News(at(1), refunds=(refund("r", 1_000, 1),)), ARRIVED)
    assert not again.is_news
    assert not told(account.row, account.refunds, News(at(2), amount=9_000), ARRIVED).is_known


def there_and_back(kind: str, before: Order, amount: int) -> tuple[News, News]:
    """News, and what takes it back."""
    match kind:
        case "dispute":
            told_then = {"reason": "chargeback", "is_total": True}
            opened, won = (refund("d", amount, at_, stands=at_ == 50, **told_then) for at_ in (50, 51))
            return News(at(50), refunds=(opened,)), News(at(51), refunds=(won,))
        case "amount":
            return News(at(50), amount=amount), News(at(51), amount=before.amount)
        case _:
            cancelled = News(at(50), state="cancelled", money="void")
            return cancelled, News(at(51), state=before.state, money=before.money)


@steady
@given(facts(), TERMS, st.sampled_from(["unpaid", "paid"]), st.sampled_from(["dispute", "amount", "state"]), AMOUNTS)
def test_a_dispute_that_is_won_a_revision_and_a_state_there_and_back_were_never_made(
    news: list[News], by: dict[str, Any], payout: str, kind: str, amount: int
) -> None:
    without, with_it = (Account(sold(by=by, payout=payout)).tell(*news) for _ in range(2))
    with_it.tell(*there_and_back(kind, without.order, amount))
    assert (with_it.row.net, with_it.row.status, with_it.row.reason, with_it.order.remaining) == (
        without.row.net,
        without.row.status,
        without.row.reason,
        without.order.remaining,
    )


@pytest.mark.parametrize(
    ("news", "worth"),
    [
        ([News(at(1), state="cancelled", money="collected"), News(at(2), state="standing", money="collected")], 1_000),
        ([News(at(2), state="standing", money="collected"), News(at(1), state="cancelled", money="collected")], 1_000),
        ([News(at(1), state="standing", money="void"), News(at(2), state="standing", money="collected")], 1_000),
        ([News(at(1), amount=7_500)], 750),
        ([News(at(2), amount=16_000), News(at(1), amount=6_000)], 1_600),
        ([News(at(1), refunds=(refund("r1", 4_000),)), News(at(2), amount=14_000)], 1_000),  # 40 back, 40 added
        (
            [News(at(1), refunds=(refund("r1", None),)), News(at(2), refunds=(refund("r1", None, 2, stands=False),))],
            1_000,
        ),
    ],
)
@pytest.mark.parametrize("payout", ["unpaid", "paid"])
def test_a_state_can_be_left_again_and_a_later_message_corrects_an_earlier_one(
    news: list[News], worth: int, payout: str
) -> None:
    assert Account(sold(payout=payout)).tell(*news).row.net == worth


def test_of_a_refund_that_tells_only_a_total_the_goods_share_is_taken_of_all_of_them_together() -> None:
    row = sold(10_000, order={"gross": 12_500})  # 100.00 of goods, 25.00 of shipping and tax
    account = Account(row)
    for number, net in enumerate((980, 960, 940)):
        account.tell(News(at(number + 1), refunds=(refund(f"r{number}", 250, number + 1, is_total=True),)))
        assert account.row.amount == net
    account.tell(News(at(9), refunds=(refund("rest", 11_750, 9, is_total=True),)))
    assert (account.row.amount, account.row.status, account.order.remaining) == (0, "declined", 0)


def test_reasons_are_told_strongest_first() -> None:
    chargeback = refund("d", 10_000, 1, reason="chargeback")
    account = Account(sold()).tell(News(at(1), refunds=(refund("r", 10_000),)))
    assert account.row.reason == "refund"
    assert account.tell(News(at(2), state="cancelled", money="collected")).row.reason == "cancelled"
    assert account.tell(News(at(3), refunds=(chargeback,))).row.reason == "chargeback"


def test_a_hands_decision_lasts_beneath_the_facts() -> None:
    fraud = revalued(sold(), ARRIVED, decision=Decision(status="declined", reason="fraud"))
    account = Account(fraud).tell(News(at(1), state="cancelled", money="collected"))
    assert (account.row.status, account.row.reason) == ("declined", "cancelled")
    account.tell(News(at(2), state="standing", money="collected"))
    assert (account.row.status, account.row.reason) == ("declined", "fraud")


def test_an_order_that_waits_for_its_money_is_pending_and_then_as_the_program_said() -> None:
    held = sold(status="pending", order={"money": "awaiting"}, hold_until=SATURDAY + timedelta(days=30))
    account = Account(held).tell(News(at(1), state="standing", money="collected"))
    assert (account.row.status, account.row.hold_until) == ("pending", held.hold_until)
    now = Account(sold(status="pending", order={"money": "awaiting"})).tell(News(at(1), money="collected"))
    assert now.row.status == "approved"


def test_a_refund_that_a_later_picture_does_not_list_is_undone_and_one_of_a_hand_is_not() -> None:
    by_hand = News(refunds=(a_refund("by hand", 500),))
    listed = News(at(1), 10_000, refunds=(refund("shop", 1_000, is_listed=True),), lists_all=True)
    account = Account(sold()).tell(by_hand, listed)
    assert account.row.amount == 850
    assert account.tell(News(at(2), 10_000, lists_all=True)).row.amount == 950


@steady
@given(facts(), TERMS)
def test_what_waited_for_an_order_leaves_what_it_would_have_left_afterwards(
    news: list[News], by: dict[str, Any]
) -> None:
    single = [each for each in news if not each.lists_all and each.amount is None]
    states = [each for each in single if each.state is not None]
    newest = max(states, key=lambda each: each.at or ARRIVED, default=None)
    after = Account(sold(by=by)).tell(*single)
    parked = [each.model_copy(update={"place": n}) for n, each in enumerate(after.refunds.values(), 1)]
    state = None if newest is None else StateNews(state=newest.state, money=newest.money, at=newest.at)
    steps = joined(sold(by=by), parked, state, ARRIVED)
    row = steps[-1].after if steps else sold(by=by)
    assert (row.amount, row.status, row.reason) == (after.row.amount, after.row.status, after.row.reason)
