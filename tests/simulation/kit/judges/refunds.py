"""What became of refunds: each taken off its order once, and what is left earns what it should, paid or not."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from laurel.domain.values.errors import Refusal
from laurel.store.indexes import BY_OWNER
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.actors.refunders import ToldRefund
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.ledger import earned
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit
from tests.simulation.kit.world.worlds import Tenant

_Told = tuple[str, str]
"""The conversion and the id of a refund."""
_SILENT = ("edit_pay", "edit_pay_clicks")


def wrongs(history: History) -> Iterator[str]:
    """Refunds taken off twice, unclamped or apart from their order, and changes of rows that no line tells."""
    left: dict[str, int] = {}
    for commit in history.table.log:
        applied = [record for record in commit.records if _is_applied(record)]
        for record in sorted(applied, key=lambda record: (record._new or {})["body"].get("place", 0)):
            yield from _clamped(history, commit, record, left)
        for record in commit.records:
            if record.key.sk == "commission" and record._new is not None:
                yield from _noted(history, commit, record, record._new)


def _is_applied(record: Record) -> bool:
    new, old = record._new or {}, record._old or {}
    return new.get("kind") == "refund" and "amount" in new["body"] and new != old


def _clamped(history: History, commit: Commit, record: Record, left: dict[str, int]) -> Iterator[str]:
    """A refund of more than is left takes what is left, in the order in which refunds came."""
    body, row = (record._new or {})["body"], _row(commit, record.key.pk)
    if row is None or "amount" in (record._old or {"body": {}})["body"]:
        yield f"commit {commit.number} applies {body} without its order, or again"
        return
    history.counts[f"refunds {'joined' if record._old else 'applied'}"] += 1
    before = left.get(record.key.pk, row["order"]["amount"])
    wanted = min(before, body.get("asked", before))
    if body["amount"] != wanted:
        yield f"commit {commit.number} takes {body['amount']} of {before}, asked was {body.get('asked')}"
    left[record.key.pk] = before - body["amount"]


def _row(commit: Commit, pk: str) -> dict[str, Any] | None:
    found = [r._new["body"] for r in commit.records if r.key == Key(pk, "commission") and r._new and "body" in r._new]
    return found[0] if found else None


def _noted(history: History, commit: Commit, record: Record, new: Item) -> Iterator[str]:
    """Whoever changes a row notes it in its history, in the same commit, but for what other items tell."""
    old = record._old or {}
    if not old or "body" not in new or new["body"].get("type") == "click" or commit.by.startswith(_SILENT):
        return
    if _is_told_elsewhere(old, new):
        return
    lines = [r for r in commit.records if r.key.pk == record.key.pk and r.key.sk.startswith("history#")]
    changes = 0 if old.get("body") == new["body"] else new["version"] - old["version"] - (old["kind"] == "stub")
    history.counts["changes of rows with a line"] += len(lines)
    if len(lines) != changes:
        yield f"commit {commit.number} by {commit.by}: {len(lines)} lines tell of {changes} changes of {record.key}"


def _is_told_elsewhere(old: Item, new: Item) -> bool:
    """A payout tells what it paid, a move what it repriced, a sale what the rows that follow it are."""
    before, after = old.get("body", {}), new["body"]
    return "first_tier" in after or any(before.get(name) != after.get(name) for name in ("payout_id", "move"))


def left(history: History, tenant: Tenant, own: Mapping[Key, Item]) -> Iterator[str]:
    """What stands in the table at the end."""
    refunds: dict[str, list[Item]] = defaultdict(list)
    for key, item in own.items():
        if item["kind"] == "refund":
            refunds[key.pk].append(item)
    for key, item in own.items():
        if item["kind"] == "stub":
            history.counts["orders that never came"] += 1
            yield from _waiting(key, item, refunds.pop(key.pk, []))
        elif item["kind"] == "commission" and "order" in item["body"]:
            yield from _conversion(history, item["body"], refunds.pop(key.pk, []), _adjustments(own, key))
    if refunds:
        yield f"refunds of nothing: {refunds}"
    yield from _told(history, tenant, own)


def _waiting(key: Key, stub: Item, refunds: list[Item]) -> Iterator[str]:
    places = sorted(refund["body"]["place"] for refund in refunds)
    if places != [*range(1, stub["version"] + 1)]:
        yield f"{key} keeps the place for {stub['version']} refunds, there are {places}"
    if not all(BY_OWNER.pk in refund and "amount" not in refund["body"] for refund in refunds):
        yield f"{key} is no order, and took refunds: {refunds}"


def _conversion(
    history: History, row: Mapping[str, Any], refunds: list[Item], adjustments: list[Mapping[str, Any]]
) -> Iterator[str]:
    order, name = row["order"], row["order"]["order_id"]
    if [refund for refund in refunds if BY_OWNER.pk in refund or "amount" not in refund["body"]]:
        yield f"{name} is there, and refunds still wait for it: {refunds}"
        return
    taken = sum(refund["body"]["amount"] for refund in refunds)
    reasons = {refund["body"]["reason"] for refund in refunds}
    reason = next((each for each in ("chargeback", "refund") if each in reasons), None)
    if (order.get("refunded_amount", 0), order.get("refunded_sale", 0), order.get("refund_reason")) != (
        taken,
        taken,
        reason,
    ):
        yield f"{name} says {order}, its refunds {refunds}"
    if "member_id" in row:
        is_whole = bool(refunds) and taken == order["amount"]
        wanted = 0 if is_whole else earned(row["terms"], row, order["amount"] - taken)
        history.counts["paid rows refunded"] += bool(refunds) and row["payout"] == "paid"
        yield from _paid(name, row, adjustments, wanted, is_whole)
        if is_whole and row["payout"] != "paid" and (row["status"], row["reason"]) != ("declined", reason):
            yield f"{name} is refunded as a whole, and {row['status']} for {row.get('reason')}"


def _paid(
    name: str, row: Mapping[str, Any], adjustments: list[Mapping[str, Any]], wanted: int, is_whole: bool
) -> Iterator[str]:
    """What is paid with all adjustments is what is earned on what is left."""
    amount = sum(each["amount"] for each in adjustments)
    quantity = sum(each["adjusts"].get("quantity", 0) for each in adjustments)
    said = row.get("adjusted", {})
    if (said.get("amount", 0), said.get("quantity", 0)) != (amount, quantity):
        yield f"{name} says it was adjusted by {said}, it was by {adjustments}"
    if row["payout"] != "paid" and adjustments:
        yield f"{name} is not paid, and adjusted: {adjustments}"
    if (row["amount"] + amount, quantity) != (wanted, -(is_whole and row["payout"] == "paid")):
        yield f"{name} pays {row['amount']} and {adjustments}, should pay {wanted}"


def _adjustments(own: Mapping[Key, Item], key: Key) -> list[Mapping[str, Any]]:
    adjusts = key.pk.partition("#")[2]
    bodies = [item["body"] for item in own.values() if item["kind"] == "commission" and "adjusts" in item["body"]]
    return [body for body in bodies if body["adjusts"]["commission_id"] == adjusts]


def _told(history: History, tenant: Tenant, own: Mapping[Key, Item]) -> Iterator[str]:
    kept = {
        (item["body"]["order_id"], item["body"]["refund_id"]): item["body"]
        for item in own.values()
        if item["kind"] == "refund"
    }
    new = Counter[_Told]()
    (editor,) = (each for each in history.editors if each.tenant is tenant)
    for each in editor.refunders.told:
        key = each.order.order_id, each.report.refund_id
        yield from _answer(history, each, kept.get(key))
        new[key] += not isinstance(each.answer, Refusal) and each.answer.is_new
    if new and max(new.values()) > 1:
        yield f"a refund was new more than once: {new}"


def _answer(history: History, told: ToldRefund, kept: Mapping[str, Any] | None) -> Iterator[str]:
    asked = told.report.amount, told.report.reason
    is_same = kept is not None and (kept.get("asked"), kept["reason"]) == asked
    if isinstance(told.answer, Refusal):
        history.counts[f"refunds answered {told.answer.code}"] += 1
        if is_same or told.answer.code != "refund_conflict":
            yield f"{told} was refused, kept is {kept}"
        return
    history.counts[f"refunds answered {told.answer.status}"] += 1
    if not is_same:
        yield f"{told} was told, kept is {kept}"
    elif kept is not None and not told.answer.refund.parked and told.answer.refund.amount != kept["amount"]:
        yield f"{told} was told, taken was {kept}"
