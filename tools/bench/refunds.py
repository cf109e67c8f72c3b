"""The cost of refunds, before and after their order and of paid rows, and of approving and declining."""

from collections.abc import Mapping
from typing import Any, Final

from laurel.store import ledger
from tools.bench import gateway, samples
from tools.bench.gateway import Request
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Figure, Row, Table, Target, figures
from tools.bench.samples import Seller
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

_MANY: Final = 100
_MOST_TRIPS: Final = 4
_MOST_UNITS: Final = 9
_NOTES: Final = (
    "Through functions/conversions, the API key's read included; the fold of what changed is apart, as for any change.",
    "A refund is one transaction: the row, the refund, and a line of history. An order that refunds wait for finds",
    "them by its failed Put.",
)


def table(lab: Lab) -> Table:
    """The cost per refund, and per decision."""
    shop = world(lab, samples.template())
    seller = shop.seller()
    rows = [*_refunds(shop, seller), *_revisions(shop, seller), *_decisions(shop, seller)]
    return Table("Refunds, revisions and decisions", rows, _NOTES)


def _refunds(shop: World, seller: Seller) -> list[Row]:
    sold, disputed, paid, waiting = _sold(shop, seller), _sold(shop, seller), _paid(shop, seller), samples.new_order()
    part = {"refund_id": "r1", "amount": 100, "reason": "refund"}
    chargeback = {"refund_id": "d1", "reason": "chargeback"}
    early = {**part, "order_id": waiting}
    order = {"order_id": waiting, "amount": samples.SALE, "currency": "USD", "promo_code": seller.code.promo_code}
    return [
        _row("in part", _post(shop, f"/v1/conversions/{sold}/refunds", part, 201)),
        _row("the same again", _post(shop, f"/v1/conversions/{sold}/refunds", part, 200), most_units=0),
        _row("all that is left", _post(shop, f"/v1/conversions/{sold}/refunds", {**part, "refund_id": "r2"}, 201)),
        _row("undone", _undone(shop, sold, "r1")),
        _row("undone again", _undone(shop, sold, "r1"), most_units=0),
        _row("a chargeback", _post(shop, f"/v1/conversions/{disputed}/refunds", chargeback, 201)),
        _row("of a paid row", _post(shop, f"/v1/conversions/{paid}/refunds", part, 201), most_units=None),
        _row("before its order", _post(shop, "/v1/refunds", early, 202)),
        _row("the order that it waited for", _post(shop, "/v1/conversions", order, 201), most_units=None),
    ]


def _revisions(shop: World, seller: Seller) -> list[Row]:
    path = f"/v1/conversions/{_sold(shop, seller)}"
    return [
        _row("revised", _revised(shop, path, {"amount": 500})),
        _row("cancelled", _revised(shop, path, {"state": "cancelled"})),
        _row("cancelled again, which is newer news", _revised(shop, path, {"state": "cancelled"})),
    ]


def _decisions(shop: World, seller: Seller) -> list[Row]:
    one, *many = [_sold(shop, seller) for _ in range(_MANY + 1)]
    bulk = {"conversion_ids": many, "set": "declined"}
    declined = _admin(shop, "/v1/conversions/bulk-status", bulk)
    again = _admin(shop, "/v1/conversions/bulk-status", bulk)
    return [
        _row("declined", _admin(shop, f"/v1/conversions/{one}/decline", {})),
        _row("the same again", _admin(shop, f"/v1/conversions/{one}/decline", {}), most_units=0),
        _row(f"declined, each of {_MANY}", declined, each_of=_MANY),
        _row(f"the same again, each of {_MANY}", again, each_of=_MANY, most_units=0),
    ]


def _sold(shop: World, seller: Seller) -> str:
    sale = shop.shop.sale(seller)
    shop.record([sale])
    return sale.commission_id


def _paid(shop: World, seller: Seller) -> str:
    sale = shop.shop.sale(seller).model_copy(update={"payout": "paid"})
    shop.lab.load([ledger.commission(shop.program_id, sale, buckets=1, counted=sale.contribution())])
    return sale.commission_id


def _post(shop: World, path: str, body: Mapping[str, Any], status: int) -> Bill:
    return gateway.send(shop.lab, Request("conversions", "POST", path, shop.secret, body), status).bill


def _undone(shop: World, conversion_id: str, refund_id: str) -> Bill:
    path = f"/v1/conversions/{conversion_id}/refunds/{refund_id}"
    return gateway.send(shop.lab, Request("conversions", "DELETE", path, shop.admin), 204).bill


def _revised(shop: World, path: str, patch: Mapping[str, Any]) -> Bill:
    return gateway.send(shop.lab, Request("conversions", "PATCH", path, shop.admin, patch), 200).bill


def _admin(shop: World, path: str, body: Mapping[str, Any]) -> Bill:
    answer = gateway.send(shop.lab, Request("conversions", "POST", path, shop.admin, body), 200)
    if any(result["status"] == "error" for result in answer.body.get("results", ())):
        raise ToolError("a conversion of the bench could not be declined")
    return answer.bill


def _row(name: str, bill: Bill, *, each_of: int = 1, most_units: int | None = _MOST_UNITS) -> Row:
    cost = bill.cost
    if each_of > 1:
        whole = {"trips": cost.trips, "RRU": cost.rru, "WRU": cost.wru, "index WRU": cost.index_wru}
        shown: dict[str, Figure] = {measure: figure / each_of for measure, figure in whole.items()}
    else:
        shown = {**figures(cost), "calls": bill.operations}
    if most_units is None:
        return Row(name, shown, NO_TARGET)
    says = f"<= {most_units} WRU" if most_units else "no write"
    is_met = cost.wru / each_of <= most_units and (each_of > 1 or cost.trips <= _MOST_TRIPS)
    return Row(name, shown, Target(says, is_met))
