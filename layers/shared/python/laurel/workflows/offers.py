"""Offers: what members promote, with its payout options."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from laurel.domain.errors import Invalid
from laurel.domain.ids import new_id
from laurel.domain.offers import NewOffer, Offer, OfferSettings, PayoutOption
from laurel.domain.patches import patched
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import edits, idempotency, listing
from laurel.workflows.access import Randomness
from laurel.workflows.edits import racing, redo, require_version, revised, settings_of
from laurel.workflows.idempotency import Request
from laurel.workflows.listing import Page


def create(table: Table, request: Request, new: NewOffer, randomness: Randomness) -> tuple[Offer, int]:
    """A new offer of the request's program."""
    if (told := idempotency.find(table, request, Offer)) is not None:
        return told
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
    put = Put(items.offer(request.program.program_id, offer), new=True)
    return idempotency.commit(table, request, [put], offer)


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[Offer]:
    """The program's offers."""
    return listing.page(table, [keys.offer(program_id, "").pk], _parse, limit=limit, cursor=cursor)


def get(table: Table, program_id: str, offer_id: str) -> Offer:
    """Raises Absent."""
    return edits.get(table, keys.offer(program_id, offer_id), Offer, "offer_not_found", "offer")


def edit(
    table: Table, program_id: str, offer_id: str, patch: Mapping[str, Any], if_match: int | None, now: datetime
) -> Offer:
    """An offer after a merge patch of its settings; its kind and options are not among them.

    Raises Absent, Invalid, Stale.
    """

    def attempt() -> Offer:
        current = get(table, program_id, offer_id)
        require_version(current, if_match)
        settings = patched(OfferSettings, current, patch)
        if settings.kind != current.kind:
            raise Invalid("kind_is_fixed", "the kind of an offer cannot change", "/kind")
        changed = revised(current, current.model_copy(update=settings_of(settings)), now)
        if changed is not current:
            with racing():
                table.write(Put(items.offer(program_id, changed), expect={"version": current.version}))
        return changed

    return redo(attempt)


def _parse(item: Item) -> Offer:
    return items.parse(Offer, item)
