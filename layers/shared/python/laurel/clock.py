"""The only reader of time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant: aware UTC, to the millisecond (what keys and JSON carry)."""
    at = datetime.now(UTC)  # noqa: TID251 - this is the one place
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
