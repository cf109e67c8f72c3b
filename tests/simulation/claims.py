"""Who won customers: the member of the first order that was counted, in the order of commits, and nobody after."""

from collections.abc import Iterator
from typing import Any

from tests.simulation.fake_table import Record
from tests.simulation.histories import History
from tests.simulation.world_table import Commit

_BESIDE = {"pk", "sk", "kind"}
Customer = tuple[str, str, str]
"""Program, hash of an id or address, and among whom it is one customer: the storefront, or the program."""
Claims = dict[Customer, dict[str, Any]]


def wrongs(history: History) -> Iterator[str]:
    """Claims that are not made with the first good fold of an order that wins a customer, or that are made twice."""
    claims: Claims = {}
    for commit in history.table.log:
        expected, actual = _won(commit, claims), _written(commit)
        if actual != expected:
            yield f"commit {commit.number} by {commit.by} claims {actual}, should claim {expected}"
        claims |= actual
    history.counts["customers claimed"] += len(claims)


def _won(commit: Commit, claims: Claims) -> Claims:
    """The customers that orders in this commit win: the first of each, unless somebody has it."""
    found: Claims = {}
    for record in commit.records:
        row = (record._new or {}).get("body", {})
        if _is_first_count(record) and row.get("claims_customer") and row["status"] != "declined":
            program_id, _, conversion_id = record.key.pk.partition("#")
            won = {"member_id": row["member_id"], "offer_id": row["offer_id"], "conversion_id": conversion_id}
            for customer in row["order"]["customers"]:
                among = row["order"]["storefront_id"] if customer.startswith("cus_") else "program"
                if (program_id, customer, among) not in claims:
                    found.setdefault((program_id, customer, among), won)
    return found


def _is_first_count(record: Record) -> bool:
    """Whether the record counts an order that was not counted, or only as declined."""
    old, new = record._old or {}, record._new or {}
    if record.key.sk != "commission" or not old or "counted" not in new:
        return False
    return "counted" not in old or (old["counted"] != new["counted"] and "declined" in (old["counted"] or ()))


def _written(commit: Commit) -> Claims:
    """What became different of claims; nothing where one went."""
    found: Claims = {}
    for key, old, new in ((r.key, r._old or {}, r._new or {}) for r in commit.records if r.key.sk == "customer"):
        program_id, _, customer = key.pk.split("#")
        for among in {*old, *new} - _BESIDE:
            if old.get(among) != new.get(among):
                found[program_id, customer, among] = new.get(among) or {}
    return found
