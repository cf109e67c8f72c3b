"""Our bills of writes against the engine's: ours follow the documentation, the engine's were measured on DynamoDB."""

from collections import defaultdict

from tools.bench.meter import Bill, Call
from tools.bench.report import Row, Table, Target


def table(bill: Bill) -> Table:
    """The comparison by operation, without calls that the engine does not bill (refused ones)."""
    billed: dict[str, list[Call]] = defaultdict(list)
    for call in bill.calls:
        if call.told is not None:
            billed[call.operation].append(call)
    return Table("Our figures of writes against the engine's", [_row(name, calls) for name, calls in billed.items()])


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
    theirs = call.told
    return theirs is not None and (call.cost.wru, call.cost.index_wru) == (theirs.wru, theirs.index_wru)
