"""Reading the ledger: one row, or lists by offer, member or rule, newest first."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import TypeVar

from pydantic import BaseModel

from laurel.domain.ledger.commissions import CONVERSION_TYPES, Commission
from laurel.domain.ledger.totals import NO_OFFER, REFERRALS
from laurel.domain.ledger.views import ConversionDetail, ConversionView
from laurel.domain.program.programs import Program
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.codes import are_same
from laurel.domain.values.errors import Absent, Invalid
from laurel.store import indexes, items, keys, totals_keys
from laurel.store.indexes import BY_MEMBER, BY_OWNER, Index
from laurel.store.keys import LAST
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.offers import offers
from laurel.workflows.requests.listing import Allowed, Page, matches, page

Shown = TypeVar("Shown", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of rows: of an offer, of a member, or unattributed; local days `first` to `last`, both included.

    `equal`: further fields of a row -> the value or values that they may have; None does not narrow. `promo_code`: the
    code that won the order, or would have, in any spelling.
    """

    offer_id: str | None = None
    member_id: str | None = None
    is_unattributed: bool = False
    first: date | None = None
    last: date | None = None
    equal: Mapping[str, Allowed] = field(default_factory=dict)
    promo_code: str | None = None

    @property
    def where(self) -> Mapping[str, Allowed]:
        """What an item must have."""
        code = None if self.promo_code is None else partial(are_same, self.promo_code)
        return {f"body.{name}": allowed for name, allowed in {**self.equal, "attribution.promo_code": code}.items()}

    def has(self, item: Item) -> bool:
        """Whether a row is wanted, wherever it was found."""
        row = items.parse(Commission, item)
        of = {"offer_id": self.offer_id, "member_id": self.member_id}
        is_in_time = (self.first is None or row.day >= self.first) and (self.last is None or row.day <= self.last)
        return is_in_time and all(v in {None, getattr(row, n)} for n, v in of.items()) and matches(item, self.where)


def get(table: Table, program_id: str, commission_id: str) -> Commission:
    """One row. Raises Absent."""
    return row_of(table.get(keys.commission(program_id, commission_id)))


def row_of(item: Item | None) -> Commission:
    """The row in its item. Raises Absent without one, also if only refunds of an order are known."""
    if item is None or item["kind"] == items.STUB:
        raise Absent("commission_not_found", "no such commission")
    return items.parse(Commission, item)


def conversion_of(item: Item | None) -> Commission:
    """The tier-1 row of an order in its item. Raises Absent without one, also for a row that no order made."""
    row = row_of(item)
    if row.order is None or row.tier != 1 or row.type not in CONVERSION_TYPES:
        raise Absent("conversion_not_found", "no such conversion")
    return row


def get_conversion(table: Table, program_id: str, conversion_id: str) -> ConversionDetail:
    """A conversion with its metadata and losing candidates. Raises Absent."""
    row, evidence = keys.commission(program_id, conversion_id), keys.evidence(program_id, conversion_id)
    stored = table.batch_get([row, evidence])
    view = ConversionView.of(conversion_of(stored.get(row)))
    beside = stored[evidence]["body"] if evidence in stored else {"metadata": None, "losers": []}
    metadata = beside["metadata"] and json.loads(beside["metadata"])
    return ConversionDetail.model_validate({**dict(view), "metadata": metadata, "evidence": beside["losers"]})


def list_conversions(
    table: Table, program: Program, wanted: Wanted, limit: int, cursor: str | None
) -> Page[ConversionView]:
    """One page of the orders among the rows that are `wanted`. Raises Invalid as `list_page` does."""
    # clicks have the same origin, and bonuses have the same types, so both fields are asked for
    orders = {**wanted.equal, "origin": "conversion", "type": wanted.equal.get("type") or CONVERSION_TYPES}
    return list_page(table, program, replace(wanted, equal=orders), ConversionView.of, limit, cursor)


def list_page(
    table: Table,
    program: Program,
    wanted: Wanted,
    shown: Callable[[Commission], Shown],
    limit: int,
    cursor: str | None,
) -> Page[Shown]:
    """One page of the rows that are `wanted`.

    Raises Invalid `filter_required` for neither offer nor member, `invalid_range` for days out of order.
    """
    index, partitions = _partitions(table, program.program_id, wanted)
    return page(
        table,
        partitions,
        lambda item: shown(items.parse(Commission, item)),
        limit=limit,
        cursor=cursor,
        index=index,
        between=_between(program, wanted),
        where=wanted.where,
    )


def _partitions(table: Table, program_id: str, wanted: Wanted) -> tuple[Index, list[str]]:
    if wanted.is_unattributed:
        return BY_OWNER, indexes.unattributed(program_id)
    if wanted.member_id is not None:
        among = _offers(table, program_id, wanted.member_id) if wanted.offer_id is None else [wanted.offer_id]
        return BY_MEMBER, [indexes.member_commissions(program_id, wanted.member_id, offer) for offer in among]
    if wanted.offer_id is not None:
        buckets = offers.buckets(table, program_id, wanted.offer_id)
        return BY_OWNER, indexes.offer_commissions(program_id, wanted.offer_id, buckets)
    raise Invalid("filter_required", "name an offer_id or a member_id", "?offer_id")


def _offers(table: Table, program_id: str, member_id: str) -> list[str | None]:
    """None and the offers that a member can have rows in: offers it is in, and offers in whose totals it is counted.

    Enrollments are never deleted; the other offers are those in which members below it sold.
    """
    bounds = (keys.ENROLLMENTS, totals_keys.lifetime_totals(LAST))
    sort_keys = [item["sk"] for item in table.query(keys.account(program_id, member_id), between=bounds)]
    rooms = [keys.ENROLLMENTS, totals_keys.lifetime_totals("")]
    offers = {sk.removeprefix(room) for room in rooms for sk in sort_keys if sk.startswith(room)}
    return [None, *sorted(offers - {NO_OFFER, REFERRALS})]


def _between(program: Program, wanted: Wanted) -> tuple[str, str] | None:
    if wanted.first is None and wanted.last is None:
        return None
    require_in_order(wanted.first, wanted.last)
    start = program.calendar.start_of(wanted.first) if wanted.first else None
    end = program.calendar.start_of(wanted.last + ONE_DAY) if wanted.last else None
    # an instant alone sorts before every row of that instant, so the end is excluded
    return keys.instant(start) if start else "0", keys.instant(end) if end else LAST


def require_in_order(first: date | None, last: date | None) -> None:
    """Raises Invalid `invalid_range` for days out of order."""
    if first is not None and last is not None and last < first:
        raise Invalid("invalid_range", "from lies after to", "?from")
