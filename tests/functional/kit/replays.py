"""Whether a backtest of a rule that was active all the time has exactly the markers that the rule has made."""

from collections.abc import Iterable
from datetime import timedelta

from laurel.domain.rules.rules import Rule
from tests.functional.kit.trade import Trade, require


def replays_agree(trade: Trade, rules: Iterable[Rule]) -> None:
    """For each of `rules` that is a day old: what it has done since, and what its backtest says."""
    calendar = trade.furniture.program.calendar
    today = calendar.day_of(trade.clock.at)
    for rule in rules:
        first = calendar.day_of(rule.created_at) + timedelta(days=1)
        asked = {"rule_id": rule.rule_id, "from": first.isoformat(), "to": today.isoformat()}
        begun = trade.api.post("/v1/rules/backtest", asked) if first <= today else None
        if begun is None or begun.body.get("code") in {"span_without_data", "range_too_large"}:
            continue
        trade.work()
        found = require(trade.api.get(f"/v1/rules/backtests/{require(begun, 202)['job_id']}"), 200)
        assert (found["status"], found["only_here"], found["only_there"]) == ("done", [], []), (rule, found)
        made = [row for row in trade.rows().values() if row.rule_id == rule.rule_id and first <= row.day <= today]
        told = sorted((each["member_id"], each["period"], each["amount"]) for each in found["fired"])
        assert told == sorted((row.member_id, row.period, row.amount) for row in made), rule


def can_be_known(rule: Rule) -> bool:
    """Whether all is kept that its conditions look at: user fields and the changes of higher tiers are not."""
    tiers = all(condition.tier == 1 for condition in rule.conditions)
    return tiers and not rule.is_state_only and not rule.field_names
