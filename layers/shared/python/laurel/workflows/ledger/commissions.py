"""Reading the ledger: one row, or lists of those that are wanted, newest first."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel

from laurel.domain.ledger.commissions import CONVERSION_TYPES, Commission, conversion_id
from laurel.domain.ledger.views import ConversionDetail, ConversionView
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Absent
from laurel.store import items, keys
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger import sources
from laurel.workflows.ledger.wanted import Wanted, between
from laurel.workflows.program import storefronts
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Beside, Page

Shown = TypeVar("Shown", bound=BaseModel)


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
    return with_evidence(table, program_id, conversion_id)[1]


def with_evidence(table: Table, program_id: str, conversion_id: str) -> tuple[Commission, ConversionDetail]:
    """The row of a conversion, and the same as it is shown. Raises Absent."""
    key, evidence = keys.commission(program_id, conversion_id), keys.evidence(program_id, conversion_id)
    stored = table.batch_get([key, evidence])
    row = conversion_of(stored.get(key))
    beside = stored[evidence]["body"] if evidence in stored else {"metadata": None, "losers": []}
    metadata = beside["metadata"] and json.loads(beside["metadata"])
    shown = {**dict(ConversionView.of(row)), "metadata": metadata, "evidence": beside["losers"]}
    return row, ConversionDetail.model_validate(shown)


def list_conversions(
    table: Table, program: Program, wanted: Wanted, limit: int, cursor: str | None, beside: Beside | None = None
) -> Page[ConversionView]:
    """One page of the orders among the rows that are `wanted`, read in one step for people, who want names `beside`.

    Raises Invalid as `list_page` does.
    """
    # clicks have the same origin, and bonuses have the same types, so both fields are asked for
    orders = {**wanted.equal, "origin": "conversion", "type": wanted.equal.get("type") or CONVERSION_TYPES}
    of_orders, in_one = replace(wanted, equal=orders), beside is not None
    return list_page(table, program, of_orders, ConversionView.of, limit, cursor, in_one=in_one, beside=beside)


def list_page(  # noqa: PLR0913 -- all of them say which rows, and how
    table: Table,
    program: Program,
    wanted: Wanted,
    shown: Callable[[Commission], Shown],
    limit: int,
    cursor: str | None,
    *,
    in_one: bool = False,
    beside: Beside | None = None,
) -> Page[Shown]:
    """One page of the rows that are `wanted`, of the whole program if nothing narrows it.

    `in_one`, `beside`: as of `listing.page`.
    Raises Invalid `invalid_range` for days out of order, `range_too_large` for too many offers.
    """
    days = between(program, wanted.first, wanted.last)
    if wanted.order_id is not None:
        rows = (row for row in _of_order(table, program.program_id, wanted) if days is None or _is_within(row, days))
        return listing.cut(rows, _place, limit, cursor).of(shown)
    found = sources.of(table, program.program_id, wanted)
    return listing.page(
        table,
        found.partitions,
        lambda item: shown(items.parse(Commission, item)),
        limit=limit,
        cursor=cursor,
        index=found.index,
        between=days,
        where={**wanted.where, **found.where},
        in_one=in_one,
        beside=beside,
    )


def _of_order(table: Table, program_id: str, wanted: Wanted) -> Iterator[Commission]:
    """The wanted conversions of one order id: at most one for each storefront, whoever won it."""
    shops = [wanted.storefront_id] if wanted.storefront_id else storefronts.ids(table, program_id)
    named = [conversion_id(program_id, shop, wanted.order_id or "") for shop in shops]
    found = table.batch_get(keys.commission(program_id, identity) for identity in named)
    rows = (items.parse(Commission, item) for item in found.values() if item["kind"] != items.STUB)
    return filter(wanted.is_met_by, rows)


def _is_within(row: Commission, days: tuple[str, str]) -> bool:
    return days[0] <= _place(row) <= days[1]


def _place(row: Commission) -> str:
    return keys.place(row.occurred_at, row.commission_id)
