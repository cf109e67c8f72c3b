"""Charts as SVG: bars and lines over days, with axes, units, a value that pointer and keyboard reach, a table behind.

Widths are percents and heights are pixels, so that a chart fills its place and its letters keep their size.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

from markupsafe import escape

HEIGHT: Final = 220
_TOP, _BOTTOM, _LEFT, _RIGHT = 12, 192, 12.0, 99.0
"""The plot: from `_TOP` to `_BOTTOM` pixels, from `_LEFT` to `_RIGHT` percent."""
_MOST_TICKS: Final = 4
_MOST_LABELS: Final = 4
_STEPS: Final = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Series:
    """Values, one for each label; None where there is none.

    `kind`: `now`, or `before` for the span that is compared with.
    """

    name: str
    values: Sequence[int | None]
    kind: Literal["now", "before"] = "now"


@dataclass(frozen=True)
class Chart:
    """A chart. `labels`: of the days, as people read them; `told`: a value as people read it, with its unit.

    `axis`, `scale`: the same in short, for the axes, if they are not short enough. `ends_in_part`: the last day is not
    over, or the last week not whole, so what is drawn of it is no fall.
    """

    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    told: Callable[[int | None], str]
    form: Literal["bars", "lines"] = "lines"
    axis: Sequence[str] = ()
    scale: Callable[[int | None], str] | None = None
    ends_in_part: bool = False

    def __html__(self) -> str:
        """The chart for a template: `{{ chart }}`."""
        if not self.labels:
            return ""
        if not self._has_any:
            nothing = '<p class="soft">Nothing in these days, nor before.</p>'
            return f'<figure class="chart"><figcaption>{escape(self.title)}</figcaption>{nothing}</figure>'
        drawn = "".join([*self._grid(), *self._marks(), *self._days(), *self._hits()])
        return (
            f'<figure class="chart"><figcaption>{escape(self.title)}{self._legend()}</figcaption>'
            f'<svg class="plot" width="100%" height="{HEIGHT}" role="group" aria-label="{escape(self.title)}">'
            f"{drawn}</svg>"
            f"{self._table()}</figure>"
        )

    @cached_property
    def _step(self) -> int:
        """The distance of two lines of the grid: 1, 2 or 5 times a power of ten."""
        rough = max(self._most / _MOST_TICKS, 1)
        power = 10 ** math.floor(math.log10(rough))
        return int(next(step for step in _STEPS if step * power >= rough) * power)

    @cached_property
    def _top(self) -> int:
        return max(math.ceil(self._most / self._step), 1) * self._step

    @cached_property
    def _most(self) -> int:
        return max((value for series in self.series for value in series.values if value is not None), default=0)

    @property
    def _has_any(self) -> bool:
        return any(value for series in self.series for value in series.values)

    def _y(self, value: int) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * max(value, 0) / self._top, 1)

    def _x(self, index: int) -> float:
        """The middle of a day's column."""
        return round(_LEFT + (index + 0.5) * self._width, 3)

    @property
    def _width(self) -> float:
        return (_RIGHT - _LEFT) / len(self.labels)

    def _grid(self) -> Iterator[str]:
        scale = self.scale or self.told
        for value in range(0, self._top + 1, self._step):
            y = self._y(value)
            yield f'<line class="grid" x1="{_LEFT}%" x2="{_RIGHT}%" y1="{y}" y2="{y}"/>'
            yield f'<text class="axis" x="{_LEFT - 1}%" y="{y + 4}" text-anchor="end">{escape(scale(value))}</text>'

    def _days(self) -> Iterator[str]:
        every = max(math.ceil(len(self.labels) / _MOST_LABELS), 1)
        for index in range(0, len(self.labels), every):
            label = escape((self.axis or self.labels)[index])
            yield f'<text class="axis" x="{self._x(index)}%" y="{_BOTTOM + 20}" text-anchor="middle">{label}</text>'

    def _marks(self) -> Iterator[str]:
        for series in sorted(self.series, key=lambda series: series.kind == "now"):
            if self.form == "bars" and series.kind == "now":
                yield from self._bars(series)
            else:
                yield from self._line(series)

    def _part(self, index: int) -> str:
        """The class of what is drawn at `index`, if that is no whole day."""
        return " part" if self._is_part(index) else ""

    def _is_part(self, index: int) -> bool:
        return self.ends_in_part and index == len(self.labels) - 1

    def _label(self, index: int) -> str:
        return f"{self.labels[index]} (in part)" if self._is_part(index) else self.labels[index]

    def _bars(self, series: Series) -> Iterator[str]:
        for index, value in enumerate(series.values):
            y, wide = self._y(value or 0), self._width * 0.7
            left = round(self._x(index) - wide / 2, 3)
            size = f'x="{left}%" width="{wide:.3f}%" y="{y}" height="{_BOTTOM - y:.1f}"'
            yield f'<rect class="bar{self._part(index)}" {size} rx="2"/>'

    def _line(self, series: Series) -> Iterator[str]:
        points = [
            None if value is None else (self._x(index), self._y(value)) for index, value in enumerate(series.values)
        ]
        for index, (begins, ends) in enumerate(pairwise(points), 1):
            if begins is None or ends is None:
                continue  # nothing is known between them
            (x1, y1), (x2, y2) = begins, ends
            part = self._part(index) if series.kind == "now" else ""
            yield f'<line class="line {series.kind}{part}" x1="{x1}%" y1="{y1}" x2="{x2}%" y2="{y2}"/>'

    def _hits(self) -> Iterator[str]:
        """A column for each day: whoever points at it or comes to it by keyboard sees its values.

        The keyboard comes to the last day; the arrows lead on (`assets/pages.js`).
        """
        for index in range(len(self.labels)):
            said = [f"{series.name} {self.told(series.values[index])}" for series in self.series]
            yield self._hit(index, [self._label(index), *said])

    def _hit(self, index: int, said: Sequence[str]) -> str:
        x, left = self._x(index), round(_LEFT + index * self._width, 3)
        anchor = "start" if x < 35 else "end" if x > 65 else "middle"
        lines = "".join(
            f'<tspan x="{x}%" dy="{0 if number == 0 else 17}">{escape(text)}</tspan>'
            for number, text in enumerate(said)
        )
        reached = 0 if index == len(self.labels) - 1 else -1
        value = self.series[0].values[index]
        dot = "" if value is None else f'<circle cx="{x}%" cy="{self._y(value)}" r="4"/>'
        return (
            f'<g class="hit" tabindex="{reached}" role="img" aria-label="{escape("; ".join(said))}">'
            f'<rect x="{left}%" width="{self._width:.3f}%" y="{_TOP}" height="{_BOTTOM - _TOP}"/>{dot}'
            f'<text class="tip" x="{x}%" y="{_TOP + 12}" text-anchor="{anchor}">{lines}</text></g>'
        )

    def _legend(self) -> str:
        if len(self.series) < 2:
            return ""
        return "".join(f'<span class="key {series.kind}">{escape(series.name)}</span>' for series in self.series)

    def _table(self) -> str:
        head = "".join(f'<th scope="col" class="number">{escape(series.name)}</th>' for series in self.series)
        rows = "".join(
            f'<tr><th scope="row">{escape(self._label(index))}</th>'
            + "".join(f'<td class="number">{escape(self.told(series.values[index]))}</td>' for series in self.series)
            + "</tr>"
            for index in range(len(self.labels))
        )
        return (
            '<details class="behind"><summary>As a table</summary><div class="scrolls"><table><thead><tr>'
            f'<th scope="col">Day</th>{head}</tr></thead><tbody>{rows}</tbody></table></div></details>'
        )
