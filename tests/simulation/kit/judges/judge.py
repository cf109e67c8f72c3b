"""What must be true when a history is over, recomputed slowly from the bare items."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from laurel.domain.ledger.commissions import Commission
from laurel.store import items, keys, mail_items
from laurel.store.indexes import WORK
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import (
    changes,
    claims,
    clicks,
    ledger,
    monotone,
    orders,
    payees,
    payments,
    payouts,
    refunds,
    replay,
    tiers,
    versions,
)
from tests.simulation.kit.judges.ledger import contribution
from tests.simulation.kit.judges.past import Past
from tests.simulation.kit.judges.spelled_out import instant, spell_out


def verdict(history: History) -> list[str]:
    """All that is wrong; empty if nothing is."""
    contents, past = spell_out(history), Past(history.table.log)
    wrong = [*_nothing_waits(contents), *_mails(history, contents), *replay.wrongs(history)]
    wrong += [*claims.wrongs(history), *changes.wrongs(history), *refunds.wrongs(history), *payouts.wrongs(history)]
    wrong += [*payees.wrongs(history), *versions.wrongs(history)]
    wrong += [*tiers.wrongs(history, past), *payments.wrongs(history, past)]
    if history.world.has_links:
        wrong += clicks.wrongs(history, past)
    for tenant in history.world.tenants:
        own = {key: item for key, item in contents.items() if _owner(key, item) == tenant.program_id}
        zone = own[keys.program(tenant.program_id)]["body"]["timezone"]
        wrong += _totals(own)
        wrong += _days(own, zone)
        wrong += _notes(own, zone)
        wrong += _referrals(own)
        wrong += changes.left(own)
        wrong += payouts.left(history, tenant.program_id, own)
        wrong += orders.wrongs(history, tenant, own, past)
        wrong += refunds.left(history, tenant, own)
        if history.world.has_links:
            wrong += clicks.left(history, tenant, own, zone, past)
        wrong += monotone.wrongs(history, tenant, own, zone)
    return wrong


def _owner(key: Key, item: Item) -> str:
    """The program of an item; links are doors, whose keys name none."""
    return str(item["body"]["program_id"] if item["kind"] == "link" else key.pk.partition("#")[0])


def _days(own: dict[Key, Item], zone: str) -> Iterator[str]:
    """Every row is of the local day of its own time."""
    for key, item in own.items():
        if item["kind"] in {"commission", "click"}:
            day = ledger.day_of(instant(item["body"]["occurred_at"]), zone).isoformat()
            if item["body"]["day"] != day:
                yield f"{key} is of {item['body']['day']}, occurred on {day}"


def _nothing_waits(contents: dict[Key, Item]) -> Iterator[str]:
    for key, item in contents.items():
        if "pend" in item or WORK.pk in item:
            yield f"{key} still waits: {item}"


def _totals(own: dict[Key, Item]) -> Iterator[str]:
    expected: dict[Key, Counter[tuple[str, int]]] = defaultdict(Counter)
    balances: dict[str, Counter[str]] = defaultdict(Counter)
    for key, item in own.items():
        if item["kind"] == "commission" and "member_id" in item["body"]:
            row = items.parse(Commission, item)
            if item.get("counted") != contribution(row):
                yield f"{key} counts {item.get('counted')}, is worth {contribution(row)}"
            account = f"{key.pk.partition('#')[0]}#{row.member_id}"
            balances[account][contribution(row)[4]] += row.amount
            _count(expected, account, row)
    stored = {key: _counters(item["body"]) for key, item in own.items() if item["kind"] == "totals"}
    for key in expected.keys() | stored.keys():
        want = {bucket: number for bucket, number in expected.get(key, {}).items() if number}
        if want != stored.get(key, {}):
            yield f"totals {key} are {stored.get(key)}, should be {want}"
    for key, item in own.items():
        if key.sk == "head" and item.get("balances", {}) != {s: n for s, n in balances[key.pk].items() if n}:
            yield f"balances of {key.pk} are {item.get('balances')}, should be {balances[key.pk]}"


def _notes(own: dict[Key, Item], zone: str) -> Iterator[str]:
    """A note that a rule fired is only a shorter way to its marker: without the marker it would be a hidden guard."""
    rows = [item["body"] for item in own.values() if item["kind"] == "commission"]
    markers = {(row.get("member_id"), row.get("rule_id"), key) for row in rows for key in _keys(row, zone)}
    for key, item in own.items():
        member_id, rule_id = key.pk.partition("#")[2], key.sk.partition("#")[2]
        if item["kind"] == "fired rule" and "key" in item and (member_id, rule_id, item["key"]) not in markers:
            yield f"{key} notes {item['key']}, and there is no such marker"
    yield from _multiples(own, rows)


def _multiples(own: dict[Key, Item], rows: list[dict[str, Any]]) -> Iterator[str]:
    """What is kept of multiples are the markers, no more and no fewer, and so is a note of how far they go."""
    made: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for row in rows:
        evidence = row.get("evidence", {})
        if "number" in evidence:
            made[row["member_id"], row["rule_id"], evidence["key"]].add(evidence["number"])
    for key, item in own.items():
        member_id, rule_id = key.pk.partition("#")[2], key.sk.split("#")[1] if "#" in key.sk else ""
        if item["kind"] == "repeats":
            kept = _spelled_out(item["multiples"])
            if kept != made.pop((member_id, rule_id, item["key"]), set()):
                yield f"{key} keeps {item['multiples']}, and the markers are others"
    if made:
        yield f"markers of multiples that are not kept: {dict(made)}"


def _spelled_out(text: str) -> set[int]:
    ends = (part.split("-") for part in text.split(","))
    return {number for first, last in ends for number in range(int(first), int(last) + 1)}


def _referrals(own: dict[Key, Item]) -> Iterator[str]:
    """Each approved member counts once for who brought it, nobody else does; all of the world joined on one day."""
    members = [item["body"] for key, item in own.items() if key.sk == "member"]
    right = Counter(m["original_referrer_id"] for m in members if m["status"] == "approved" and "parent_id" in m)
    for key, item in own.items():
        if item["kind"] == "referrals" and item["count"] != right[key.pk.partition("#")[2]]:
            yield f"{key} counts {item['count']}, should count {right[key.pk.partition('#')[2]]}"


def _keys(row: dict[str, Any], zone: str) -> list[str]:
    """What a marker may be known by: a rolling window by its last day, the row's, or that before its midnight."""
    if not row.get("period", "").startswith("last_n_days"):
        return [row.get("period", "")]
    day = date.fromisoformat(row["day"])
    return [f"last_n_days..{each}" for each in (day, ledger.day_before(day, zone))]


def _count(totals: dict[Key, Counter[tuple[str, int]]], account: str, row: Commission) -> None:
    option, kind, action, tier, state, *numbers = contribution(row)[:8]
    own = "own:" if len(contribution(row)) > 8 else ""
    offer, day = row.offer_id or "-", row.day
    month = f"{9999 - day.year:04d}{99 - day.month:02d}"
    for sk in (f"day#{day}#{offer}", f"month#{month}#{offer}"):
        for position, number in enumerate(numbers):
            totals[Key(account, sk)][f"{own}{option}|{kind}|{tier}|{state}|{action}", position] += number


def _counters(stored: dict[str, list[int]]) -> dict[tuple[str, int], int]:
    return {(b, at): number for b, numbers in stored.items() for at, number in enumerate(numbers) if number}


def _mails(history: History, contents: dict[Key, Item]) -> Iterator[str]:
    delivered = defaultdict(list)
    for each in history.mailer.outbox:
        delivered[each.mail_id].append(each.message_id)
    for key, item in contents.items():
        if item["kind"] == "mail":
            mail = item[mail_items.MESSAGE]
            history.counts[f"mail {mail['status']}"] += 1
            yield from _mail(history, key, mail, delivered.pop(mail["mail_id"], []))
    if delivered:
        yield f"mails went out that nobody ordered: {delivered}"


def _mail(history: History, key: Key, mail: dict[str, Any], delivered: list[str]) -> Iterator[str]:
    if len(delivered) > 1:
        yield f"{key} went out {len(delivered)} times"
    match mail["status"]:
        case "sent":
            if delivered != [mail["message_id"]]:
                yield f"{key} is sent as {mail['message_id']}, went out as {delivered}"
        case "failed":
            if delivered:
                yield f"{key} is failed, and went out"
        case "unknown":
            history.counts["mail unknown, not sent"] += not delivered
            if not history.functions.mail_faults[mail["mail_id"]]:
                yield f"{key} is unknown although nothing happened to it"
        case status:
            yield f"{key} ends as {status}"
