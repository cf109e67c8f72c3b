"""The year that `make run DEMO=year` plays, a small one: what it leaves is what the product counts."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from laurel import vault
from laurel.store.values import Item
from tests.simulation.kit.table.fake_table import FakeTable
from tools import program, reconcile
from tools.failure import silence
from tools.local_stack import OWNER, PROGRAM
from tools.year import story
from tools.year.backstage import Backstage
from tools.year.plan import Size

NOW = datetime(2026, 11, 26, 15, tzinfo=UTC)
SMALL = Size(members=24, orders=260, days=48)
SHOP = "https://shop.example.com/"


def played(size: Size) -> FakeTable:
    """The table of a program behind which a year lies."""
    table = FakeTable()
    made = program.create(table, PROGRAM, OWNER)
    table.stream.clear()
    story.play(Backstage(table, made.program_id, Random("small")), size, NOW, SHOP, silence)
    return table


@pytest.fixture(scope="module")
def small() -> Iterator[FakeTable]:
    """A small year."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vault, "seal", lambda secret, **_: secret)  # KMS is no part of it
        patch.setattr(vault, "mark", lambda _: "00:0")
        yield played(SMALL)


def of_kind(table: FakeTable, kind: str) -> list[Item]:
    return [item for item in table.contents().values() if item["kind"] == kind]


def orders(table: FakeTable) -> dict[str, tuple[int, int]]:
    """The shop's number of each order -> its amount, and what it earned."""
    rows = [item["body"] for item in of_kind(table, "commission") if "order" in item["body"]]
    return {row["order"]["order_id"]: (row["order"]["amount"], row["amount"]) for row in rows}


def test_a_year_agrees_with_its_rows(small: FakeTable):
    told: list[str] = []
    done = reconcile.reconcile(small, None, told.append, lambda _: None)
    assert told == []
    assert (done.members, done.waiting) == (SMALL.members, 0)
    assert done.lines > 0


def test_every_order_of_a_year_is_in_it(small: FakeTable):
    assert len(orders(small)) == SMALL.orders


@pytest.mark.usefixtures("small")  # which leaves KMS out
def test_it_is_the_same_year_each_time():
    short = Size(members=12, orders=40, days=12)
    assert orders(played(short)) == orders(played(short))


def test_nothing_of_a_year_is_left_to_be_done(small: FakeTable):
    left = [item for item in small.contents().values() if item.get("pend") == 1 or item.get("outbox") == "pending"]
    assert left == []
    assert {item["body"]["status"] for item in of_kind(small, "job")} == {"done"}


def test_a_year_has_something_for_each_page(small: FakeTable):
    members = Counter(item["body"].get("status", "approved") for item in of_kind(small, "member"))
    rows = Counter(item["body"]["status"] for item in of_kind(small, "commission") if "status" in item["body"])
    assert members.keys() == {"approved", "pending", "suspended"}
    assert rows.keys() >= {"approved", "pending", "declined"}
    assert {item["state"] for item in of_kind(small, "payout")} == {"draft", "confirmed"}
    for kind in ("mail", "click", "refund", "fired rule", "payee", "history", "template", "user"):
        assert of_kind(small, kind), kind


def test_no_day_is_closed_after_today_or_missed(small: FakeTable):
    (known,) = of_kind(small, "program")
    assert known["closed_until"] == "2026-11-26"


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2028, 2, 29), date(2027, 1, 1)])
@pytest.mark.parametrize("size", [Size(), SMALL, Size(orders=1, days=3)])
def test_the_days_of_a_year_share_all_its_orders(today: date, size: Size):
    days = size.orders_of_days(today)
    assert (min(days), max(days)) == (today - timedelta(days=size.days), today)
    assert sum(days.values()) == size.orders
    assert min(days.values()) >= 0
