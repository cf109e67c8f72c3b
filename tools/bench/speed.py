"""Conversions a second through the pure transition, on one core."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import median
from typing import Final

from laurel.domain.kernel.outcomes import NOTHING, Transition
from laurel.domain.kernel.transition import transition
from laurel.domain.ledger.totals import Totals
from laurel.domain.members.accounts import Account, Change, Head
from laurel.domain.rules.rulebook import Rulebook
from tools.bench import samples
from tools.bench.report import NO_TARGET, Row, Table, Target
from tools.bench.samples import Seller, Shop
from tools.failure import ToolError

WANTED: Final = 20_000
_SIZES: Final = (1, 10, 50)
_RULES: Final = (1, 10, 100)
_DAYS: Final = 60
_SECONDS: Final = 0.2
_REPEATS: Final = 5


def tables() -> list[Table]:
    """The speed by number of rules and batch size."""
    rows = [_row("none reached", count, samples.NEVER) for count in _RULES]
    rows += [_row("all fired before", count, samples.AT_ONCE) for count in _RULES]
    notes = [
        f"CPU time of one process, median of {_REPEATS}. K conversions of a day onto an account of {_DAYS} days.",
        f"The aim holds for 100 rules. Rules over {len(samples.PERIODS)} periods; parsed and compiled before.",
    ]
    return [Table("Conversions a second, pure transition", rows, notes)]


def _row(name: str, count: int, threshold: int) -> Row:
    rates = {f"K={size}": round(_rate(count, threshold, size)) for size in _SIZES}
    slowest = min(rates.values())
    target = Target(f">= {WANTED:,}", slowest >= WANTED) if count == max(_RULES) else NO_TARGET
    return Row(f"{count} rules, {name}", rates, target)


def _rate(count: int, threshold: int, size: int) -> float:
    shop = Shop(samples.program(), samples.offer(), samples.new_id("sf"))
    seller = samples.seller(shop.offer)
    rulebook = Rulebook.of(shop.program, samples.rules(count, threshold))
    changes = [Change(sale, None) for sale in shop.sales(seller, size)]
    compiled = rulebook.on([samples.TODAY]).concerned(samples.TODAY, None)
    fired = {rule.rule_id: rule.key for rule in compiled if threshold == samples.AT_ONCE}
    account = replace(_account(shop, seller), fired=fired)
    return median(_once(account, changes, rulebook) for _ in range(_REPEATS))


def _once(account: Account, changes: Sequence[Change], rulebook: Rulebook) -> float:
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < _SECONDS:
        made = transition(account, changes, rulebook, NOTHING, samples.NOW)
        if not isinstance(made, Transition) or made.rest or made.bonuses:
            raise ToolError("the bench's transition did not do what is measured")
        done += len(changes)
    return done / spent


def _account(shop: Shop, seller: Seller) -> Account:
    totals = Totals()
    for day in range(_DAYS):
        sale = shop.sale(seller, samples.NOW - timedelta(days=day))
        contribution = sale.contribution()
        assert contribution is not None
        totals.count(sale.day, shop.offer.offer_id, contribution, 1)
    return Account(seller.member, Head(_DAYS, first_sale="com_0"), {shop.offer.offer_id: seller.enrollment}, totals)
