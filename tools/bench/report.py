"""Figures as tables for people and as JSON beside them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from tools.bench.capacity import Cost

Figure = float | int | str | None
_GAP = "   "


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a figure, in words, and whether it is met; None: there is no target."""

    says: str
    is_met: bool | None = None

    @property
    def text(self) -> str:
        """The target as a cell."""
        return self.says + {True: "  ok", False: "  MISSED", None: ""}[self.is_met]


NO_TARGET = Target("")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured operation."""

    name: str
    figures: Mapping[str, Figure]
    target: Target = NO_TARGET


@dataclass(frozen=True, slots=True)
class Table:
    """One topic. `notes`: needed to understand the figures."""

    topic: str
    rows: Sequence[Row]
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def missed(self) -> list[str]:
        """The rows whose target is not met."""
        return [f"{self.topic}: {row.name} ({row.target.says})" for row in self.rows if row.target.is_met is False]

    def as_text(self) -> str:
        """The table as aligned columns under the topic."""
        names = list(dict.fromkeys(name for row in self.rows for name in row.figures))
        lines = [[self.topic, *names, "target"]]
        lines += [[row.name, *(_cell(row.figures.get(name)) for name in names), row.target.text] for row in self.rows]
        return "\n".join([*_aligned(lines), *(f"  {note}" for note in self.notes)])

    def as_json(self) -> dict[str, object]:
        """The table for machines."""
        return {"topic": self.topic, "rows": [asdict(row) for row in self.rows], "notes": list(self.notes)}


def figures(cost: Cost) -> dict[str, Figure]:
    """The columns of a cost."""
    return {"trips": cost.trips, "RRU": cost.rru, "WRU": cost.wru, "index WRU": cost.index_wru}


def _cell(figure: Figure) -> str:
    match figure:
        case None:
            return ""
        case float():
            return f"{figure:,.2f}".rstrip("0").rstrip(".") if abs(figure) < 1000 else f"{figure:,.0f}"
        case int():
            return f"{figure:,}"
    return figure


def _aligned(lines: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        first, *figures, target = line
        middle = [figure.rjust(width) for figure, width in zip(figures, widths[1:-1], strict=True)]
        yield _GAP.join([first.ljust(widths[0]), *middle, target]).rstrip()
