"""The cost of finding: lists of a whole program by its number of offers, an order by its id, a member by a name."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from laurel.domain.ledger.commissions import Commission
from laurel.store import items, ledger, lookups
from laurel.store.operations import Put
from laurel.store.values import Item
from tools.bench import samples
from tools.bench.report import Row, Table
from tools.bench.reports import OF_TIMES, timed
from tools.bench.samples import Seller
from tools.bench.world import Lab, World, world

OFFERS: Final = (10, 100, 500)
_ROWS: Final = 6_000
_NAMESAKES: Final = 200
_FILE: Final = 5_000


def table(lab: Lab, offers: Sequence[int]) -> Table:
    """The cost of each, and the time that it takes."""
    rows = [row for count in offers for row in _lists(lab, count)]
    return Table("Finding, in programs of so many offers", [*rows, *_found(lab)], OF_TIMES)


def _lists(lab: Lab, count: int) -> Iterator[Row]:
    """Lists of a program whose member sells in `count` offers."""
    shop = world(lab, samples.template())
    seller = shop.seller()
    shop.lab.load(_rows(shop, seller, count))
    for name, path, asked, lines in (
        ("a page of all conversions", "/v1/conversions", {}, 0),
        ("a page of a member's", "/v1/conversions", {"member_id": seller.member_id}, 0),
        ("a page by a filter that no row passes", "/v1/commissions", {"status": "declined"}, 0),
        (f"CSV of {_FILE:,} rows", "/v1/commissions", {"format": "csv"}, _FILE + 1),
    ):
        yield _timed(shop, f"{name}, {count} offers", path, asked, lines)


def _rows(shop: World, seller: Seller, count: int) -> Iterator[Item]:
    """Offers that a member is in, and sales that lie evenly in all of them."""
    others = [samples.offer() for _ in range(count - 1)]
    for offer in others:
        yield items.offer(shop.program_id, offer)
        enrolled = seller.enrollment.model_copy(update={"offer_id": offer.offer_id})
        yield items.enrollment(shop.program_id, enrolled)
    offer_ids = [shop.shop.offer.offer_id, *(offer.offer_id for offer in others)]
    sale = shop.shop.sale(seller)
    for number in range(_ROWS):
        row = _another(sale, offer_ids[number % count], number)
        yield ledger.commission(shop.program_id, row, 1, counted=row.contribution())


def _another(sale: Commission, offer_id: str, number: int) -> Commission:
    at = samples.NOW - timedelta(minutes=number)
    return sale.model_copy(
        update={"commission_id": samples.new_id("com"), "offer_id": offer_id, "occurred_at": at, "day": at.date()}
    )


def _found(lab: Lab) -> Iterator[Row]:
    shop = world(lab, samples.template())
    (sold,) = shop.record([shop.shop.sale(seller := shop.seller())])
    order_id = sold["body"]["order"]["order_id"]
    named = {"order_id": order_id, "storefront_id": sold["body"]["order"]["storefront_id"]}
    shop.lab.load(_names(shop, seller))
    yield _timed(shop, "an order of a storefront", "/v1/conversions", named)
    yield _timed(shop, "an order of any storefront", "/v1/conversions", {"order_id": order_id})
    yield _timed(shop, "a promo code", f"/v1/promo-codes/{seller.code.promo_code}", {})
    yield _timed(shop, f"25 of {_NAMESAKES} members by a name", "/v1/members", {"q": "ada lo"})


def _names(shop: World, seller: Seller) -> Iterator[Item]:
    for number in range(_NAMESAKES):
        email = f"{number}@shop.example"
        named = {"member_id": samples.new_id("mem"), "first_name": "Ada", "last_name": "Lovelace", "email": email}
        member = seller.member.model_copy(update=named)
        yield items.member(shop.program_id, member)
        yield from (op.item for op in lookups.renamed(shop.program_id, None, member) if isinstance(op, Put))


def _timed(shop: World, name: str, path: str, asked: Mapping[str, str], lines: int = 0) -> Row:
    function = "members" if path.startswith("/v1/promo-codes") else path.split("/")[2]
    return timed(shop, name, path, asked, lines, function)
