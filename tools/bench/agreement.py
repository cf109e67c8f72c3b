"""Whether the engine bills writes as we do: it was measured against DynamoDB, we follow the documentation."""

from collections import defaultdict

from tools.bench.meter import Bill, Call
from tools.bench.report import Row, Table, Target


def table(bill: Bill) -> Table:
    """By operation; a call that the engine says nothing of (a refused one) is not compared."""
    told: dict[str, list[Call]] = defaultdict(list)
    for call in bill.calls:
        if call.told is not None:
            told[call.operation].append(call)
    return Table("Our figures of writes against the engine's", [_row(name, calls) for name, calls in told.items()])


def _row(operation: str, calls: list[Call]) -> Row:
    ours, theirs = sum(call.cost.wru for call in calls), sum(call.told.wru for call in calls if call.told)
    ours_index = sum(call.cost.index_wru for call in calls)
    theirs_index = sum(call.told.index_wru for call in calls if call.told)
    agreed = sum(map(_agrees, calls))
    figures = {
        "calls": len(calls),
        "agree": agreed,
        "WRU ours": ours,
        "engine's": theirs,
        "index WRU ours": ours_index,
        "index engine's": theirs_index,
    }
    return Row(operation, figures, Target("all agree", agreed == len(calls)))


def _agrees(call: Call) -> bool:
    told = call.told
    return told is not None and (call.cost.wru, call.cost.index_wru) == (told.wru, told.index_wru)
