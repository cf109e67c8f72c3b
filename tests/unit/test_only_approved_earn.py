"""Nobody who is not approved at that moment earns by a rule: neither the member, nor who brought them."""

from dataclasses import replace
from typing import Any

import pytest

from laurel.domain.kernel.outcomes import NOTHING, Known, Needed
from laurel.domain.kernel.transition import transition
from laurel.domain.ledger.totals import Totals
from laurel.domain.members.accounts import Account, Change, Head
from laurel.domain.rules.rulebook import Rulebook
from tests.unit.kit.builders import SATURDAY, an_id, bonus, commission, condition, mails, member, program, rule, sets
from tests.unit.kit.ledger import Ledger

REFERRER = an_id("mem", "referrer")
FEATURES = {"forced_matrix": {"active": True, "width": 2}}


def share(frequency: str, *others: dict[str, Any], name: str = "share") -> Any:
    pays = {"type": "add_bonus_to_original_referrer", "frequency": frequency, "percent": "10"}
    return rule(pays, *others, name=name, when=[condition("sales_count", operator="gte", value=1)])


def brought(*rules: Any, **changes: Any) -> Ledger:
    return Ledger(rules, program(features=FEATURES), member(original_referrer_id=REFERRER), **changes)


@pytest.mark.parametrize("frequency", ["every_sale", "once_per_period"])
def test_nothing_happens_of_a_rule_whose_referrer_is_not_approved(frequency: str) -> None:
    ledger = brought(share(frequency, mails(), sets("level", "gold")), suspended=frozenset({REFERRER}))
    assert ledger.fold(commission("a", 1000)) == []
    assert (ledger.bonuses, ledger.mails, ledger.member.fields) == ([], [], {})


def test_a_referrer_who_is_approved_again_is_paid_for_the_period_with_the_next_commission() -> None:
    ledger = brought(share("once_per_period"), suspended=frozenset({REFERRER}))
    ledger.fold(commission("a", 1000))
    ledger.suspended = frozenset()
    assert ledger.fold(commission("b", 500)) == [150]


def test_a_sale_of_the_time_when_the_referrer_was_not_approved_is_never_shared() -> None:
    ledger = brought(share("every_sale"), suspended=frozenset({REFERRER}))
    ledger.fold(commission("a", 1000))
    ledger.suspended = frozenset()
    assert ledger.fold(commission("b", 500)) == [50]


def test_other_rules_of_the_pass_fire_all_the_same() -> None:
    ledger = brought(share("every_sale"), rule(bonus(amount=70), name="own"), suspended=frozenset({REFERRER}))
    assert ledger.fold(commission("a", 21000)) == [70]


def test_only_a_rule_that_is_about_to_pay_the_referrer_asks_who_they_are() -> None:
    rests = rule(
        {"type": "add_bonus_to_original_referrer", "frequency": "every_sale", "percent": "10"},
        name="rests",
        when=[condition(value=90_000)],
    )
    own = rule(bonus(amount=70), name="own")
    account = Account(member(original_referrer_id=REFERRER), Head(), {}, Totals())

    def asked(*rules: Any) -> Any:
        known = NOTHING
        while True:
            book = Rulebook.of(program(features=FEATURES), rules)
            needed = transition(account, [Change(commission("a", 21000), None)], book, known, SATURDAY)
            if not isinstance(needed, Needed) or needed.member_ids:
                return needed
            known = known.with_more(Known(dict.fromkeys(needed.marker_ids, False)))

    assert not isinstance(asked(own, rests), Needed)
    assert asked(own, rests, share("every_sale")).member_ids == {REFERRER}


@pytest.mark.parametrize("status", ["pending", "suspended"])
def test_a_rule_pays_no_member_who_is_not_approved_but_still_keeps_their_fields(status: str) -> None:
    pays, keeps = rule(bonus(amount=70), mails(), name="pays"), rule(sets("level", "gold"), name="keeps")
    ledger = Ledger([pays, keeps], member=member(status=status))
    assert ledger.fold(commission("a", 21000)) == []
    assert (ledger.mails, ledger.member.fields) == ([], {"level": "gold"})
    ledger.member = replace_status(ledger, "approved")
    assert ledger.fold(commission("b", 100)) == [70]


@pytest.mark.parametrize("status", ["pending", "suspended"])
def test_who_brought_a_member_earns_of_them_whatever_their_own_status_is(status: str) -> None:
    ledger = brought(share("every_sale"))
    ledger = replace(ledger, member=ledger.member.model_copy(update={"status": status}))
    assert ledger.fold(commission("a", 1000)) == [100]


def replace_status(ledger: Ledger, status: str) -> Any:
    return ledger.member.model_copy(update={"status": status})
