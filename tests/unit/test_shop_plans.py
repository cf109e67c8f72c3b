"""The plan between what is wanted in a shop and what was seen there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from laurel.domain.shops.plans import Adopt, Change, Conflict, Create, End, Seen, plan
from laurel.domain.shops.wanted import ABILITIES, Wanted

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
OURS = "shc_00000000000000000000000000"
TEN = Decimal(10)
WANTED = Wanted(code="ADA10", percent=TEN, currency="EUR", starts_at=NOW - timedelta(days=1))
SHOPIFY, STRIPE = ABILITIES["shopify"], ABILITIES["stripe"]


def seen(code: str = "ADA10", mark: str | None = OURS, **fields: Any) -> Seen:
    return Seen(**{"shop_id": f"id of {code}", "code": code, "mark": mark, "percent": TEN, **fields})


OVER = {"ends_at": NOW - timedelta(hours=1)}
BEGUN, LATER = {"starts_at": NOW - timedelta(days=2)}, {"starts_at": NOW + timedelta(days=1)}
BEGINS_LATER = WANTED.model_copy(update=LATER)


@pytest.mark.parametrize(
    ("wanted", "found", "steps"),
    [
        (WANTED, [], [Create(WANTED)]),
        (WANTED, [seen()], [Adopt("id of ADA10", "ADA10")]),
        (WANTED, [seen("ada10")], [Adopt("id of ada10", "ada10")]),
        (WANTED, [seen(percent=Decimal(20))], [Change("id of ADA10", WANTED)]),
        (WANTED, [seen(**OVER)], [Change("id of ADA10", WANTED)]),
        (WANTED, [seen(**BEGUN)], [Adopt("id of ADA10", "ADA10")]),
        (WANTED, [seen(**LATER)], [Change("id of ADA10", WANTED)]),
        (BEGINS_LATER, [seen(**LATER)], [Adopt("id of ADA10", "ADA10")]),
        (BEGINS_LATER, [seen(**BEGUN)], [Change("id of ADA10", BEGINS_LATER)]),
        (WANTED, [seen(mark=None)], [Conflict("ADA10")]),
        (WANTED, [seen(mark="shc_another")], [Conflict("ADA10")]),
        (WANTED, [seen("ADA9")], [End("id of ADA9", "ADA9"), Create(WANTED)]),
        (WANTED, [seen("ADA9", **OVER)], [Create(WANTED)]),
        (WANTED, [seen("ADA9", mark=None)], [Create(WANTED)]),
        (None, [seen()], [End("id of ADA10", "ADA10")]),
        (None, [seen(mark=None), seen("ADA9", **OVER)], []),
    ],
)
def test_what_is_seen_becomes_what_is_wanted(wanted: Wanted | None, found: list[Seen], steps: list[Any]):
    assert list(plan(wanted, found, OURS, SHOPIFY, NOW)) == steps


def test_where_terms_never_change_another_code_takes_the_place():
    steps = plan(WANTED, [seen(percent=Decimal(20))], OURS, STRIPE, NOW)
    assert steps == (End("id of ADA10", "ADA10"), Create(WANTED))


def test_nothing_of_anybody_else_is_ever_changed_or_ended():
    for wanted, abilities, count in product((None, WANTED), (SHOPIFY, STRIPE), range(4)):
        found = [seen(f"ADA{10 - n}", mark=None if n % 2 else OURS, shop_id=str(n)) for n in range(count)]
        theirs = {each.shop_id for each in found if each.mark != OURS}
        steps = plan(wanted, found, OURS, abilities, NOW)
        assert not [step for step in steps if isinstance(step, Change | End) and step.shop_id in theirs]
