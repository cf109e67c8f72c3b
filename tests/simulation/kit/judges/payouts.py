"""What payouts leave, judged from bare items: each row in one, each line the sum of its rows, nothing due left."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from laurel.store import keys
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.spelled_out import instant
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit


def wrongs(history: History) -> Iterator[str]:
    """Commits that pay what is not due, or that lines and payouts do not follow; members paid below the minimum."""
    batches: dict[str, Item] = {}
    statuses: dict[str, str] = {}
    lines: dict[Key, list[Commit]] = defaultdict(list)
    for commit in history.table.log:
        for record in commit.records:
            new = record._new or {}
            if new.get("kind") == "payout" and record._old is None:
                batches[record.key.sk] = new["body"]
            if new.get("kind") == "payout line":
                lines[record.key].append(commit)
            if record.key.sk == "member":
                statuses[record.key.pk] = new["body"]["status"]
        yield from _commit(history, commit, batches)
        line = line_of(commit)
        if line is not None and (status := statuses[f"{line.key.pk.partition('#')[0]}#{line.key.sk}"]) != "approved":
            yield f"commit {commit.number} by {commit.by} pays who is {status}: {line.key}"
    for key, commits in lines.items():
        history.counts["payout lines"] += 1
        yield from _minimum(key, commits, batches[key.pk.partition("#")[2]])


def is_payment(record: Record) -> bool:
    """Whether a row is paid by this change."""
    old, new = record._old or {}, record._new or {}
    return record.key.sk == "commission" and "payout_id" in new.get("body", {}) and "payout_id" not in old["body"]


def line_of(commit: Commit) -> Record | None:
    """The line that a commit changes."""
    return next((r for r in commit.records if (r._new or {}).get("kind") == "payout line"), None)


def _commit(history: History, commit: Commit, batches: Mapping[str, Item]) -> Iterator[str]:
    paid, line = [record for record in commit.records if is_payment(record)], line_of(commit)
    if not paid and line is None:
        return
    name = f"commit {commit.number} by {commit.by}"
    if line is None:
        yield f"{name} pays without a line: {paid}"
        return
    history.counts["rows paid"] += len(paid)
    old, new = line._old or {}, line._new or {}
    told = (new["amount"] - old.get("amount", 0), new["commissions"] - old.get("commissions", 0))
    sums = (sum((r._new or {})["body"].get("amount", 0) for r in paid), len(paid))
    total = next((r for r in commit.records if (r._new or {}).get("kind") == "payout"), None)
    grown = 0 if total is None else (total._new or {})["total"] - (total._old or {})["total"]
    if told != sums or grown != sums[0]:
        yield f"{name} pays {sums}, the line grows by {told}, the payout by {grown}"
    if new["amount"] <= 0:
        yield f"{name} leaves the line at {new['amount']}"
    if old.get("closed"):
        yield f"{name} adds to a line that is closed"
    for record in paid:
        yield from _row(name, record, line.key, batches[line.key.pk.partition("#")[2]])


def _row(name: str, record: Record, line: Key, payout: Item) -> Iterator[str]:
    old, new = (record._old or {}), (record._new or {})
    was, row = old["body"], new["body"]
    due = (was.get("status"), was.get("payout"), "pend" in old) == ("approved", "unpaid", False)
    if not due or row["payout"] != "paid" or row["payout_id"] != payout["payout_id"]:
        yield f"{name} pays what is not due: {old} -> {new}"
    if instant(row["occurred_at"]) >= instant(payout["until"]) or row["member_id"] != line.sk:
        yield f"{name} pays {row} in {payout} to {line.sk}"
    if payout.get("member_ids") and line.sk not in payout["member_ids"]:
        yield f"{name} pays somebody who is not listed in {payout}"
    kept = {n for n in was.keys() | row.keys() if was.get(n) != row.get(n)} - {"updated_at"}
    if kept != {"payout", "payout_id"}:
        yield f"{name} changes more than that it is paid: {was} -> {row}"


def _minimum(key: Key, commits: list[Commit], payout: Item) -> Iterator[str]:
    """Whoever is paid in one transaction, is paid what was decided about."""
    lines = [(line._new or {}) for commit in commits if (line := line_of(commit)) is not None]
    if lines[0].get("closed") and lines[0]["amount"] < payout.get("minimum", 0):
        yield f"{key} is paid {lines[0]['amount']}, below the minimum: {payout}"


def left(history: History, program_id: str, own: Mapping[Key, Item]) -> Iterator[str]:
    """Lines and payouts that are not the sum of what they are of, jobs not done, and what should have been paid."""
    amounts, due = Counter[tuple[str, str]](), Counter[str]()
    last = next(e.payouts.last for e in history.editors if e.program_id == program_id)
    until = instant(own[keys.payout(program_id, last)]["body"]["until"])
    for item in own.values():
        if item["kind"] == "commission" and "member_id" in item["body"]:
            row = item["body"]
            amounts[row.get("payout_id", ""), row["member_id"]] += row.get("amount", 0)
            if (row["status"], row.get("payout")) == ("approved", "unpaid") and instant(row["occurred_at"]) < until:
                due[row["member_id"]] += row.get("amount", 0)
    members = {key.pk.partition("#")[2]: item["body"] for key, item in own.items() if key.sk == "member"}
    if any(
        amount > 0 and members[member_id].get("status", "approved") == "approved" for member_id, amount in due.items()
    ):
        yield f"{due} is still due before {until}"
    for key, item in own.items():
        if item["kind"] == "payout line" and item["amount"] != amounts[key.pk.partition("#")[2], key.sk]:
            yield f"{key} is {item['amount']}, its rows are {amounts[key.pk.partition('#')[2], key.sk]}"
        if item["kind"] == "payout":
            yield from _payout(key, item, own, amounts)


def _payout(key: Key, item: Item, own: Mapping[Key, Item], amounts: Counter[tuple[str, str]]) -> Iterator[str]:
    total = sum(amount for (payout_id, _), amount in amounts.items() if payout_id == key.sk)
    job = own[keys.job(key.pk.partition("#")[0], item["body"]["job_id"])]["body"]
    if item["total"] != total or job.get("status") != "done":
        yield f"{key} is {item['total']}, its rows are {total}; its job is {job}"
