"""A real row, whose shop tells both the id and the address of its customer, is one write unit in each state."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from laurel.domain.ledger import payment
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.orders import Taken
from laurel.domain.ledger.worth import with_facts
from laurel.domain.tracking.attribution import Outcome, Winner
from laurel.domain.tracking.conversions import ConversionReport, Received, record
from laurel.store import items, ledger
from laurel.store.indexes import BY_MEMBER, BY_OWNER, Index
from laurel.store.values import Item, encode_item
from tools.bench import samples
from tools.bench.samples import NOW
from tools.bench.sizes import item_bytes

ONE_UNIT = 1024
PROGRAM, OFFER = samples.program(), samples.offer()
PAYOUT = samples.new_id("pay")


def told_by_a_shop() -> Commission:
    """An order as a shop tells it, whose state was told anew a day later."""
    seller = samples.seller(OFFER)
    report = ConversionReport(
        order_id=samples.new_order(),
        amount=samples.SALE,
        currency="USD",
        promo_code=seller.code.promo_code,
        click_id=samples.new_id("clk"),
        customer_id="8251690",
        customer_email="someone@example.com",
        occurred_at=NOW - timedelta(seconds=2),
    )
    told_at = NOW - timedelta(seconds=1)
    received = Received(report, samples.new_id("sf"), "", NOW, gross=5_990, told_at=told_at, is_shops=True)
    row = record(PROGRAM, received, Outcome(Winner("promo_code", OFFER, seller.member, seller.enrollment), None, ()))
    assert row.order is not None
    return row.model_copy(update={"order": row.order.model_copy(update={"state_at": NOW + timedelta(days=1)})})


def refunded_in_part(row: Commission) -> Commission:
    assert row.order is not None
    return with_facts(row, row.order.reckoned("USD", taken=Taken(goods=900)), NOW + timedelta(days=3))


def held(row: Commission) -> Commission:
    return row.model_copy(update={"status": "pending", "hold_until": row.occurred_at + timedelta(days=30)})


def in_payout(row: Commission) -> Commission:
    return payment.drafted(row, PAYOUT)


def paid(row: Commission) -> Commission:
    return payment.paid(in_payout(row), PAYOUT)


def bytes_of(row: Commission, *, is_counted: bool) -> int:
    item = ledger.commission(PROGRAM.program_id, row, buckets=1, counted=row.contribution() if is_counted else None)
    return item_bytes(encode_item(item))


STATES: dict[str, Callable[[Commission], Commission]] = {
    "recorded": lambda row: row,
    "held": held,
    "in a payout": in_payout,
    "paid": paid,
    "refunded in part": refunded_in_part,
}


@pytest.mark.parametrize("state", STATES)
def test_a_real_row_is_one_write_unit_once_it_is_counted(state: str) -> None:
    assert bytes_of(STATES[state](told_by_a_shop()), is_counted=True) <= ONE_UNIT


@pytest.mark.parametrize("state", ["recorded", "held", "refunded in part"])
def test_a_real_row_is_one_write_unit_while_it_waits_to_be_counted(state: str) -> None:
    assert bytes_of(STATES[state](told_by_a_shop()), is_counted=False) <= ONE_UNIT


def entry(index: Index, row: Commission) -> Item:
    item = ledger.commission(PROGRAM.program_id, row, buckets=1, counted=row.contribution())
    return {name: value for name, value in item.items() if index.carries(name)}


@pytest.mark.parametrize("state", STATES)
def test_a_row_is_read_whole_from_its_item_and_from_the_list_of_its_member(state: str) -> None:
    row = STATES[state](told_by_a_shop())
    item = ledger.commission(PROGRAM.program_id, row, buckets=1, counted=row.contribution())
    assert items.parse(Commission, item) == items.parse(Commission, entry(BY_MEMBER, row)) == row


def test_a_row_that_is_drafted_and_paid_stands_in_the_list_of_its_offer_as_before() -> None:
    row = told_by_a_shop()
    assert entry(BY_OWNER, row) == entry(BY_OWNER, in_payout(row)) == entry(BY_OWNER, paid(row))


@pytest.mark.parametrize("by", ["member", "customer"])
def test_an_order_won_by_neither_code_nor_click_says_so(by: str) -> None:
    row = told_by_a_shop()
    assert row.attribution is not None
    won = row.model_copy(update={"attribution": row.attribution.model_copy(update={"by": by})})
    item = ledger.commission(PROGRAM.program_id, won, buckets=1)
    assert items.parse(Commission, item) == won
