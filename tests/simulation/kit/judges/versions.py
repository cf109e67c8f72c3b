"""Versions: whoever writes on the version of a row that was read knows that it is still that row."""

from collections.abc import Iterator

from tests.simulation.kit.histories import History
from tests.simulation.kit.world.world_table import Commit


def wrongs(history: History) -> Iterator[str]:
    """Rows that become another under a version that they had before, also if they were deleted meanwhile."""
    highest: dict[str, int] = {}
    for commit in history.table.log:
        for pk, version in _changed(commit):
            if version <= highest.get(pk, 0):
                yield f"commit {commit.number} by {commit.by} gives {pk} version {version} again"
            highest[pk] = max(version, highest.get(pk, 0))
            history.counts["versions of rows"] += 1


def _changed(commit: Commit) -> Iterator[tuple[str, int]]:
    for record in commit.records:
        old, new = record._old or {}, record._new or {}
        if new.get("kind") == "commission" and "version" in new and old.get("body") != new["body"]:
            yield record.key.pk, new["version"]
