"""A rule that nobody touched, tried on the span in which it was active, finds the markers that it has made."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeAlias

from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import judge
from tests.simulation.kit.judges.spelled_out import spell_out

_MAY_WRITE = {"backtest", "backtest page", "job"}
Paid: TypeAlias = Counter[tuple[str, str, int]]


def wrongs(history: History) -> Iterator[str]:
    """All that is wrong; nothing if all is well. Sums only grow: in whatever order they did, the same is paid."""
    contents = spell_out(history)
    yield from judge._nothing_waits(contents)
    yield from _written(history)
    for key, item in contents.items():
        if item["kind"] == "backtest":
            yield from _compared(history, contents, key, item["body"])


def _compared(history: History, contents: Mapping[Key, Item], key: Key, tried: Mapping[str, Any]) -> Iterator[str]:
    program_id, _, job_id = key.pk.partition("#")
    own = [item["body"] for at, item in contents.items() if at.pk.startswith(program_id) and at.sk == "commission"]
    within = [row for row in own if _is_within(tried, row)]
    really: Paid = Counter(_paid(row) for row in within if row.get("rule_id") == tried["rule"]["rule_id"])
    found = [json.loads(item["found"]) for at, item in contents.items() if at.pk == key.pk and "found" in item]
    here: Paid = Counter(_paid(firing) for page in found for firing in page["fired"])
    history.counts["backtests"] += 1
    history.counts["firings tried"] += sum(here.values())
    history.counts["multiples tried"] += sum(number > 1 for number in here.values())
    if here != really:
        yield f"{job_id} tries {tried}: finds besides {here - really}, misses {really - here}"
    job = next(item["body"] for at, item in contents.items() if item["kind"] == "job" and at.sk.endswith(job_id))
    sums = job["cursor"]["sums"]
    if job["status"] != "done" or (sums["fired"], sums["really_fired"]) != (here.total(), really.total()):
        yield f"{job_id} says {job}, should count {here.total()} and {really.total()}"
    if sums["only_here"] or sums["only_there"]:
        yield f"{job_id} tells differences: {sums}"


def _is_within(tried: Mapping[str, Any], row: Item) -> bool:
    return date.fromisoformat(tried["first"]) <= date.fromisoformat(row["day"]) <= date.fromisoformat(tried["last"])


def _paid(row: Mapping[str, Any]) -> tuple[str, str, int]:
    return row["member_id"], row["period"], row["amount"]


def _written(history: History) -> Iterator[str]:
    """A page of a backtest writes what it found, and how far it is."""
    for commit in history.table.log:
        kinds = {(record._new or record._old or {}).get("kind") for record in commit.records}
        if kinds & {"backtest", "backtest page"} and not kinds <= _MAY_WRITE:
            yield f"commit {commit.number} by {commit.by}: a backtest writes {kinds}"
