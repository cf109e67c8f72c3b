"""The portal's Payouts: those to the member, with their rows; not before they are confirmed, and nobody else's."""

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed, drafted
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tests.kit import spreadsheets
from tests.pages.kit.earning import Shop
from tests.pages.kit.reader import Reader


@pytest.fixture
def shop(table: Table, world: World, api: Gateway) -> Shop:
    """Ada is due 14.70 for two sales and a gift."""
    shop = Shop(table, world, api)
    shop.sells("1001", 4_900)
    shop.sells("1002", 2_000)
    shop.does("POST", "/v1/commissions", {"member_id": world.ada, "amount": 780, "reason": "For the video"})
    return shop


@pytest.fixture
def payouts(portal: str) -> str:
    return f"{portal}/payouts"


def test_a_payout_shows_once_it_is_confirmed(ada: Reader, shop: Shop, payouts: str, jobs_queue: JobsQueue):
    path = drafted(shop.api, jobs_queue)
    draft = ada.get(payouts)
    assert ("Nothing paid yet" in draft.text, "Due to you €14.70" in draft.text) == (True, True)
    assert ada.get(f"{payouts}/{path.rpartition('/')[2]}").status == 404
    assert shop.api.post(f"{path}/confirm").status == 202
    jobs_queue.work()
    page = ada.get(payouts)
    assert "Paid to you €14.70" in page.text
    assert "sent €14.70" in page.text


def test_a_statement_has_every_row_and_so_has_its_file(ada: Reader, shop: Shop, payouts: str, jobs_queue: JobsQueue):
    own = f"{payouts}/{confirmed(shop.api, jobs_queue).rpartition('/')[2]}"
    page = ada.get(own)
    for said in ("Sale, order 1001", "Sale, order 1002", "From Glow Cosmetics: For the video", "€14.70", "3 earnings"):
        assert said in page.text
    file = ada.once("GET", f"{own}/statement.csv")
    assert file.headers["Content-Type"].startswith("text/csv")
    assert sorted(row["Amount"] for row in spreadsheets.read(file.html)) == ["2.00", "4.90", "7.80"]


def test_a_long_statement_says_how_much_of_it_a_page_has_and_goes_on(
    ada: Reader, owner: Reader, shop: Shop, payouts: str, jobs_queue: JobsQueue
):
    for number in range(25):
        shop.api.post("/v1/commissions", {"member_id": shop.world.ada, "amount": 100 + number})
    drain(shop.table)
    payout = confirmed(shop.api, jobs_queue).rpartition("/")[2]
    for reads, path in ((ada, f"{payouts}/{payout}"), (owner, f"/console/payouts/{payout}/lines/{shop.world.ada}")):
        first = reads.get(path)
        assert "This page has 25 of 28; the CSV has all of them." in first.text
        rest = reads.get(first.links["More"].removeprefix("https://api.example.com"))
        assert ("This page has 3 of 28" in rest.text, "To the beginning" in rest.links) == (True, True)


def test_a_payout_that_did_not_arrive_says_why(ada: Reader, shop: Shop, payouts: str, jobs_queue: JobsQueue):
    path = confirmed(shop.api, jobs_queue)
    shop.does("POST", f"{path}/lines/{shop.world.ada}/fail", {"reason": "<b>closed</b>"})
    jobs_queue.work()
    page = ada.get(payouts)
    assert ("failed <b>closed</b>" in page.text, "<b>closed" in page.html) == (True, False)
    assert "It did not arrive: <b>closed</b>." in ada.get(f"{payouts}/{path.rpartition('/')[2]}").text
    assert "Due to you €14.70" in ada.get(payouts).text


def test_a_payout_to_others_is_not_there(ada: Reader, shop: Shop, payouts: str, jobs_queue: JobsQueue):
    shop.does("POST", "/v1/commissions", {"member_id": shop.world.ben, "amount": 9_999})
    others = confirmed(shop.api, jobs_queue, member_ids=[shop.world.ben]).rpartition("/")[2]
    both = confirmed(shop.api, jobs_queue).rpartition("/")[2]
    page = ada.get(payouts)
    assert (others in page.html, both in page.html, "99.99" in page.text) == (False, True, False)
    assert [ada.get(f"{payouts}/{others}{more}").status for more in ("", "/statement.csv")] == [404, 404]


def test_a_cancelled_payout_is_not_there(ada: Reader, shop: Shop, payouts: str, jobs_queue: JobsQueue):
    path = drafted(shop.api, jobs_queue)
    assert shop.api.post(f"{path}/cancel").status == 200
    jobs_queue.work()
    assert "Nothing paid yet" in ada.get(payouts).text


@pytest.mark.parametrize("cursor", ["x", "%00", "bm9uc2Vuc2U"])
def test_nonsense_for_a_place_in_the_list_breaks_nothing(ada: Reader, payouts: str, cursor: str):
    assert ada.once("GET", f"{payouts}?cursor={cursor}").status in {200, 422}
