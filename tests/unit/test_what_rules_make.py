"""What a rule leaves behind: bonuses, markers, mails and fields, with what it saw."""

from typing import Any

import pytest

from laurel.domain.ledger.totals import NO_OFFER, DayRow, MonthRow
from laurel.domain.rules.rules import Rule
from tests.unit.kit.builders import (
    ANNA,
    AUTUMN,
    GOLD,
    SATURDAY,
    SPRING,
    an_id,
    at,
    bonus,
    commission,
    condition,
    enrollment,
    mails,
    member,
    period,
    program,
    rule,
    sets,
)
from tests.unit.kit.ledger import Ledger, folded


@pytest.mark.parametrize(("offers", "offer"), [("all", None), ([SPRING], SPRING), ([SPRING, AUTUMN], None)])
def test_a_bonus_belongs_to_an_offer_only_if_the_rule_names_exactly_one(offers: Any, offer: str | None) -> None:
    ledger = folded(rule(offers=offers))
    ledger.fold(commission("a", 21000))
    assert [row.offer_id for row in ledger.bonuses] == [offer]
    day = DayRow(ledger.bonuses[0].day, offer or NO_OFFER)
    assert ledger.stored[day]["|extra_bonus|1|approved|"] == [1, 420, 0]
    month = MonthRow(at("2026-11-01").date(), day.offer_id)
    assert ledger.stored[month]["|extra_bonus|1|approved|"] == [1, 420, 0]


def test_bonuses_wait_for_approval_where_the_program_says_so() -> None:
    ledger = Ledger([rule()], program(bonus_status="pending"))
    ledger.fold(commission("a", 21000))
    assert [row.status for row in ledger.bonuses] == ["pending"]
    assert ledger.head.balances == {"approved": 21000, "pending": 420}


def test_a_rule_that_only_mails_leaves_a_marker_of_nothing() -> None:
    ledger = folded(rule(mails()))
    assert ledger.fold(commission("a", 21000)) == [0]
    assert ledger.fold(commission("b", 21000)) == []
    [row], [mail] = ledger.bonuses, ledger.mails
    assert (row.type, row.amount, row.status) == ("extra_bonus", 0, "approved")
    assert row.evidence is not None
    assert row.evidence.base == 21000
    assert (mail.marker_id, mail.recipient, mail.bonus, mail.value) == (row.commission_id, "member", 0, "210.00 USD")
    assert (mail.period, str(mail.period_start), str(mail.period_end)) == (row.period, "2026-11-16", "2026-11-22")
    assert (mail.status, mail.attempts, mail.next_attempt_at) == ("pending", 0, SATURDAY)
    assert (mail.member_id, mail.rule_id, mail.template_id) == (ANNA, row.rule_id, an_id("tpl"))


def test_a_mail_tells_the_bonus_that_it_comes_with_and_all_time_has_no_ends() -> None:
    ledger = folded(rule(mails(), bonus(percent="2"), mails(), when=[condition(period=period("all_time"))]))
    ledger.fold(commission("a", 21000))
    assert [(mail.bonus, mail.period_start, mail.period_end) for mail in ledger.mails] == [(420, None, None)] * 2
    assert len({mail.mail_id for mail in ledger.mails}) == 2


def test_merchant_mail_without_an_address_makes_nothing_of_the_rule_happen() -> None:
    asks = rule(bonus(percent="2"), mails("merchant"), mails(), sets("level", "gold"))
    nowhere = folded(asks)
    assert nowhere.fold(commission("a", 21000)) == []
    assert (nowhere.mails, nowhere.member.fields) == ([], {})
    reachable = Ledger([asks], program(merchant_email="shop@example.com"))
    assert reachable.fold(commission("a", 21000)) == [420]
    assert [mail.recipient for mail in reachable.mails] == ["merchant", "member"]


def test_a_rule_that_only_sets_fields_needs_no_marker_and_does_nothing_twice() -> None:
    ledger = folded(rule(sets("level", "gold")))
    assert ledger.fold(commission("a", 21000)) == []
    assert ledger.member.fields == {"level": "gold"}
    ledger.fold(commission("b", 1000))
    assert [done.fields for done in ledger.transitions] == [{"level": "gold"}, None]


def test_a_field_beside_a_bonus_is_set_once_per_period() -> None:
    ledger = folded(rule(bonus(amount=1), sets("level", "gold")))
    ledger.fold(commission("a", 21000))
    ledger.member = member(fields={"level": "silver"})
    ledger.fold(commission("b", 1000))
    assert ledger.member.fields == {"level": "silver"}


def test_an_empty_value_clears_a_field_and_leaves_the_others() -> None:
    ledger = Ledger([rule(sets("level", ""))], member=member(fields={"level": "gold", "city": "Oslo"}))
    ledger.fold(commission("a", 21000))
    assert ledger.member.fields == {"city": "Oslo"}


def test_a_later_rule_sees_the_field_that_an_earlier_one_set_in_the_same_pass() -> None:
    first = rule(sets("level", "gold"), name="first", priority=1)
    is_gold = condition("user_field", field="level", operator="eq", value="gold")
    second = rule(bonus(amount=700), name="second", priority=2, when=[condition(), is_gold])
    assert folded(second, first).fold(commission("a", 21000)) == [700]


def test_an_earlier_rule_sees_the_field_of_a_later_one_only_at_the_next_commission() -> None:
    is_gold = condition("user_field", field="level", operator="eq", value="gold")
    first = rule(bonus(amount=700), name="first", priority=1, when=[condition(), is_gold])
    second = rule(sets("level", "gold"), name="second", priority=2)
    ledger = folded(first, second)
    assert ledger.fold(commission("a", 21000)) == []
    assert ledger.fold(commission("b", 0)) == [700]


def test_of_two_rules_of_one_priority_the_older_goes_first() -> None:
    is_unset = condition("user_field", field="level", operator="ne", value="taken")
    both = [
        rule(bonus(amount=n), sets("level", "taken"), name=f"{n}", when=[condition(), is_unset], created_at=at(made))
        for n, made in ((1, "2026-02-01"), (2, "2026-01-01"), (3, "2026-03-01"))
    ]
    assert folded(*both).fold(commission("a", 21000)) == [2]


def test_what_a_rule_saw_is_kept_not_what_it_set() -> None:
    is_not_gold = condition("user_field", field="level", operator="ne", value="gold")
    ledger = Ledger([rule(mails(), sets("level", "gold"), when=[is_not_gold])], member=member(fields={"level": "new"}))
    ledger.fold(commission("a", 100))
    assert ledger.bonuses[0].evidence is not None
    assert (ledger.bonuses[0].evidence.value, ledger.mails[0].value) == ("new", "new")


def test_a_field_that_was_never_set_is_no_evidence() -> None:
    is_not_gold = condition("user_field", field="level", operator="ne", value="gold")
    ledger = folded(rule(mails(), when=[is_not_gold]))
    ledger.fold(commission("a", 100))
    assert ledger.bonuses[0].evidence is not None
    assert (ledger.bonuses[0].evidence.value, ledger.mails[0].value) == (None, "")


@pytest.mark.parametrize(
    ("asks", "fires"),
    [
        ({"operator": "eq", "value": GOLD}, True),
        ({"operator": "ne", "value": GOLD}, False),
        ({"operator": "is_set"}, True),
        ({"operator": "eq", "value": an_id("opt", "other")}, False),
        ({"operator": "eq", "value": GOLD, "offers": [SPRING]}, False),
        ({"operator": "is_set", "offers": [an_id("off", "other")]}, False),
        ({"operator": "ne", "value": GOLD, "offers": [SPRING]}, True),
    ],
)
def test_a_commission_group_is_the_members_option_in_the_conditions_offers(asks: dict[str, Any], fires: bool) -> None:
    places = {SPRING: enrollment(), AUTUMN: enrollment(offer_id=AUTUMN, payout_option_id=GOLD)}
    ledger = Ledger([rule(bonus(amount=1), when=[condition("commission_group", **asks)])], enrollments=places)
    assert bool(ledger.fold(commission("a", 100))) is fires
    if fires and asks["operator"] == "is_set":
        assert ledger.bonuses[0].evidence is not None
        groups = {place.payout_option_id for place in places.values()}
        assert ledger.bonuses[0].evidence.value == ", ".join(sorted(groups))


SHARE = {"type": "add_bonus_to_original_referrer", "frequency": "every_sale", "percent": "10"}


def brought(*rules: Rule, **changes: Any) -> Ledger:
    """Somebody brought the member, and rules may pay them."""
    matrix = program(features={"forced_matrix": {"active": True}})
    return Ledger(rules, matrix, member(original_referrer_id=an_id("mem", "referrer")), **changes)


def test_a_sale_from_before_the_rule_is_not_paid_for_when_a_change_changes_nothing() -> None:
    ledger = brought()
    sold = commission("a", 21000)
    ledger.fold(sold)
    ledger.rules = [rule(SHARE)]
    ledger.fold(sold.revised(SATURDAY, reason="told again"))
    assert ledger.bonuses == []
    assert ledger.fold(commission("b", 1000)) == [100]


@pytest.mark.parametrize("budget", range(9, 20))
def test_a_share_of_a_sale_that_did_not_fit_follows_in_the_next_transaction(budget: int) -> None:
    first = [rule(bonus(amount=n), name=f"{n}", priority=n) for n in (1, 2)]
    ledger = brought(*first, rule(SHARE, name="share", priority=3), budget=budget)
    assert sorted(ledger.fold(commission("a", 21000))) == [1, 2, 2100]
