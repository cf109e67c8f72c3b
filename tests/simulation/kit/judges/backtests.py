"""A rule that nobody touched, tried on the span in which it was active, finds the markers that it has made."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import monotone
from tests.simulation.kit.judges.replay import is_marker
from tests.simulation.kit.world.world_table import Commit
from tests.simulation.kit.world.worlds import Tenant

_MAY_WRITE = {"backtest", "backtest page", "job"}


def wrongs(history: History, tenant: Tenant, own: Mapping[Key, Item]) -> Iterator[str]:
    """What is known whatever order the orders were counted in: whom sums that only grew have paid, and how often.

    Where sums fell too, or members were not approved for a time, that a backtest ends and writes nothing else.
    """
    yield from _written(history.table.log)
    quiet = tenant.program.approval.mode == "immediate" and not monotone.shrinks(history)
    touched, stopped = monotone.touched(history), monotone.suspended(history)
    for key, item in own.items():
        if item["kind"] != "backtest":
            continue
        rule, found = item["body"]["rule"], _found(own, key.pk)
        history.counts["backtests"] += 1
        if rule["rule_id"] in touched or not quiet:
            continue
        for member_id in _within(own, item["body"]["first"]) - stopped:
            really = Counter(_told(row) for row in _markers(own, rule["rule_id"]) if row["member_id"] == member_id)
            tried = Counter(_told(firing) for firing in found if firing["member_id"] == member_id)
            history.counts["firings tried"] += sum(tried.values())
            if tried != really:
                yield f"a backtest of {rule} finds {tried} of {member_id}, there are {really}"


def _written(log: list[Commit]) -> Iterator[str]:
    """A page of a backtest writes what it found, and how far it is."""
    for commit in log:
        kinds = {(record._new or record._old or {}).get("kind") for record in commit.records}
        if kinds & {"backtest", "backtest page"} and not kinds <= _MAY_WRITE:
            yield f"commit {commit.number} by {commit.by}: a backtest writes {kinds}"


def _found(own: Mapping[Key, Item], pk: str) -> list[Any]:
    pages = [json.loads(item["found"]) for key, item in own.items() if key.pk == pk and "found" in item]
    return [firing for page in pages for firing in page["fired"]]


def _within(own: Mapping[Key, Item], first: str) -> set[str]:
    """Members of whom no row is older than the span: what such a row did, a backtest does not tell."""
    rows = [item["body"] for item in own.values() if item["kind"] == "commission" and "member_id" in item["body"]]
    older = {row["member_id"] for row in rows if date.fromisoformat(row["day"]) < date.fromisoformat(first)}
    return {row["member_id"] for row in rows} - older


def _markers(own: Mapping[Key, Item], rule_id: str) -> Iterator[Item]:
    return (i["body"] for i in own.values() if is_marker(i) and i["body"]["rule_id"] == rule_id)


def _told(row: Mapping[str, Any]) -> str:
    return str(row["period"])
