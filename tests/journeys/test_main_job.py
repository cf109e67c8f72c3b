"""The main job: a sale crosses a weekly threshold, and one bonus and one mail come of it."""

from concurrent.futures import ThreadPoolExecutor

from tests.journeys.conftest import Mailbox
from tests.journeys.kit.client import Api, eventually
from tests.journeys.kit.shop import Shop, at_least_one_sale, join, week_above

TWO_PERCENT = {"type": "add_bonus_commission", "percent": "2"}


def mail_of(template_id: str) -> dict[str, str]:
    return {"type": "send_mail", "to": "member", "template_id": template_id}


def test_the_sale_that_crosses_the_weekly_threshold_pays_one_bonus_and_mails_the_member(shop: Shop, mailbox: Mailbox):
    letter = shop.template(
        "A strong week", "{{ member.first_name }}: {{ value }} in {{ rule.name }}, bonus {{ bonus }}"
    )
    rule = shop.rule("Strong week", week_above(20_000), TWO_PERCENT, mail_of(letter))

    assert shop.sell(180_000)["commission"] == 18_000
    assert shop.sell(30_000)["commission"] == 3_000
    bonus = shop.bonus(rule)

    assert (bonus["amount"], bonus["type"], bonus["origin"], bonus["status"]) == (
        420,
        "extra_bonus",
        "rule",
        "approved",
    )
    assert bonus["evidence"] == {"base": 21_000, "value": "21000", "rule_version": 1}
    assert bonus["period"].startswith("current_week:")
    (mail,) = eventually(lambda: mailbox.to(shop.member["email"]))
    assert mail["BodyText"] == "Ada: 210.00 USD in Strong week, bonus 4.20 USD"
    (sent,) = shop.admin.get(f"/v1/mails?member_id={shop.member_id}")["items"]
    assert (sent["status"], sent["rule_id"], sent["to"]) == ("sent", rule["rule_id"], shop.member["email"])


def test_nothing_more_is_paid_or_mailed_when_the_week_goes_on(shop: Shop, mailbox: Mailbox):
    letter = shop.template("A strong week", "bonus {{ bonus }}")
    rule = shop.rule("Strong week", week_above(20_000), TWO_PERCENT, mail_of(letter))
    shop.sell(210_000)
    shop.bonus(rule)
    shop.sell(40_000)
    shop.drain()
    assert shop.bonus(rule)["amount"] == 420
    assert len(mailbox.to(shop.member["email"])) == 1


def test_a_rule_that_only_mails_writes_a_zero_value_marker(shop: Shop, mailbox: Mailbox):
    rule = shop.rule("Hello", at_least_one_sale(), mail_of(shop.template("Hello", "Your first sale")))
    shop.sell(1_000)
    marker = shop.bonus(rule)
    assert (marker["amount"], marker["type"], marker["period"]) == (0, "extra_bonus", "all_time")
    eventually(lambda: mailbox.to(shop.member["email"]))


def test_exactly_the_threshold_is_not_above_it(shop: Shop):
    rule = shop.rule("Strong week", week_above(20_000), TWO_PERCENT)
    shop.sell(200_000)
    shop.drain()
    assert shop.rows(rule_id=rule["rule_id"]) == []


def test_a_field_set_by_one_rule_opens_another(shop: Shop):
    shop.declare_field("rank")
    shop.rule("Rank", week_above(10_000), {"type": "update_user_field", "field": "rank", "value": "gold"})
    gold = {"metric": "user_field", "field": "rank", "operator": "eq", "value": "gold"}
    both = [at_least_one_sale(), gold]
    rule = shop.rule("Gold", {}, {"type": "add_bonus_commission", "amount": 500}, conditions=both, priority=2)
    shop.sell(50_000)
    shop.sell(60_000)
    assert shop.bonus(rule)["amount"] == 500
    member = shop.admin.get(f"/v1/members/{shop.member_id}")
    assert member["fields"] == {"rank": "gold"}


def test_thirty_sales_at_the_same_instant_pay_one_bonus_on_a_sum_that_crossed(shop: Shop, mailbox: Mailbox):
    letter = shop.template("A strong week", "bonus {{ bonus }}")
    rule = shop.rule("Strong week", week_above(20_000), TWO_PERCENT, mail_of(letter))
    orders = [shop.order(10_000) for _ in range(30)]
    with ThreadPoolExecutor(4) as storefronts:
        answers = list(storefronts.map(lambda order: shop.storefront.send("POST", "/v1/conversions", order), orders))
    assert [answer.status for answer in answers] == [201] * 30
    assert shop.bonus(rule)["evidence"]["base"] == 21_000  # the 21st of 10.00 each is the first above 200.00
    shop.drain()
    assert shop.bonus(rule)["amount"] == 420
    assert len(mailbox.to(shop.member["email"])) == 1


def test_members_of_one_offer_cross_their_thresholds_each_for_themselves(shop: Shop, admin: Api):
    code, other = join(admin, shop.offer_id)
    rule = shop.rule("Strong week", week_above(20_000), TWO_PERCENT)
    shop.sell(150_000)
    shop.sell(150_000, promo_code=code)
    shop.sell(60_000)
    assert shop.bonus(rule)["amount"] == 420
    rows = admin.get(f"/v1/commissions?member_id={other['member_id']}")["items"]
    assert [row["type"] for row in rows] == ["sale"]
