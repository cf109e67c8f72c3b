"""The cost of a click: followed or reported through the HTTP handler, then counted in its row, then folded with it."""

from collections.abc import Mapping
from typing import Final

from laurel.store import items, keys
from laurel.store.values import Item
from laurel.workflows.kernel import click_rows
from tools.bench import gateway, samples
from tools.bench.capacity import Cost
from tools.bench.gateway import Request
from tools.bench.growth import slope
from tools.bench.meter import Bill
from tools.bench.report import NO_TARGET, Figure, Row, Table, Target, figures
from tools.bench.samples import Linked
from tools.bench.transitions import MOST_TRIPS, fold
from tools.bench.world import Lab, World, world
from tools.failure import ToolError

_SIZES: Final = (1, 10, 50)
MOST_UNITS: Final = 10
"""Units of a fold of one commission: 2 for its mark, and 8 for head, day, month and lifetime."""
_EARLIER: Final = (100, 10_000, 100_000)
_CRAWLER: Final = {"user-agent": "facebookexternalhit/1.1"}


def tables(lab: Lab) -> list[Table]:
    """The cost per visit, per batch of clicks, and by the number of clicks in the row already."""
    return [_visits(lab), _counting(lab), _growth(lab)]


def _visits(lab: Lab) -> Table:
    shop = world(lab, samples.template(), offer=samples.link_offer(samples.PER_CLICK))
    slug = shop.linked().slug
    rows = [
        _followed(shop, "a link that this process did not know", slug, "192.0.2.1"),
        _followed(shop, "a link that it knows", slug, "192.0.2.2", most_trips=2),
        _followed(shop, "the same visitor again", slug, "192.0.2.2", most_trips=2),
        _followed(shop, "a crawler", slug, "192.0.2.3", headers=_CRAWLER),
        _reported(shop, "reported by a storefront", slug, 201),
        _reported(shop, "reported again", slug, 200),
        _reported(shop, "reported with an Idempotency-Key", shop.linked().slug, 201, {"idempotency-key": "a"}),
    ]
    return Table("Clicks, per visit", rows, _OF_VISITS)


_OF_VISITS: Final = (
    "Through functions/clicks. A process keeps 10,000 links; the API key's read is part of a reported click.",
)


def _followed(
    shop: World,
    name: str,
    slug: str,
    address: str,
    *,
    most_trips: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Row:
    request = Request("clicks", "GET", f"/r/{slug}", headers=headers or {}, address=address)
    bill = gateway.send(shop.lab, request, 302).bill
    return Row(name, _figures(bill), NO_TARGET if most_trips is None else _at_most(most_trips, bill.cost))


def _reported(shop: World, name: str, slug: str, status: int, headers: Mapping[str, str] | None = None) -> Row:
    visit = {"slug": slug, "visitor_id": "1234567890.1735555555"}
    request = Request("clicks", "POST", "/v1/clicks", shop.secret, visit, headers=headers or {})
    bill = gateway.send(shop.lab, request, status).bill
    return Row(name, _figures(bill), Target("its answer is stored") if headers else _at_most(3, bill.cost))


def _at_most(trips: int, cost: Cost) -> Target:
    return Target(f"<= {trips} trips, 1 WRU", cost.trips <= trips and cost.wru <= 1)


def _counting(lab: Lab) -> Table:
    paid = world(lab, samples.template(), offer=samples.link_offer(samples.PER_CLICK))
    unpaid = world(lab, samples.template(), offer=samples.link_offer())
    rows = [row for size in _SIZES for row in _of_size(paid, size)]
    rows.append(_row("where clicks earn nothing", _counted(unpaid, unpaid.linked(), 10), 10))
    return Table("Counting K clicks of a member's day", rows, _OF_COUNTING)


_OF_COUNTING: Final = (
    "WRU/K: table units per click, indexes apart. The aim: 2 for a click's mark, and 2 for the row of them all.",
    "The fold is an account transition of one commission, the row, whatever K is.",
    "In all: K clicks written, a row that grows by them, and its fold.",
)


def _of_size(shop: World, count: int) -> list[Row]:
    linked = shop.linked()
    begun = _counted(shop, linked, count)
    _folded(shop, linked, count)
    grown = _counted(shop, linked, count)
    folded = _folded(shop, linked, 2 * count)
    written = Cost(wru=count, index_wru=count, trips=count)
    whole = written + grown.cost + folded.cost
    return [
        _row("a row that begins", begun, count),
        _row("a row that grows", grown, count),
        Row(
            "the row's fold, no rule", _per_click(folded.cost, count) | {"calls": folded.operations}, _fold_aim(folded)
        ),
        Row("in all", _per_click(whole, count)),
    ]


def _counted(shop: World, linked: Linked, count: int) -> Bill:
    """The bill of adding `count` new clicks to their row, without the batch's one read."""
    (first, *_) = made = shop.shop.clicks(linked, count)
    waiting = [items.click(shop.program_id, click) for click in made]
    shop.lab.load(waiting)
    with shop.lab.meter.measure() as bill:
        click_rows.count(shop.lab.table, shop.shop.program, first.row, waiting, samples.NOW)
    return bill


def _folded(shop: World, linked: Linked, holding: int) -> Bill:
    """The bill of folding the member's row, which must hold that many clicks."""
    row = _row_of(shop, linked)
    if row["body"]["clicks"] != holding:
        raise ToolError("the bench's clicks are not in their row")
    return fold(shop, linked.member_id, shop.rulebook, [row])


def _row_of(shop: World, linked: Linked) -> Item:
    (click,) = shop.shop.clicks(linked, 1)
    row = shop.lab.quiet.get(keys.commission(shop.program_id, click.row.commission_id(shop.program_id, 0)))
    if row is None:
        raise ToolError("the bench's clicks have no row")
    return row


def _row(name: str, bill: Bill, count: int) -> Row:
    most = 2 + 2 / count
    shown = _per_click(bill.cost, count) | {"calls": bill.operations}
    return Row(name, shown, Target(f"<= {most:.2f} WRU/K", bill.cost.wru / count <= most))


def _fold_aim(bill: Bill) -> Target:
    met = bill.cost.trips <= MOST_TRIPS and bill.cost.wru <= MOST_UNITS
    return Target(f"<= {MOST_TRIPS} trips, {MOST_UNITS} WRU", met)


def _growth(lab: Lab) -> Table:
    """The same costs with more and more clicks in the row."""
    shop = world(lab, samples.template(), offer=samples.link_offer(samples.PER_CLICK))
    costs = [(earlier, _counted_after(shop, earlier)) for earlier in _EARLIER]
    rows = [Row(f"{earlier:,} clicks in the row", figures(cost)) for earlier, cost in costs]
    return Table("Growth: 10 clicks into their row", [*rows, slope("slope per decade of clicks", costs)])


def _counted_after(shop: World, earlier: int) -> Cost:
    linked = shop.linked()
    _counted(shop, linked, 1)
    row = _row_of(shop, linked)
    row["body"] |= {"clicks": earlier, "amount": samples.PER_CLICK.on_clicks(earlier)}
    shop.lab.load([row])
    return _counted(shop, linked, 10).cost


def _per_click(cost: Cost, count: int) -> dict[str, Figure]:
    return {"K": count, **figures(cost), "WRU/K": cost.wru / count, "index WRU/K": cost.index_wru / count}


def _figures(bill: Bill) -> dict[str, Figure]:
    return {**figures(bill.cost), "calls": bill.operations}
