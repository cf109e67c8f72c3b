"""Conversions: orders found, decided, corrected and given away, each with why it earns what it earns."""

import re
from decimal import Decimal

import pytest

from laurel.domain.ledger.commissions import conversion_id
from laurel.store.table import Table
from laurel.store.table import table as pages_table
from laurel.workflows.ledger import commissions, sources
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World, program
from tests.kit import spreadsheets
from tests.pages.conftest import reader
from tests.pages.kit.people import People
from tests.pages.kit.reader import Reader, Sheet

LIST = "/console/conversions"


ORDERS = {"1003": (12, 7_500), "1004": (13, 8_800), "1012": (21, 6_200), "1013": (22, 7_500), "1014": (23, 8_800)}


@pytest.fixture(autouse=True)
def few_orders(table: Table, world: World) -> None:
    """Orders by Ada's code, one of them refunded in part, and one by nobody."""
    api = Gateway(world.admin)
    for order_id, (day, amount) in ORDERS.items():
        order = {"order_id": order_id, "amount": amount, "currency": "EUR", "type": "sale"}
        when = {"storefront_id": world.storefront_id, "occurred_at": f"2026-11-{day}T10:00:00Z"}
        code = {} if order_id == "1014" else {"promo_code": "ADA10"}
        assert api.post("/v1/conversions", {**order, **when, **code}).status == 201
    back = {"storefront_id": world.storefront_id, "order_id": "1003", "refund_id": "r1", "amount": 2_000}
    assert api.post("/v1/refunds", {**back, "reason": "refund"}).status == 201
    drain(table)


def place(world: World, order_id: str, doing: str = "") -> str:
    return f"{LIST}/{conversion_id(world.program.program_id, world.storefront_id, order_id)}{doing}"


def stored(table: Table, world: World, order_id: str):
    identity = conversion_id(world.program.program_id, world.storefront_id, order_id)
    return commissions.get(table, world.program.program_id, identity)


def sold(table: Table, world: World, order_id: str, **told: object) -> None:
    order = {"order_id": order_id, "amount": 5_000, "currency": "EUR", "type": "sale", "promo_code": "ADA10"}
    when = {"storefront_id": world.storefront_id, "occurred_at": "2026-11-20T12:00:00Z"}
    assert Gateway(world.admin).post("/v1/conversions", {**order, **when, **told}).status == 201
    drain(table)


def done_by(sheet: Sheet, what: str, who: str) -> bool:
    """Whether the history says so: what changed stands between."""
    lines = sheet.text.partition("By When ")[2]
    return re.search(rf"{what} [^\u0000]*?{who}", lines) is not None


def orders(sheet: Sheet) -> list[str]:
    return [name for name, link in sheet.links.items() if "/conversions/com_" in link]


FOUND = {
    "order_id=1004": ["1004"],
    "from=2026-11-21&to=2026-11-22": ["1013", "1012"],
    "promo_code=ada10&from=2026-11-22": ["1013"],
    "member=lovel&from=2026-11-22": ["1013"],
    "member=ada%40example.com&from=2026-11-22": ["1013"],
    "won=no": ["1014"],
    "status=declined": [],
    "type=action&payout=paid": [],
    "member=nobody%40example.com": [],
}
NONSENSE = {
    "from=yesterday": "From: a day is written",
    "from=2026-11-22&to=2026-11-01": "The first day lies after the last one",
    "status=lost": "Status",
    "cursor=!!": "Take the cursor",
    "colour=red": "Colour",
    "member=x": "Give at least 2 letters",
    "path=/evil&toast=x": "Path",
}


def test_an_order_is_found_by_what_people_know_of_it(owner: Reader):
    assert {query: orders(owner.get(f"{LIST}?{query}")) for query in FOUND} == FOUND


def test_nonsense_in_a_filter_is_said_above_the_list(owner: Reader):
    for query, said in NONSENSE.items():
        sheet = owner.get(f"{LIST}?{query}")
        assert (sheet.status, orders(sheet), said in sheet.text) == (422, [], True), query


def test_a_name_that_several_have_asks_which(owner: Reader, table: Table, world: World):
    new = {"email": "adam@example.com", "first_name": "Adam"}
    assert Gateway(world.admin).post("/v1/members", new).status == 201
    sheet = owner.get(f"{LIST}?member=ad&status=approved")
    assert "Which member?" in sheet.text
    assert "1013" in owner.get(sheet.links["Ada Lovelace"]).text


def test_the_file_has_the_rows_of_the_list(owner: Reader):
    file = owner.get(owner.get(f"{LIST}?from=2026-11-21").links["CSV file"])
    assert file.headers["Content-Type"].startswith("text/csv")
    lines = file.html.splitlines()
    assert lines[0].startswith("\ufeffOrder date,Order id")
    assert [line.split(",")[1] for line in lines[1:]] == ["1013", "1012"]


def test_those_that_are_ticked_are_declined_and_what_is_not_done_is_said(owner: Reader, table: Table, world: World):
    ids = [place(world, order).rpartition("/")[2] for order in ("1004", "1012")]
    page = owner.get(LIST)
    ticked = {"set": "declined", "reason": "fraud"}
    for identity in ids:
        done = owner.send(page, "Approve", **{"conversion_ids:many": identity}, **ticked)
        assert "1 order is decided." in done.text
    assert stored(table, world, "1004").decision.reason == "fraud"
    again = owner.send(page, "Approve", **{"conversion_ids:many": ids[0]}, set="approved")
    assert "Order 1004: it was declined for good" in again.text
    assert "Tick the orders first" in owner.send(page, "Approve", set="approved").text


def test_an_order_says_why_it_earns_what_it_earns(owner: Reader, world: World):
    page = owner.get(place(world, "1003"))
    for said in (
        "Why it earns €5.50",
        "Ada Lovelace won it, because the customer used their code ADA10.",
        "The terms were those of the payout option \u201cStandard\u201d when it was recorded: 10 % of each sale.",
        "Of €75.00, €20.00 went back; €55.00 is left.",
        "10 % of €55.00 is €5.50.",
    ):
        assert said in page.text
    assert done_by(page, "Refunded", "API key")
    assert "Nobody earns on this order: no code, link" in owner.get(place(world, "1014")).text


def test_a_reward_is_shown_at_the_order_that_set_it_off_with_its_evidence(owner: Reader, table: Table, world: World):
    sold(table, world, "big", amount=250_000)
    page = owner.get(place(world, "big"))
    week = "\u201cStrong week\u201d in the week from 16 Nov 2026."
    assert f"{week} Its first condition, more than €200.00, stood at €" in page.text
    assert "2 % of €" in page.text


def test_terms_agreed_with_one_member_and_a_foreign_currency_are_told(owner: Reader, table: Table, world: World):
    own = {"type": "flat_plus_percent", "amount": 300, "percent": "5"}
    path = f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}"
    assert Gateway(world.admin).patch(path, {"terms": own}).status == 200
    sold(table, world, "abroad", amount=1_000, currency="JPY", exchange_rate="0.01")
    page = owner.get(place(world, "abroad"))
    for said in ("They have terms of their own", "At 0.01 EUR for 1 JPY that is €10.00.", "¥1,000"):
        assert said in page.text
    assert "€3.00, and €0.50 for 5 % of €10.00, is €3.50." in page.text


def test_a_commission_is_declined_and_approved_again(owner: Reader, table: Table, world: World):
    declined = owner.send(owner.get(place(world, "1004")), "Decline the commission", reason="<i>odd</i>")
    assert "The commission is declined." in declined.text
    assert "It was declined by hand: <i>odd</i>" in declined.text
    assert "<i>odd" not in declined.html
    assert done_by(declined, "Declined", "Olga Owner")
    assert "The commission is approved." in owner.send(declined, "Approve").text
    assert stored(table, world, "1004").status == "approved"


def test_its_whole_history_has_a_page_of_its_own(owner: Reader, world: World):
    for _ in range(2):
        page = owner.send(owner.get(place(world, "1004")), "Decline the commission")
        owner.send(page, "Approve")
    page = owner.get(place(world, "1004", "/history"))
    assert (page.headings, page.text.count("Declined"), page.text.count("Olga Owner")) == (
        ["History of order 1004"],
        2,
        5,
    )
    assert owner.get(place(world, "1004", "/history?cursor=!!")).status == 422
    file = spreadsheets.read(owner.get(place(world, "1004", "/history.csv")).html)
    assert [line["What"] for line in file].count("Declined") == 2


def test_what_was_declined_for_fraud_stays_so_and_says_why(owner: Reader, world: World):
    page = owner.send(owner.get(place(world, "1004")), "Decline the commission", reason="fraud")
    refused = owner.send(page, "Approve")
    assert (refused.status, "It was declined for good: fraud." in refused.text) == (409, True)


def test_an_order_is_corrected_and_the_commission_follows(owner: Reader, table: Table, world: World):
    form = owner.get(place(world, "1004", "/revise"))
    assert form.form("Save").fields["amount:money.EUR"] == "88"
    done = owner.send(form, "Save", **{"amount:money.EUR": "90.50"}, reason="Typed wrong")
    assert "The order is changed: it earns €9.05 now." in done.text
    assert "Why Typed wrong" in done.text
    stale = owner.send(form, "Save", **{"amount:money.EUR": "10"})
    assert (stale.status, "Stored now: 90.5" in stale.text) == (412, True)
    assert stored(table, world, "1004").amount == 905


def test_what_a_form_leaves_as_it_is_stays_the_shops_word(owner: Reader, table: Table, world: World):
    before = stored(table, world, "1004").order
    owner.send(owner.get(place(world, "1004", "/revise")), "Save", state="cancelled")
    order = stored(table, world, "1004").order
    assert (order.state, order.amount_at, order.amount) == ("cancelled", before.amount_at, before.amount)


def test_an_amount_that_is_none_is_refused_beside_its_field(owner: Reader, table: Table, world: World):
    form = owner.get(place(world, "1004", "/revise"))
    for amount in ("-1", "1.234", "much", "9" * 14):
        refused = owner.send(form, "Save", **{"amount:money.EUR": amount})
        assert (refused.status, refused.headings) == (422, ["Correct order 1004"]), amount
        assert refused.form("Save").fields["amount:money.EUR"] == amount
    assert stored(table, world, "1004").amount == 880


def test_a_field_of_another_kind_does_no_harm(owner: Reader, world: World):
    form = owner.get(place(world, "1004", "/revise")).form("Save")
    fields = {name: value for name, value in form.fields.items() if not name.startswith("amount")}
    for kind in ("money.XXX", "money.", "money.JPY", "many", "flag", "lines"):
        assert owner.post(form.action, {**fields, f"amount:{kind}": "1.5"}).status in {200, 412, 422}, kind


def test_a_refund_sent_twice_takes_its_amount_once_and_can_be_undone(owner: Reader, table: Table, world: World):
    form = owner.get(place(world, "1004", "/refund"))
    for _ in range(2):
        done = owner.send(form, "Refund", **{"amount:money.EUR": "8.00"})
        assert "The refund is kept" in done.text
    assert stored(table, world, "1004").order.refunded_amount == 800
    undone = owner.send(done, "Undo the refund")
    assert "The refund is undone" in undone.text
    assert stored(table, world, "1004").amount == 880


def test_a_refund_without_an_amount_takes_all_and_one_more_is_refused_in_words(
    owner: Reader, table: Table, world: World
):
    form = owner.get(place(world, "1004", "/refund"))
    done = owner.send(form, "Refund", refund_id="r-77")
    assert "The order of €88.00 earns nothing while things are so: it was refunded." in done.text
    other = owner.get(place(world, "1004", "/refund"))
    refused = owner.send(other, "Refund", **{"amount:money.EUR": "1"}, refund_id="r-77")
    assert (refused.status, "another amount or reason" in refused.text) == (409, True)
    assert stored(table, world, "1004").status == "declined"


def test_an_order_that_nobody_won_is_given_to_a_member(owner: Reader, table: Table, world: World):
    form = owner.get(owner.get(place(world, "1014")).links["Give to a member"])
    unknown = owner.send(form, "Give the order", email="nobody@example.com", offer_id=world.codes_offer)
    assert (unknown.status, "No member has this address." in unknown.text) == (422, True)
    ben = owner.send(form, "Give the order", email="ben@example.com", offer_id=world.codes_offer)
    assert (ben.status, "not enrolled in this offer" in ben.text) == (409, True)
    done = owner.send(form, "Give the order", email="ADA@example.com", offer_id=world.codes_offer)
    assert "The order is given: it earns" in done.text
    assert done_by(done, "Given to a member", "Olga Owner")
    row = stored(table, world, "1014")
    assert (row.member_id, Decimal(row.amount) > 0) == (world.ada, True)


def test_an_order_with_a_code_of_nobody_names_the_code(owner: Reader, table: Table, world: World):
    sold(table, world, "typo", promo_code="ADA1O")
    said = "Nobody earns on this order: its code ADA1O is no member's, and no link or known customer led to it."
    assert said in owner.get(place(world, "typo")).text


def test_the_list_leads_to_the_orders_that_no_member_brought(owner: Reader):
    led = owner.get(owner.get("/console/conversions").links["Orders that no member brought"])
    assert (orders(led), "Orders that no member brought" in led.links) == (["1014"], False)


def test_whoever_claimed_it_is_told_with_the_reason(owner: Reader, table: Table, world: World):
    sold(table, world, "own", customer_email="ada@example.com")
    page = owner.get(place(world, "own"))
    assert "Nobody earns on this order: the member bought it themselves." in page.text
    assert "Ada Lovelace by promo code: the member bought it themselves" in page.text
    given = owner.send(owner.get(place(world, "own", "/attribute")), "Give to Ada Lovelace")
    assert "The order is given: it earns €5.00 now." in given.text


def test_a_viewer_sees_everything_and_no_form(people: People, world: World):
    viewer = reader(people, "viewer")
    for page in (viewer.get(LIST), viewer.get(place(world, "1003")), viewer.get(place(world, "1014"))):
        assert page.status == 200
        assert [form.buttons for form in page.forms if form.method == "post"] == [["Sign out"]]


def test_a_manager_may_decide(people: People, world: World):
    manager = reader(people, "manager")
    assert (
        "The commission is declined." in manager.send(manager.get(place(world, "1004")), "Decline the commission").text
    )


def test_another_programs_order_is_not_there(owner: Reader, table: Table, world: World):
    other = program(table, "Another")
    api = Gateway(other.admin)
    shop = api.post("/v1/storefronts", {"name": "Shop", "platform": "api"}).body["storefront_id"]
    order = {"order_id": "x", "amount": 1, "currency": "EUR", "type": "sale", "storefront_id": shop}
    identity = api.post("/v1/conversions", order).body["conversion_id"]
    for doing in ("", "/revise", "/refund", "/attribute"):
        assert owner.get(f"{LIST}/{identity}{doing}").status == 404
        assert owner.get(place(world, "1003", doing)).status == 200


def test_scripts_in_an_order_are_text(owner: Reader, table: Table, world: World):
    script = "<script>alert(1)</script>"
    sold(table, world, script, metadata={script: script})
    for page in (owner.get(LIST), owner.get(place(world, script)), owner.get(place(world, script, "/revise"))):
        assert page.status == 200
        assert "<script>alert" not in page.html
        assert script in page.text


def test_what_follows_an_order_by_itself_is_told_and_stopped(owner: Reader, world: World, table: Table):
    monthly = {"interval": "month", "mode": "automatic", "limit": 3}
    own = {"type": "percent_of_sale", "percent": "10", "recurring": monthly}
    path = f"/v1/offers/{world.codes_offer}/enrollments/{world.ada}"
    assert Gateway(world.admin).patch(path, {"terms": own}).status == 200
    sold(table, world, "monthly")
    page = owner.get(place(world, "monthly"))
    assert "0 later commissions so far, one each month. The next one is due on 20 Dec 2026." in page.text
    stopped = owner.send(page, "Stop them")
    assert "They have ended: a person stopped them." in stopped.text
    assert done_by(stopped, "Later commissions stopped", "Olga Owner")


def test_a_refund_that_came_before_its_order_is_listed(owner: Reader, world: World):
    assert "No refund waits for its order" in owner.get(f"{LIST}/refunds").text
    back = {"storefront_id": world.storefront_id, "order_id": "later", "refund_id": "r9", "amount": 2_000}
    assert Gateway(world.admin).post("/v1/refunds", {**back, "reason": "chargeback"}).status == 202
    page = owner.get(owner.get(LIST).links["Refunds that came before their order"])
    assert "later r9 chargeback 2,000" in page.text


def test_a_page_asks_the_table_no_more_often_however_much_was_sold(owner: Reader, table: Table, world: World):
    asked: list[str] = []
    pages_table()._client.meta.events.register("before-call.dynamodb", lambda model, **_: asked.append(model.name))

    def questions(path: str) -> int:
        asked.clear()
        assert owner.get(path).status == 200
        return len(asked)

    paths = ("/console", LIST, place(world, "1004"))
    counts = []
    for half in ("a", "b"):  # a page of the list is full from the first half on
        for number in range(25):
            order = {"order_id": f"{half}{number}", "amount": 5_000, "currency": "EUR", "type": "sale"}
            won = {"storefront_id": world.storefront_id, "promo_code": "ADA10", "occurred_at": "2026-11-15T12:00:00Z"}
            assert Gateway(world.admin).post("/v1/conversions", {**order, **won}).status == 201
        drain(table)
        counts.append([questions(path) for path in paths])
    assert counts[0] == counts[1]


def test_where_there_are_too_many_offers_for_all_time_the_last_days_are_listed(
    people: People, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sources, "MOST_OFFERS_OF_ALL_TIME", 1)
    viewer = reader(people, "viewer")
    shown = viewer.get(f"{LIST}?status=approved")
    assert "There are many offers: these are the orders of 28 days" in shown.text
    assert "1012" in shown.text
    assert "1014" not in shown.text  # the filters stay
    assert 'value="2026-10-16"' in viewer.get(f"{LIST}?to=2026-11-12").html
