"""Action codes: those that somebody declared are counted by name, all that a stranger makes up as one."""

from collections.abc import Callable
from typing import Any

import pytest

from laurel.domain.earnings.manual_commissions import NewCommission, made
from laurel.domain.earnings.recurrences import Source, started, step
from laurel.domain.earnings.tiers import tier_rows
from laurel.domain.ledger.adjustments import adjustment
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.row_parts import Adjusted
from laurel.domain.ledger.totals import Totals, to_stored
from laurel.domain.members.accounts import Account, Change, Head, Upline
from laurel.domain.offers.offers import Offer, RemovedOption
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Outcome, Winner
from laurel.domain.tracking.claims import Claim
from laurel.domain.tracking.conversions import record
from laurel.domain.tracking.subscriptions import Subscription, renewed
from laurel.store import items, ledger
from tests.unit.kit.builders import (
    ANNA,
    BASIC,
    BEN,
    GOLD,
    LONG_AGO,
    SATURDAY,
    SHOP,
    SPRING,
    an_id,
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
    terms,
)
from tests.unit.kit.ledger import folded

PAID = terms(type="percent_of_sale", percent="10", actions={"signup": {"amount": 250}})
DAILY = {"interval": "day", "mode": "automatic"}
STRANGERS = 3_300


def won(offered: Offer) -> Outcome:
    return Outcome(Winner("promo_code", offered, member(), enrollment()), None, ())


def reported(code: str, shop: Program | None = None, offered: Offer | None = None, number: int = 1) -> Commission:
    report = received(order_id=str(number), type="action", action_code=code)
    return record(shop or program(), report, won(offered or offer(payout_options=(option(terms=PAID),))))


def code_counted(row: Commission) -> str:
    counted = row.contribution()
    assert counted is not None
    return counted.bucket.action_code


def test_a_code_that_the_option_pays_is_counted_by_name() -> None:
    assert code_counted(reported("signup")) == "signup"


def test_a_code_that_another_option_of_the_offer_pays_is_counted_by_name_too() -> None:
    options = (option(), option(payout_option_id=GOLD, default=False, terms=PAID))
    row = reported("signup", offered=offer(payout_options=options))
    assert (row.amount, code_counted(row)) == (0, "signup")


def test_a_code_that_a_removed_option_pays_is_counted_by_name_for_who_slipped_in() -> None:
    gone = RemovedOption(**dict(option(payout_option_id=GOLD, default=False, terms=PAID)), removed_at=SATURDAY)
    assert code_counted(reported("signup", offered=offer(removed_options=(gone,)))) == "signup"


def test_a_code_that_the_program_declares_is_counted_by_name() -> None:
    assert code_counted(reported("newsletter", program(action_codes=["newsletter"]))) == "newsletter"


def test_any_other_code_is_counted_with_all_others_and_kept_as_it_was_told() -> None:
    row = reported("made up")
    assert (row.action_code, code_counted(row), row.amount) == ("made up", "", 0)
    assert items.parse(Commission, ledger.commission(an_id("prg"), row, buckets=1)) == row


def test_neither_sales_nor_known_actions_grow_by_it() -> None:
    stored = [ledger.commission(an_id("prg"), row, buckets=1) for row in (reported("signup"), commission("sale"))]
    assert all("by_name" not in item["body"] for item in stored)


def test_what_strangers_make_up_does_not_make_totals_grow() -> None:
    totals = Totals()
    for number in range(STRANGERS):
        row = reported(f"code {number}", number=number)
        counted = row.contribution()
        assert counted is not None
        totals.count(row.day, SPRING, counted, 1)
    one_counter = {f"{BASIC}|action|1|approved|": [STRANGERS, 0, STRANGERS * 30_000]}
    assert [to_stored(counters) for counters in totals.rows.values()] == [one_counter] * 2


def test_a_rule_over_any_action_counts_those_of_no_name_too() -> None:
    every, one = (condition("actions_count", value=0, **scope) for scope in ({}, {"action_code": "made up"}))
    row = reported("made up")
    assert folded(rule(when=[every])).fold(row) != []
    assert folded(rule(when=[one])).fold(row) == []


def test_later_edits_of_program_and_offer_move_nothing() -> None:
    before = reported("late")
    assert code_counted(before.revised(SATURDAY, amount=1)) == ""
    assert code_counted(reported("late", program(action_codes=["late"]), number=2)) == "late"


def above(sold: Commission) -> Commission:
    who = member(ancestors=(BEN,))
    tier = terms(type="none", tiers=[{"amount": 30}])
    sold = sold.model_copy(update={"terms": tier})
    (row_id,) = {an_id("com", "above")}
    upline = Upline(frozenset({BEN}), {row_id: None})
    account = Account(who, Head(), {}, Totals(), {}, upline)
    (row,) = tier_rows(an_id("prg"), account, Change(sold, None), SATURDAY)
    return row.after


def adjusting(sold: Commission) -> Commission:
    paid = sold.model_copy(update={"payout": "paid", "due": Adjusted(amount=-5)})
    found = adjustment(an_id("prg"), paid, SATURDAY)
    assert found is not None
    return found.made


def recurring(sold: Commission) -> Commission:
    sold = sold.model_copy(update={"terms": terms(type="none", recurring=DAILY)})
    done = step(program(), started(program(), sold, SATURDAY), Source(sold, member()), at("2026-12-24 00:00"))
    assert done is not None
    assert done.row is not None
    return done.row


@pytest.mark.parametrize("follow", [above, adjusting, recurring])
@pytest.mark.parametrize(("code", "counted"), [("signup", "signup"), ("made up", "")])
def test_rows_that_follow_are_counted_as_their_row_is(
    follow: Callable[[Commission], Commission], code: str, counted: str
) -> None:
    row = follow(reported(code))
    assert (row.action_code, code_counted(row)) == (code, counted)


@pytest.mark.parametrize(("code", "counted"), [("signup", "signup"), ("made up", "")])
def test_a_later_payment_is_counted_by_what_is_known_when_it_comes(code: str, counted: str) -> None:
    held = Subscription(
        Claim("subscription", "box", SHOP), commission("first"), offer(payout_options=(option(terms=PAID),)), 0
    )
    row = record(program(), received(type="action", action_code=code), Outcome(None, None, ()))
    assert code_counted(renewed(program(), row, held)) == counted


@pytest.mark.parametrize(
    ("code", "offered", "counted"),
    [
        ("signup", offer(payout_options=(option(terms=PAID),)), "signup"),
        ("signup", None, ""),
        ("newsletter", None, "newsletter"),
        ("made up", offer(), ""),
    ],
)
def test_a_row_made_by_hand_is_counted_by_name_if_its_offer_or_the_program_knows_it(
    code: str, offered: Offer | None, counted: str
) -> None:
    new = NewCommission(member_id=ANNA, type="action", action_code=code, amount=100, occurred_at=LONG_AGO)
    row = made(program(action_codes=["newsletter"]), new, offered, an_id("com"), SATURDAY)
    assert code_counted(row) == counted


@pytest.mark.parametrize(
    "codes",
    [
        ["signup", "signup"],
        [""],
        [" signup"],
        ["sign\nup"],
        ["x" * 65],
        [7],
        "signup",
        [f"code {n}" for n in range(101)],
    ],
)
def test_codes_that_make_no_sense_are_not_declared(codes: Any) -> None:
    with pytest.raises(ValueError, match=r"action.codes"):
        program(action_codes=codes)


def test_a_hundred_codes_can_be_declared() -> None:
    assert len(program(action_codes=[f"code {n}" for n in range(100)]).action_codes) == 100
