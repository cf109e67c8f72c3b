"""Every action does something, and every metric is known to the slow judge: none is in a union for show."""

from typing import Any, get_args

import pytest

from laurel.domain.rules.actions import Action
from laurel.domain.rules.conditions import Condition
from laurel.domain.rules.rules import Rule
from tests.kit.oracle import EARNS, OF_ORDER
from tests.unit.kit.builders import (
    BASIC,
    BEN,
    GOLD,
    SPRING,
    bonus,
    commission,
    condition,
    enrollment,
    mails,
    member,
    offer,
    option,
    program,
    rule,
    sets,
)
from tests.unit.kit.ledger import Ledger
from tests.unit.test_every_condition import METRIC_NAMES

MOVE = {"offer_id": SPRING, "payout_option_id": GOLD}
EXAMPLES: dict[str, dict[str, Any]] = {
    example["type"]: example
    for example in (
        sets("level", "gold"),
        bonus(amount=500),
        {"type": "add_action_commission_bonus", "action_code": "signup", "amount": 500},
        {"type": "add_bonus_to_original_referrer", "frequency": "once_per_period", "amount": 500},
        {"type": "put_into_commission_group", **MOVE},
        {"type": "put_into_commission_group_retroactively", **MOVE},
        mails(),
    )
}
"""Type of action -> one that fires: a new action needs one."""
ALL_ON = {"commission_groups": True, "action_commissions": True, "forced_matrix": {"active": True, "width": 3}}
STATES = {"user_field", "commission_group"}


def members_of(union: Any) -> tuple[Any, ...]:
    found = get_args(union)
    return tuple(leaf for each in found[:1] for leaf in get_args(each)) if found[1:] else found


def types_of(union: Any, name: str) -> set[str]:
    return {value for each in members_of(union) for value in get_args(each.model_fields[name].annotation)}


def ledger_of(*rules: Rule) -> Ledger:
    spring = offer(payout_options=[option(payout_option_id=BASIC), option(payout_option_id=GOLD, default=False)])
    anna = member(original_referrer_id=BEN)
    return Ledger(rules, program(features=ALL_ON), anna, {SPRING: enrollment()}, {SPRING: spring})


def test_there_is_an_example_of_every_action() -> None:
    assert types_of(Action, "type") == EXAMPLES.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_rule_with_one_action_alone_does_something(kind: str) -> None:
    ledger = ledger_of(rule(EXAMPLES[kind], when=[condition("sales_count", operator="gte", value=1)]))
    ledger.fold(commission("a", 1_000))
    (done,) = ledger.transitions
    proves = [made for made in done.bonuses if made.key is not None]
    assert proves or done.moves or done.fields is not None
    if any(effect.needs_marker for effect in ledger.rules[0].effects):
        assert proves


def test_the_slow_judge_knows_every_metric() -> None:
    assert types_of(Condition, "metric") == {*METRIC_NAMES, *STATES, *OF_ORDER}
    others = {"conversion_rate", "average_order_value", "days_since_approval", "referred_members_count"}
    by_sum = {*METRIC_NAMES} - others
    assert by_sum <= EARNS.keys()
