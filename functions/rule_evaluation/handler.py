"""Table stream -> account transitions: counts rows recorded or changed, and fires the rules that then hold."""

from typing import Any

from laurel import clock, consumers
from laurel.concurrency import side_by_side
from laurel.queue import queue
from laurel.store.table import table
from laurel.workflows.kernel import streams
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.kernel.streams import Ways

rulebooks = Rulebooks()


def handler(event: consumers.Event, context: Any) -> consumers.Answer:  # noqa: ARG001
    """Takes INSERT and MODIFY records of commissions with `pend = 1`."""
    records = consumers.stream_records(event)
    ways = Ways(wake=queue().send, run=side_by_side)
    failures = streams.fold_records(table(), rulebooks, records, clock.now(), ways)
    consumers.report(len(records), failures)
    return consumers.failed(number for failure in failures for number in failure.records)
