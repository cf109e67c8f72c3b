"""Rows that somebody looks for: any of the filters, or none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from laurel.domain.ledger.commissions import Commission
from laurel.domain.program.programs import Program
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.codes import are_same
from laurel.domain.values.errors import Invalid
from laurel.store import keys, row_bodies
from laurel.store.keys import LAST
from laurel.workflows.requests.listing import Allowed, Where, matches


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of rows; None does not narrow. `first`, `last`: local days, both included.

    `attributed`: those that somebody won, or those that nobody won; None: those that somebody won, or all of an order.
    `promo_code`: the code that won the order, or would have, in any spelling. `equal`: further fields of a row -> the
    value or values that they may have.
    """

    offer_id: str | None = None
    member_id: str | None = None
    rule_id: str | None = None
    order_id: str | None = None
    storefront_id: str | None = None
    promo_code: str | None = None
    attributed: bool | None = None
    first: date | None = None
    last: date | None = None
    equal: Mapping[str, Allowed] = field(default_factory=dict)

    @property
    def where(self) -> Where:
        """The fields that an item must have; its offer and its member are told by the list that it is in."""
        code = None if self.promo_code is None else partial(are_same, self.promo_code)
        of_order = {"order.storefront_id": self.storefront_id, "attribution.promo_code": code}
        fields = {**self.equal, "rule_id": self.rule_id, **of_order}
        return {**{f"body.{name}": allowed for name, allowed in fields.items() if name != "payout"}, **self._of_payout}

    @property
    def _of_payout(self) -> Where:
        """A row that somebody won begins as unpaid; what a payout made of it stands beside its body."""
        if (wanted := self.equal.get("payout")) == "unpaid":
            return {"body.payout": "unpaid", "payout": frozenset({None})}
        return {"payout": wanted}

    def is_met_by(self, row: Commission) -> bool:
        """Whether a row that is in no list, since it was read by its id, is wanted on whatever day."""
        owners = {"body.offer_id": self.offer_id, "body.member_id": self.member_id}
        is_theirs = self.attributed in {None, row.member_id is not None}
        item = {"body": row.model_dump(mode="json"), **row_bodies.of_payout(row)}
        return is_theirs and matches(item, {**self.where, **owners})


def between(program: Program, first: date | None, last: date | None) -> tuple[str, str] | None:
    """The sort keys of rows of the local days `first` to `last`, both included. Raises Invalid `invalid_range`."""
    require_in_order(first, last)
    if first is None and last is None:
        return None
    start = program.calendar.start_of(first) if first else None
    end = program.calendar.start_of(last + ONE_DAY) if last else None
    # an instant alone sorts before every row of that instant, so the end is excluded
    return keys.instant(start) if start else "0", keys.instant(end) if end else LAST


def require_in_order(first: date | None, last: date | None) -> None:
    """Raises Invalid `invalid_range` for days out of order."""
    if first is not None and last is not None and last < first:
        raise Invalid("invalid_range", "from lies after to", "?from")
