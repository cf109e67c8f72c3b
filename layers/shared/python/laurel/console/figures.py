"""The figures of a span beside those of the days before: as numbers, and as charts."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple

from laurel.console.spans import Span
from laurel.domain.ledger.summaries import Figures
from laurel.pages.charts import Chart, Series
from laurel.pages.words import Words
from laurel.workflows.ledger.summaries import Counted

_NOTHING: Final = "\u2013"


Told = Callable[[Words, int | None], str]


class Sum(NamedTuple):
    """A figure: how it is called, where it is read, and how its value is told, on an axis too."""

    name: str
    read: Callable[[Figures], int | None]
    told: Told
    scale: Told


class Compared(NamedTuple):
    """A figure of a span in words; `than`: the same before, and the change."""

    name: str
    value: str
    than: str


def _rate(figures: Figures) -> int | None:
    """In hundredths of a percent."""
    return None if figures.conversion_rate is None else int(figures.conversion_rate * 100)


def _percent(words: Words, value: int | None) -> str:
    return words.percent(None if value is None else Decimal(value) / 100)


def _number(words: Words, value: int | None) -> str:
    return _NOTHING if value is None else words.number(value)


def _money(words: Words, value: int | None) -> str:
    return words.money(value)


def _money_in_short(words: Words, value: int | None) -> str:
    return words.money_in_short(value or 0)


_SALES: Final = Sum("Sales", lambda each: each.sales, _money, _money_in_short)
_COMMISSION: Final = Sum("Commission", lambda each: each.commission, _money, _money_in_short)
_CLICKS: Final = Sum("Clicks", lambda each: each.clicks, _number, _number)
_RATE: Final = Sum("Conversion rate", _rate, _percent, _percent)
_SUMS: Final = (
    _SALES,
    Sum("Orders", lambda each: each.conversions, _number, _number),
    _COMMISSION,
    _CLICKS,
    _RATE,
    Sum("Still due", lambda each: each.payout_due, _money, _money_in_short),
)
_CHARTED: Final = (_SALES, _COMMISSION, _CLICKS, _RATE)


def compared(words: Words, now: Counted, before: Counted | None) -> list[Compared]:
    """Each figure of all days, with that of the days before if they are known."""
    own, was = now.by("day").totals, None if before is None else before.by("day").totals
    return [
        Compared(each.name, each.told(words, each.read(own)), _than(words, each, own, was) if was else "")
        for each in _SUMS
    ]


def charts(words: Words, span: Span, today: date, now: Counted, before: Counted | None) -> list[Chart]:
    """A chart of each figure by day, or by week where the days are many."""
    own, was = now.over(span.starts), None if before is None else before.over(span.before.starts)
    labels = [words.day(day) if span.step == 1 else f"Week from {words.day(day)}" for day in span.starts]
    axis = [words.day_in_short(day) for day in span.starts]
    return [
        Chart(
            title=each.name,
            labels=labels,
            series=_series(each, own, was),
            told=partial(each.told, words),
            axis=axis,
            scale=partial(each.scale, words),
            ends_in_part=span.last >= today or span.days % span.step > 0,
        )
        for each in _CHARTED
    ]


def _than(words: Words, each: Sum, now: Figures, before: Figures) -> str:
    value, was = each.read(now), each.read(before)
    if was is None:
        return ""
    if value is None or was == 0:
        return f"{each.told(words, was)} before"
    change = round((value - was) * 100 / abs(was))
    sign = "+" if change > 0 else "\u2212" if change < 0 else "\u00b1"
    return f"{sign}{words.number(abs(change))}\u00a0% on {each.told(words, was)}"


def _series(each: Sum, now: Sequence[Figures], before: Sequence[Figures] | None) -> list[Series]:
    own = Series("These days", [each.read(part) for part in now])
    return [own] if before is None else [own, Series("Before", [each.read(part) for part in before], "before")]
