"""What members above a sale's earn of it: a row each, made when the sale is first counted as good, and following it."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from laurel.store import keys
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.ledger import earned, half_up
from tests.simulation.kit.judges.past import Past
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit

_TIERED: Final = {"sale", "action", "recurring"}
_SAME: Final = ("type", "action_code", "by_name", "offer_id", "payout_option_id", "occurred_at", "day", "renewal")
_TYPE: Final = 1
_STATE: Final = 4
"""Where `counted` has them."""
Body = dict[str, Any]


def wrongs(history: History, past: Past) -> Iterator[str]:
    """Rows of higher tiers that are missing, too many, or not as their sale and its terms say."""
    rows: dict[tuple[Key, int], Body] = {}
    for commit in history.table.log:
        changed = {_name(r): r for r in commit.records if "first_tier" in (r._new or {}).get("body", {})}
        history.counts["rows of higher tiers"] += len(changed)
        if any(record._new is None and (record._old or {})["body"].get("origin") == "tier" for record in _rows(commit)):
            yield f"commit {commit.number} by {commit.by} takes a row of a higher tier away"
        for sale in _rows(commit):
            if (rates := _rates(sale)) and _is_fold(sale):
                wrong = _follow(past, commit, sale, rates, rows, changed)
                yield from (f"commit {commit.number} by {commit.by}: {each}" for each in wrong)
        for name, record in changed.items():  # whatever is left was not changed by its sale
            if record._old is None or not _is_own_change(record):
                yield f"commit {commit.number} by {commit.by}: {name} becomes {record._old} -> {record._new}"
            rows[name] = (record._new or {})["body"]
        yield from (f"commit {commit.number} by {commit.by}: {wrong}" for wrong in _taken_off(history, commit))


def _taken_off(history: History, commit: Commit) -> Iterator[str]:
    """Rows of higher tiers that do not say what new rows take off them."""
    bodies = {_id(r): ((r._old or {}).get("body"), (r._new or {}).get("body", {})) for r in _rows(commit)}
    off = {
        new["adjusts"]["commission_id"]: (new.get("amount", 0), new["adjusts"].get("quantity", 0))
        for old, new in bodies.values()
        if old is None and new.get("origin") == "tier" and "adjusts" in new
    }
    history.counts["rows of higher tiers adjusted"] += len(off)
    for row_id, (old, new) in bodies.items():
        if "first_tier" in new:
            said, before = _adjusted(new), _adjusted(old or {})
            is_told = new.get("adjusted") != (old or {}).get("adjusted")  # else a hand declined one of them
            more = (said[0] - before[0], said[1] - before[1]) if is_told else (0, 0)
            if more != off.pop(row_id, (0, 0)):
                yield f"{new} is adjusted by {more} more, and no row says so"
    if off:
        yield f"{off} is taken off rows that do not say so"


def _id(record: Record) -> str:
    return record.key.pk.partition("#")[2]


def _adjusted(body: Body) -> tuple[int, int]:
    """Without those that a hand declined."""
    said, forgiven = _sums(body, "adjusted"), _sums(body, "forgiven")
    return said[0] - forgiven[0], said[1] - forgiven[1]


def _sums(body: Body, name: str) -> tuple[int, int]:
    said = body.get(name, {})
    return said.get("amount", 0), said.get("quantity", 0)


def _follow(
    past: Past,
    commit: Commit,
    sale: Record,
    rates: Sequence[Body],
    rows: dict[tuple[Key, int], Body],
    changed: dict[tuple[Key, int], Record],
) -> Iterator[str]:
    """Takes the rows that follow `sale` out of `changed`."""
    program_id = sale.key.pk.partition("#")[0]
    for tier, (ancestor, rate) in enumerate(_above(past, commit, sale, rates), 2):
        name = (sale.key, tier)
        known, record = rows.get(name), changed.get(name)
        if record is not None and not _is_own_change(record):
            rows[name] = (changed.pop(name)._new or {})["body"]
            if "pend" not in (record._new or {}):
                yield f"{name} is not to be counted: {record._new}"
        earns = {False} if known else _earns(past, commit, sale, keys.member(program_id, ancestor))
        yield from _judged(rows.get(name), known is None, earns, ancestor, rate, sale)


def _judged(row: Body | None, is_new: bool, earns: set[bool], ancestor: str, rate: Body, sale: Record) -> Iterator[str]:
    """A row after a change of its sale. `earns`: whether there should be a new one, as far as that is known."""
    body = (sale._new or {})["body"]
    if row is None:
        if earns == {True}:
            yield f"{ancestor} earns nothing of {body}"
    elif is_new and earns == {False}:
        yield f"{ancestor} earns {row} of {body}"
    elif row["payout"] == "paid" or "adjusted" in row:  # its own member's transition makes what adjusts it
        if _sums(row, "due") != (expected := _off(row, rate, body)):
            yield f"{row} was paid for {body}, should be adjusted by {expected}"
    else:
        expected = {"member_id": ancestor, "amount": amount(rate, body["terms"], body), "first_tier": _id(sale)}
        expected |= {name: body.get(name) for name in (*_SAME, "status", "reason")}
        expected |= {"status": "declined"} if is_declined(body) else {}
        actual = {name: _settled(row).get(name, 0 if name == "amount" else None) for name in expected}
        if actual != expected:
            yield f"{actual}, should be {expected}"


def is_declined(sale: Body) -> bool:
    """Whether a sale earns nothing, also where its status stays since it is in a payout, or paid."""
    by_hand = sale.get("decision", {}).get("status") == "declined"
    return is_refunded(sale) or sale["status"] == "declined" or by_hand


def _settled(row: Body) -> Body:
    """A row of a draft as it will be unless it is paid before its fold: the sale only told it what it is due."""
    if row["payout"] != "in_payout":
        return row
    amount, quantity = _sums(row, "due")
    status = "declined" if quantity else "pending" if row.get("awaits_approval") else "approved"
    return {**row, "amount": row.get("amount", 0) + amount, "status": status}


def _above(past: Past, commit: Commit, sale: Record, rates: Sequence[Body]) -> list[tuple[str, Body]]:
    program_id, member_id = sale.key.pk.partition("#")[0], (sale._new or {})["body"]["member_id"]
    member = past.before(keys.member(program_id, member_id), commit.number)[-1] or {}
    return list(zip(member["body"]["ancestors"], rates, strict=False))


def _earns(past: Past, commit: Commit, sale: Record, ancestor: Key) -> set[bool]:
    """Whether who stands above may have a new row, as the sale begins to be good; both if that changed meanwhile."""
    counted = (sale._old or {}).get("counted")
    was_good = counted is not None and counted[_STATE] != "declined" and counted[_TYPE] != "trial"
    body = (sale._new or {})["body"]
    if was_good or body["status"] == "declined" or is_trial(body):
        return {False}
    seen = past.between(ancestor, commit.since, commit.number)
    return {item is not None and item["body"]["status"] == "approved" for item in seen}


def amount(rate: Body, terms: Body, sale: Body) -> int:
    """What a rate above gives for a sale as it stands. `terms`: those that the sale was recorded by."""
    if is_refunded(sale) or is_free(sale):
        return 0
    if "amount" in rate:
        return int(rate["amount"])
    if "percent_of_first_tier" in rate:
        return half_up(Fraction(rate["percent_of_first_tier"]) * earned(terms, sale, remaining(sale)) / 100)
    return half_up(Fraction(rate["percent_of_sale"]) * remaining(sale) / 100)


def _off(row: Body, rate: Body, sale: Body) -> tuple[int, int]:
    """What must have been taken off a paid row: amount, and -1 row once nothing of its sale is left."""
    if is_declined(sale):
        return -row.get("amount", 0), -1
    if "order" not in sale:
        return 0, 0
    return amount(rate, sale["terms"], sale) - row.get("amount", 0), 0


def is_refunded(row: Mapping[str, Any]) -> bool:
    """Whether nothing is left of a row's order, or it does not stand."""
    order = row.get("order", {})
    return bool(order) and (not stands(order) or (refunded(order) >= order["amount"] and is_taken(order)))


def stands(order: Mapping[str, Any]) -> bool:
    """Whether an order is neither cancelled nor without the hope of money."""
    return order.get("state", "standing") == "standing" and order.get("money", "collected") != "void"


def is_taken(order: Mapping[str, Any]) -> bool:
    """Whether anything went back."""
    return any(order.get("taken", {}).get(name) for name in ("goods", "whole"))


def refunded(order: Mapping[str, Any]) -> int:
    """Minor units of an order that went back."""
    taken = order.get("taken", {})
    return int(order["amount"] if taken.get("whole") else min(order["amount"], taken.get("goods", 0)))


def is_free(row: Mapping[str, Any]) -> bool:
    """Whether it is a payment of nothing in a subscription, which earns nothing; an action is no payment."""
    order = row.get("order", {})
    return "action_code" not in row and "subscription" in order and order["amount"] == 0


def is_trial(row: Mapping[str, Any]) -> bool:
    """Whether it begins a subscription with nothing, and is no sale."""
    return bool(row["type"] == "sale" and is_free(row))


def remaining(sale: Mapping[str, Any]) -> int:
    """What is left of the order of a row, or was left of the payment that it repeats."""
    if "order" in sale:
        order = sale["order"]
        return int(order["amount"]) - refunded(order) if stands(order) else 0
    return int(sale.get("renewal", {}).get("base", 0))


def _rows(commit: Commit) -> list[Record]:
    return [record for record in commit.records if record.key.sk == "commission"]


def _rates(sale: Record) -> Sequence[Body]:
    body: Body = (sale._new or {}).get("body", {})
    is_first_tier = body.get("type") in _TIERED and body.get("tier", 1) == 1 and "member_id" in body
    return body.get("terms", {}).get("tiers", ()) if is_first_tier else ()


def _is_fold(sale: Record) -> bool:
    old, new = sale._old or {}, sale._new or {}
    is_cut_short = "again" in new and new["version"] > old["version"]  # by more than one if it leaves a draft, too
    return old.get("pend") == 1 and ("pend" not in new or is_cut_short) and _same(old, new)


def _is_own_change(record: Record) -> bool:
    """Whether it was counted or paid, whatever became of its sale."""
    old, new = record._old or {}, record._new or {}
    if old.get("body", {}).get("payout") == "in_payout":
        return "pend" not in new or "again" in new
    return "body" in old and (_same(old, new) or _unpaid(old["body"]) == _unpaid(new["body"]))


def _unpaid(body: Body) -> Body:
    return {
        name: value for name, value in body.items() if name not in {"payout", "payout_id", "updated_at", "adjusted"}
    }


def _same(old: Item, new: Item) -> bool:
    """Whether nothing changed, but for what a fold says of a paid row that it adjusts."""
    before, after = old.get("body", {}), new.get("body", {})
    if before.get("payout") == "in_payout":
        said = {"payout", "payout_id", "amount", "status", "reason", "due", "adjusted", "first", "updated_at"}
        return bool({**before, **dict.fromkeys(said)} == {**after, **dict.fromkeys(said)})
    is_fixed = before.get("payout") == "paid" or "adjusted" in before
    adjusts = is_fixed and before.get("due") == after.get("due") == after.get("adjusted")
    said = {"adjusted", "forgiven", "first", "updated_at"} if adjusts else set()
    return bool({**before, **dict.fromkeys(said)} == {**after, **dict.fromkeys(said)})


def _name(record: Record) -> tuple[Key, int]:
    body = (record._new or {})["body"]
    return keys.commission(record.key.pk.partition("#")[0], body["first_tier"]), body["tier"]
