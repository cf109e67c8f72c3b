"""A member's earlier sales, stored as if each had been recorded and folded: rows, indexes, totals and head."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.totals import Totals
from laurel.store import indexes, keys, ledger
from laurel.store.values import Item
from tools.bench import samples
from tools.bench.samples import Seller
from tools.bench.world import World

_KEYS: Final = {"pk", "sk", *(name for index in indexes.INDEXES for name in (index.pk, index.sk))}


def load(
    shop: World, seller: Seller, count: int, days: int, whole_days: int | None = None, now: datetime = samples.NOW
) -> None:
    """Stores `count` sales, evenly over the last `days` days before `now`, before anything else of the member.

    `whole_days`: older rows are stored with their keys alone: quick, and enough for lists that never reach them.
    """
    totals, balances = Totals(), Counter[str]()
    counted = _counted(shop, seller, (count, days, now), totals, balances)
    oldest = now - timedelta(days=days if whole_days is None else whole_days)
    shop.lab.load(item if at > oldest else _keys_of(item) for at, item in counted)
    member_id = seller.member_id
    head = keys.head(shop.program_id, member_id)
    shop.lab.load([{**head._asdict(), "kind": "head", "version": count, "balances": dict(balances)}])
    shop.lab.load(ledger.totals(shop.program_id, member_id, row, held) for row, held in totals.rows.items())


def _keys_of(item: Item) -> Item:
    return {name: value for name, value in item.items() if name in _KEYS}


def _counted(
    shop: World, seller: Seller, over: tuple[int, int, datetime], totals: Totals, balances: Counter[str]
) -> Iterator[tuple[datetime, Item]]:
    first = shop.shop.sale(seller)
    offer_id, contribution = shop.shop.offer.offer_id, first.contribution()
    assert contribution is not None
    count, days, now = over
    for index in range(count):
        sale = _another(first, now - timedelta(days=index % days))
        totals.count(sale.day, offer_id, contribution, 1)
        balances[contribution.bucket.state] += contribution.commission
        item = ledger.commission(shop.program_id, sale, shop.shop.offer.buckets, counted=contribution)
        yield sale.occurred_at, item


def _another(sale: Commission, at: datetime) -> Commission:
    assert sale.order is not None
    order = sale.order.model_copy(update={"order_id": samples.new_order()})
    changed = {"commission_id": samples.new_id("com"), "occurred_at": at, "day": at.date(), "order": order}
    return sale.model_copy(update=changed)


def is_whole(shop: World, seller: Seller, count: int) -> bool:
    """Whether the index lists that many rows of the member, and its totals of months count as many."""
    offers = (shop.shop.offer.offer_id, None)  # bonuses of rules over all offers belong to none
    return sum(_listed(shop, seller, offer_id) for offer_id in offers) == count == _counted_in_months(shop, seller)


def _listed(shop: World, seller: Seller, offer_id: str | None) -> int:
    listed = 0
    start: dict[str, object] = {}
    query = {
        "TableName": shop.lab.table_name,
        "IndexName": indexes.BY_MEMBER.name,
        "Select": "COUNT",
        "KeyConditionExpression": f"{indexes.BY_MEMBER.pk} = :pk",
        "ExpressionAttributeValues": {
            ":pk": {"S": indexes.member_commissions(shop.program_id, seller.member_id, offer_id)}
        },
    }
    while True:
        page = shop.lab.side.query(**query, **start)
        listed += page["Count"]
        if "LastEvaluatedKey" not in page:
            return int(listed)
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _counted_in_months(shop: World, seller: Seller) -> int:
    partition = keys.account(shop.program_id, seller.member_id)
    months = shop.lab.quiet.query(partition, begins_with="month#")
    return sum(counter[0] for month in months for counter in month["body"].values())
