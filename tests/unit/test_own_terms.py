"""Terms of one member's own: they price in place of the option's, end with a move, and no move reprices their rows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.earnings.recurrences import Source, started, step
from laurel.domain.history import Author, enrollment_edit
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.summaries import MemberDay, summarize
from laurel.domain.ledger.totals import DayRow, added, from_stored, to_stored
from laurel.domain.members.enrollments import Enrollment, EnrollmentEdit
from laurel.domain.tracking import clicks, conversions
from laurel.domain.tracking.attribution import Outcome, Winner
from laurel.domain.tracking.claims import Claim
from laurel.domain.tracking.subscriptions import Subscription, renewed
from laurel.store import ledger
from tests.unit.kit.builders import (
    ANNA,
    BASIC,
    GOLD,
    SATURDAY,
    SHOP,
    SPRING,
    at,
    commission,
    condition,
    enrollment,
    member,
    offer,
    option,
    program,
    received,
    rule,
    steady,
    terms,
)
from tests.unit.kit.shop_ledger import PRICES, ShopLedger

EIGHTEEN = {"type": "percent_of_sale", "percent": "18"}
AUTHOR = Author("key:admin", SATURDAY)


def won(own: Any = None, **changes: Any) -> Commission:
    """An order of 300.00 of Anna's, whose option pays 10 %."""
    by = Winner("promo_code", offer(), member(), enrollment(terms=own and terms(**own)))
    return conversions.record(program(), received(**changes), Outcome(by, None, ()))


def edited(before: Enrollment, **changes: Any) -> Enrollment:
    return before.edited(EnrollmentEdit.model_validate(changes), SATURDAY)


def above(value: int, **changes: Any) -> dict[str, Any]:
    return condition("sales_count", operator="gt", value=value, period={"type": "all_time"}, **changes)


def into(payout_option_id: str = GOLD, *, retroactive: bool = True) -> dict[str, Any]:
    kind = "put_into_commission_group" + ("_retroactively" if retroactive else "")
    return {"type": kind, "offer_id": SPRING, "payout_option_id": payout_option_id}


def test_a_sale_is_priced_by_what_was_agreed_with_its_member_and_belongs_to_the_option() -> None:
    row = won(EIGHTEEN)
    assert (row.amount, row.payout_option_id, row.own_terms) == (5_400, BASIC, True)
    assert (won().amount, won().own_terms) == (3_000, False)


def test_an_action_is_paid_by_the_members_own_rates() -> None:
    own = {"type": "none", "actions": {"signup": {"amount": 250}, "trial": {"amount": 1}}}
    row = won(own, type="action", action_code="signup")
    assert (row.amount, list(row.terms.actions) if row.terms else None) == (250, ["signup"])


def test_moved_the_member_is_paid_by_the_next_option_alone() -> None:
    before = enrollment(terms=terms(**EIGHTEEN))
    assert edited(before, payout_option_id=GOLD).terms is None
    assert before.moved(GOLD, SATURDAY).terms is None
    assert edited(before, payout_option_id=BASIC).terms == before.terms, "nobody was moved"


def test_terms_beside_a_move_are_those_of_after_the_move() -> None:
    before = enrollment(terms=terms(**EIGHTEEN))
    after = edited(before, payout_option_id=GOLD, terms={"type": "none"})
    assert (after.payout_option_id, after.move, after.terms) == (GOLD, 1, terms(type="none"))
    assert edited(after, terms=None).terms is None
    assert edited(after, active=False).terms == after.terms


@pytest.mark.parametrize(("edit", "is_empty"), [({"terms": None}, False), ({"terms": EIGHTEEN}, False), ({}, True)])
def test_null_clears_the_terms_and_is_a_change(edit: dict[str, Any], is_empty: bool) -> None:
    assert EnrollmentEdit.model_validate(edit).is_empty is is_empty


def test_the_history_of_a_move_tells_that_it_ended_the_terms() -> None:
    before = enrollment(terms=terms(**EIGHTEEN))
    line = enrollment_edit(before, before.moved(GOLD, SATURDAY), AUTHOR)
    told = {change.field: (change.before, change.after) for change in line.changes}
    assert told["payout_option_id"] == (BASIC, GOLD)
    assert (told["terms"][0]["percent"], told["terms"][1]) == ("18", None)  # type: ignore[index,call-overload]


def test_a_retroactive_move_leaves_rows_of_own_terms_as_they_are_and_ends_without_them() -> None:
    anna = ShopLedger(rules=(rule(into(), when=[above(4)]),))
    plain = anna.sell(2)
    anna.agree("3")
    own = anna.sell(2)
    anna.agree(None)
    anna.sell(1)  # the fifth
    (begun,) = anna.begun
    assert anna.head.outstanding[begun.key] == 3
    anna.end()
    assert [anna.rows[each].amount for each in (*plain, *own)] == [800, 800, 300, 300]
    assert [anna.rows[each].payout_option_id for each in own] == [BASIC, BASIC]
    assert anna.head.outstanding == {}
    assert anna.total == 3 * 800 + 2 * 300


@pytest.mark.parametrize("retroactive", [True, False])
def test_a_rule_that_moves_a_member_of_own_terms_ends_them_for_later_sales(retroactive: bool) -> None:
    anna = ShopLedger(rules=(rule(into(retroactive=retroactive), when=[above(1)]),))
    anna.agree("3")
    own = anna.sell(2)
    anna.end()
    assert (anna.enrollments[SPRING].payout_option_id, anna.enrollments[SPRING].terms) == (GOLD, None)
    assert [anna.rows[each].amount for each in (*own, *anna.sell(1))] == [300, 300, 800]


def test_a_sale_by_own_terms_that_was_under_way_during_the_move_keeps_them() -> None:
    anna = ShopLedger(rules=(rule(into(), when=[above(1)]),))
    anna.agree("3")
    late = anna.record("under way")
    anna.waiting.remove(late.commission_id)
    anna.sell(2)
    anna.waiting.append(late.commission_id)
    anna.end()
    assert (anna.rows[late.commission_id].amount, anna.head.outstanding) == (300, {})


def test_declined_and_approved_again_a_row_of_own_terms_is_not_repriced() -> None:
    anna = ShopLedger(rules=(rule(into(), when=[above(2)]),))
    anna.agree("3")
    first, *_ = anna.sell(2)
    anna.change(first, status="declined")
    anna.agree(None)
    anna.sell(2)
    anna.end()
    anna.change(first, status="approved")
    anna.end()
    assert anna.rows[first].amount == 300


@steady
@given(st.lists(st.sampled_from(["sell", "agree", "end", "gold", "basic", "walk", "decline"]), max_size=14))
def test_whatever_is_agreed_and_moved_rows_keep_their_own_terms_and_every_walk_ends(steps: list[str]) -> None:
    anna = ShopLedger(rules=(rule(into(), when=[above(2)]),))
    own: dict[str, int] = {}
    for step_ in steps:
        mine = anna.enrollments[SPRING]
        match step_:
            case "sell":
                (sold,) = anna.sell(1)
                own |= {sold: 300} if mine.terms else {}
            case "agree":
                anna.agree(None if mine.terms else "3")
            case "gold" | "basic":
                anna.move(GOLD if step_ == "gold" else BASIC)
            case "decline" if anna.rows:
                row_id = next(reversed(anna.rows))
                again = "approved" if anna.rows[row_id].status == "declined" else "declined"
                anna.change(row_id, status=again)
                anna.fold()
            case "walk":
                anna.reprice(list(anna.rows)[:1])
            case "end":
                anna.end()
    anna.end()
    assert {row_id: anna.rows[row_id].amount for row_id in own} == own
    assert all(row.amount in PRICES.values() for row_id, row in anna.rows.items() if row_id not in own)


def test_later_payments_of_a_subscription_inherit_them() -> None:
    recurring = {"interval": "month", "mode": "on_payment"}
    first = won({**EIGHTEEN, "recurring": recurring}, subscription_id="sub_1")
    order = received(order_id="2", subscription_id="sub_1")
    unwon = conversions.record(program(), order, Outcome(None, "no_match", ()))
    later = renewed(program(), unwon, Subscription(Claim("subscription", "1", SHOP), first, 1, 0))
    assert (later.type, later.amount, later.own_terms) == ("recurring", 5_400, True)


def test_payments_that_the_program_makes_by_itself_inherit_them() -> None:
    row = won({**EIGHTEEN, "recurring": {"interval": "month", "mode": "automatic"}})
    made = step(program(), started(program(), row, SATURDAY), Source(row, member()), at("2027-01-30 00:00"))
    assert made is not None
    assert made.row is not None
    assert (made.row.amount, made.row.own_terms) == (5_400, True)


def test_clicks_by_own_terms_have_a_row_of_their_own_even_at_the_options_price() -> None:
    ten = {"type": "per_click", "amount": 10}
    link = offer(kind="link", payout_options=(option(terms=ten),))
    made = [
        clicks.record(
            program(), "0123456789", name, Winner("click", link, member(), enrollment(terms=own)), SATURDAY, SATURDAY
        )
        for name, own in (("a", None), ("b", terms(**ten)), ("c", terms(type="per_click", amount=25)))
    ]
    rows = [clicks.opened(program(), 0, [click], SATURDAY) for click in made]
    assert [(row.amount, row.own_terms) for row in rows] == [(10, False), (10, True), (25, True)]
    assert len({row.commission_id for row in rows}) == 3
    assert clicks.grown(rows[2], made[2:], SATURDAY).amount == 50


def test_the_counters_of_own_terms_are_stored_apart_and_reported_under_the_option() -> None:
    counters: Any = {}
    for row in (commission("a", 1_000, sale=10_000), commission("b", 300, sale=10_000, own_terms=True)):
        counted = row.contribution()
        assert counted is not None
        counters = added(counters, counted, 1)
        assert ledger.contribution_of({"counted": ledger.contribution_to_stored(counted)}) == counted
    assert from_stored(to_stored(counters)) == counters
    assert len(counters) == 2
    day = MemberDay(ANNA, DayRow(SATURDAY.date(), SPRING), counters)
    (line,) = summarize([day], "payout_option", "USD").rows
    assert (line.key, line.conversions, line.commission) == (BASIC, 2, 1_300)
