"""What became of each order that was reported."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from laurel.domain.commissions import Commission, conversion_id
from laurel.domain.errors import Refusal
from laurel.domain.offers import Offer
from laurel.store import items
from laurel.store.keys import Key
from laurel.store.values import Item
from tests.simulation.actors import Order, Told
from tests.simulation.histories import History
from tests.simulation.ledger import half_up
from tests.simulation.world_table import Commit
from tests.simulation.worlds import STOREFRONT, Tenant

_Made = tuple[Commit, Commission]


def wrongs(history: History, tenant: Tenant, own: dict[Key, Item]) -> Iterator[str]:
    """Orders that are not recorded once, as reported, priced by an option of that time, and told as recorded."""
    recorded = {}
    for commit in history.table.log:
        for record in commit.records:
            new = record._new
            if record.key in own and record._old is None and new is not None and "order" in new.get("body", {}):
                recorded[record.key.pk] = (commit, items.parse(Commission, new))
    for (program_id, order_id), order in history.storefronts.orders.items():
        if program_id == tenant.program_id:
            pk = f"{program_id}#{conversion_id(program_id, STOREFRONT, order_id)}"
            yield from _order(history, tenant, order, recorded.get(pk))
    rows = [pk for pk, (_, row) in recorded.items() if row.order is not None]
    if len(rows) > len(history.storefronts.orders):
        yield "more conversions than orders"


def _order(history: History, tenant: Tenant, order: Order, recorded: _Made | None) -> Iterator[str]:
    if recorded is None:
        if not all(isinstance(told.answer, Refusal) for told in order.told):
            yield f"{order.told} was told, nothing is recorded"
        return
    commit, row = recorded
    assert row.order is not None
    name, digest = f"order {row.order.order_id}", row.order.request_hash
    yield from (f"{name} {wrong}" for told in order.told for wrong in _answer(told, row, digest, commit))
    if digest not in order.bodies:
        yield f"{name} is none that was answered"
    elif row.member_id is not None:
        yield from (f"{name} {wrong}" for wrong in _price(history, tenant, row, order.bodies[digest], commit))


def _answer(told: Told, row: Commission, digest: str, commit: Commit) -> Iterator[str]:
    if isinstance(told.answer, Refusal):
        if told.digest == digest and told.since > commit.number:
            yield f"was recorded; the same report again was refused: {told.answer}"
    elif (told.digest, _first(told.answer.commission)) != (digest, _first(row)):
        yield f"is {_first(row)}, the storefront was told {_first(told.answer.commission)}"


def _price(history: History, tenant: Tenant, row: Commission, body: dict[str, Any], commit: Commit) -> Iterator[str]:
    offer = next(offer for offer in tenant.offers if offer.offer_id == row.offer_id)
    if row.amount != _earned(offer, row, body):
        yield f"earned {row.amount}, not {_earned(offer, row, body)}"
    options = _options(history, Key(f"{tenant.program_id}#{row.member_id}", f"enrollment#{offer.offer_id}"), commit)
    if row.payout_option_id not in options:
        yield f"was paid by {row.payout_option_id}, the member had {options}"


def _options(history: History, enrollment: Key, commit: Commit) -> set[str]:
    """The options that the enrollment had while the invocation of `commit` ran."""
    options: list[str] = []
    for each in history.table.log[: commit.number]:
        for record in each.records:
            if record.key == enrollment and record._new is not None:
                option = record._new["body"]["payout_option_id"]
                options = [option] if each.number < commit.since else [*options, option]
    return set(options)


def _first(row: Commission) -> tuple[Any, ...]:
    return row.member_id, row.offer_id, row.payout_option_id, row.amount, row.status, row.payout, row.occurred_at


def _earned(offer: Offer, row: Commission, body: dict[str, Any]) -> int:
    terms = next(o for o in offer.payout_options if o.payout_option_id == row.payout_option_id).terms.model_dump()
    amount = body["amount"]
    if "action_code" in body:
        terms = terms["actions"].get(body["action_code"], {})
    percent = Fraction(terms.get("percent") or 0)
    return int(terms.get("amount") or 0) + half_up(amount * percent / 100)
