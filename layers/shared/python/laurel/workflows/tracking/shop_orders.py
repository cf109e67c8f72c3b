"""Orders that shops tell by webhook: the first picture records the order, later ones bring its facts up to date."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from laurel.domain.history import SYSTEM, Author
from laurel.domain.ledger.commissions import Attribution, Commission, conversion_id
from laurel.domain.ledger.worth import revalued
from laurel.domain.members.enrollments import CodeClaim
from laurel.domain.program.programs import Program, Storefront
from laurel.domain.tracking.attribution import Candidate, Outcome, Winner, attribute
from laurel.domain.tracking.conversions import (
    ConversionReport,
    Received,
    attributed,
    owner_of,
    sale_in,
)
from laurel.domain.tracking.facts import News
from laurel.domain.tracking.judging import RATE_MISSING
from laurel.domain.tracking.refunds import OrderRef, Refund
from laurel.domain.tracking.webhooks.events import OrderTold, RefundTold
from laurel.domain.values.errors import Conflict, Invalid, Refusal
from laurel.domain.values.model import AHEAD_ALLOWED
from laurel.store import items, keys, ledger
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.workflows.ledger import row_history
from laurel.workflows.ledger.commissions import conversion_of
from laurel.workflows.requests.edits import following
from laurel.workflows.requests.optimistic import racing, redo
from laurel.workflows.tracking import ingestion, order_facts, reading
from laurel.workflows.tracking.candidates import Found
from laurel.workflows.tracking.order_facts import Place

DELIVERED: Final = ""
"""Stands in for the hash of a report: the deliveries of one order differ, and are not compared."""


def record(table: Table, program: Program, shop: Storefront, told: OrderTold, now: datetime) -> Refusal | None:
    """Records an order or brings its facts up to date; the refusal if it does not count.

    One that lacks only a rate (`exchange_rate_missing`) is kept for nobody, and given away once there is one.
    """
    found = table.batch_get(set(_keys(program.program_id, told)))
    report = _report(program, shop, told, found, now)
    received = Received(
        report,
        shop.storefront_id,
        DELIVERED,
        now,
        state=told.state,
        money=told.money,
        gross=told.gross,
        told_at=told.at,
        is_shops=True,
        is_interval=told.is_interval,
    )
    (recorded,) = ingestion.record_all(table, program, [received], found)
    if isinstance(recorded, Refusal) and not _is_known(recorded):
        return recorded
    if not isinstance(recorded, Refusal) and recorded.is_new and not told.refunds:
        return _lack_of_rate(program, recorded.commission)
    place = Place(program.program_id, OrderRef(shop.storefront_id, told.report.order_id))
    if report.exchange_rate is not None and (refusal := _convert(table, program, place, received)) is not None:
        return refusal
    redo(lambda: _attribute(table, program, received, found))
    return _update(table, program, place, received, _news(place, told, report, now))


def _update(table: Table, program: Program, place: Place, received: Received, news: News) -> Refusal | None:
    """Tells a known order its news; the refusal if they do not count, or nobody can convert the order."""
    try:
        order_facts.tell(table, place, news, Author(SYSTEM, received.at), received.at)
    except Refusal as refusal:
        return refusal
    is_foreign = received.report.currency != program.currency
    return _lack_of_rate(program, _row(table, program, received)) if is_foreign else None


def _convert(table: Table, program: Program, place: Place, received: Received) -> Refusal | None:
    """Gives a known order the rate of its shop if it has none; the refusal of one that is too large at that rate."""
    order, report = _row(table, program, received).order, received.report
    if order is None or order.exchange_rate is not None or order.currency != report.currency:
        return None
    try:
        sale_in(program, report.model_copy(update={"amount": max(order.amount, report.amount)}))
    except Refusal as refusal:
        return refusal
    news = News(exchange_rate=report.exchange_rate)
    order_facts.tell(table, place, news, Author(SYSTEM, received.at), received.at)
    return None


def _lack_of_rate(program: Program, row: Commission) -> Refusal | None:
    """The refusal of an order that nobody can convert: neither its shop nor a hand gave it a rate."""
    order = row.order
    if order is None or order.currency == program.currency or order.exchange_rate is not None:
        return None
    return Invalid(RATE_MISSING, f"the storefront has no rate for {order.currency}")


def refund(place: Place, told: RefundTold, now: datetime, *, is_listed: bool = False) -> Refund:
    """A refund as a shop tells it; `is_listed`: a picture of its order lists it."""
    return Refund(
        refund_id=told.refund_id,
        conversion_id=place.conversion_id,
        order_id=place.order.order_id,
        storefront_id=place.order.storefront_id,
        reason=told.reason,
        asked=told.amount,
        is_total=told.is_total,
        stands=told.stands,
        told_at=told.at,
        is_listed=is_listed,
        actor=SYSTEM,
        created_at=now,
    )


def _news(place: Place, told: OrderTold, report: ConversionReport, now: datetime) -> News:
    listed = None if told.refunds is None else [replace(each, at=each.at or told.at) for each in told.refunds]
    return News(
        at=told.at,
        amount=report.amount,
        gross=told.gross,
        state=told.state,
        money=told.money,
        refunds=tuple(refund(place, each, now, is_listed=True) for each in listed or ()),
        lists_all=listed is not None,
        currency=report.currency,
    )


def _is_known(refusal: Refusal) -> bool:
    """Whether the API reported the order before; bodies of deliveries are not compared with that."""
    return isinstance(refusal, Conflict) and refusal.code == "order_conflict"


def _keys(program_id: str, told: OrderTold) -> Iterator[Key]:
    yield from reading.first_keys(program_id, [told.report.model_dump(exclude_none=True)])
    yield from (keys.promo_code(program_id, code) for code in told.codes)


def _report(program: Program, shop: Storefront, told: OrderTold, found: Found, now: datetime) -> ConversionReport:
    """As it is recorded: with the code that leads to somebody, the shop's rate, and at the latest now."""
    report = told.report
    is_ahead = report.occurred_at is not None and report.occurred_at > now + AHEAD_ALLOWED
    at = None if is_ahead else report.occurred_at
    code = _code(program.program_id, told, found, at or now)
    return at_rate_of(shop, program, report.model_copy(update={"promo_code": code, "occurred_at": at}))


def at_rate_of(shop: Storefront, program: Program, report: ConversionReport) -> ConversionReport:
    """The report of a message that can bring no rate, with that of its shop where one is needed and known."""
    rate = None if report.currency == program.currency else shop.exchange_rates.get(report.currency)
    return report.model_copy(update={"exchange_rate": rate})


def _code(program_id: str, told: OrderTold, found: Found, at: datetime) -> str | None:
    """The first code that is a member's now, else the first that was one, else the first of the shop's own."""

    def rank(code: str) -> int:
        item = found.get(keys.promo_code(program_id, code))
        return 2 if item is None else int(items.parse(CodeClaim, item).is_dead_at(at))

    return min(told.codes, key=rank, default=None)


def _attribute(table: Table, program: Program, received: Received, found: Found) -> None:
    """Gives an order that nobody won to the one a later delivery names: an invoice knows less than its checkout."""
    row, report = _row(table, program, received), received.report
    known = row.attribution or Attribution()
    news = {report.promo_code, report.click_id} - {None, known.promo_code, known.click_id}
    if row.member_id is not None or not (news or _lacked_rate(row)):
        return
    named = known.model_copy(
        update={"promo_code": report.promo_code or known.promo_code, "click_id": report.click_id or known.click_id}
    )
    outcome, author = _outcome(table, program, received, found), following(row, Author(SYSTEM, received.at))
    _award(table, program, row.model_copy(update={"attribution": named}), outcome, author)


def _lacked_rate(row: Commission) -> bool:
    """True for an order that nobody won only because it lacked the rate that it has by now."""
    has_rate = row.order is not None and row.order.exchange_rate is not None
    return has_rate and row.attribution is not None and row.attribution.reason == RATE_MISSING


def _award(table: Table, program: Program, row: Commission, outcome: Outcome, author: Author) -> None:
    """Gives an order of nobody to its winner; without one, tells the reason for that in the place of a missing rate."""
    if outcome.winner is not None:
        _give(table, program, row, outcome.winner, author)
    elif _lacked_rate(row) and row.attribution is not None:
        known = row.attribution.model_copy(update={"reason": outcome.reason})
        changed = revalued(row, author.at, attribution=known)
        with racing():
            table.transact(
                [
                    ledger.changed(program.program_id, row, changed),
                    row_history.line(program.program_id, row, changed, "revised", author),
                ]
            )


def _give(table: Table, program: Program, row: Commission, winner: Winner, author: Author) -> None:
    changed = attributed(program, row, winner, author.at)
    put = Put(ledger.commission(program.program_id, changed, winner.offer.buckets), expect={"version": row.version})
    with racing():
        table.transact([put, row_history.line(program.program_id, row, changed, "attributed", author)])


def attribute_again(table: Table, program: Program, conversion_id: str, author: Author) -> None:
    """Gives an order that nobody won to the one whom its customer, code or click names, now that it has a rate."""
    row = conversion_of(table.get(keys.commission(program.program_id, conversion_id)))
    order, named = row.order, row.attribution or Attribution()
    if order is None or row.member_id is not None:
        return
    report = ConversionReport(
        order_id=order.order_id,
        amount=order.amount,
        currency=order.currency,
        exchange_rate=order.exchange_rate,
        occurred_at=row.occurred_at,
        promo_code=named.promo_code,
        click_id=named.click_id,
    )
    received = Received(report, order.storefront_id, order.request_hash, author.at, known_customers=order.customers)
    named_keys = reading.first_keys(program.program_id, [report.model_dump(exclude_none=True)])
    customers = [keys.customer(program.program_id, customer) for customer in order.customers]
    found = table.batch_get({*named_keys, *customers})
    _award(table, program, row, _outcome(table, program, received, found), following(row, author))


def _outcome(table: Table, program: Program, received: Received, found: Found) -> Outcome:
    people = reading.read_candidates(table, program.program_id, received, found)
    email = received.report.customer_email or _own_email(program.program_id, received, people)
    return attribute(people, program.attribution, received.occurred_at, email)


def _own_email(program_id: str, received: Received, people: Sequence[Candidate]) -> str | None:
    """The customer's address where it is that of a member who may have won: of others only a hash is kept."""
    emails = [person.member.email for person in people if person.member is not None]
    customers = received.known_customers
    return next((email for email in emails if email and owner_of(program_id, email) in customers), None)


def _row(table: Table, program: Program, received: Received) -> Commission:
    order = conversion_id(program.program_id, received.storefront_id, received.report.order_id)
    return conversion_of(table.get(keys.commission(program.program_id, order)))
