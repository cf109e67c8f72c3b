"""What became of refunds: each taken off its order once, and what is left earns what it should, paid or not."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from laurel.domain.tracking.refunds import RefundView
from laurel.domain.values.errors import Refusal
from laurel.store.indexes import BY_OWNER
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.actors.refunders import ToldRefund, ToldState
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.ledger import earned
from tests.simulation.kit.judges.spelled_out import instant
from tests.simulation.kit.judges.tiers import is_free, is_refunded, is_taken, refunded, remaining, stands
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit
from tests.simulation.kit.world.worlds import Tenant

_Told = tuple[str, str]
"""The conversion and the id of a refund."""
_SILENT = ("edit_pay", "edit_pay_clicks")
_UNSEEN = ("told_at", "amount_at", "state_at", "updated_at", "first")
_FOLDING = ("fold", "tick", "job")


def wrongs(history: History) -> Iterator[str]:
    """Refunds taken off twice, unclamped or apart from their order, and changes of rows that no line tells."""
    for commit in history.table.log:
        applied: dict[str, list[Record]] = defaultdict(list)
        for record in commit.records:
            if _is_applied(record):
                applied[record.key.pk].append(record)
        for key, records in applied.items():
            yield from _clamped(history, commit, key, records)
        for record in commit.records:
            if record.key.sk == "commission" and record._new is not None:
                yield from _noted(history, commit, record, record._new)


def _is_applied(record: Record) -> bool:
    new, old = record._new or {}, record._old or {}
    return new.get("kind") == "refund" and "amount" in new["body"] and new != old


def _clamped(history: History, commit: Commit, key: str, applied: list[Record]) -> Iterator[str]:
    """What new refunds took in one commit is what is less of their order; later news of one changes no amount."""
    row, before = _row(commit, key), _row_before(commit, key)
    if row is None:
        yield f"commit {commit.number} applies {applied} without their order"
        return
    took, are_new = 0, True
    for record in applied:
        new, old = (record._new or {})["body"], (record._old or {}).get("body", {})
        is_later = _seen(new) == _seen(old) and new.get("told_at", "") > old.get("told_at", "")
        if "amount" in old and new.get("stands", True) == old.get("stands", True) and not is_later:
            yield f"commit {commit.number} applies {new} again"
        if old.get("amount", new["amount"]) != new["amount"]:
            yield f"commit {commit.number} makes {old} {new}"
        history.counts[f"refunds {_what(new, old)}"] += 1
        took, are_new = took + new["amount"], are_new and "amount" not in old
    less = refunded(row["order"]) - (refunded(before["order"]) if before else 0)
    if are_new and took != less:
        yield f"commit {commit.number} takes {took} of {row['order']}, it is {less} less"


def _what(new: Mapping[str, Any], old: Mapping[str, Any]) -> str:
    return "undone" if not new.get("stands", True) else "joined" if old else "applied"


def _row_before(commit: Commit, pk: str) -> dict[str, Any] | None:
    found = [r._old["body"] for r in commit.records if r.key == Key(pk, "commission") and r._old and "body" in r._old]
    return found[0] if found else None


def _row(commit: Commit, pk: str) -> dict[str, Any] | None:
    found = [r._new["body"] for r in commit.records if r.key == Key(pk, "commission") and r._new and "body" in r._new]
    return found[0] if found else None


def _noted(history: History, commit: Commit, record: Record, new: Item) -> Iterator[str]:
    """Whoever changes a row notes it in its history, in the same commit, but for what other items tell."""
    old = record._old or {}
    if not old or "body" not in new or new["body"].get("type") == "click" or commit.by.startswith(_SILENT):
        return
    if _is_told_elsewhere(old, new) or (commit.by.startswith(_FOLDING) and _payout(old) == "in_payout"):
        return
    lines = [r for r in commit.records if r.key.pk == record.key.pk and r.key.sk.startswith("history#")]
    before, after = old.get("body", {}), new["body"]
    # the lines of its adjustments tell of them, and of a hand's decision about them
    is_adjusted = any(before.get(name) != after.get(name) for name in ("adjusted", "forgiven"))
    silent = (old["kind"] == "stub") + is_adjusted
    is_seen = _seen(old.get("body", {})) != _seen(new["body"]) or any(map(_is_seen, _refunds(commit, record.key.pk)))
    changes = new["version"] - old["version"] - silent if is_seen else 0
    history.counts["changes of rows with a line"] += len(lines)
    if len(lines) != changes:
        yield f"commit {commit.number} by {commit.by}: {len(lines)} lines tell of {changes} changes of {record.key}"


def _seen(body: Mapping[str, Any]) -> dict[str, Any]:
    """What people see of a row or a refund: all but what tells which news came first and last."""
    if "order" in body:
        body = {**body, "order": _seen(body["order"])}
    return {name: value for name, value in body.items() if name not in _UNSEEN}


def _is_seen(refund: Record) -> bool:
    return _seen((refund._old or {}).get("body", {})) != _seen((refund._new or {}).get("body", {}))


def _refunds(commit: Commit, pk: str) -> list[Record]:
    return [each for each in commit.records if each.key.pk == pk and (each._new or {}).get("kind") == "refund"]


def _payout(item: Item) -> object:
    return item.get("body", {}).get("payout")


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
    yield from _stated(history, tenant, own)


def _stated(history: History, tenant: Tenant, own: Mapping[Key, Item]) -> Iterator[str]:
    """Orders whose state is not that of the newest news, by the shop's clock, or whose amount nobody told."""
    (editor,) = (each for each in history.editors if each.tenant is tenant)
    told: dict[str, list[ToldState]] = defaultdict(list)
    for each in editor.refunders.states:
        told[each.order.order_id].append(each)
    amounts = {(order.order_id, amount) for order, amount in editor.refunders.amounts}
    for key, item in own.items():
        order = item.get("body", {}).get("order") if key.sk == "commission" else None
        if order is not None:
            said = order.get("state", "standing"), order.get("money", "collected")
            if said not in (possible := _newest(told[order["order_id"]], item["body"])):
                yield f"{order} should be one of {possible}, told was {told[order['order_id']]}"
            history.counts["orders that were left"] += said != ("standing", "collected")
            history.counts["orders revised"] += (order["order_id"], order["amount"]) in amounts


def _newest(told: list[ToldState], row: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What the newest news says; as it was recorded, if all news are older. What was not answered may not have come."""
    recorded = instant(row["created_at"])
    known = [(recorded, ("standing", "collected"))]
    known += [(each.at, (each.state, each.money)) for each in told if each.is_done and each.at >= recorded]
    newest = max(at for at, _ in known)
    said = {state for at, state in known if at == newest}
    return said | {(each.state, each.money) for each in told if not each.is_done and each.at >= newest}


def _waiting(key: Key, stub: Item, refunds: list[Item]) -> Iterator[str]:
    places = sorted(refund["body"]["place"] for refund in refunds)
    if places != [*range(1, stub["waiting"] + 1)]:
        yield f"{key} keeps the place for {stub['waiting']} refunds, there are {places}"
    if not all(BY_OWNER.pk in refund and "amount" not in refund["body"] for refund in refunds):
        yield f"{key} is no order, and took refunds: {refunds}"


def _conversion(
    history: History, row: Mapping[str, Any], refunds: list[Item], adjustments: list[Mapping[str, Any]]
) -> Iterator[str]:
    order, name = row["order"], row["order"]["order_id"]
    if [refund for refund in refunds if BY_OWNER.pk in refund or "amount" not in refund["body"]]:
        yield f"{name} is there, and refunds still wait for it: {refunds}"
        return
    standing = [refund["body"] for refund in refunds if refund["body"].get("stands", True)]
    asked = [refund.get("asked") for refund in standing]
    reasons = [refund["reason"] for refund in standing]
    sums = sum(each for each in asked if each is not None), asked.count(None), reasons.count("chargeback")
    said = tuple(order.get("taken", {}).get(each, 0) for each in ("goods", "whole", "chargebacks"))
    if (order.get("refunded_sale", 0), said) != (refunded(order), sums):
        yield f"{name} says {order}, its refunds {refunds}"
    reason = "chargeback" if sums[2] else "cancelled" if not stands(order) else "refund" if is_taken(order) else None
    if "member_id" in row:
        is_whole = is_refunded(row)
        is_fixed = row["payout"] == "paid" or "adjusted" in row
        is_gone = is_whole or (is_fixed and row.get("decision", {}).get("status") == "declined")
        wanted = 0 if is_gone or is_free(row) else earned(row["terms"], row, remaining(row))
        history.counts["paid rows refunded"] += bool(refunds) and row["payout"] == "paid"
        yield from _paid(name, row, adjustments, wanted, -is_gone if is_fixed else 0)
        if is_whole and not is_fixed and (row["status"], row["reason"]) != ("declined", reason):
            yield f"{name} is refunded as a whole, and {row['status']} for {row.get('reason')}"


def _paid(
    name: str, row: Mapping[str, Any], adjustments: list[Mapping[str, Any]], wanted: int, rows: int
) -> Iterator[str]:
    """What is paid with all adjustments is what is earned on what is left, less what a hand declined of them."""
    said, forgiven = _sums(row, "adjusted"), _sums(row, "forgiven")
    amount = sum(each["amount"] for each in adjustments)
    quantity = sum(each["adjusts"].get("quantity", 0) for each in adjustments)
    if said != (amount + forgiven[0], quantity + forgiven[1]):
        yield f"{name} says it was adjusted by {said} but for {forgiven}, it was by {adjustments}"
    if any(not min(whole, 0) <= part <= max(whole, 0) for part, whole in zip(forgiven, said, strict=True)):
        yield f"{name} was forgiven {forgiven} of {said}: more than was taken, or given"
    if (row["amount"] + said[0], said[1]) != (wanted, rows):
        yield f"{name} pays {row['amount']} and {said}, should pay {wanted}"


def _sums(row: Mapping[str, Any], name: str) -> tuple[int, int]:
    told = row.get(name, {})
    return told.get("amount", 0), told.get("quantity", 0)


def _adjustments(own: Mapping[Key, Item], key: Key) -> list[Mapping[str, Any]]:
    """Those that count: the decline of one that is paid is an adjustment of its own."""
    adjusts = key.pk.partition("#")[2]
    of_it = {each: item["body"] for each, item in own.items() if _adjusts(item, adjusts)}
    further = [body for each in of_it for body in _adjustments(own, each)]
    return [*further, *(body for body in of_it.values() if body["status"] != "declined")]


def _adjusts(item: Item, row_id: str) -> bool:
    return item["kind"] == "commission" and item["body"].get("adjusts", {}).get("commission_id") == row_id


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
    elif kept is not None and kept.get("stands", True) and _took_else(told.answer.refund, kept):
        yield f"{told} was told, taken was {kept}"


def _took_else(said: RefundView, kept: Mapping[str, Any]) -> bool:
    return not said.parked and said.amount != kept["amount"]
