"""The cost of reporting an order: through the HTTP handler, API key and all."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.offers.terms import PercentOfSale
from laurel.domain.tracking.facts import News, told
from laurel.domain.tracking.refunds import Refund
from laurel.store import ledger
from laurel.store.indexes import BY_MEMBER, BY_OWNER, WORK
from laurel.store.values import Item, encode_item
from tools.bench import capacity, gateway, samples
from tools.bench.capacity import Cost
from tools.bench.gateway import Request
from tools.bench.meter import Bill
from tools.bench.report import Figure, Row, Table, Target, figures
from tools.bench.samples import Seller
from tools.bench.sizes import item_bytes
from tools.bench.transitions import fold
from tools.bench.world import Lab, World, world

MOST_TRIPS: Final = 3
_BULK: Final = 25
_KILOBYTE: Final = 1024
_ONE: Final = "/v1/conversions"
_OF_ONE: Final = Target("<= 3 trips, 1 WRU")


def tables(lab: Lab) -> list[Table]:
    """The cost per report, and the bytes of the items that it leaves."""
    shop = world(lab, samples.template())
    seller = shop.seller()
    rows = [
        _row(shop, "promo code", _report(seller)),
        _row(shop, "member and offer named", _named(seller) | {"offer_id": shop.shop.offer.offer_id}),
        _row(shop, "member named, offer to be found", _named(seller), Target("a query more")),
        _clicked(lab),
        _known_customer(lab),
        _row(shop, "unattributed", _report(seller) | {"promo_code": "SUMMER10"}),
        _replayed(shop, _report(seller)),
        _row(shop, "with metadata", _report(seller) | {"metadata": _METADATA}, Target("a sibling item")),
        _row(
            shop, "with an Idempotency-Key", _report(seller), Target("its answer is stored"), {"idempotency-key": "a"}
        ),
        _bulk(shop, seller),
    ]
    return [Table("Ingest, per report", rows, _NOTES), _sizes(shop, seller)]


_METADATA: Final = {"utm_source": "instagram", "utm_campaign": "spring-launch", "basket": ["serum", "toner"]}
_NOTES: Final = (
    "Through functions/conversions, the API key's read included. Index WRU: by member, by offer, pending work.",
    "The first request of a key on a local day notes that day: 1 WRU and one trip more.",
)


def _order() -> dict[str, Any]:
    return {"order_id": samples.new_order(), "amount": samples.SALE, "currency": "USD"}


def _report(seller: Seller) -> dict[str, Any]:
    return {**_order(), "promo_code": seller.code.promo_code, "customer_email": "someone@example.com"}


def _named(seller: Seller) -> dict[str, Any]:
    report = _report(seller)
    del report["promo_code"]
    return report | {"member_id": seller.member_id}


def _row(
    shop: World,
    name: str,
    report: Mapping[str, Any],
    target: Target = _OF_ONE,
    headers: Mapping[str, str] | None = None,
) -> Row:
    bill = _post(shop, _ONE, report, 201, headers or {})
    return Row(name, _figures(bill), _judged(target, bill.cost))


def _clicked(lab: Lab) -> Row:
    """An order won by a click that the storefront reported before."""
    shop = world(lab, samples.template(), offer=samples.link_offer())
    visit = {"slug": shop.linked().slug, "visitor_id": "a visitor"}
    click = gateway.send(lab, Request("clicks", "POST", "/v1/clicks", shop.secret, visit), 201).body
    return _row(shop, "a click", {**_order(), "click_id": click["click_id"]})


def _known_customer(lab: Lab) -> Row:
    """An order of a customer won for a lifetime; nothing else leads to the member."""
    shop = world(lab, samples.template(), offer=samples.offer(lifetime=True))
    seller, customer = shop.seller(), "8251690"
    fold(shop, seller.member_id, shop.rulebook, shop.record([shop.shop.sale(seller, customer_id=customer)]))
    return _row(shop, "a known customer", {**_order(), "customer_id": customer})


def _replayed(shop: World, report: Mapping[str, Any]) -> Row:
    _post(shop, _ONE, report, 201)
    bill = _post(shop, _ONE, report, 200)
    return Row("replay", _figures(bill), _judged(_OF_ONE, bill.cost))


def _bulk(shop: World, seller: Seller) -> Row:
    bill = _post(shop, f"{_ONE}/bulk", {"conversions": [_report(seller) for _ in range(_BULK)]}, 200)
    per_order = {name: figure / _BULK for name, figure in _figures(bill).items() if isinstance(figure, int | float)}
    shown: dict[str, Figure] = {**per_order, "calls": "2 BatchGetItem, 25 PutItem"}
    return Row(f"bulk of {_BULK}, each", shown, Target("1 WRU", bill.cost.wru == _BULK))


def _judged(target: Target, cost: Cost) -> Target:
    if target is not _OF_ONE:
        return target
    return Target(target.says, cost.trips <= MOST_TRIPS and cost.wru <= 1)


def _figures(bill: Bill) -> dict[str, Figure]:
    return {**figures(bill.cost), "calls": bill.operations}


def _post(
    shop: World, path: str, body: Mapping[str, Any], status: int, headers: Mapping[str, str] | None = None
) -> Bill:
    request = Request("conversions", "POST", path, shop.secret, body, headers=headers or {})
    return gateway.send(shop.lab, request, status).bill


def _sizes(shop: World, seller: Seller) -> Table:
    common = shop.shop.sale(seller)
    rows = [
        _size("a common row, as recorded", shop, common),
        _size("the same, counted", shop, common, is_counted=True),
        _size("a row on hold for 30 days, as recorded", shop, _held(common)),
        _size("a common row after a refund in part, counted", shop, _refunded(common), is_counted=True),
        _size("the longest ids, an exchange rate, 5 tiers", shop, _longest(common)),
    ]
    return Table(
        "Bytes of a commission", rows, ["What an index holds of a row is beside it; 1,024 bytes are one unit."]
    )


def _size(name: str, shop: World, row: Commission, *, is_counted: bool = False) -> Row:
    counted = row.contribution() if is_counted else None
    item: Item = ledger.commission(shop.program_id, row, buckets=1, counted=counted)
    stored = encode_item(item)
    held = {index.name: capacity.entry(index, stored) for index in (BY_MEMBER, BY_OWNER, WORK)}
    size = item_bytes(stored)
    shown: dict[str, Figure] = {"row": size}
    shown |= {name: item_bytes(entry) if entry else None for name, entry in held.items()}
    return Row(name, shown, Target("< 1,024", size < _KILOBYTE))


def _held(row: Commission) -> Commission:
    return row.model_copy(update={"status": "pending", "hold_until": row.occurred_at + timedelta(days=30)})


def _refunded(row: Commission) -> Commission:
    assert row.order is not None
    part = Refund(
        refund_id="4711",
        conversion_id=row.commission_id,
        order_id=row.order.order_id,
        storefront_id=row.order.storefront_id,
        reason="refund",
        asked=1_990,
        actor="system",
        created_at=samples.NOW,
    )
    return told(row, {}, News(refunds=(part,)), samples.NOW).after


def _longest(row: Commission) -> Commission:
    assert row.order is not None
    tiers = [{"percent_of_sale": "2.5"}, *({"percent_of_first_tier": "1.25"} for _ in range(4))]
    terms = PercentOfSale.model_validate({"type": "percent_of_sale", "percent": "12.5", "tiers": tiers})
    order = row.order.model_copy(update={"order_id": "9" * 255, "currency": "EUR", "exchange_rate": Decimal("1.0842")})
    return row.model_copy(update={"order": order, "terms": terms, "hold_until": samples.NOW})
