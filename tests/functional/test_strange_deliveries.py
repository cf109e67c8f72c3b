"""Deliveries that are signed rightly and say anything: each is taken, and no order is kept by halves.

`STRANGE=20000 pytest tests/functional/test_strange_deliveries.py` sends more of them than the few of every day.
"""

import os
import random

import pytest

from laurel.store.table import Table
from tests.functional.kit.books import totals_are_sums
from tests.functional.kit.shop import Shop
from tests.functional.kit.strange_deliveries import Stranger, wrongs
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.trade import rows_of

A_TABLE = 100
"""Deliveries to one table: it becomes slow, and their orders are few."""
SEEDS = range(max(1, int(os.environ.get("STRANGE", "600")) // A_TABLE))


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_a_signed_body_says_it_is_taken_and_nothing_is_kept_by_halves(shop: Shop, items: Table, seed: int):
    for platform in ("shopify", "woocommerce", "stripe"):
        shop.api.patch(f"/v1/storefronts/{shop.ids[platform]}", {"exchange_rates": {"USD": "0.9", "JPY": "0.006"}})
    stranger = Stranger(shop, items, random.Random(seed))
    for _ in range(A_TABLE):
        stranger.send()
    drain(items)
    assert list(wrongs(items)) == []
    found: dict[str, list[object]] = {"totals": [], "head": [], "commission": []}
    for item in everything(items):
        found.setdefault(item["kind"], []).append(item)
    totals_are_sums(found, rows_of(found["commission"]))
    assert stranger.outcomes.get("applied", 0) > A_TABLE / 10
