"""Why an order earns what it earns, in sentences that anybody can check with a pencil."""

from typing import Any

import pytest

from laurel.console import why
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.views import ConversionDetail, ConversionView
from laurel.pages.words import Words
from laurel.workflows.requests.listing import Page
from laurel.workflows.tracking.whole_orders import WholeOrder
from tests.unit.kit import builders
from tests.unit.kit.builders import ANNA, SPRING, an_id, an_order

WORDS = Words("en-GB", builders.program())
EIGHT = builders.terms(type="percent_of_sale", percent="8")
ANNAS = builders.member(first_name="Anna")


def whole(row: Commission, **beside: Any) -> WholeOrder:
    view = ConversionDetail(**dict(ConversionView.of(row)), evidence=beside.pop("evidence", []))
    empty = {
        "refunds": [],
        "history": Page(items=[], next_cursor=None),
        "storefront": None,
        "recurrence": None,
        "names": {},
    }
    rows = {"adjustments": (), "above": (), "rewards": (), "rules": {}}
    known = {"members": {ANNA: ANNAS}, "offers": {SPRING: builders.offer()}}
    return WholeOrder(row, view, **{**empty, **rows, **known, **beside})


def told(**changes: Any) -> str:
    """The sentences on a sale of 100.00."""
    terms = builders.terms(**changes.pop("terms", {"type": "percent_of_sale", "percent": "10"}))
    row = builders.commission("1001", 1_000, **{"sale": 10_000, "terms": terms, **changes})
    return " ".join(why.sentences(whole(row), WORDS)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("terms", "sum_of_it"),
    [
        ({"type": "percent_of_sale", "percent": "7.5"}, "7.5 % of $100.00 is $7.50."),
        ({"type": "flat_per_sale", "amount": 500}, "Each sale pays $5.00, whatever it comes to."),
        (
            {"type": "flat_plus_percent", "amount": 500, "percent": "5"},
            "$5.00, and $5.00 for 5 % of $100.00, is $10.00.",
        ),
        ({"type": "per_click", "amount": 10}, "These terms pay nothing for a sale."),
        ({"type": "none"}, "These terms pay nothing for a sale."),
    ],
)
def test_the_sum_is_told_as_one_does_it_on_paper(terms: dict[str, Any], sum_of_it: str):
    assert told(terms=terms).endswith(sum_of_it)


def test_an_action_pays_by_its_own_code():
    terms = {"type": "none", "actions": {"signup": {"amount": 300}}}
    assert told(terms=terms, type="action", action_code="signup").endswith(
        "The action \u201csignup\u201d pays $3.00: $3.00."
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"attribution": {"by": "click", "click_id": "clk_1"}},
            "Anna won it, because the customer came by their link.",
        ),
        ({"attribution": {"by": "customer"}}, "the offer keeps customers for a lifetime."),
        ({"attribution": {"by": "member"}}, "they were named as who brought it"),
        ({"own_terms": True}, "They have terms of their own: 10 % of each sale."),
        (
            {"renewal": {"conversion_id": an_id("com"), "number": 2}, "type": "recurring"},
            "Payment 3 of a subscription whose first payment Anna won.",
        ),
        ({"status": "pending", "awaits_approval": True}, "It is pending until somebody approves it."),
        ({"status": "pending", "hold_until": builders.LONG_AGO}, "and approved by itself then."),
        ({"decision": {"status": "declined", "reason": "fraud"}}, "It was declined by hand: fraud."),
        ({"payout": "paid", "adjusted": {"amount": -200}}, "so a correction of \u2212$2.00 stands beside it."),
        (
            {"recorded": {"payout_option_id": None, "option_version": 1, "terms": EIGHT}},
            "It was recorded at 8 % of each sale; a move to the payout option \u201cBasic\u201d applies to it as well",
        ),
    ],
)
def test_each_step_has_its_sentence(changes: dict[str, Any], said: str):
    assert said in told(**changes)


def test_an_order_that_earns_nothing_says_what_would_have_to_change():
    cancelled = told(order=an_order("1001", 10_000, state="cancelled"), status="declined")
    assert cancelled.endswith("The order of $100.00 earns nothing while things are so: the order was cancelled.")
    awaited = told(order=an_order("1001", 10_000, money="awaiting"), status="pending")
    assert awaited.endswith("It is pending until the shop says that the money came.")


def of_rule(rule: Any, amount: int = 420, **evidence: Any) -> str:
    proof = {"base": 21_000, "value": "21000", "rule_version": 1, **evidence}
    made = {"type": "extra_bonus", "origin": "rule", "rule_id": an_id("rul", "rule")}
    row = builders.commission("b", amount, **made, evidence=proof, period="current_week:2026-11-16")
    return why.reward(row, {} if rule is None else {an_id("rul", "rule"): rule}, WORDS).replace("\u00a0", " ")


def test_a_reward_tells_its_rule_its_period_and_its_evidence():
    week = "\u201crule\u201d in the week from 16 Nov 2026."
    stood = "Its first condition, more than $200.00, stood at $210.00."
    assert of_rule(builders.rule()) == f"{week} {stood} 2 % of $210.00 is $4.20."


def test_a_rule_that_was_edited_or_deleted_since_claims_no_more_than_is_known():
    edited = of_rule(builders.rule(version=2))
    assert "Its first condition stood at $210.00." in edited
    assert edited.endswith("The rule was edited since.")
    assert of_rule(None).startswith("A rule that was deleted in the week from 16 Nov 2026.")


def test_one_of_several_multiples_says_which():
    count = builders.condition("sales_count", operator="gte", value=100, every=True)
    told_of = of_rule(builders.rule(builders.bonus(amount=500), when=[count]), 500, value="210", multiple=200)
    assert "Its first condition, at least 100, stood at 210. This one is for 200." in told_of


def test_members_above_and_adjustments_say_what_they_are_paid_for():
    paid_above = builders.commission(
        "above", 200, tier=2, origin="tier", terms=builders.terms(type="none", tiers=[{"percent_of_sale": "2"}])
    )
    adjusts = {"commission_id": an_id("com", "1001"), "kind": "sale"}
    less = builders.commission("less", -100, type="adjustment", adjusts=adjusts, reason="refund")
    order = whole(builders.commission("1001", 1_000, sale=10_000), above=(paid_above,), adjustments=(less,))
    assert [earning.why.replace("\u00a0", " ") for earning in why.beside(order, WORDS)] == [
        "Correction of the paid commission: it was refunded.",
        "2 % of the sale, for bringing the seller",
    ]


def test_who_lost_is_told_with_the_reason():
    row = builders.commission("1001", 1_000, sale=10_000)
    claims = [
        {"by": "click", "reason": None, "member_id": ANNA},
        {"by": "promo_code", "reason": "code_expired", "member_id": ANNA},
    ]
    assert [said for _, said in why.losers(whole(row, evidence=claims), WORDS)] == [
        "by click: somebody else came first",
        "by promo code: the code or link was outside its dates",
    ]
