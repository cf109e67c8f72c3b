"""Subscriptions that a shop names: the order that began one has it, and one recurrence follows it."""

from collections.abc import Iterator
from datetime import datetime

from laurel.domain.earnings import recurrences
from laurel.domain.earnings.recurrences import Recurrence
from laurel.domain.history import SYSTEM, Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.worth import revalued
from laurel.domain.program.programs import Program
from laurel.domain.tracking.claims import Claim
from laurel.domain.tracking.conversions import subscription_of
from laurel.store import claims, items, keys, ledger
from laurel.store.operations import Op, Put, Update
from laurel.store.table import Table
from laurel.workflows.requests.edits import following
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking import order_facts
from laurel.workflows.tracking.order_facts import Place


def name_subscription(table: Table, program: Program, place: Place, subscription_id: str, now: datetime) -> None:
    """Keeps the subscription that an order began, whose later payments name it alone; an unknown order is waited for.

    An order may have begun several.
    """
    subscription = subscription_of(place.program_id, subscription_id)
    redo(lambda: _name_subscription(table, program, place, subscription, now))


def _name_subscription(table: Table, program: Program, place: Place, subscription: str, now: datetime) -> None:
    item = table.get(keys.commission(place.program_id, place.conversion_id))
    if item is None or item["kind"] == items.STUB:
        ops: list[Op] = order_facts.park_subscription(place, item, subscription)
    else:
        row = items.parse(Commission, item)
        ops = [*_named(place, row, subscription, now), *_followed_once(table, program, row, subscription, now)]
    if ops:
        with racing():
            table.transact(ops)


def _named(place: Place, row: Commission, subscription: str, now: datetime) -> list[Op]:
    if row.order is None or row.order.subscription == subscription:
        return []
    if row.order.subscription is not None:
        return _claimed(place, row, subscription)
    # what is nobody's was not counted, so that nothing has begun by the order alone
    named = row.order.naming(subscription, is_late=row.member_id is not None)
    changed = revalued(row, following(row, Author(SYSTEM, now)).at, order=named)
    return [ledger.changed(place.program_id, row, changed), *_claimed(place, row, subscription)]


def _claimed(place: Place, row: Commission, subscription: str) -> list[Op]:
    """The claim to the subscription for the member of its first order, if somebody won that."""
    if row.member_id is None:
        return []
    claim = Claim("subscription", subscription, place.order.storefront_id)
    return [Update(claims.key(place.program_id, claim), initial=claims.attributes(claim, row), exists=False)]


def _followed_once(table: Table, program: Program, row: Commission, subscription: str, now: datetime) -> Iterator[Op]:
    """A renewal that was sold before its subscription was named is followed by nothing: its first order is."""
    is_told = row.order is None or (row.order.subscription == subscription and not row.order.named_late)
    if is_told or row.order is None or row.member_id is None:
        return
    identity = recurrences.of_subscription(program.program_id, row.order.storefront_id, subscription)
    item = table.get(keys.recurrence(program.program_id, identity))
    known = None if item is None else items.parse(Recurrence, item)
    after = recurrences.superseded(program, row, identity, known, now)
    if after is not None:
        ended = items.recurrence(program.program_id, after)
        yield Put(ended, expect={"version": known.version}) if known else Put(ended, new=True)
