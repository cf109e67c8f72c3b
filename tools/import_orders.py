"""Import orders from a CSV file, through the API, 25 at a time.

    python -m tools.import_orders orders.csv [--url URL] [--key KEY] [--storefront sf_...]

Columns: order_id, amount (minor units) and currency, and if known any other field of a report: occurred_at, type,
action_code, promo_code, click_id, member_id, offer_id, customer_id, customer_email, subscription_id, exchange_rate,
storefront_id. Empty cells are left out. Without --url and --key the orders go to the stack of `make run`.

Its progress is noted beside the file (.journal), so that an interrupted import goes on there. Lines that
are refused are written beside it too (.refused.csv), with the reason; once corrected, that file can be imported. An
order that was imported before is recognised. The exit status is 1 if any line was refused, or the import could not be
finished.
"""

import argparse
import csv
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from rich.progress import track

from laurel.domain.tracking.conversions import ConversionReport
from tools.api_client import ApiClient
from tools.commands import Arguments, operate
from tools.failure import ToolError, say
from tools.running import get_running

AT_ONCE: Final = 25
REASONS: Final = ("line", "http_status", "code", "detail")
"""The columns before those of a refused line; they are ignored when such a file is imported."""
_COLUMNS: Final = frozenset(ConversionReport.model_fields) - {"metadata"}
_REQUIRED: Final = frozenset({"order_id", "amount", "currency"})
_TRIES: Final = 4
_LONGEST_NUMBER: Final = 20

Row = dict[str, str]
Results = Sequence[Mapping[str, Any]]
Send = Callable[[list[dict[str, Any]]], Results]
"""Reports orders; one result for each, as `POST /v1/conversions/bulk` gives them."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an import of this very file; `refused`: bytes of the file of refused lines."""

    digest: str
    rows: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Imported:
    """The results of the lines that this run sent."""

    new: int = 0
    known: int = 0
    refused: int = 0

    def plus(self, results: Results) -> "Imported":
        """The results with those of one more call."""
        statuses = [result["http_status"] for result in results]
        new, known = statuses.count(201), statuses.count(200)
        return Imported(self.new + new, self.known + known, self.refused + len(statuses) - new - known)


class Import:
    """The import of one file. Raises ToolError if it is no list of orders."""

    def __init__(self, file: Path) -> None:
        self.rows, self.columns = _read(file)
        self.refused_file = file.with_name(f"{file.name}.refused.csv")
        self._journal = file.with_name(f"{file.name}.journal")
        self._progress = self._resumed(hashlib.sha256(file.read_bytes()).hexdigest())

    @property
    def left(self) -> int:
        """The number of calls that are left."""
        return -(-(len(self.rows) - self._progress.rows) // AT_ONCE)

    @property
    def has_refused(self) -> bool:
        """Whether lines were refused so far."""
        return self.refused_file.exists() and self.refused_file.stat().st_size > 0

    def run(self, send: Send) -> Iterator[Imported]:
        """Sends the remaining lines; after each call, the results so far. Raises ToolError if a call fails."""
        done, is_first = Imported(), True
        rest = iter(enumerate(self.rows[self._progress.rows :], self._progress.rows + 2))
        while batch := list(islice(rest, AT_ONCE)):
            results = send([_report(row) for _, row in batch])
            if is_first:  # not before the API has answered: a wrong key must not lose the lines refused last time
                self._forget_what_comes_again()
            is_first = False
            self._note(batch, results)
            done = done.plus(results)
            yield done
        self._journal.unlink(missing_ok=True)

    def _resumed(self, digest: str) -> Progress:
        known = Progress(**json.loads(self._journal.read_text())) if self._journal.exists() else Progress("")
        return known if known.digest == digest else Progress(digest)

    def _forget_what_comes_again(self) -> None:
        """Forgets refusals of a call that was not noted, or of an import that was finished."""
        if self.refused_file.exists():
            with self.refused_file.open("r+b") as kept:
                kept.truncate(self._progress.refused)

    def _note(self, batch: Sequence[tuple[int, Row]], results: Results) -> None:
        refused = [
            {**row, "line": line, "http_status": result["http_status"], **_reason(result)}
            for (line, row), result in zip(batch, results, strict=True)
            if result["http_status"] >= 400
        ]
        size = self._write(refused) if refused else self._progress.refused
        self._progress = Progress(self._progress.digest, self._progress.rows + len(batch), size)
        draft = self._journal.with_suffix(".draft")
        draft.write_text(json.dumps({name: getattr(self._progress, name) for name in Progress.__slots__}))
        draft.replace(self._journal)

    def _write(self, refused: Sequence[Mapping[str, Any]]) -> int:
        with self.refused_file.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*REASONS, *self.columns])
            if file.tell() == 0:
                writer.writeheader()
            writer.writerows(refused)
            return file.tell()


def _read(file: Path) -> tuple[list[Row], list[str]]:
    with file.open(newline="", encoding="utf-8-sig") as opened:
        reader = csv.DictReader(opened, restkey="", restval="")
        columns = [name for name in reader.fieldnames or () if name not in REASONS]
        if missing := _REQUIRED - {*columns}:
            raise ToolError(f"{file} has no column {', '.join(sorted(missing))}")
        if unknown := {*columns} - _COLUMNS:
            raise ToolError(f"{file} has columns that no report has: {', '.join(sorted(unknown))}")
        return [{name: row[name] for name in columns} for row in reader], columns


def _report(row: Row) -> dict[str, Any]:
    report: dict[str, Any] = {name: value for name, value in row.items() if value.strip()}
    amount = report.get("amount", "")
    is_number = amount.isascii() and amount.isdigit() and len(amount) <= _LONGEST_NUMBER
    return {**report, "amount": int(amount)} if is_number else report


def _reason(result: Mapping[str, Any]) -> dict[str, str]:
    problem = result.get("problem") or {}
    return {"code": problem.get("code", ""), "detail": problem.get("detail", "")}


def sender(client: ApiClient, storefront_id: str | None) -> Send:
    """Sends with a key; `storefront_id`: the storefront of the orders, if an admin key sends them."""
    named = {"storefront_id": storefront_id} if storefront_id else {}

    def send(reports: list[dict[str, Any]]) -> Results:
        results: Results = client.post("/v1/conversions/bulk", {"conversions": [named | report for report in reports]})[
            "results"
        ]
        return results

    return send


def patiently(send: Send) -> Send:
    """Like `send`, but tries a call that fails again after a while: orders that it recorded are recognised."""

    def again(reports: list[dict[str, Any]]) -> Results:
        for number in range(1, _TRIES):
            try:
                return send(reports)
            except ToolError:
                time.sleep(number)
        return send(reports)

    return again


def main() -> int:
    """The exit status: 0, or 1 if lines were refused or the import stopped."""
    return operate(lambda: int(_run(_arguments())))


def _arguments() -> argparse.Namespace:
    parser = Arguments(__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--url", help="what /v1 is added to")
    parser.add_argument("--key", help="a key with the scope storefront, or admin with --storefront")
    parser.add_argument("--storefront", help="whose orders they are")
    return parser.parse_args()


def _run(given: argparse.Namespace) -> bool:
    """Imports; whether lines were refused, in this run or the one that it goes on from."""
    work, client, done = Import(given.file), _client(given), Imported()
    steps = work.run(patiently(sender(client, given.storefront)))
    for done in track(steps, description=given.file.name, total=work.left):  # noqa: B007 - the last has the results of all
        pass
    say(f"{done.new} new, {done.known} known before, {done.refused} refused")
    if work.has_refused:
        say(f"refused lines, with their reasons: {work.refused_file}")
    return work.has_refused


def _client(given: argparse.Namespace) -> ApiClient:
    if given.url and given.key:
        return ApiClient(given.url.rstrip("/"), given.key)
    running = get_running()
    return ApiClient(given.url or running.api_url, given.key or running.admin_key)


if __name__ == "__main__":
    sys.exit(main())
