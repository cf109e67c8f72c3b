"""A walk over all members of a program, page by page: what long work does for each of them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from laurel.domain.program.jobs import Page
from laurel.store.table import Table
from laurel.workflows.members import members

MOST_FAILED: Final = 100


def page(table: Table, program_id: str, cursor: dict[str, Any], most: int, ask: Callable[[str], None]) -> Page:
    """Calls `ask` for up to `most` members after `cursor`, newest first; a repeat calls it again.

    A member for whom that fails is tried again after all others. Raises if that fails too.
    """
    member_ids = members.listed(table, program_id, cursor.get("before"), most)
    earlier = cursor.get("failed", ())
    failed = [*earlier, *_failing(ask, member_ids, MOST_FAILED - len(earlier))]
    if len(member_ids) == most:
        return Page(len(member_ids), is_last=False, cursor={**cursor, "before": member_ids[-1], "failed": failed})
    for member_id in failed:
        ask(member_id)
    return Page(len(member_ids), is_last=True, cursor=cursor)


def _failing(ask: Callable[[str], None], members: Iterable[str], most: int) -> Iterator[str]:
    """The members for whom `ask` fails. Raises if more than `most` fail: then members are not the cause."""
    for member_id in members:
        try:
            ask(member_id)
        except Exception:
            most -= 1
            if most < 0:
                raise
            yield member_id
