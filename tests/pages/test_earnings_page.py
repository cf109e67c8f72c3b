"""The portal's Earnings: each row says why it is what it is; nobody else's is there."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import pay_out
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World
from tests.kit import spreadsheets
from tests.pages.kit.earning import Shop
from tests.pages.kit.reader import Reader

FLAT = {"type": "flat_plus_percent", "amount": 500, "percent": "5"}


@pytest.fixture
def shop(table: Table, world: World, api: Gateway) -> Shop:
    return Shop(table, world, api)


@pytest.fixture
def earnings(portal: str) -> str:
    return f"{portal}/earnings"


def enrolled(shop: Shop, member_id: str = "", **changes: Any) -> None:
    path = f"/v1/offers/{shop.world.codes_offer}/enrollments/{member_id or shop.world.ada}"
    shop.does("PUT", path, changes)


def test_a_sale_says_its_terms_and_its_order(ada: Reader, shop: Shop, earnings: str):
    shop.sells("1001", 4_900)
    page = ada.get(earnings)
    assert "10 % of €49.00, order 1001, by your code ADA10." in page.text
    assert "Due to you €4.90" in page.text


def test_what_was_agreed_with_the_member_is_said(ada: Reader, shop: Shop, earnings: str):
    enrolled(shop, terms=FLAT)
    shop.sells("1001", 4_900)
    assert "As agreed with you, €5.00 and 5 % of €49.00, order 1001" in ada.get(earnings).text


def test_an_order_in_another_currency_says_its_rate(ada: Reader, shop: Shop, earnings: str):
    shop.sells("1001", 5_000, currency="USD", exchange_rate="0.9")
    assert "10 % of €45.00 ($50.00 at 0.9), order 1001" in ada.get(earnings).text


def test_a_part_that_was_sent_back_is_taken_off_and_said(ada: Reader, shop: Shop, earnings: str):
    shop.sells("1001", 4_900)
    shop.refunds("1001", 2_000)
    assert "10 % of €29.00 (of €49.00, €20.00 was sent back), order 1001" in ada.get(earnings).text


@pytest.mark.parametrize(
    ("reason", "said"),
    [("refund", "the order was sent back"), ("chargeback", "the customer had the payment taken back")],
)
def test_a_row_that_is_declined_by_facts_says_which(ada: Reader, shop: Shop, earnings: str, reason: str, said: str):
    shop.sells("1001", 4_900)
    shop.refunds("1001", reason=reason)
    page = ada.get(earnings)
    assert f"; it earns nothing, because {said}." in page.text
    assert "declined €0.00" in page.text


def test_a_row_that_a_hand_declined_says_so_in_the_merchants_words(ada: Reader, shop: Shop, earnings: str):
    conversion = shop.sells("1001", 4_900)
    shop.does("POST", f"/v1/conversions/{conversion}/decline", {"reason": "<b>own order</b>"})
    page = ada.get(earnings)
    assert "Glow Cosmetics declined it: <b>own order</b>." in page.text
    assert "<b>own" not in page.html


def test_a_row_on_hold_says_until_when_and_one_that_waits_for_whom(ada: Reader, shop: Shop, earnings: str):
    shop.does("PATCH", "/v1/program", {"approval": {"mode": "hold", "hold_days": 366}})
    shop.sells("1001", 4_900)
    shop.does("PATCH", "/v1/program", {"approval": {"mode": "manual"}})
    shop.sells("1002", 4_900)
    page = ada.get(earnings, **{"accept-language": "en-GB"})
    assert "It is approved on 19 Nov 2027, unless the order is sent back." in page.text
    assert "It waits for Glow Cosmetics." in page.text
    assert "Waiting for approval €9.80" in page.text


def test_rows_of_a_hand_say_why(ada: Reader, shop: Shop, earnings: str):
    row = {"member_id": shop.world.ada, "amount": 1_000, "reason": "For the video"}
    shop.does("POST", "/v1/commissions", row)
    shop.does("POST", "/v1/commissions", {**row, "amount": -300, "reason": "Paid twice"})
    page = ada.get(earnings)
    assert "Glow Cosmetics gave this: For the video." in page.text
    assert "Glow Cosmetics took back this: Paid twice. " in page.text


def test_a_reward_says_its_period_and_what_it_was_reckoned_of(ada: Reader, shop: Shop, earnings: str):
    shop.sells("1001", 210_000)
    said = ada.get(earnings, **{"accept-language": "en-GB"}).text
    week = "16 Nov 2026 to 22 Nov 2026"
    assert f"Reward “Strong week” for {week}: 2 % of the €210.00 that you had earned." in said
    shop.does("PATCH", f"/v1/rules/{shop.world.rule_id}", {"name": "Week", "actions": shop_pays("3")})
    assert f"Reward “Week” for {week}." in ada.get(earnings, **{"accept-language": "en-GB"}).text


def shop_pays(percent: str) -> list[dict[str, str]]:
    return [{"type": "add_bonus_commission", "percent": percent}]


def test_clicks_say_how_many_at_what(ada: Reader, shop: Shop, earnings: str):
    path = f"/v1/offers/{shop.world.links_offer}/enrollments/{shop.world.ada}"
    shop.does("PATCH", path, {"terms": {"type": "per_click", "amount": 15}})
    for visitor in ("one", "two"):
        shop.does("POST", "/v1/clicks", {"slug": shop.world.slug, "visitor_id": visitor})
    assert "2 visitors by your link, €0.15 for each." in ada.get(earnings).text


def test_sales_of_those_whom_a_member_brought_say_the_part_and_not_the_person(ada: Reader, shop: Shop, earnings: str):
    terms = {"type": "percent_of_sale", "percent": "10", "tiers": [{"percent_of_sale": "2"}]}
    enrolled(shop, shop.world.ben, promo_code="BEN10", terms=terms)
    shop.sells("2001", 5_000, "BEN10")
    page = ada.get(earnings)
    assert "2 % of a sale by somebody whom you brought." in page.text
    assert "€1.00" in page.text
    assert [word for word in ("2001", "BEN10", "Ben", "€50.00") if word in page.text] == []


def test_a_correction_of_a_paid_row_names_its_order(ada: Reader, shop: Shop, earnings: str, jobs_queue: JobsQueue):
    shop.sells("1001", 4_900)
    pay_out(shop.api, jobs_queue)
    shop.refunds("1001", 2_000)
    page = ada.get(earnings)
    said = "Takes back a part of what order 1001 had paid you, because a part of it was sent back."
    assert said in page.text
    assert "€4.90 was paid before that changed, so a correction of \u2212€2.00 stands beside it." in page.text
    assert "Due to you \u2212€2.00 more was taken back than you had earned" in page.text
    assert "Paid to you €4.90" in page.text


def test_the_list_is_narrowed_and_its_file_has_the_same_rows(ada: Reader, shop: Shop, earnings: str):
    for number in range(3):
        shop.sells(f"100{number}", 4_900, occurred_at=f"2026-11-1{number}T10:00:00Z")
    query = "?from=2026-11-11&to=2026-11-12&type=sale&status=approved"
    page = ada.ask("GET", f"{earnings}{query}", None, {})
    assert ("1001" in page.text, "1002" in page.text, "1000" in page.text) == (True, True, False)
    file = ada.ask("GET", f"{earnings}.csv{query}", None, {})
    assert 'filename="earnings.csv"' in file.headers["Content-Disposition"]
    rows = spreadsheets.read(file.html)
    assert [(row["Order id"], row["Amount"], row["Why"]) for row in rows] == [
        ("1002", "4.90", "10\u00a0% of €49.00, order 1002, by your code ADA10."),
        ("1001", "4.90", "10\u00a0% of €49.00, order 1001, by your code ADA10."),
    ]
    assert f"{earnings}.csv" in page.links["CSV"]


def test_a_long_list_goes_on(ada: Reader, shop: Shop, earnings: str):
    for number in range(30):
        shop.api.post("/v1/commissions", {"member_id": shop.world.ada, "amount": 100 + number})
    drain(shop.table)
    first = ada.get(earnings)
    older = ada.ask("GET", first.links["Older"].removeprefix("https://api.example.com"), None, {})
    assert (first.html.count("<tr>"), older.html.count("<tr>")) == (26, 6)


@pytest.mark.parametrize("query", ["from=x", "status=paid", "type=gift", "offer_id=me", "cursor=!", "member_id=1"])
def test_nonsense_in_the_address_is_refused(ada: Reader, earnings: str, query: str):
    assert ada.once("GET", f"{earnings}?{query}").status == 422
    assert ada.once("GET", f"{earnings}.csv?{query}").status == 422


def test_rows_of_another_member_are_not_there(ada: Reader, shop: Shop, earnings: str):
    enrolled(shop, shop.world.ben, promo_code="BEN10")
    shop.sells("2001", 4_900, "BEN10")
    page = ada.ask("GET", f"{earnings}?offer_id={shop.world.codes_offer}", None, {})
    assert ("2001" in page.text, "Nothing of that kind" in page.text) == (False, True)
    assert "Nothing earned yet" in ada.get(earnings).text
    assert len(spreadsheets.read(ada.once("GET", f"{earnings}.csv").html)) == 0
