"""A second, simpler look at rules whose totals only grew: no log, only what is in the table at the end."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from laurel.domain.ledger.commissions import Commission, marker_id
from laurel.domain.rules.rules import Rule
from laurel.store import items
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import ledger
from tests.simulation.kit.judges.ledger import Counted
from tests.simulation.kit.judges.replay import is_marker
from tests.simulation.kit.world.worlds import Tenant

_SHRINKING = {"edit_row", "edit_rows", "edit_unmark", "edit_refund", "edit_late", "edit_higher_tier"}


def wrongs(history: History, tenant: Tenant, own: Mapping[Key, Item], zone: str) -> Iterator[str]:
    """A rule that nobody touched, over sums that only grew, fired exactly where its final total holds.

    For members who were approved all the time: no rule pays anybody else.
    """
    if tenant.program.approval.mode != "immediate" or any(c.by in _SHRINKING for c in history.table.log):
        return
    touched = {record.key.sk for commit in history.table.log if commit.by != "-" for record in commit.records}
    markers = {key.pk.partition("#")[2] for key, item in own.items() if is_marker(item)}
    rows, stopped = _rows(own), _suspended(history)
    for rule in tenant.rules:
        if not _only_grows(rule) or rule.rule_id in touched:
            continue
        for member_id, mine in ((each, mine) for each, mine in rows.items() if each not in stopped):
            for period, day in _periods(rule, mine, zone).items():
                history.counts["monotone checks"] += 1
                fired = marker_id(tenant.program_id, rule.rule_id, member_id, period) in markers
                if fired != ledger.holds(rule.conditions[0], rule, day, mine, ledger.Person()):
                    yield f"{rule.rule_id} fired for {member_id} in {period}: {fired}"


def _suspended(history: History) -> set[str]:
    """The ids of members who were not approved at some time."""
    records = (record for commit in history.table.log for record in commit.records if record.key.sk == "member")
    return {r.key.pk.partition("#")[2] for r in records if (r._new or {})["body"]["status"] != "approved"}


def _rows(own: Mapping[Key, Item]) -> dict[str, list[Counted]]:
    rows: dict[str, list[Counted]] = defaultdict(list)
    for item in own.values():
        if item["kind"] == "commission" and "member_id" in item["body"]:
            rows[item["body"]["member_id"]].append(ledger.counted(items.parse(Commission, item)))
    return rows


def _only_grows(rule: Rule) -> bool:
    condition = rule.conditions[0]
    if not rule.enabled or len(rule.conditions) > 1 or rule.is_state_only or rule.writes_to_merchant:
        return False
    if condition.operator not in {"gt", "gte"} or condition.offers is not None or rule.moves:
        return False
    if not condition.period.type.startswith(("current_", "all_")) or condition.metric in {
        "days_since_approval",
        *ledger.OF_ORDER,
    }:
        return False
    if condition.period.type == "all_unpaid":
        return False
    return "approved" in condition.statuses and "pending" not in condition.statuses


def _periods(rule: Rule, rows: list[Counted], zone: str) -> dict[str, date]:
    """The periods in which something could make the rule fire, and a day of each."""
    period = rule.conditions[0].period
    concerned = (row for row in rows if rule.offers == "all" or row.offer in rule.offers)
    found = {}
    for day in (row.day for row in concerned if row.type != "extra_bonus"):
        days = ledger.days_of(period, day)
        if not ledger.had_ended(days, zone, rule.created_at):
            found[ledger.period_key(period, days)] = day
    return found
