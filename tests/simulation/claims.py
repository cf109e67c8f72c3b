"""Who won customers: the member of the first order that was counted, in the order of commits, and nobody after."""

from collections.abc import Iterator
from typing import Any

from laurel.store.keys import Key
from tests.simulation.fake_table import Record
from tests.simulation.histories import History
from tests.simulation.world_table import Commit

_BESIDE = {"pk", "sk", "kind"}
Customer = tuple[str, str, str]
"""Program, customer and storefront."""
Claims = dict[Customer, dict[str, Any]]


def wrongs(history: History) -> Iterator[str]:
    """Claims that are not made with the first fold of an order that wins a customer, or that are made twice."""
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
            customer = program_id, row["order"]["customer"], row["order"]["storefront_id"]
            if customer not in claims and customer not in found:
                found[customer] = {
                    "member_id": row["member_id"],
                    "offer_id": row["offer_id"],
                    "conversion_id": conversion_id,
                }
    return found


def _is_first_count(record: Record) -> bool:
    old, new = record._old, record._new
    return record.key.sk == "commission" and old is not None and new is not None and "counted" in {*new} - {*old}


def _written(commit: Commit) -> Claims:
    """What became different of claims; None where one went."""
    found: Claims = {}
    for key, old, new in ((r.key, r._old or {}, r._new or {}) for r in commit.records if r.key.sk == "customer"):
        for storefront_id in {*old, *new} - _BESIDE:
            if old.get(storefront_id) != new.get(storefront_id):
                found[_customer(key, storefront_id)] = new.get(storefront_id) or {}
    return found


def _customer(key: Key, storefront_id: str) -> Customer:
    program_id, _, customer = key.pk.split("#")
    return program_id, customer, storefront_id
