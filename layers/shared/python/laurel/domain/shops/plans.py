"""Plans: from what is wanted and what a shop was seen to have, the steps that make the one the other.

Ours is what carries our mark, never what merely has the name: nothing of the merchant's is changed or ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import Field

from laurel.domain.shops.wanted import Abilities, Wanted
from laurel.domain.values.codes import are_same
from laurel.domain.values.model import Amount, Frozen, Instant, Percent

Told = Annotated[str, Field(max_length=255)]
"""A short text of a shop."""


class Seen(Frozen):
    """A code as a shop said that it has it. `shop_id`: the shop's own id of it; `mark`: ours, if it carries one.

    `is_on`: nobody has switched it off. `currency`: of an amount, where the shop tells it. Terms that Laurel never
    makes are told as neither percent nor amount.
    """

    shop_id: Told
    code: Told
    mark: Told | None = None
    percent: Percent | None = None
    amount: Amount | None = None
    currency: str | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    is_on: bool = True

    def is_live_at(self, now: datetime) -> bool:
        """Whether it gives its discount at `now`, or will by itself."""
        return self.is_on and (self.ends_at is None or self.ends_at > now)

    def gives(self, wanted: Wanted, now: datetime) -> bool:
        """Whether it gives what is wanted, from now on: a first instant that is over says nothing more."""
        is_misdated = self.starts_at is not None and max(self.starts_at, now) != max(wanted.starts_at, now)
        return (
            self.is_live_at(now)
            and not is_misdated
            and self.ends_at == wanted.ends_at
            and (self.percent, self.amount) == (wanted.percent, wanted.amount)
            and self.currency in {None, wanted.currency}
        )


@dataclass(frozen=True, slots=True)
class Create:
    """Make the code: nobody has it."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Change:
    """Give our code of that id what is wanted; an ended one comes back."""

    shop_id: str
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class End:
    """End our code of that id."""

    shop_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Adopt:
    """Nothing to do: our code of that id is what is wanted."""

    shop_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Nothing to do: the merchant has a discount of that code, which stays as it is."""

    code: str


Step: TypeAlias = Create | Change | End | Adopt | Conflict
"""The closed union of steps; `workflows/shops/telling.py` takes each."""


def plan(
    wanted: Wanted | None, seen: Sequence[Seen], mark: str, abilities: Abilities, now: datetime
) -> tuple[Step, ...]:
    """The steps, in order: first what ends, so that never two of an enrollment's codes are live."""
    ours = [found for found in seen if found.mark == mark]
    kept = None if wanted is None else _kept(wanted, ours, abilities, now)
    ends = tuple(End(found.shop_id, found.code) for found in ours if found is not kept and found.is_live_at(now))
    if wanted is None:
        return ends
    if kept is not None:
        is_right = kept.gives(wanted, now)
        return (*ends, Adopt(kept.shop_id, kept.code) if is_right else Change(kept.shop_id, wanted))
    if any(found.mark != mark and are_same(found.code, wanted.code) for found in seen):
        return (*ends, Conflict(wanted.code))
    return (*ends, Create(wanted))


def _kept(wanted: Wanted, ours: Sequence[Seen], abilities: Abilities, now: datetime) -> Seen | None:
    """The one of our codes that is to stay, if any can: the right one before a live one before any."""
    named = [found for found in ours if are_same(found.code, wanted.code)]
    if not abilities.changes:
        named = [found for found in named if found.gives(wanted, now)]
    by_worth = sorted(named, key=lambda found: (not found.gives(wanted, now), not found.is_live_at(now), found.shop_id))
    return next(iter(by_worth), None)
