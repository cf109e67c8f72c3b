"""The cost of one account transition, by the number of conversions that it folds and by whether rules fire."""

from collections.abc import Sequence
from typing import Final

from laurel.domain.rules.rulebook import Rulebook
from laurel.domain.rules.rules import Rule
from laurel.store import accounts, keys
from laurel.store.values import Item
from laurel.workflows.kernel.transitions import fold_member
from tools.bench import history, samples
from tools.bench.capacity import Cost
from tools.bench.meter import Bill
from tools.bench.report import Figure, Row, Table, Target, figures
from tools.bench.samples import Seller
from tools.bench.world import Lab, World, world

SIZES: Final = (1, 10, 50)
MOST_TRIPS: Final = 3
_HISTORY: Final = 60


def table(lab: Lab) -> Table:
    """The cost per member and batch."""
    rows = [
        *_with_rules(lab, "1 rule, does not fire", samples.rules(1, samples.NEVER)),
        *_with_rules(lab, "10 rules, none fires", samples.rules(10, samples.NEVER)),
        *_with_rules(lab, "100 rules, none fires", samples.rules(100, samples.NEVER)),
        *_with_mail(lab, "a bonus and a mail fire", has_fired=False),
        *_with_mail(lab, "one fired before, still holds", has_fired=True),
        _over_days(lab),
        _claiming(lab),
    ]
    return Table(f"Account transition of K conversions, {_HISTORY} days with one sale before", rows, _NOTES)


_NOTES: Final = (
    "WRU/K: table units per conversion, indexes apart; the aim 2 + 8/K is for one offer-day and no firing.",
    "The rules' longest period is a year, read as months and the days at their edges.",
    "Beside it each batch of the stream has one BatchGetItem: the program, and the heads of all members in it.",
)


def _with_rules(lab: Lab, name: str, rules: Sequence[Rule]) -> list[Row]:
    shop = world(lab, samples.template(), rules)
    return [_row(name, _settled(shop, _member(shop), count), count) for count in SIZES]


def _with_mail(lab: Lab, name: str, *, has_fired: bool) -> list[Row]:
    mail = samples.template()
    shop = world(lab, mail, [samples.rule(samples.WEEKLY, samples.AT_ONCE, mail)])
    rows = []
    for count in SIZES:
        seller = _member(shop)
        if has_fired:
            fold_new(shop, seller, 1)
        rows.append(_row(name, _settled(shop, seller, count), count, fires=not has_fired))
    return rows


def _over_days(lab: Lab) -> Row:
    shop = world(lab, samples.template(), samples.rules(10, samples.NEVER))
    bill = _settled(shop, _member(shop), 10, days=10)
    return Row("10 rules, none fires, over 10 days", _figures(bill.cost, 10) | {"calls": bill.operations})


def _claiming(lab: Lab) -> Row:
    shop = world(lab, samples.template(), offer=samples.offer(lifetime=True))
    seller = _member(shop)
    recorded = shop.record([shop.shop.sale(seller, customer_id="8251690")])
    bill = fold(shop, seller.member_id, shop.rulebook, recorded)
    return Row("no rule, a customer's first order", _figures(bill.cost, 1) | {"calls": bill.operations})


def _member(shop: World) -> Seller:
    seller = shop.seller()
    history.load(shop, seller, _HISTORY, days=_HISTORY)
    return seller


def fold_new(shop: World, seller: Seller, count: int, days: int = 1) -> None:
    """Folds `count` new sales of today, or of the last `days` days."""
    recorded = shop.record(shop.shop.sales(seller, count, days))
    fold(shop, seller.member_id, shop.rulebook, recorded)


def fold(shop: World, member_id: str, rulebook: Rulebook, recorded: Sequence[Item]) -> Bill:
    """The bill of one transition, without the batch's one read of the program and the heads of all its members."""
    head = accounts.head(shop.lab.table.get(keys.head(shop.program_id, member_id)))
    with shop.lab.meter.measure() as bill:
        fold_member(shop.lab.table, rulebook, member_id, recorded, samples.NOW, known=head)
    return bill


def _settled(shop: World, seller: Seller, count: int, days: int = 1) -> Bill:
    recorded = shop.record(shop.shop.sales(seller, count, days))
    return fold(shop, seller.member_id, shop.rulebook, recorded)


def _row(name: str, bill: Bill, count: int, *, fires: bool = False) -> Row:
    cost = bill.cost
    most = 2 + 8 / count
    aim = f"<= {MOST_TRIPS} trips" + ("" if fires else f", <= {most:.2f} WRU/K")
    met = cost.trips <= MOST_TRIPS and (fires or cost.wru / count <= most)
    return Row(name, _figures(cost, count) | {"calls": bill.operations}, Target(aim, met))


def _figures(cost: Cost, count: int) -> dict[str, Figure]:
    return {"K": count, **figures(cost), "WRU/K": cost.wru / count, "index WRU/K": cost.index_wru / count}
