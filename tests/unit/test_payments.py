"""What follows for an order from all that was told of its payment, in whatever order and however often."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.tracking.webhooks.events import (
    DisputeTold,
    PaymentCaptured,
    PaymentDisputed,
    PaymentNamed,
    PaymentRefunded,
    PaymentRefundTold,
    RefundTold,
    Refused,
    StateTold,
)
from laurel.domain.tracking.webhooks.payments import MOST_REFUNDS, OrderFact, Payment, PaymentEvent
from tests.unit.kit.builders import at, steady

START = at("2026-11-19 12:00")
MISMATCH = Refused("currency_mismatch")


def when(second: int) -> datetime:
    return START + timedelta(seconds=second)


ARRIVAL = when(10**6)


def named(order_id: str = "in_1", second: int = 0, currency: str | None = "EUR") -> PaymentNamed:
    return PaymentNamed("pi_1", order_id, currency, when(second))


def total(amount: int, second: int, charge: str = "ch_1", currency: str = "EUR") -> PaymentRefunded:
    return PaymentRefunded("pi_1", charge, amount, currency, when(second))


def refund(amount: int, second: int, name: str = "re_1", **changes: Any) -> PaymentRefundTold:
    plain = {"charge": "ch_1", "currency": "EUR", "stands": True, "made_at": when(second)}
    return PaymentRefundTold("pi_1", refund_id=name, amount=amount, at=when(second), **{**plain, **changes})


def failed(amount: int, made: int, second: int, name: str = "re_1") -> PaymentRefundTold:
    return refund(amount, second, name, stands=False, made_at=when(made))


def dispute(standing: Any, second: int, amount: int = 70, currency: str = "EUR", **changes: Any) -> PaymentDisputed:
    return PaymentDisputed("pi_1", "dp_1", amount, currency, standing, when(second), **changes)


def captured(taken: int, left: int, second: int) -> PaymentCaptured:
    return PaymentCaptured("pi_1", "ch_1", taken, left, "EUR", when(second))


def after(*events: PaymentEvent) -> Payment:
    payment = Payment()
    for event in events:
        payment = payment.after(event, ARRIVAL)
    return payment


def standing(facts: Iterable[OrderFact]) -> dict[str, Any]:
    """What is taken of orders, and how they stand: by the keys under which orders keep facts, the newest of each."""
    newest: dict[str, tuple[datetime, Any]] = {}
    for fact in facts:
        key, at, worth = _kept(fact)
        if key not in newest or at >= newest[key][0]:
            newest[key] = (at, worth)
    return {key: worth for key, (_, worth) in newest.items() if worth}


def _kept(fact: OrderFact) -> tuple[str, datetime, Any]:
    match fact:
        case RefundTold(order_id, refund_id, amount, stands=stands, at=at):
            assert fact.is_total
            assert at is not None
            return f"{order_id} {refund_id}", at, amount if stands else 0
        case DisputeTold(order_id, dispute_id, amount, how, at):
            assert at is not None
            return f"{order_id} {dispute_id}", at, amount if how in {"open", "lost"} else 0
        case StateTold(order_id, state, money, at):
            assert at is not None
            return order_id, at, (state, money)
        case Refused(reason):
            return reason, START, True


def taken(*events: PaymentEvent) -> dict[str, Any]:
    """What all of it takes of the order, whatever is told first."""
    results = [standing(after(*order).facts()) for order in permutations(events)]
    assert all(result == results[0] for result in results)
    return results[0]


# -- what went back ----------------------------------------------------------------------------------------------------


def test_what_went_back_waits_until_the_order_is_known():
    waiting = after(total(10, 1), dispute("open", 2))
    assert (list(waiting.facts()), waiting.order_id) == ([], None)
    known = waiting.after(named(), ARRIVAL)
    assert known.order_id == "in_1"
    assert standing(known.facts()) == {"in_1 ch_1": 10, "in_1 dp_1": 70}


def test_a_running_total_counts_as_it_stands_by_now():
    assert taken(named(), total(10, 1), total(30, 2)) == {"in_1 ch_1": 30}
    assert taken(named(), total(30, 1), total(10, 2)) == {"in_1 ch_1": 10}
    assert taken(named(), total(30, 1), total(0, 2)) == {}


def test_of_totals_of_the_same_second_the_larger_one_is_the_later():
    assert taken(named(), total(10, 1), total(30, 1)) == {"in_1 ch_1": 30}


def test_refunds_told_by_their_ids_and_in_the_total_count_once():
    assert taken(named(), refund(10, 1), total(10, 1)) == {"in_1 re_1": 10}
    told = (named(), refund(10, 1), refund(20, 2, "re_2"), total(10, 1), total(30, 2))
    assert taken(*told) == {"in_1 re_1": 10, "in_1 re_2": 20}


def test_a_refund_is_in_a_total_since_it_was_made_not_since_it_was_told():
    assert taken(named(), total(10, 5), refund(10, 9, made_at=when(5))) == {"in_1 re_1": 10}


def test_what_the_ids_do_not_explain_of_a_total_counts_by_the_name_of_the_charge():
    assert taken(named(), refund(10, 1), total(30, 2)) == {"in_1 re_1": 10, "in_1 ch_1": 20}


def test_a_refund_after_the_total_is_not_in_it():
    assert taken(named(), total(30, 1), refund(10, 2)) == {"in_1 ch_1": 30, "in_1 re_1": 10}


def test_a_total_that_falls_gives_back_what_nobody_told_to_have_failed():
    assert taken(named(), refund(10, 1), total(10, 1), total(0, 5)) == {}
    told = (named(), refund(10, 1), refund(20, 2, "re_2"), total(15, 5))
    assert taken(*told) == {"in_1 re_1": 10, "in_1 re_2": 5}
    assert taken(*told, failed(20, 2, 4, "re_2")) == {"in_1 re_1": 10, "in_1 ch_1": 5}
    shown: dict[str, Any] = {"currency": "SEK", "also": (("EUR", 3),)}
    assert taken(named(), refund(30, 1, **shown), total(10, 5, currency="SEK")) == {"in_1 re_1": 1}


def test_a_refund_of_another_charge_explains_nothing():
    other = refund(10, 1, charge="ch_2")
    assert taken(named(), other, total(10, 2)) == {"in_1 re_1": 10, "in_1 ch_1": 10}
    of_no_charge = refund(10, 1, charge=None)
    assert taken(named(), of_no_charge, total(10, 2)) == {"in_1 re_1": 10}


def test_a_refund_that_failed_gives_back():
    assert taken(named(), refund(10, 1), failed(10, 1, 5)) == {}
    assert taken(named(), refund(10, 1), total(10, 1), failed(10, 1, 5)) == {}
    assert taken(named(), total(30, 1), failed(10, 1, 5)) == {"in_1 ch_1": 20}
    assert taken(named(), total(30, 1), failed(10, 1, 5), total(20, 7)) == {"in_1 ch_1": 20}


def test_what_is_undone_is_told_with_the_amount_that_it_had():
    (undone,) = after(named(), refund(10, 1), failed(10, 1, 5)).facts()
    assert isinstance(undone, RefundTold)
    assert (undone.amount, undone.stands) == (10, False)


def test_of_a_total_that_others_explain_in_the_end_nothing_is_left():
    rest, _ = after(named(), total(10, 1), refund(10, 1)).facts()
    assert isinstance(rest, RefundTold)
    assert (rest.refund_id, rest.amount, rest.stands) == ("ch_1", 0, False)
    (told,) = after(named(), refund(10, 1), total(10, 1)).facts()
    assert isinstance(told, RefundTold)
    assert told.refund_id == "re_1"


def test_a_refund_that_failed_before_a_total_is_not_in_it():
    assert taken(named(), failed(10, 1, 3), total(10, 4)) == {"in_1 ch_1": 10}


def test_a_failed_refund_of_which_nobody_says_when_it_was_made_was_in_every_total_until_then():
    unknown = refund(10, 5, stands=False, made_at=None)
    assert taken(named(), total(10, 1), unknown) == {}


def test_what_failed_stays_so_though_it_is_told_in_one_second():
    assert taken(named(), refund(10, 1), failed(10, 1, 1), refund(10, 1)) == {}


def test_news_without_a_time_is_as_old_as_its_arrival():
    payment = after(named(), total(30, 1)).after(PaymentRefunded("pi_1", "ch_1", 5, "EUR", None), ARRIVAL)
    assert standing(payment.facts()) == {"in_1 ch_1": 5}
    assert payment.after(total(30, 2), ARRIVAL) is payment


# -- disputes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("course", "takes"),
    [
        (["inquiry"], {}),
        (["inquiry", "open"], {"in_1 dp_1": 70}),
        (["open", "lost"], {"in_1 dp_1": 70}),
        (["open", "won"], {}),
        (["won"], {}),
    ],
)
def test_a_dispute_takes_while_it_is_open_or_lost(course: Sequence[Any], takes: dict[str, int]):
    assert taken(named(), *(dispute(how, second) for second, how in enumerate(course, 1))) == takes
    assert taken(named(), *(dispute(how, 1) for how in course)) == takes


# -- one payment is one order ------------------------------------------------------------------------------------------


def test_the_order_of_a_checkout_replaces_that_of_the_payments_own_name():
    told = taken(named("pi_1", 1), named("cs_1", 2), total(10, 3))
    assert told == {"pi_1": ("cancelled", "void"), "cs_1 ch_1": 10}
    payment = after(named("pi_1", 1), named("cs_1", 2))
    assert [payment.is_other_name(name) for name in ("pi_1", "cs_1", "cs_2")] == [True, False, False]


def test_an_order_that_is_cancelled_for_its_name_is_so_after_all_that_was_told_of_it():
    payment = after(named("cs_1", 1), named("pi_1", 9))
    (cancelled,) = payment.facts()
    assert isinstance(cancelled, StateTold)
    assert cancelled.at is not None
    assert cancelled.at > when(9)


def test_a_name_that_is_told_again_is_as_old_as_the_last_time():
    for seconds in ((1, 9), (9, 1)):
        payment = after(named("cs_1", 0), *(named("pi_1", second) for second in seconds))
        (cancelled,) = payment.facts()
        assert isinstance(cancelled, StateTold)
        assert cancelled.at == when(9) + timedelta(milliseconds=1)


def test_the_order_of_a_checkout_replaces_that_of_its_invoice_if_it_did_not_name_that():
    assert taken(named("in_1", 1), named("cs_1", 2), total(10, 3)) == {
        "in_1": ("cancelled", "void"),
        "cs_1 ch_1": 10,
    }


def test_several_invoices_of_one_payment_are_several_orders_and_what_goes_back_is_of_the_first():
    payment = after(named("in_2", 1), named("in_1", 2), total(10, 3))
    assert standing(payment.facts()) == {"in_2 ch_1": 10}
    assert not payment.is_other_name("in_1")


def test_a_payment_without_a_better_name_is_its_own_order():
    assert taken(named("pi_1"), total(10, 1)) == {"pi_1 ch_1": 10}
    assert not after(named("pi_1")).is_other_name("pi_1")
    assert not Payment().is_other_name("pi_1")


# -- authorised first --------------------------------------------------------------------------------------------------


def test_what_was_not_captured_of_a_checkout_is_taken_back_and_its_money_is_there():
    told = {"cs_1": ("standing", "collected"), "cs_1 ch_1:uncaptured": 40}
    assert taken(named("cs_1"), captured(60, 40, 1)) == told
    assert taken(named("cs_1"), captured(60, 40, 1), total(10, 2)) == {**told, "cs_1 ch_1": 10}


def test_further_captures_leave_less():
    assert taken(named("cs_1"), captured(60, 40, 1), captured(100, 0, 2)) == {"cs_1": ("standing", "collected")}


def test_an_authorisation_that_ended_has_no_money():
    assert taken(named("cs_1"), captured(0, 100, 1)) == {"cs_1": ("standing", "void")}


def test_the_order_of_a_payment_itself_is_told_after_the_capture_and_needs_none():
    assert taken(named("pi_1"), captured(60, 40, 1)) == {}


# -- currencies --------------------------------------------------------------------------------------------------------


def test_money_of_another_currency_is_never_taken_by_its_number():
    refused = {"currency_mismatch": True}
    assert taken(named(), total(105, 1, currency="SEK")) == refused
    assert taken(named(), refund(105, 1, currency="SEK")) == refused
    assert taken(named(), dispute("open", 1, currency="SEK")) == refused
    assert taken(named("cs_1"), PaymentCaptured("pi_1", "ch_1", 60, 40, "SEK", when(1))) == {
        **refused,
        "cs_1": ("standing", "collected"),
    }


def test_what_is_told_in_the_orders_currency_beside_is_taken():
    told: dict[str, Any] = {"currency": "SEK", "also": (("EUR", 10), ("USD", 12))}
    assert taken(named(), refund(105, 1, **told)) == {"in_1 re_1": 10}
    assert taken(named(), dispute("lost", 1, 105, **told)) == {"in_1 dp_1": 10}


def test_currencies_that_were_told_earlier_stay_known():
    first = dispute("open", 1, 105, "SEK", also=(("EUR", 10),))
    assert taken(named(), first, dispute("lost", 2, 105, "SEK")) == {"in_1 dp_1": 10}


def test_what_takes_nothing_is_in_no_wrong_currency():
    nothing = (
        dispute("won", 1, currency="SEK"),
        refund(105, 1, currency="SEK", stands=False),
        total(0, 1, currency="SEK"),
    )
    assert taken(named(), *nothing) == {}


def test_where_nobody_told_the_orders_currency_it_is_that_of_the_payment():
    assert taken(named(currency=None), total(10, 1)) == {"in_1 ch_1": 10}
    assert taken(named(currency=None), named(), total(10, 1, currency="SEK")) == {"currency_mismatch": True}


# -- how much is kept --------------------------------------------------------------------------------------------------


def test_refunds_above_the_number_that_is_kept_count_in_the_running_total():
    told = [refund(10, second, f"re_{second}") for second in range(MOST_REFUNDS + 5)]
    payment = after(named(), *told, total(10 * len(told), len(told)))
    assert len(payment.refunds) == MOST_REFUNDS
    assert sum(standing(payment.facts()).values()) == 10 * len(told)
    assert payment.after(refund(10, 999, "re_one_more"), ARRIVAL) is payment


def test_a_payment_that_knew_it_all_stays_the_same():
    events = (named(), total(10, 1), refund(10, 1), dispute("open", 2), captured(60, 40, 1))
    payment = after(*events)
    assert payment.version == len(events)
    for event in events:
        assert payment.after(event, ARRIVAL) is payment


def test_a_payment_is_read_back_as_it_was_written():
    payment = after(named(), total(10, 1), refund(10, 1, also=(("USD", 12),)), dispute("open", 2), captured(60, 40, 1))
    stored = payment.model_dump(mode="json", exclude_none=True, exclude={"version"})
    assert Payment.model_validate({**stored, "version": payment.version}) == payment


# -- whatever happens --------------------------------------------------------------------------------------------------


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[PaymentEvent], int]:
    """Refunds of a charge, some of which fail, told by ids and as totals of which some get lost; and what is back."""
    moments = draw(st.lists(st.integers(1, 40), min_size=2, max_size=8, unique=True).map(sorted))
    events: list[PaymentEvent] = []
    amounts: dict[str, tuple[int, int]] = {}
    for moment in moments:
        if amounts and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(amounts)))
            amount, made = amounts.pop(name)
            news: PaymentEvent = failed(amount, made, moment, name)
        else:
            name = f"re_{moment}"
            amounts[name] = (draw(st.integers(1, 100)), moment)
            news = refund(amounts[name][0], moment, name)
        if draw(st.booleans()):
            events.append(news)
        if draw(st.booleans()):
            events.append(total(sum(amount for amount, _ in amounts.values()), moment))
    back = sum(amount for amount, _ in amounts.values())
    return [named(), *events, total(back, 50)], back


everything: st.SearchStrategy[PaymentEvent] = st.one_of(
    st.builds(named, st.sampled_from(["pi_1", "cs_1"]), st.integers(0, 9)),
    st.builds(total, st.integers(0, 50), st.integers(0, 9), st.sampled_from(["ch_1", "ch_2"])),
    st.builds(refund, st.just(10), st.integers(0, 9), st.just("re_1"), made_at=st.just(when(0))),
    st.builds(failed, st.just(10), st.just(0), st.integers(0, 9), st.just("re_1")),
    st.builds(refund, st.just(7), st.integers(3, 9), st.just("re_2"), made_at=st.just(when(3)), charge=st.just("ch_2")),
    st.builds(dispute, st.sampled_from(["inquiry", "open", "won", "lost"]), st.integers(0, 9)),
    st.sampled_from([captured(60, 40, 3), captured(100, 0, 7)]),
)


@given(histories(), st.randoms())
@steady
def test_once_a_total_is_told_that_and_no_more_is_taken_whatever_else_was_told(
    history: tuple[list[PaymentEvent], int], random: Any
):
    events, back = history
    random.shuffle(events)
    assert sum(standing(after(*events).facts()).values()) == back


@given(st.lists(everything, max_size=9), st.randoms())
@steady
def test_the_same_news_in_any_order_and_any_number_of_times_takes_the_same(news: list[PaymentEvent], random: Any):
    again = [*news, *random.choices(news, k=4)] if news else []
    random.shuffle(again)
    assert standing(after(*again).facts()) == standing(after(*news).facts())


@given(st.lists(everything, max_size=7), st.randoms())
@steady
def test_deliveries_that_overtake_each_other_leave_what_the_last_one_knew(news: list[PaymentEvent], random: Any):
    payment, told = Payment(), []
    for event in [named("cs_1"), *news]:
        payment = payment.after(event, ARRIVAL)
        told.append(list(payment.facts()))
    random.shuffle(told)
    late = [fact for facts in told for fact in facts]
    assert standing(late) == standing(payment.facts())
