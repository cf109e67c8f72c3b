"""Reports on the deployed stack: conversions by offer and by member in it, and summaries that agree with them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.journeys.kit.client import Answer, Api, eventually
from tests.journeys.kit.shop import Shop, join
from tests.kit import spreadsheets

FORMULA = '=HYPERLINK("https://evil.example","1003")'


def lines(answer: Answer) -> list[dict[str, str]]:
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return spreadsheets.read(answer.text)


def counted(shop: Shop, commission: int) -> dict[str, Any]:
    """The offer's summary once it has come to that much."""
    path = f"/v1/reports/summary?offer_id={shop.offer_id}&group_by=member"

    def summary() -> dict[str, Any] | None:
        told: dict[str, Any] = shop.admin.get(path)
        return told if told["totals"]["commission"] == commission else None

    return eventually(summary)


def test_a_summary_agrees_with_the_list_under_it(shop: Shop):
    code, other = join(shop.admin, shop.offer_id)
    for amount in (5_000, 2_500, 101):
        shop.sell(amount)
    shop.sell(20_000, promo_code=code)
    told = counted(shop, 500 + 250 + 10 + 2_000)
    listed = shop.admin.get(f"/v1/reports/conversions?offer_id={shop.offer_id}")["items"]
    assert told["totals"]["conversions"] == len(listed) == 4
    assert told["totals"]["sales"] == sum(each["amount"] for each in listed)
    assert told["totals"]["average_order"] == 6_900
    assert [row["key"] for row in told["rows"]] == [other["member_id"], shop.member_id]
    own = shop.admin.get(f"/v1/reports/summary?member_id={shop.member_id}")
    assert (own["totals"]["commission"], own["currency"]) == (760, "USD")


def test_a_report_opens_in_a_spreadsheet_and_runs_nothing_there(shop: Shop):
    shop.sell(1_000)
    shop.sell(2_050, order_id=FORMULA)
    path = f"/v1/reports/conversions?member_id={shop.member_id}&offer_id={shop.offer_id}&format=csv"
    whole = shop.admin.send("GET", path)
    assert whole.headers["Content-Disposition"] == 'attachment; filename="conversions.csv"'
    assert "Next-Cursor" not in whole.headers
    newest, oldest = lines(whole)
    assert (newest["Order id"], newest["Sale amount"], newest["Commission"]) == (f"'{FORMULA}", "20.50", "2.05")
    assert (oldest["Promo code"], oldest["Won by"], oldest["Sale amount"]) == (shop.code, "promo_code", "10.00")
    first = shop.admin.send("GET", f"{path}&limit=1")
    rest = shop.admin.send("GET", f"{path}&limit=1&cursor={first.headers['Next-Cursor']}")
    assert [*lines(first), *lines(rest)] == [newest, oldest]


def test_conversions_are_reviewed_by_offer_and_by_member_in_it(shop: Shop):
    code, other = join(shop.admin, shop.offer_id)
    own = [shop.sell(1_000)["order_id"], shop.sell(2_000)["order_id"]]
    theirs = shop.sell(3_000, promo_code=code)
    path = f"/v1/reports/conversions?offer_id={shop.offer_id}"
    assert [each["order_id"] for each in shop.admin.get(path)["items"]] == [theirs["order_id"], *reversed(own)]
    in_offer = shop.admin.get(f"{path}&member_id={shop.member_id}&limit=1")
    assert [each["order_id"] for each in in_offer["items"]] == own[1:]
    rest = shop.admin.get(f"{path}&member_id={shop.member_id}&cursor={in_offer['next_cursor']}")
    assert [each["order_id"] for each in rest["items"]] == own[:1]
    (found,) = shop.admin.get(f"{path}&promo_code={code.lower()}&status=approved")["items"]
    assert found == theirs
    assert (found["member_id"], found["commission"]) == (other["member_id"], 300)
    assert shop.admin.get(f"{path}&payout=paid")["items"] == []


def test_a_report_without_offer_and_member_is_of_the_whole_program(shop: Shop):
    sold = shop.sell(1_000)
    told = lines(shop.admin.send("GET", "/v1/reports/conversions?format=csv&limit=100"))
    assert sold["conversion_id"] in {line["Conversion id"] for line in told}


def test_an_order_that_nobody_won_is_given_to_a_member_by_hand(shop: Shop):
    order = shop.order(5_000, promo_code="NOBODY", metadata={"basket": "A-1"})
    first = shop.storefront.post("/v1/conversions", order)
    path = f"/v1/conversions/{first['conversion_id']}"
    owner = {"member_id": shop.member_id, "offer_id": shop.offer_id}
    assert shop.admin.post(f"{path}/attribute", owner)["commission"] == 500
    assert counted(shop, 500)["totals"]["sales"] == 5_000
    told = shop.admin.get(path)
    assert (told["attribution"]["by"], told["metadata"], told["evidence"]) == ("member", {"basket": "A-1"}, [])
    (line,) = shop.admin.get(f"{path}/history")["items"]
    assert (line["action"], line["member_id"]) == ("attributed", shop.member_id)
    assert shop.storefront.post("/v1/conversions", order) == first


def test_many_hands_at_once_give_an_order_to_one_member(shop: Shop, admin: Api):
    order = shop.order(5_000, promo_code="NOBODY")
    sold = shop.storefront.post("/v1/conversions", order)
    people = [shop.member_id, join(shop.admin, shop.offer_id)[1]["member_id"]]
    path = f"/v1/conversions/{sold['conversion_id']}/attribute"

    def hand(number: int) -> int:
        if number % 3 == 2:
            return shop.storefront.send("POST", "/v1/conversions", order).status
        to = {"member_id": people[number % 3], "offer_id": shop.offer_id}
        return admin.send("POST", path, to).status

    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(hand, range(12)))
    assert sorted(answers) == [200] * 8 + [409] * 4
    told = counted(shop, 500)
    assert [row["conversions"] for row in told["rows"]] == [1]
