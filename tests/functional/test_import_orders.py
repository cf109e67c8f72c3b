"""Importing orders from a file: each once, interrupted or not, and what is refused with its reason."""

import csv
from pathlib import Path
from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import drafted
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tools.failure import ToolError
from tools.import_orders import Import, Imported, Send

HEADER = "order_id,amount,currency,promo_code,occurred_at\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "orders.csv"


@pytest.fixture
def send(api: Gateway, world: World) -> Send:
    def send(reports: list[dict[str, Any]]) -> Any:
        answer = api.post("/v1/conversions/bulk", {"conversions": reports}, key=world.reporter)
        assert answer.status == 200, answer.body
        return answer.body["results"]

    return send


def orders(count: int) -> str:
    return HEADER + "".join(f"{number},{number}00,EUR,ADA10,2026-11-03T10:00:00Z\n" for number in range(1, count + 1))


def run(file: Path, send: Send) -> Imported:
    *_, done = Import(file).run(send)
    return done


def refused(file: Path) -> list[dict[str, str]]:
    with Import(file).refused_file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_a_file_of_orders_is_recorded_and_a_second_time_recognised(file: Path, send: Send, api: Gateway, world: World):
    file.write_text("\ufeff" + orders(60))
    assert run(file, send) == Imported(new=60)
    assert run(file, send) == Imported(known=60)
    listed = api.get(f"/v1/conversions?member_id={world.ada}&limit=100").body["items"]
    assert {(each["order_id"], each["amount"]) for each in listed} == {(str(n), n * 100) for n in range(1, 61)}
    assert not Import(file).has_refused


def test_refused_lines_are_told_with_their_reasons_and_can_be_mended(file: Path, send: Send):
    wrong = f"61,10.00,EUR,,\n62,100,USD,,\n63,{'9' * 5000},EUR,,\n,100,EUR,,\n"
    file.write_text(orders(1) + wrong + "1,999,EUR,,\n")
    assert run(file, send) == Imported(new=1, refused=5)
    told = refused(file)
    assert [(row["line"], row["http_status"], row["code"]) for row in told] == [
        ("3", "422", "invalid_request"),
        ("4", "422", "currency_mismatch"),
        ("5", "422", "invalid_request"),
        ("6", "422", "invalid_request"),
        ("7", "409", "order_conflict"),
    ]
    mended = Import(file).refused_file
    mended.write_text(mended.read_text().replace(",10.00,", ",1000,", 1))
    assert run(mended, send) == Imported(new=1, refused=4)


def test_what_was_refused_is_kept_until_an_import_gets_an_answer(file: Path, send: Send):
    file.write_text(orders(1) + "61,10.00,EUR,,\n")
    assert run(file, send) == Imported(new=1, refused=1)

    def wrong_key(reports: list[dict[str, Any]]) -> Any:
        raise ToolError("401")

    with pytest.raises(ToolError):
        run(file, wrong_key)
    assert [row["line"] for row in refused(file)] == ["3"]


@pytest.mark.parametrize("is_lost_after", [False, True])
def test_an_import_that_was_interrupted_goes_on_and_tells_every_refusal_once(
    file: Path, send: Send, is_lost_after: bool
):
    file.write_text(orders(30) + "31,x,EUR,,\n" + orders(80).removeprefix(HEADER) + "82,x,EUR,,\n")
    calls = 0

    def failing(reports: list[dict[str, Any]]) -> Any:
        nonlocal calls
        calls += 1
        if calls != 3:
            return send(reports)
        if is_lost_after:
            send(reports)
        raise ToolError("no answer")

    with pytest.raises(ToolError):
        run(file, failing)
    assert Import(file).left == 3
    done = run(file, send)
    assert (done.new + done.known, done.refused) == (61, 1)
    assert [row["line"] for row in refused(file)] == ["32", "113"]


def test_a_file_that_changed_since_is_begun_anew(file: Path, send: Send):
    file.write_text(orders(30))
    next(Import(file).run(send))
    assert Import(file).left == 1
    file.write_text(orders(31))
    assert Import(file).left == 2


@pytest.mark.parametrize(
    ("header", "reason"), [("order_id,amount\n", "no column currency"), (HEADER.strip() + ",colour\n", "colour")]
)
def test_what_is_no_list_of_orders_is_refused_before_anything_is_sent(file: Path, header: str, reason: str):
    file.write_text(header)
    with pytest.raises(ToolError, match=reason):
        Import(file)


@pytest.mark.usefixtures("jobs_queue")
def test_orders_whose_commissions_are_drafted_or_paid_are_recognised_too(
    file: Path, send: Send, api: Gateway, table: Table, jobs_queue: JobsQueue
):
    file.write_text(orders(3))
    assert run(file, send) == Imported(new=3)
    drain(table)
    path = drafted(api, jobs_queue)
    assert run(file, send) == Imported(known=3)
    api.post(f"{path}/confirm")
    jobs_queue.work()
    assert (run(file, send), api.get(path).body["lines"][0]["rows"]) == (Imported(known=3), 3)
