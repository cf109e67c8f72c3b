"""Payouts, their lines and the pages of their rows as items and back; totals stand beside the body, to be added to."""

from collections.abc import Iterable, Mapping
from typing import Final

from laurel.domain.payouts.lines import Line, LineMove, Place, RowPage
from laurel.domain.payouts.payouts import Payout
from laurel.store import items, payout_keys
from laurel.store.operations import ABSENT, Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item

_BESIDE: Final = ("state", "total", "failed_total")
_PAYER: Final = "payer"
"""Attribute of a payout, beside its body: the ciphertext of its payer; none as long as the program has none."""


def payout(program_id: str, entity: Payout) -> Item:
    """A payout in its program's list."""
    item = items.as_item("payout", payout_keys.payout(program_id, entity.payout_id), entity)
    for name in (*_BESIDE, _PAYER):
        item["body"].pop(name, None)
    payer = {} if entity.payer is None else {_PAYER: entity.payer}
    return {**item, **{name: getattr(entity, name) for name in _BESIDE}, **payer}


def parse_payout(item: Item) -> Payout:
    """The payout in its item."""
    beside = {name: item[name] for name in (*_BESIDE, "version")}
    return Payout.model_validate({**item["body"], **beside, _PAYER: item.get(_PAYER)})


def paid_from(program_id: str, payout_id: str, payer: str) -> Update:
    """Notes the payer of a payout that has none yet."""
    return Update(payout_keys.payout(program_id, payout_id), set={_PAYER: payer}, expect={_PAYER: ABSENT})


def turned(program_id: str, before: Payout, after: Payout) -> Update:
    """Writes a payout in its next state, if neither its state, its version nor its total is another than was read."""
    item = payout(program_id, after)
    changed = {name: item[name] for name in ("body", "version", "state")}
    key = payout_keys.payout(program_id, after.payout_id)
    return Update(key, set=changed, expect={"state": before.state, "version": before.version, "total": before.total})


def line(program_id: str, before: Line | None, after: Line) -> Put:
    """Writes a line on the version that was read."""
    key = payout_keys.payout_line(program_id, after.payout_id, after.member_id)
    item = items.as_item("payout line", key, after)
    return Put(item, new=True) if before is None else Put(item, expect={"version": before.version})


def parse_line(item: Item) -> Line:
    """A member's line in its item."""
    return items.parse(Line, item)


def moved(program_id: str, move: LineMove) -> list[Op]:
    """Writes a line with its part of the payout's total, as long as the payout is in the state that was read.

    A draft has another version then: whoever looked at it confirms what they saw.
    """
    looked_at = {"version": 1} if move.place.payout.state == "draft" else {}
    total = Update(
        payout_keys.payout(program_id, move.after.payout_id),
        add={"total": move.added, **looked_at},
        expect={"state": move.place.payout.state},
    )
    return [line(program_id, move.place.line, move.after), total]


def row_page(program_id: str, of: Line, rows: RowPage, number: int) -> Item:
    """The rows that one transaction took into a line."""
    return items.as_item("payout page", payout_keys.payout_page(program_id, of.payout_id, of.member_id, number), rows)


def places(table: Table, program_id: str, member_id: str, payout_ids: Iterable[str]) -> Mapping[str, Place]:
    """The payouts, which exist, and a member's lines in them."""
    batch = {payout_id: payout_keys.payout(program_id, payout_id) for payout_id in payout_ids}
    lines = {payout_id: payout_keys.payout_line(program_id, payout_id, member_id) for payout_id in batch}
    stored = table.batch_get([*batch.values(), *lines.values()])
    return {
        payout_id: Place(
            parse_payout(stored[key]), parse_line(stored[of]) if (of := lines[payout_id]) in stored else None
        )
        for payout_id, key in batch.items()
    }
