"""Offers with their payout options: created, listed, edited."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from laurel.domain.history import Author, Edit, offer_edit
from laurel.domain.offers.offers import NewOffer, Offer, OfferEdit, OfferKind, OfferStatus, OfferView, PayoutOption
from laurel.domain.values.folding import folded
from laurel.domain.values.ids import new_id
from laurel.domain.values.patches import patched
from laurel.store import items, keys
from laurel.store.operations import Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import history
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import following, require_version, revised
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page, Where
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.shops import wanting


def create(table: Table, request: Request, new: NewOffer, randomness: Randomness) -> tuple[OfferView, int]:
    """A new offer of the request's program. Raises Invalid `landing_url_required`."""
    if (earlier := idempotency.find(table, request, OfferView)) is not None:
        return earlier
    new.require_landing_page()
    options = tuple(
        PayoutOption(payout_option_id=new_id("opt", request.at, randomness(10)), **dict(option))
        for option in new.payout_options
    )
    offer = Offer(
        **{**dict(new), "payout_options": options},
        offer_id=new_id("off", request.at, randomness(10)),
        created_at=request.at,
        updated_at=request.at,
    )
    program_id, edit = request.program.program_id, offer_edit(None, offer, request.author)
    noted = history.line(program_id, offer.offer_id, edit, offer.version)
    ops: list[Op] = [Put(items.offer(program_id, offer), new=True), noted]
    if offer.kind == "link":  # rules may look at what is promoted by link: whoever keeps them reads that again
        ops.append(Update(keys.program(program_id), add={"rules_version": 1}))
    return redo(lambda: idempotency.commit(table, request, ops, OfferView.of(offer)))


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The offers that are asked for; None does not narrow. `name`: a part of theirs, whatever its case and accents."""

    status: OfferStatus | None = None
    kind: OfferKind | None = None
    name: str | None = None

    @property
    def where(self) -> Where:
        """The same of stored offers."""
        named = None if self.name is None else partial(_has, folded(self.name))
        return {"body.status": self.status, "body.kind": self.kind, "body.name": named}


def _has(part: str, name: str) -> bool:
    return part in folded(name)


def page(table: Table, program_id: str, narrowed: Narrowed, limit: int, cursor: str | None) -> Page[Offer]:
    """The offers of the program that are asked for."""
    offers = [keys.offer(program_id, "").pk]
    return listing.page(table, offers, _parse, limit=limit, cursor=cursor, where=narrowed.where)


def get(table: Table, program_id: str, offer_id: str) -> Offer:
    """An offer of the program. Raises Absent."""
    return edits.get(table, keys.offer(program_id, offer_id), Offer, "offer_not_found", "offer")


def edit(
    table: Table, program_id: str, offer_id: str, patch: Mapping[str, Any], if_match: int | None, author: Author
) -> Offer:
    """An offer after a merge patch of its settings; its kind and options are not among them.

    Raises Absent, Invalid, Stale.
    """

    def attempt() -> Offer:
        current = get(table, program_id, offer_id)
        require_version(current, if_match)
        by = following(current, author)
        changed = revised(current, current.edited(patched(OfferEdit, current, patch)), by.at)
        if changed is not current:
            with racing():
                told = wanting.offer_edited(table, program_id, current, changed)
                table.transact([*written(program_id, current, changed, offer_edit(current, changed, by)), *told])
        return changed

    return redo(attempt)


def written(program_id: str, current: Offer, changed: Offer, edit: Edit) -> list[Op]:
    """The writes of a changed offer, conditional on the version that was read, and of its line of history."""
    put = Put(items.offer(program_id, changed), expect={"version": current.version})
    return [put, history.line(program_id, changed.offer_id, edit, changed.version)]


def _parse(item: Item) -> Offer:
    return items.parse(Offer, item)
