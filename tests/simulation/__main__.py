"""`make simulate`: as many histories as asked for, on all processors; stops at the first that is wrong."""

import argparse
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from typing import Final

from tests.simulation.kit.chunks import collected_once
from tests.simulation.kit.trials import told, tried

_CHUNK: Final = 50
_REPORTED: Final = 500


def main() -> int:
    """0 if all is well."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--histories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=None, help="the first; the others follow. Any by default")
    asked = parser.parse_args()
    first = secrets.randbelow(10**9) if asked.seed is None else asked.seed
    _say(f"{asked.histories} histories, seeds {first} to {first + asked.histories - 1}")
    return _run(first, asked.histories)


def _run(first: int, histories: int) -> int:
    began, done, counts = time.monotonic(), 0, Counter[str]()
    chunks = (range(at, min(at + _CHUNK, first + histories)) for at in range(first, first + histories, _CHUNK))
    for seeds, happened, failure in _played(chunks):
        done += len(seeds)
        counts += happened
        if failure:
            _say(failure)
            return 1
        if done % _REPORTED == 0 or done == histories:
            _say(f"  {done} played, nothing wrong, {done / (time.monotonic() - began):.0f} a second")
    for what, times in counts.most_common():
        _say(f"  {times:9} {what}")
    return 0


def _played(chunks: Iterator[range]) -> Iterator[tuple[range, Counter[str], str]]:
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers) as pool:
        while wave := list(islice(chunks, 2 * workers)):
            yield from pool.map(_chunk, wave)


def _chunk(seeds: range) -> tuple[range, Counter[str], str]:
    counts = Counter[str]()
    with collected_once():
        for seed in seeds:
            history, wrong = tried(seed)
            counts += history.counts
            if wrong:
                return seeds, counts, told(history, wrong)
    return seeds, counts, ""


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
