"""What rules do beyond their own row: moves, shares of a referrer, mails of their own; and who is asked at midnight."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from laurel.domain.ledger.totals import Totals
from laurel.domain.members.accounts import Account, Head
from laurel.domain.rules.schedule import Midnight, concerns
from laurel.domain.values.errors import Conflict
from tests.unit.kit.builders import (
    ANNA,
    BASIC,
    GOLD,
    SATURDAY,
    SPRING,
    an_id,
    bonus,
    commission,
    condition,
    enrollment,
    mails,
    member,
    program,
    rule,
)
from tests.unit.kit.ledger import Ledger

REFERRER = an_id("mem", "referrer")
GROUPS = {"commission_groups": True, "forced_matrix": {"active": True, "width": 2}}
TO_GOLD: dict[str, Any] = {
    "type": "put_into_commission_group",
    "offer_id": SPRING,
    "payout_option_id": GOLD,
}
SHARE: dict[str, Any] = {"type": "add_bonus_to_original_referrer", "frequency": "every_sale", "percent": "10"}


def moving(option: str, **changes: Any) -> Ledger:
    enrolled = {SPRING: enrollment(payout_option_id=option, **changes)}
    return Ledger([rule(TO_GOLD)], program(features=GROUPS), enrollments=enrolled)


@pytest.mark.parametrize(("option", "moves"), [(BASIC, 1), (GOLD, 0)])
def test_a_rule_moves_only_who_is_elsewhere(option: str, moves: int) -> None:
    ledger = moving(option)
    ledger.fold(commission("a", 21000))
    assert [len(done.moves) for done in ledger.transitions] == [moves]


@pytest.mark.parametrize(("fixed", "moves"), [(False, 1), (True, 0)])
def test_who_is_fixed_stays(fixed: bool, moves: int) -> None:
    ledger = moving(BASIC, fixed=fixed)
    ledger.fold(commission("a", 21000))
    assert [len(done.moves) for done in ledger.transitions] == [moves]


@pytest.mark.parametrize("action", [TO_GOLD, SHARE])
def test_what_a_feature_is_needed_for_is_refused_without_it(action: dict[str, Any]) -> None:
    rule(action).require_fit_for(program(features=GROUPS))
    with pytest.raises(Conflict) as refused:
        rule(action).require_fit_for(program())
    assert refused.value.code == "feature_inactive"


def test_two_rules_that_fire_at_once_send_two_mails() -> None:
    ledger = Ledger([rule(mails(), name="one"), rule(mails(), name="two")])
    ledger.fold(commission("a", 21000))
    assert len({mail.mail_id for mail in ledger.mails}) == 2


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        (condition("sales_count", value=0), "1"),
        (condition(), "210.00 USD"),
        ({"metric": "days_since_approval", "operator": "gt", "value": 1}, "2"),
    ],
)
def test_a_mail_tells_counts_as_counts_and_money_as_money(condition: dict[str, Any], value: str) -> None:
    ledger = Ledger([rule(mails(), when=[condition])], member=member(approved_at=SATURDAY - timedelta(days=2)))
    ledger.fold(commission("a", 21000))
    assert [mail.value for mail in ledger.mails] == [value]


def sharing(*others: dict[str, Any], **scope: Any) -> Ledger:
    leading = condition("sales_count", operator="gte", value=1, **scope)
    shares = rule(SHARE, *others, when=[leading])
    return Ledger([shares], program(features=GROUPS), member(original_referrer_id=REFERRER))


def test_the_referrer_gets_a_share_of_every_sale_and_of_nothing_else() -> None:
    ledger = sharing()
    ledger.fold(commission("a", 1000), commission("b", 250))
    ledger.fold(commission("c", 5000, type="action", action_code="signup"), commission("d", 5000, tier=2))
    assert [(row.member_id, row.amount) for row in ledger.bonuses] == [(REFERRER, 100), (REFERRER, 25)]
    assert [row.evidence.base for row in ledger.bonuses if row.evidence] == [1000, 250]
    assert len({row.commission_id for row in ledger.bonuses}) == 2


def test_a_share_is_paid_when_the_sale_enters_the_statuses_asked_for_and_once() -> None:
    ledger, sale = sharing(), commission("a", 1000, status="pending")
    assert ledger.fold(sale) == []
    approved = sale.revised(SATURDAY, status="approved")
    assert ledger.fold(approved) == [100]
    assert ledger.fold(approved.revised(SATURDAY, amount=2000)) == []


ACTION: dict[str, Any] = {"type": "add_action_commission_bonus", "action_code": "streak", "amount": 70}


@pytest.mark.parametrize(
    ("action", "kind", "is_counted"), [(ACTION, "action", False), (bonus(amount=70), "extra_bonus", True)]
)
def test_only_an_extra_bonus_of_ones_own_is_counted_at_once(action: Any, kind: str, is_counted: bool) -> None:
    ledger = Ledger([rule(action)], program(features={"action_commissions": True}))
    ledger.fold(commission("a", 21000))
    [made] = ledger.transitions[0].bonuses
    assert (made.commission.type, made.commission.amount, made.counted is not None) == (kind, 70, is_counted)
    assert made.commission.action_code == action.get("action_code")
    assert not made.is_per_sale


def test_what_a_referrer_gets_is_left_for_their_own_account() -> None:
    ledger = sharing()
    ledger.fold(commission("a", 1000))
    [made] = ledger.transitions[0].bonuses
    assert (made.counted, made.is_per_sale, made.commission.earned_by) == (None, True, ANNA)


def test_who_was_brought_by_nobody_pays_nobody_a_share() -> None:
    ledger = replace(sharing(), member=member())
    assert ledger.fold(commission("a", 1000)) == []


def test_beside_shares_of_sales_a_mail_is_sent_once_a_period() -> None:
    ledger = sharing(mails())
    ledger.fold(commission("a", 1000))
    ledger.fold(commission("b", 1000))
    assert sorted(row.amount for row in ledger.bonuses) == [0, 100, 100]
    assert len(ledger.mails) == 1


def test_who_joins_as_a_day_begins_is_not_asked_about_the_day_before() -> None:
    midnight = Midnight(SATURDAY.date(), SATURDAY)

    def asked(joined: timedelta) -> bool:
        enrolled = {SPRING: enrollment(created_at=SATURDAY + joined)}
        return concerns(rule(bonus(amount=1)), Account(member(), Head(), enrolled, Totals({})), midnight)

    assert asked(timedelta(milliseconds=-1))
    assert not asked(timedelta(0))
