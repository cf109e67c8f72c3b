"""The recount finds whatever does not agree with the commissions, and nothing where all does."""

from typing import Any

import pytest

from laurel.domain.ledger.commissions import Commission
from laurel.domain.values.errors import Absent
from laurel.store import items as entities
from laurel.store import keys, ledger, payout_keys
from laurel.store.indexes import BY_MEMBER
from laurel.store.keys import Key
from laurel.store.operations import Delete, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed, drafted
from tests.functional.kit.selling import report, sell
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tools import reconcile, recount


@pytest.fixture
def sold(api: Gateway, items: Table, world: World) -> list[str]:
    """Two orders of Ada's, the bonus that they made, a click that earns nothing, an order of nobody's."""
    made = [sell(world, amount=150_000 + number) for number in (1, 2)]
    api.post("/v1/clicks", {"slug": world.slug, "visitor_id": "v1"}, key=world.reporter)
    assert report(world, promo_code="NOBODY").body["member_id"] is None
    drain(items)
    return made


def found(table: Table, only: str | None = None) -> tuple[list[str], reconcile.Sum]:
    lines: list[str] = []
    done = reconcile.reconcile(table, only, lines.append, lambda _: None)
    return lines, done


def row_of(items: Table, world: World, commission_id: str) -> Item:
    return items.get(keys.commission(world.program.program_id, commission_id)) or {}


def key_of(item: Item) -> Key:
    return Key(item["pk"], item["sk"])


def totals_of(items: Table, sk_begins: str) -> Item:
    return next(item for item in everything(items) if item["kind"] == "totals" and item["sk"].startswith(sk_begins))


def test_where_all_agrees_nothing_is_told(items: Table, sold: list[str]):
    lines, done = found(items)
    assert (lines, done.is_clean, done.members) == ([], True, 2)
    assert (done.commissions, done.waiting) == (4, 0)  # two orders, the bonus, the tally of clicks


def test_what_waits_to_be_counted_is_no_difference(api: Gateway, items: Table, world: World, sold: list[str]):
    sell(world)
    row = entities.parse(Commission, row_of(items, world, sold[0]))
    declined = row.revised(row.updated_at, status="declined")
    items.write(ledger.changed(world.program.program_id, row, declined))
    lines, done = found(items)
    assert (lines, done.waiting) == ([], 2)
    drain(items)
    assert found(items)[0] == []


@pytest.mark.parametrize("unit", ["day#", "month#"])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_counter_that_lies_is_found(items: Table, sold: list[str], unit: str, position: int):
    wrong = totals_of(items, unit)
    bucket = next(iter(wrong["body"]))
    wrong["body"][bucket][position] += 1
    items.write(Put(wrong))
    (line,) = found(items)[0]
    assert bucket in line
    assert str(wrong["body"][bucket]) in line


def test_totals_that_are_missing_are_found(items: Table, sold: list[str]):
    items.write(Delete(key_of(totals_of(items, "month#"))))
    lines, done = found(items)
    assert lines
    assert all("has [0, 0, 0]" in line for line in lines)
    assert not done.is_clean


def test_totals_of_rows_that_do_not_exist_are_found(items: Table, world: World, sold: list[str]):
    items.write(Delete(keys.commission(world.program.program_id, sold[0])))
    lines, _ = found(items)
    assert sorted(line.split()[2] for line in lines) == ["balance", "day", "month"]


def test_a_balance_that_lies_is_found(items: Table, world: World, sold: list[str]):
    items.write(Update(keys.head(world.program.program_id, world.ada), set={"balances": {"approved": 1, "paid": 5}}))
    lines, _ = found(items)
    assert [" ".join(line.split()[2:6]) for line in lines] == ["balance approved has 1,", "balance paid has 5,"]


def test_a_row_that_counts_something_else_than_it_is_worth_is_found(items: Table, world: World, sold: list[str]):
    row = row_of(items, world, sold[0])
    row["body"]["amount"] += 7  # without a new version, and nothing to wake the fold
    items.write(Put(row))
    (line,) = found(items)[0]
    assert sold[0] in line


def test_a_row_that_was_never_counted_and_does_not_wait_is_found(
    api: Gateway, items: Table, world: World, sold: list[str]
):
    lost = sell(world)
    items.write(Update(keys.commission(world.program.program_id, lost), remove=("pend",)))
    (line,) = found(items)[0]
    assert f"{lost} counts None" in line


def test_rows_of_an_offer_without_any_totals_are_found(items: Table, world: World, sold: list[str]):
    for item in everything(items):
        if item["kind"] == "totals" and item["sk"].endswith(world.codes_offer):
            items.write(Delete(key_of(item)))
    lines, _ = found(items)
    assert len([line for line in lines if world.codes_offer in line]) == 2  # day and month


def test_more_rows_than_a_page_are_all_read(
    api: Gateway, items: Table, world: World, sold: list[str], monkeypatch: pytest.MonkeyPatch
):
    for _ in range(5):
        sell(world)
    drain(items)
    monkeypatch.setattr(recount, "PAGE", 2)
    lines, done = found(items)
    assert (lines, done.commissions) == ([], 9)


def test_an_index_that_lags_behind_is_asked_again(items: Table, world: World, sold: list[str]):
    class Lagging:
        """The table, whose index does not list anything for the first two readings."""

        def __init__(self) -> None:
            self.pauses = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(items, name)

        def query(self, pk: str, **kwargs: Any) -> list[Item]:
            lags = kwargs.get("index") is BY_MEMBER and self.pauses < 2
            return [] if lags else items.query(pk, **kwargs)

        def pause(self, _: int) -> None:
            self.pauses += 1

    lagging, lines = Lagging(), []
    assert reconcile.reconcile(lagging, None, lines.append, lagging.pause).is_clean
    assert lines == []
    assert lagging.pauses == 2


def test_what_differs_while_it_is_counted_is_told_as_unsure(items: Table, world: World, sold: list[str]):
    head = keys.head(world.program.program_id, world.ada)
    items.write(Update(head, set={"balances": {}}))

    class Busy:
        """The table of a member for whom something is counted during each reading."""

        def __getattr__(self, name: str) -> Any:
            return getattr(items, name)

        def batch_get(self, wanted: list[Key]) -> dict[Key, Item]:
            items.write(Update(head, add={"version": 1}))
            return items.batch_get(wanted)

    lines: list[str] = []
    done = reconcile.reconcile(Busy(), None, lines.append, lambda _: None)
    assert (done.differences, done.unsure) == (1, 1)
    assert "ask again" in str(done)


def test_one_program_alone_can_be_asked_for(items: Table, world: World, sold: list[str]):
    assert found(items, world.program.program_id)[1].members == 2


@pytest.mark.parametrize("program_id", ["", "prg_nobody"])
def test_a_program_that_is_not_there_is_not_told_to_be_in_order(items: Table, world: World, program_id: str):
    with pytest.raises(Absent, match="program_not_found"):
        found(items, program_id)


def test_payouts_that_agree_in_every_state_are_no_difference(
    api: Gateway, items: Table, sold: list[str], world: World, jobs_queue: JobsQueue
):
    drafted(api, jobs_queue)
    assert found(items)[0] == []
    api.post(f"{newest(api)}/cancel")
    assert found(items)[0] == []  # whatever its job has freed by now
    jobs_queue.work()
    path = confirmed(api, jobs_queue)
    assert (found(items)[0], found(items)[1].lines) == ([], 2)
    api.post(f"{path}/lines/{world.ada}/fail", {"reason": "closed"})
    jobs_queue.work()
    assert found(items)[0] == []


@pytest.mark.parametrize("change", [{"amount": 1}, {"rows": 7}, {"state": "failed"}])
def test_a_line_that_lies_is_found_with_its_payout(
    api: Gateway, items: Table, world: World, sold: list[str], jobs_queue: JobsQueue, change: dict[str, Any]
):
    path = drafted(api, jobs_queue)
    key = payout_keys.payout_line(world.program.program_id, path.rpartition("/")[2], world.ada)
    line = items.get(key) or {}
    items.write(Update(key, set={"body": {**line["body"], **change}}))
    lines, done = found(items)
    assert not done.is_clean
    assert all(path.rpartition("/")[2] in each for each in lines)


def newest(api: Gateway) -> str:
    return f"/v1/payouts/{api.get('/v1/payouts').body['items'][0]['payout_id']}"
