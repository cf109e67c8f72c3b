"""Rules about one order: its amount, and whether it is the member's first sale; and the average of many."""

from decimal import Decimal
from typing import Any

import pytest

from laurel.domain.ledger.commissions import Commission
from laurel.domain.rules.gauges import reading_for_people
from laurel.domain.rules.rules import Rule, RuleSettings
from laurel.domain.values.errors import Invalid
from tests.unit.kit.builders import (
    AUTUMN,
    SATURDAY,
    SPRING,
    an_id,
    an_order,
    at,
    bonus,
    commission,
    condition,
    mails,
    member,
    period,
    program,
    refunded,
    rule,
    sets,
)
from tests.unit.kit.ledger import Ledger, folded

LARGE = {"metric": "order_amount", "operator": "gte", "value": 10000}
FIRST = {"metric": "first_order", "operator": "eq", "value": True}


def order(name: str, sale: int, amount: int | None = None, **changes: Any) -> Commission:
    return commission(name, sale // 10 if amount is None else amount, sale=sale, **changes)


def paying(*conditions: dict[str, Any], **pays: Any) -> Rule:
    return rule(bonus(**(pays or {"percent": "50"})), when=conditions)


def ids(ledger: Ledger) -> list[str | None]:
    return [row.evidence.commission_id for row in ledger.bonuses if row.evidence]


def test_each_large_order_is_paid_once_on_its_own_commission() -> None:
    ledger = folded(paying(LARGE))
    small, large, larger = order("a", 9999), order("b", 10000), order("c", 30000)
    assert ledger.fold(small, large, larger) == [500, 1500]
    assert ids(ledger) == [large.commission_id, larger.commission_id]
    assert [row.evidence.value for row in ledger.bonuses if row.evidence] == ["10000", "30000"]
    assert ledger.fold(large.revised(SATURDAY)) == []


def test_an_order_counts_as_it_stands_after_its_refunds_and_what_was_paid_for_it_stays() -> None:
    ledger, large, late = folded(paying(LARGE)), order("a", 12000), order("b", 12000, status="pending")
    ledger.fold(large, late)
    assert ledger.fold(refunded(large, 5000)) == []
    assert ledger.fold(refunded(late, 5000).revised(SATURDAY, status="approved")) == []
    assert ids(ledger) == [large.commission_id]


def test_a_mail_goes_with_each_order() -> None:
    ledger = folded(rule(mails(), when=[LARGE]))
    ledger.fold(order("a", 20000), order("b", 30000))
    assert [mail.marker_id for mail in ledger.mails] == [row.commission_id for row in ledger.bonuses]
    assert [mail.value for mail in ledger.mails] == ["200.00 USD", "300.00 USD"]


def test_an_order_of_a_day_before_the_rule_was_made_pays_nothing() -> None:
    made = paying(LARGE).model_copy(update={"created_at": SATURDAY})
    ledger = folded(made)
    assert ledger.fold(order("old", 20000, when=at("2026-11-20 23:00"))) == []
    assert ledger.fold(order("same day", 20000, when=at("2026-11-21 01:00"))) == [1000]


@pytest.mark.parametrize(
    "row",
    [
        commission("action", 1000, type="action", action_code="signup", sale=20000),
        commission("click", 1000, type="click"),
        commission("by hand", 1000, origin="manual"),
        commission("scheduled", 1000, type="recurring", origin="schedule"),
        commission("tier", 1000, tier=2, sale=20000),
        commission("trial", 0, order=an_order("trial", 0, subscription="hash")),
        commission("free", 0, type="recurring", order=an_order("free", 0, subscription="hash")),
    ],
    ids=lambda row: str(row.type),
)
def test_what_is_no_order_of_the_member_has_no_amount(row: Commission) -> None:
    any_amount = {**LARGE, "value": 0}
    no_first = {**FIRST, "value": False}
    assert folded(paying(any_amount), rule(bonus(amount=1), name="other", when=[no_first])).fold(row) == []


def test_a_later_payment_that_was_reported_is_an_order() -> None:
    assert folded(paying(LARGE)).fold(order("a", 20000, type="recurring")) == [1000]


def test_the_first_order_is_paid_and_no_other_although_it_is_approved_last() -> None:
    ledger = folded(paying(FIRST))
    first, second = order("a", 1000, status="pending"), order("b", 1000, status="pending")
    ledger.fold(first, second)
    assert ledger.fold(second.revised(SATURDAY, status="approved")) == []
    assert ledger.fold(first.revised(SATURDAY, status="approved")) == [50]
    assert ids(ledger) == [first.commission_id]


def test_a_refund_of_the_first_order_makes_no_other_one_the_first() -> None:
    ledger, first = folded(paying(FIRST)), order("a", 1000)
    assert ledger.fold(first) == [50]
    ledger.fold(refunded(first))
    assert ledger.fold(order("b", 1000)) == []


def test_an_order_that_failed_before_it_was_good_is_not_the_first() -> None:
    ledger, failed = folded(paying(FIRST)), order("a", 1000, status="declined", amount=0)
    ledger.fold(failed)
    assert ledger.fold(order("b", 1000)) == [50]
    assert ledger.fold(failed.revised(SATURDAY, status="approved", amount=100)) == []


def test_the_first_sale_is_the_members_whatever_offer_it_was_in() -> None:
    ledger = folded(paying({**FIRST, "offers": [AUTUMN]}))
    assert ledger.fold(order("a", 1000, offer_id=SPRING)) == []
    assert ledger.fold(order("b", 1000, offer_id=AUTUMN)) == []


def test_all_but_the_first_can_be_asked_for() -> None:
    ledger = folded(paying({**FIRST, "value": False}))
    assert ledger.fold(order("a", 1000), order("b", 1000), order("c", 1000)) == [50, 50]


def test_an_order_may_be_asked_for_behind_a_period() -> None:
    ledger = folded(paying(condition("sales_count", operator="gte", value=2), LARGE, amount=70))
    assert ledger.fold(order("a", 20000), order("b", 9000)) == []
    assert ledger.fold(order("c", 20000), order("d", 20000)) == [70]
    assert ids(ledger) == [None]


def test_a_period_may_be_asked_for_behind_an_order() -> None:
    ledger = folded(paying(LARGE, condition("sales_count", operator="gte", value=2)))
    assert ledger.fold(order("a", 20000), order("b", 20000), order("c", 20000)) == [1000, 1000]


def test_a_field_may_be_set_by_the_first_order() -> None:
    ledger = folded(rule(sets("level", "gold"), when=[FIRST]))
    ledger.fold(order("a", 1000))
    assert (ledger.member.fields, ledger.bonuses) == ({"level": "gold"}, [])


SHARE = {"type": "add_bonus_to_original_referrer", "percent": "10"}


@pytest.mark.parametrize("frequency", ["every_sale", "once_per_period"])
def test_who_brought_the_member_is_paid_for_each_large_order_once_however_it_is_put(frequency: str) -> None:
    on = program(features={"forced_matrix": {"active": True}})
    ledger = Ledger([rule({**SHARE, "frequency": frequency}, mails(), when=[LARGE])], on)
    ledger.member = member(original_referrer_id=an_id("mem", "referrer"))
    ledger.fold(order("a", 20000), order("b", 20000), order("c", 1000))
    assert [row.amount for row in ledger.bonuses] == [200, 200]
    assert len(ledger.mails) == 2


def test_a_deleted_marker_pays_that_order_again() -> None:
    ledger, first = folded(paying(LARGE)), order("a", 20000)
    ledger.fold(first, order("b", 20000))
    ledger.delete_marker(ledger.bonuses[0])
    assert ledger.fold(first.revised(SATURDAY)) == [1000]
    assert ids(ledger)[-1] == first.commission_id


@pytest.mark.parametrize("asked", [LARGE, FIRST])
@pytest.mark.parametrize("name", ["period", "tier", "action_code", "every"])
def test_an_order_has_neither_period_nor_tier_nor_action_nor_multiples(asked: dict[str, Any], name: str) -> None:
    given = {"period": period("current_week"), "tier": 1, "action_code": "signup", "every": True}[name]
    with pytest.raises(ValueError, match="Extra inputs"):
        RuleSettings.model_validate({"name": "r", "conditions": [{**asked, name: given}], "actions": [bonus(amount=1)]})


@pytest.mark.parametrize("changes", [{"operator": "ne"}, {"operator": "gte"}, {"value": 1}, {"value": "true"}])
def test_the_first_order_is_yes_or_no(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Input should be"):
        paying({**FIRST, **changes})


def test_what_only_a_close_decides_cannot_wait_for_an_order() -> None:
    with pytest.raises(Invalid, match="no sale to pay for or look at"):
        paying(condition(operator="lt"), LARGE).require_fit_for(program())


def test_an_average_is_what_was_sold_by_the_number_of_sales_and_nothing_without_any() -> None:
    average = {"metric": "average_order_value", "operator": "lte", "value": 5000, "period": period("current_day")}
    ledger = folded(paying(condition(value=0), {**average}, amount=70))
    assert ledger.fold(commission("action", 1000, type="action", action_code="signup", sale=100)) == []
    assert ledger.fold(order("a", 9000)) == []
    assert ledger.fold(order("b", 900)) == [70]


def test_an_average_has_later_payments_in_the_amount_alone_as_the_two_metrics_that_it_is_made_of() -> None:
    average = {"metric": "average_order_value", "operator": "gte", "value": 6000, "period": period("current_day")}
    ledger = folded(paying(condition(value=0), {**average}, amount=70))
    assert ledger.fold(order("renewal", 5000, type="recurring")) == []  # no sale yet
    assert ledger.fold(order("sale", 1000)) == [70]


def test_people_read_an_average_as_money_rounded_half_up() -> None:
    ledger = folded(rule(mails(), when=[{"metric": "average_order_value", "operator": "gte", "value": 1}]))
    ledger.fold(order("a", 1000))
    assert [mail.value for mail in ledger.mails] == ["10.00 USD"]
    assert reading_for_people(Decimal("250.5"), "money", "USD") == "2.51 USD"
