"""The body of a commission's item: what its keys, defaults and other fields say is left out, so that it is short."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel

from laurel.domain.ledger.commissions import Commission
from laurel.domain.values.model import at_milliseconds, milliseconds
from laurel.store import indexes
from laurel.store.values import Item

_NAMED_BY: Final = {"promo_code": "promo_code", "click_id": "click"}
"""The part of an attribution that was won -> the way in which it won, which need not be said beside it."""
_INSTANTS: Final = ("occurred_at", "created_at", "updated_at", "hold_until")
_INSTANTS_OF_ORDER: Final = ("told_at", "amount_at", "state_at")


def body(row: Commission) -> dict[str, Any]:
    """The row without values that its keys, the defaults or other fields give, and instants as numbers: under 1 KB."""
    implied = {"commission_id"} if row.updated_at != row.created_at else {"commission_id", "updated_at"}
    if not row.is_tally:
        implied.add("offer_id")  # the partitions that list it name its offer
    stored = row.model_dump(
        mode="json", exclude_none=True, exclude_defaults=True, exclude={"version", "payout_id", *implied}
    )
    stored |= {} if row.payout is None else {"payout": "unpaid"}  # what else a payout makes of it stands beside
    _count_milliseconds(stored, row, _INSTANTS)
    if row.attribution is not None:
        _imply_way(stored["attribution"], row.attribution.by)
    if row.order is not None:
        _count_milliseconds(stored["order"], row.order, _INSTANTS_OF_ORDER)
        if row.order.currency == row.currency:
            del stored["order"]["currency"]
        if row.order.sale == row.order.amount:
            del stored["order"]["sale"]
    return stored


def of_payout(row: Commission) -> dict[str, str]:
    """The attributes beside the body that tell what a payout did with the row; none for one that is in no payout."""
    told = {} if row.payout in {None, "unpaid"} else {"payout": row.payout, "payout_id": row.payout_id}
    return {name: value for name, value in told.items() if value is not None}


def _way(attribution: dict[str, Any]) -> str | None:
    """The way in which an order was won, by what is kept of it; an order that nobody won has a reason."""
    ways = (way for name, way in _NAMED_BY.items() if name in attribution and "reason" not in attribution)
    return next(ways, None)


def _imply_way(attribution: dict[str, Any], by: str | None) -> None:
    if by == _way(attribution):
        attribution.pop("by", None)
    else:
        attribution["by"] = by


def _count_milliseconds(stored: dict[str, Any], model: BaseModel, names: Iterable[str]) -> None:
    for name in names:
        if name in stored:
            stored[name] = milliseconds(getattr(model, name))


def whole(item: Item) -> dict[str, Any]:
    """The body of a row's item, or of its entry in a list, with all that is left out."""
    stored: dict[str, Any] = item["body"]
    told = {"commission_id": item["pk"].partition("#")[2], "updated_at": stored["created_at"], **stored}
    told |= {name: item[name] for name in indexes.OF_PAYOUT if name in item}
    if (offer_id := indexes.offer_of_row(item)) is not None:
        told["offer_id"] = offer_id
    _tell_instants(told, _INSTANTS)
    if "attribution" in stored:
        told["attribution"] = attribution(stored)
    if order := stored.get("order"):
        told["order"] = {"currency": stored["currency"], "sale": order["amount"], **order}
        _tell_instants(told["order"], _INSTANTS_OF_ORDER)
    return told


def attribution(stored: dict[str, Any]) -> dict[str, Any]:
    """How the order of a row was won, by the row's body as it is stored; for readers of many rows, which parse none."""
    kept: dict[str, Any] = stored.get("attribution", {})
    return {"by": _way(kept), **kept}


def _tell_instants(whole: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if name in whole:
            whole[name] = at_milliseconds(whole[name])
