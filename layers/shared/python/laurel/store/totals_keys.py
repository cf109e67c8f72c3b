"""Sort keys of totals in a member's collection, and back; the chart of all keys is in `keys`."""

from datetime import date
from typing import Final

from laurel.store.keys import LAST

MONTHS: Final = ("month#", f"month#{LAST}")
"""The stretch of a member's collection that holds the totals of months."""


def month_text(month: date) -> str:
    """Months as text that sorts newest first."""
    return f"{9999 - month.year:04d}{99 - month.month:02d}"


def month_of(text: str) -> date:
    """The inverse of `month_text`."""
    return date(9999 - int(text[:4]), 99 - int(text[4:6]), 1)


def day_totals(day: date, offer_id: str) -> str:
    """The sort key of an offer's day in a member's collection."""
    return f"day#{day.isoformat()}#{offer_id}"


def month_totals(month: date, offer_id: str) -> str:
    """The sort key of an offer's month in a member's collection."""
    return f"month#{month_text(month)}#{offer_id}"
