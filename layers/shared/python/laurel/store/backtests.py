"""Backtests as items and back: what is tried, and pages of what was found, all of which expire."""

from datetime import datetime, timedelta
from typing import Final

from laurel.domain.kernel.backtests import Backtest, Found
from laurel.store import backtest_keys, items
from laurel.store.keys import TTL_ATTRIBUTE
from laurel.store.operations import Put
from laurel.store.values import Item

KEPT_FOR: Final = timedelta(days=7)


def backtest(program_id: str, job_id: str, entity: Backtest, now: datetime) -> Put:
    """Writes what a job tries, over what it tried before."""
    return Put({**items.as_item("backtest", backtest_keys.backtest(program_id, job_id), entity), **_expires(now)})


def page(program_id: str, job_id: str, number: int, found: Found, now: datetime) -> Put:
    """Writes a piece of what the job found, as text, which takes half as much as maps; a repeat writes the same."""
    key = backtest_keys.backtest_page(program_id, job_id, number)
    told = {"kind": "backtest page", "found": found.model_dump_json(exclude_none=True)}
    return Put({**key._asdict(), **told, **_expires(now)})


def found(item: Item) -> Found:
    """The findings of a page."""
    return Found.model_validate_json(item["found"])


def _expires(now: datetime) -> dict[str, int]:
    return {TTL_ATTRIBUTE: int((now + KEPT_FOR).timestamp())}
