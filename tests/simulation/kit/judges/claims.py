"""Who won customers and subscriptions: in the order of commits, the member of the first order that was counted."""

from collections.abc import Iterator
from typing import Any

from tests.simulation.kit.histories import History
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit

_BESIDE = {"pk", "sk", "kind"}
Customer = tuple[str, str, str]
"""Program, hash of a customer's id or address, or of a subscription, and among whom it is one.

That is the storefront, or the program.
"""
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
        if _is_first_count(record) and "order" in row and row["status"] != "declined":
            program_id, _, conversion_id = record.key.pk.partition("#")
            won = {"member_id": row["member_id"], "offer_id": row["offer_id"], "conversion_id": conversion_id}
            for identity, among in _claimed(row):
                if (program_id, identity, among) not in claims:
                    found.setdefault((program_id, identity, among), won)
    return found


def _claimed(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    storefront_id = row["order"]["storefront_id"]
    for customer in row["order"].get("customers", ()) if row.get("claims_customer") else ():
        yield customer, storefront_id if customer.startswith("cus_") else "program"
    if "subscription" in row["order"] and "renewal" not in row:
        yield row["order"]["subscription"], storefront_id


def _is_first_count(record: Record) -> bool:
    """Whether the record counts an order that was not counted, or only as declined."""
    old, new = record._old or {}, record._new or {}
    if record.key.sk != "commission" or not old or "counted" not in new:
        return False
    return "counted" not in old or (old["counted"] != new["counted"] and "declined" in (old["counted"] or ()))


def _written(commit: Commit) -> Claims:
    """What became different of claims; nothing where one went."""
    found: Claims = {}
    written = (record for record in commit.records if record.key.sk in {"customer", "subscription"})
    for key, old, new in ((r.key, r._old or {}, r._new or {}) for r in written):
        program_id, _, customer = key.pk.split("#")
        for among in {*old, *new} - _BESIDE:
            if not among.endswith("#payments") and old.get(among) != new.get(among):
                found[program_id, customer, among] = new.get(among) or {}
    return found
