"""Rules as merchants write them: what is refused when one is saved."""

from typing import Any

import pytest
from pydantic import ValidationError

from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule, RuleSettings
from laurel.domain.values.errors import Conflict, Invalid, Refusal
from tests.unit.kit.builders import (
    AUTUMN,
    BASIC,
    SPRING,
    an_id,
    at,
    bonus,
    condition,
    mails,
    period,
    program,
    rule,
    sets,
)

FIELD: dict[str, Any] = {"metric": "user_field", "field": "level"}
GROUP: dict[str, Any] = {"metric": "commission_group"}


def settings(**changes: Any) -> RuleSettings:
    plain = {"name": "Big week", "conditions": [condition()], "actions": [bonus(percent="2")]}
    return RuleSettings.model_validate({**plain, **changes})


def refusal_of(judged: RuleSettings, **changes: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        judged.require_fit_for(program(**changes))
    return refused.value


def test_what_a_rule_does_not_say_has_its_documented_default() -> None:
    said = settings(conditions=[{"metric": "sales_count", "operator": "gt", "value": 3}])
    assert (said.enabled, said.priority, said.offers) == (True, 1, "all")
    leading = said.leading
    assert (leading.tier, leading.statuses, leading.offers, leading.period.type) == (1, ("approved",), None, "all_time")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"priority": 0},
        {"priority": 1001},
        {"priority": True},
        {"enabled": 1},
        {"offers": []},
        {"offers": "some"},
        {"offers": [an_id("mem")]},
        {"offers": [SPRING] * 101},
        {"conditions": []},
        {"conditions": [condition()] * 11},
        {"actions": []},
        {"actions": [sets("level", "gold")] * 11},
        {"rule_id": an_id("rul")},
    ],
)
def test_a_rule_that_means_nothing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**changes)


@pytest.mark.parametrize(
    "wrong",
    [
        condition("turnover"),
        {"operator": "gt", "value": 1},
        condition(operator="is_set"),
        condition(operator="=>"),
        condition(value=1.5),
        condition(value="20000"),
        condition(value=True),
        condition(value=None),
        condition(value=10**12 + 1),
        condition(tier=0),
        condition(tier=22),
        condition(tier="all"),
        condition(tier="1"),
        condition(statuses=[]),
        condition(statuses=["refunded"]),
        condition(offers=[]),
        condition(period={"type": "current_fortnight"}),
        condition(period={}),
        condition(period="current_week"),
        condition(action_code=""),
        condition(currency="USD"),
        condition("conversion_rate", value="NaN"),
        condition("conversion_rate", value=True),
    ],
)
def test_a_condition_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(conditions=[wrong])


@pytest.mark.parametrize("known", [FIELD, GROUP])
def test_fields_and_groups_are_compared_for_equality_or_for_being_set(known: dict[str, Any]) -> None:
    for fits in ({"operator": "eq", "value": BASIC}, {"operator": "ne", "value": BASIC}, {"operator": "is_set"}):
        assert settings(conditions=[{**known, **fits}]).leading.operator == fits["operator"]
    for wrong in ({"operator": "gt", "value": BASIC}, {"operator": "eq"}, {"operator": "is_set", "value": BASIC}):
        with pytest.raises(ValidationError):
            settings(conditions=[{**known, **wrong}])


@pytest.mark.parametrize(
    "wrong",
    [
        bonus(),
        bonus(amount=1, percent="1"),
        bonus(amount=-1),
        bonus(percent="100.0001"),
        bonus(percent="-1"),
        mails("everybody"),
        {"type": "send_mail", "to": "member"},
        sets("", "gold"),
        sets("level", "a\nb"),
        sets("level", "a" * 201),
        {"type": "fly"},
        {},
    ],
)
def test_an_action_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(actions=[wrong])


def test_a_second_paying_action_is_refused() -> None:
    with pytest.raises(ValidationError, match="at most one paying action"):
        settings(actions=[bonus(amount=1), mails(), bonus(percent="1")])


def test_a_rule_may_pay_mail_and_set_fields_at_once() -> None:
    said = settings(actions=[sets("level", "a"), mails(), bonus(amount=1), mails("merchant"), sets("level", "b")])
    assert said.paying is not None
    assert (len(said.sends), said.writes_to_merchant, said.is_state_only) == (2, True, False)
    assert said.updates == {"level": "b"}
    assert settings(actions=[sets("level", "a")]).is_state_only
    assert not settings(actions=[mails()]).is_state_only


def test_a_field_that_the_program_does_not_declare_is_refused() -> None:
    asking = refusal_of(settings(conditions=[condition(), {**FIELD, "field": "size", "operator": "is_set"}]))
    setting = refusal_of(settings(actions=[bonus(amount=1), sets("size", "XL")]))
    assert isinstance(asking, Invalid)
    assert isinstance(setting, Invalid)
    assert (asking.code, asking.pointer) == ("unknown_user_field", "/conditions/1/field")
    assert (setting.code, setting.pointer) == ("unknown_user_field", "/actions")
    settings(conditions=[{**FIELD, "operator": "is_set"}], actions=[sets("city", "Oslo")]).require_fit_for(program())


@pytest.mark.parametrize("metric", ["commission_value", "clicks_count", "conversion_rate"])
@pytest.mark.parametrize("operator", ["lt", "lte"])
@pytest.mark.parametrize(
    "never_ends", [period("all_time"), period("all_unpaid"), {"type": "since", "date": "2026-01-01"}]
)
def test_less_of_a_period_that_never_closes_cannot_lead(metric: str, operator: str, never_ends: dict[str, Any]) -> None:
    lower = condition(metric, operator=operator, value=100, period=never_ends)
    refused = refusal_of(settings(conditions=[lower]))
    assert isinstance(refused, Invalid)
    assert (refused.code, refused.pointer) == ("leading_condition_undecided", "/conditions/0/operator")
    settings(conditions=[condition(), lower]).require_fit_for(program())


@pytest.mark.parametrize("operator", ["lt", "lte"])
@pytest.mark.parametrize(
    ("ends", "waits"),
    [
        *((period(f"current_{unit}"), True) for unit in ("day", "week", "month", "quarter", "year")),
        *((period(f"last_{unit}"), False) for unit in ("week", "month", "quarter", "year")),
        ({"type": "last_n_days", "days": 30}, True),
    ],
)
def test_less_of_a_period_that_is_not_over_is_decided_when_it_closes(
    operator: str, ends: dict[str, Any], waits: bool
) -> None:
    lower = settings(conditions=[condition(operator=operator, period=ends)])
    lower.require_fit_for(program())
    assert lower.waits_for_close is waits
    assert not settings(conditions=[condition(period=ends), condition(operator=operator)]).waits_for_close


def test_a_share_of_every_sale_cannot_wait_for_a_close() -> None:
    share = {"type": "add_bonus_to_original_referrer", "percent": "5", "frequency": "every_sale"}
    on = program(features={"forced_matrix": {"active": True}})
    refused = settings(conditions=[condition(operator="lt")], actions=[share])
    with pytest.raises(Invalid, match="no sale to pay for"):
        refused.require_fit_for(on)
    settings(conditions=[condition(operator="lt", period=period("last_month"))], actions=[share]).require_fit_for(on)


def test_merchant_mail_needs_an_address_to_go_to() -> None:
    told = settings(actions=[mails("merchant")])
    refused = refusal_of(told)
    assert isinstance(refused, Conflict)
    assert refused.code == "merchant_email_missing"
    told.require_fit_for(program(merchant_email="shop@example.com"))
    settings(actions=[mails()]).require_fit_for(program())


def test_an_edited_rule_is_judged_by_what_it_says_now() -> None:
    before = rule(mails("merchant"))
    assert (before.writes_to_merchant, before.is_state_only, before.leading.operator) == (True, False, "gt")
    now = settings(conditions=[condition(operator="lt")], actions=[sets("level", "gold")])
    after = before.model_copy(update={"conditions": now.conditions, "actions": now.actions})
    assert (after.writes_to_merchant, after.is_state_only, after.leading.operator) == (False, True, "lt")
    assert (after.updates, after.paying, after.sends) == ({"level": "gold"}, None, ())


def test_a_stored_rule_reads_back_the_same() -> None:
    conditions = [condition("conversion_rate", value="12.5"), {**FIELD, "operator": "is_set"}, condition(tier="any")]
    stored = rule(bonus(percent="2.5"), mails(), sets("level", ""), when=conditions, offers=[SPRING, AUTUMN])
    assert Rule.model_validate(stored.model_dump(mode="json")) == stored


def test_rules_run_by_priority_then_age_then_id_and_only_if_switched_on() -> None:
    urgent = rule(name="urgent", priority=1, created_at=at("2026-03-01"))
    older = rule(name="older", priority=2, created_at=at("2026-01-01"))
    twins = sorted((rule(name=n, priority=2, created_at=at("2026-02-01")) for n in "ab"), key=lambda r: r.rule_id)
    off = rule(name="off", priority=1, enabled=False)
    book = Rulebook.of(program(), [twins[1], older, off, twins[0], urgent])
    assert [each.name for each in book.rules] == ["urgent", "older", twins[0].name, twins[1].name]


def test_rules_of_the_same_days_are_compiled_once_and_not_kept_for_ever() -> None:
    book = Rulebook.of(program(), [rule()])
    days = [at("2026-11-21").date(), at("2026-11-20").date()]
    assert book.on(days) is book.on(reversed(days))
    assert book.on(days) is not book.on(days[:1])
    for n in range(70):
        book.on([at("2026-01-01").date().replace(month=1 + n % 12, day=1 + n // 12)])
    assert len(book._days) <= 64
    assert len(book.ranges(days)) == 1  # two days of one week


def test_a_rule_tells_which_payout_options_it_names() -> None:
    assert settings().payout_options == frozenset()
    groups = [GROUP | {"operator": "eq", "value": BASIC}, GROUP | {"operator": "is_set"}]
    assert settings(conditions=groups).payout_options == {BASIC}
