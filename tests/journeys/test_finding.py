"""Finding on the deployed stack: orders, payable rows, codes, links and members, with nothing else known about them."""

from urllib.parse import quote, urlencode

from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.shop import Shop, at_least_one_sale


def test_an_order_is_found_by_its_number_alone_whoever_won_it(shop: Shop, stranger: Api):
    order_id = f"{shop.storefront_id} / 17 & Söhne"
    sold = shop.sell(1_000, order_id=order_id)
    path = f"/v1/conversions?{urlencode({'order_id': order_id})}"
    assert [each["conversion_id"] for each in shop.admin.get(path)["items"]] == [sold["conversion_id"]]
    assert shop.admin.get(f"{path}&storefront_id={shop.storefront_id}")["items"][0]["commission"] == 100
    assert stranger.get(path)["items"] == []
    nobodys = shop.sell(1_000, order_id=f"{order_id}, 2", promo_code="NOBODY")
    found = shop.admin.get(f"/v1/conversions?{urlencode({'order_id': nobodys['order_id']})}")["items"]
    assert [each["attribution"]["reason"] for each in found] == ["no_match"]


def test_the_newest_rows_of_the_program_come_first(shop: Shop):
    terms = {"type": "percent_of_sale", "percent": "10"}
    other = {"name": "Other", "kind": "promo_code", "payout_options": [{"name": "A", "default": True, "terms": terms}]}
    both = [shop.offer_id, shop.admin.post("/v1/offers", other)["offer_id"]]
    rule = shop.rule("Hello", at_least_one_sale(), {"type": "add_bonus_commission", "amount": 5}, offers=both)
    sold, bonus = shop.sell(1_000), shop.bonus(rule)
    assert bonus["offer_id"] is None

    def listed() -> bool:
        newest = shop.admin.get("/v1/commissions?limit=100")["items"]
        return {sold["conversion_id"], bonus["commission_id"]} <= {each["commission_id"] for each in newest}

    eventually(listed)
    (found,) = shop.admin.get(f"/v1/commissions?rule_id={bonus['rule_id']}&member_id={shop.member_id}")["items"]
    assert found == bonus


def test_a_code_tells_whose_it_is_however_it_is_written(shop: Shop, stranger: Api):
    code = f"10%Off für {shop.member['last_name']}"
    shop.admin.put(f"/v1/offers/{shop.offer_id}/enrollments/{shop.member_id}", {"promo_code": code})
    told = shop.admin.get(f"/v1/promo-codes/{quote(code.upper())}")
    assert (told["code"], told["member_id"], told["state"]) == (code, shop.member_id, "active")
    assert shop.admin.get(f"/v1/promo-codes/{quote(shop.code)}")["state"] == "replaced"
    assert stranger.send("GET", f"/v1/promo-codes/{quote(code)}").status == 404


def test_a_member_is_found_by_the_beginning_of_a_name(shop: Shop):
    name = shop.member["last_name"]
    for beginning in (name[:9].upper(), f"{name} ADÁ", f"ada {name[:5]}", f"{name}@exa"):
        (found,) = eventually(lambda q=beginning: shop.admin.get(f"/v1/members?{urlencode({'q': q})}")["items"])
        assert found["member_id"] == shop.member_id
