"""What must be true of retroactive moves, recomputed slowly from the bare items, after each commit and in the end."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from laurel.store import keys
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import judge, payouts
from tests.simulation.kit.judges.changes import moves_end_own_terms
from tests.simulation.kit.judges.ledger import earned
from tests.simulation.kit.judges.past import Past
from tests.simulation.kit.judges.spelled_out import spell_out
from tests.simulation.kit.judges.tiers import amount, is_free, is_refunded, is_trial, remaining
from tests.simulation.kit.world.world_table import Commit

_REPRICED = {"sale", "action", "recurring", "recurrence", "click"}
_PRICED = {"conversion", "schedule"}
Begun = Mapping[str, Any]


def wrongs(history: History) -> Iterator[str]:
    """All that is wrong; nothing if all is well."""
    contents = spell_out(history)
    yield from judge._nothing_waits(contents)
    for tenant in history.world.tenants:
        own = {key: item for key, item in contents.items() if judge._owner(key, item) == tenant.program_id}
        yield from judge._totals(own)
        yield from _ends(own)
    begun = _all_begun(history)
    history.counts["recalculations"] += len(begun)
    yield from _outstanding(history)
    yield from payouts.wrongs(history)
    yield from _prices(history, contents, begun)
    yield from _own_terms(history)
    yield from _above(history, contents)


def _ends(own: Mapping[Key, Item]) -> Iterator[str]:
    for key, item in own.items():
        if key.sk == "head" and item.get("outstanding"):
            yield f"{key} has {item['outstanding']} outstanding for ever"
        if item["kind"] == "job" and item["body"]["status"] != "done":
            yield f"{key} is never done: {item['body']}"
        if item["kind"] == "enrollment":
            chains = [each["chain"] for each in item["body"].get("recalculations", ())]
            yield from (f"{key}: a rule moved twice in {chain}" for chain in chains if len({*chain}) < len(chain))


def _all_begun(history: History) -> dict[tuple[str, str], dict[int, Begun]]:
    """All recalculations there ever were, by account and offer, then number."""
    found: dict[tuple[str, str], dict[int, Begun]] = {}
    for commit in history.table.log:
        for record in commit.records:
            if record.key.sk.startswith("enrollment#") and record._new is not None:
                known = found.setdefault((record.key.pk, record._new["body"]["offer_id"]), {})
                for each in record._new["body"].get("recalculations", ()):
                    known[each["number"]] = each
    return {key: begun for key, begun in found.items() if begun}


def _own_terms(history: History) -> Iterator[str]:
    """Moves end what was agreed with one member; a row says just where what was agreed then that it is priced by it."""
    yield from moves_end_own_terms(history)
    past = Past(history.table.log)
    for commit in history.table.log:
        for record in commit.records:
            old, new = (record._old or {}).get("body", {}), (record._new or {}).get("body", {})
            is_won = record.key.sk == "commission" and "member_id" in new and "member_id" not in old
            if (is_won and "renewal" not in new and new.get("clicks") is None) or (
                record.key.sk == "click" and not old
            ):
                yield from _priced_by(history, past, commit, record.key, new)


def _priced_by(history: History, past: Past, commit: Commit, key: Key, row: Item) -> Iterator[str]:
    is_click = key.sk == "click"
    if not is_click and (row["origin"] != "conversion" or is_trial(row) or "adjusts" in row):
        return
    if row.get("order", {}).get("subscription"):  # the sale after a trial has the terms of then
        return
    account = keys.enrollment(key.pk.partition("#")[0], row["member_id"], row["offer_id"])
    agreed = [item["body"].get("terms") for item in past.between(account, commit.since, commit.number) if item]
    history.counts["recorded by own terms"] += row.get("own_terms", False)
    if row.get("own_terms", False) not in {each is not None for each in agreed}:
        yield f"{key} by own terms: {row.get('own_terms', False)}, agreed was {agreed}"
    if row.get("own_terms", False) and not is_click:
        paid = {0 if is_refunded(row) else earned(each, row, remaining(row)) for each in agreed if each is not None}
        if row["amount"] not in paid:
            yield f"{key} pays {row['amount']}, by {agreed} it is {paid}"


def _outstanding(history: History) -> Iterator[str]:
    """After each commit, what the head has outstanding is what the rows say."""
    now: dict[Key, Item] = {}
    for commit in history.table.log:
        for record in commit.records:
            if record._new is None:
                now.pop(record.key, None)
            else:
                now[record.key] = record._new
        for key in [each.key for each in commit.records if each.key.sk == "head"]:
            said = now[key].get("outstanding", {})
            if said and said != (counted := _recount(now, key.pk, said)):
                yield f"commit {commit.number} by {commit.by}: {key} has {said} outstanding, the rows say {counted}"


def _recount(now: Mapping[Key, Item], account: str, said: Mapping[str, int]) -> dict[str, int]:
    member_id = account.partition("#")[2]
    rows = [i for k, i in now.items() if k.sk == "commission" and i.get("body", {}).get("member_id") == member_id]
    counted: dict[str, int] = {}
    for name in said:
        offer_id, _, number = name.partition("#")
        known = now[Key(account, f"enrollment#{offer_id}")]["body"]["recalculations"]
        begun = next(each for each in known if each["number"] == int(number))
        mine = [row for row in rows if row["body"].get("offer_id") == offer_id and _awaited(row, begun)]
        counted[name] = sum(row["counted"][5] for row in mine)
    return counted


def _awaited(row: Item, begun: Begun) -> bool:
    if not row.get("counted"):
        return False
    option, kind, _, tier, state, *_ = row["counted"]
    open_row = kind in _REPRICED and tier == 1 and state in {"pending", "approved"} and option != ""
    open_row = open_row and not row["body"].get("own_terms", False)
    return open_row and row["body"].get("move", 0) < begun["number"] and _in_days(begun, row["body"]["day"])


def _in_days(begun: Begun, day: str) -> bool:
    at = date.fromisoformat(day)
    first, until = begun.get("first"), begun.get("until")
    return (first is None or date.fromisoformat(first) <= at) and (until is None or at < date.fromisoformat(until))


def _prices(
    history: History, contents: Mapping[Key, Item], begun: Mapping[tuple[str, str], dict[int, Begun]]
) -> Iterator[str]:
    past = Past(history.table.log)
    for key, item in contents.items():
        row = item.get("body", {})
        if key.sk != "commission" or "member_id" not in row or row["origin"] not in _PRICED or "payout" not in row:
            continue
        if "adjusts" in row or is_trial(row):  # neither has a price of its own
            continue
        first = _as_won(past, key)
        account = f"{key.pk.partition('#')[0]}#{row['member_id']}"
        wanted = _last(begun.get((account, row["offer_id"]), {}), first, row)
        # what was adjusted once keeps its amount; what a draft has is repriced as well as what is in none
        is_open = row["payout"] != "paid" and "adjusted" not in row and row["status"] in {"pending", "approved"}
        history.counts["rows repriced"] += row.get("move", 0) != first.get("move", 0)
        if is_open and (wrong := _wrong_price(past, key, row, first, wanted)):
            yield f"{key}: {wrong}\n      recorded {first}\n      is {row}"


def _above(history: History, contents: Mapping[Key, Item]) -> Iterator[str]:
    """Rows of higher tiers earn by the terms that their sale was recorded by, whatever was moved since."""
    past = Past(history.table.log)
    for key, item in contents.items():
        row = item.get("body", {})
        if key.sk != "commission" or "first_tier" not in row:
            continue
        sale_key = keys.commission(key.pk.partition("#")[0], row["first_tier"])
        sale, (option, terms) = contents[sale_key]["body"], _as_recorded(past, sale_key)
        history.counts["rows above a sale that was moved"] += sale["payout_option_id"] != option
        rates = terms.get("tiers", ())[row["tier"] - 2 :]
        earns = row["payout"] == "unpaid" or sale["status"] != "declined"
        wanted = (amount(rates[0], terms, sale) if earns else 0) if rates else None
        paid = row.get("amount", 0) + row.get("adjusted", {}).get("amount", 0)
        if (paid, row["payout_option_id"]) != (wanted, option):
            yield f"{key} should earn {wanted} by {terms} of {option}\n      is {row}\n      of {sale}"


def _as_recorded(past: Past, key: Key) -> tuple[str, Mapping[str, Any]]:
    """The option and terms of a sale when it was won, and of a later payment those of its first."""
    row = _as_won(past, key)
    if "renewal" not in row:
        return row["payout_option_id"], row["terms"]
    first = _as_won(past, keys.commission(key.pk.partition("#")[0], row["renewal"]["conversion_id"]))
    earns = _pays_renewal(first["terms"], row) and not _is_beside(past, key, row)
    return first["payout_option_id"], first["terms"] if earns else {"type": "none"}


def _as_won(past: Past, key: Key) -> Item:
    """The row when it first had a member."""
    states = past.before(key, 10**9)
    return next(state["body"] for state in states if state is not None and "member_id" in state.get("body", {}))


def _last(begun: Mapping[int, Begun], first: Item, row: Item) -> Begun | None:
    if first.get("own_terms", False):
        return None
    due = [n for n, each in begun.items() if n > first.get("move", 0) and _in_days(each, row["day"])]
    return begun[max(due)] if due else None


def _wrong_price(past: Past, key: Key, row: Item, first: Item, wanted: Begun | None) -> str | None:
    if wanted is None:
        return None if row.get("terms") == first.get("terms") else "was repriced, and nothing said so"
    if row.get("move", 0) != wanted["number"] or row["payout_option_id"] != wanted["payout_option_id"]:
        return f"should be priced by {wanted}"
    paid = 0 if _is_beside(past, key, row) else _pays(wanted["terms"], row)
    return None if row["amount"] == paid else f"should earn {paid} by {wanted}"


def _is_beside(past: Past, key: Key, row: Item) -> bool:
    """Whether it was reported in a subscription whose payments the program has made by itself since it began."""
    if row["origin"] == "schedule" or "renewal" not in row:
        return False
    first = _as_won(past, keys.commission(key.pk.partition("#")[0], row["renewal"]["conversion_id"]))
    return str(first["terms"].get("recurring", {}).get("mode")) == "automatic"


def _pays(terms: Mapping[str, Any], row: Item) -> int:
    if "clicks" in row:
        return int(terms["amount"]) * row["clicks"] if terms["type"] == "per_click" else 0
    if is_refunded(row) or is_free(row) or not _pays_renewal(terms, row):
        return 0
    return earned(terms, row, remaining(row))


def _pays_renewal(terms: Mapping[str, Any], row: Item) -> bool:
    """Whether terms pay for a row at all: some do not for later payments that are reported, or not for so many."""
    if row["origin"] == "schedule" or "renewal" not in row:
        return True
    number = row["renewal"]["number"]
    return "recurring" in terms and number <= terms["recurring"].get("limit", number)
