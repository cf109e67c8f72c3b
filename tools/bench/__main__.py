"""Measure, print one table per topic, and keep the figures of a whole run in .local/bench.json.

    python -m tools.bench [--histories 100 1000 10000] [--only capacity pages recalculate speed drain bills imports]

It fails only if it cannot measure: figures depend on the machine and are for reading.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from tools.bench import (
    agents,
    agreement,
    background,
    bills,
    clicks,
    drain,
    edits,
    events,
    finding,
    growth,
    idle,
    imports,
    ingest,
    pages,
    payouts,
    recalculation,
    refunds,
    reports,
    rules,
    schedule,
    shop_codes,
    shops,
    speed,
    transitions,
    watches,
)
from tools.bench.report import Table
from tools.bench.world import lab
from tools.commands import Arguments, operate
from tools.failure import ToolError, say
from tools.places import LOCAL

RESULTS: Final = LOCAL / "bench.json"


def main() -> int:
    """The exit status: 0, or 1 if something could not be measured."""
    return operate(lambda: _run(_arguments()))


def _run(given: argparse.Namespace) -> int:
    topics: dict[str, Callable[[], list[Table]]] = {
        "capacity": lambda: _capacity(given.histories),
        "pages": lambda: _pages(given.histories),
        "recalculate": lambda: _recalculation(given.histories),
        "speed": speed.tables,
        "drain": _drain,
        "bills": _bills,
        "imports": imports.tables,
    }
    tables: list[Table] = []
    failed = False
    began = time.perf_counter()
    for topic in given.only:
        say(f"measuring {topic} ...")
        try:
            tables += topics[topic]()
        except ToolError as reason:
            print(f"laurel: {topic} could not be measured: {reason}", file=sys.stderr)
            failed = True
    _tell(tables)
    say(f"measured in {(time.perf_counter() - began) / 60:.1f} minutes")
    if set(given.only) == {*topics}:
        _keep(tables)
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = Arguments(__doc__)
    parser.add_argument("--histories", type=int, nargs="+", help="earlier conversions, for folds, reports and pages")
    topics = ("capacity", "pages", "recalculate", "speed", "drain", "bills", "imports")
    parser.add_argument("--only", nargs="+", choices=topics, default=topics)
    return parser.parse_args()


def _capacity(histories: Sequence[int] | None) -> list[Table]:
    with lab() as running:
        return [
            *ingest.tables(running),
            transitions.table(running),
            *clicks.tables(running),
            background.table(running),
            schedule.table(running),
            rules.table(running),
            payouts.table(running),
            *edits.tables(running),
            refunds.table(running),
            shops.table(running),
            shop_codes.table(running),
            watches.table(running),
            events.table(running),
            agents.table(running),
            *growth.tables(running, histories or growth.HISTORIES, say),
            *reports.tables(running, histories or reports.HISTORIES, say),
            finding.table(running, finding.OFFERS),
            agreement.table(running.meter.all),
        ]


def _pages(histories: Sequence[int] | None) -> list[Table]:
    with lab() as running:
        return [pages.table(running, histories or pages.HISTORIES, say)]


def _recalculation(histories: Sequence[int] | None) -> list[Table]:
    with lab() as running:
        return recalculation.tables(running, histories or recalculation.HISTORIES, say)


def _drain() -> list[Table]:
    with lab() as running:
        return drain.tables(running)


def _bills() -> list[Table]:
    with lab() as running:
        return [bills.table(running), idle.table(running)]


def _tell(tables: Sequence[Table]) -> None:
    for table in tables:
        say(f"\n{table.as_text()}")
    missed = [line for table in tables for line in table.missed]
    say(f"\n{len(missed)} targets missed" + "".join(f"\n  {line}" for line in missed))


def _keep(tables: Sequence[Table]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([table.as_json() for table in tables], indent=2) + "\n")
    say(f"figures: {RESULTS.relative_to(LOCAL.parent)}")


if __name__ == "__main__":
    sys.exit(main())
