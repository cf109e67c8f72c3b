"""Local days of every zone that there is."""

from datetime import date
from functools import lru_cache
from zoneinfo import available_timezones

from hypothesis import strategies as st


@lru_cache
def zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if not zone.startswith(("posix/", "right/")))


ZONES = st.deferred(lambda: st.sampled_from(zones()))
DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 30))
