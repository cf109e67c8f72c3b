"""Shops: set up step by step with a live check, what they sent, how they are, and their codes."""

import pytest

from laurel import clock, vault
from laurel.pages.words import Words
from laurel.store import keys
from laurel.store.operations import Update
from laurel.store.table import Table
from tests.functional.conftest import marked
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.selling import sell
from tests.functional.kit.shop import Shop
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import everything
from tests.functional.kit.world import World
from tests.functional.kit.world import program as another
from tests.kit.shop_bodies import woocommerce_order
from tests.kit.shops.woocommerce import CREDENTIALS
from tests.pages.conftest import reader
from tests.pages.kit.people import People, seated
from tests.pages.kit.reader import Reader, Sheet

SHOPS = "/console/shops"
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def manager(people: People) -> Reader:
    return reader(people, "manager")


@pytest.fixture
def woo(shops: dict[str, str]) -> str:
    """The address of a WooCommerce shop with a secret."""
    return f"{SHOPS}/{shops['woocommerce']}"


def added(manager: Reader, **fields: str) -> Sheet:
    return manager.send(manager.get(f"{SHOPS}/new"), "Add it", **{"name": "Web", "platform": "shopify", **fields})


def test_a_shop_is_added_once_and_led_through_its_set_up(manager: Reader, secrets_key: str):
    form = manager.get(f"{SHOPS}/new")
    for _ in range(2):
        page = manager.send(form, "Add it", name=f"Web {SCRIPT}", platform="shopify")
    assert SCRIPT not in page.html
    number = page.address.rpartition("/")[2]
    for said in (
        f"https://api.example.com/webhooks/{number}/shopify",
        "Order creation",
        "No webhook secret yet",
        "Nothing signed with that secret has arrived",
        f'/laurel.js" data-storefront="{number}" data-days="30" defer>',
    ):
        assert said in page.text
    assert manager.get(SHOPS).html.count(f'/shops/{number}"') == 1


@pytest.mark.parametrize("fields", [{"name": ""}, {"name": "x" * 5_000}, {"platform": SCRIPT}, {"platform": ""}])
def test_nonsense_is_said_beside_its_field_and_adds_nothing(manager: Reader, fields: dict[str, str]):
    before = manager.get(SHOPS).html.count("/shops/sf_")
    refused = added(manager, **fields)
    assert (refused.status, "Nothing was saved" in refused.text, SCRIPT in refused.html) == (422, True, False)
    assert manager.get(SHOPS).html.count("/shops/sf_") == before


def test_a_secret_is_kept_and_never_shown_and_another_takes_its_place(
    manager: Reader, woo: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(vault, "mark", marked)
    page = manager.send(manager.get(woo), "Keep the secret", webhook_secret="a-secret-of-the-shop")
    assert "The secret is kept." in page.text
    assert "a-secret-of-the-shop" not in page.html
    ended = manager.send(page, "End it now")
    assert "End the secret before" not in ended.text
    empty = manager.send(ended, "Keep the secret", webhook_secret="")
    assert (empty.status, "This is needed" in empty.text) == (422, True)
    odd = manager.send(ended, "Keep the secret", webhook_secret="with blanks \U0001f9ff")
    assert (odd.status, "with blanks" in odd.html) == (422, False)


def test_a_connection_is_checked_at_once_and_the_page_asks_until_it_is_known(manager: Reader, woo: str):
    wrong = manager.send(manager.get(woo), "Connect", connection__url="shop")
    assert (wrong.status, "Nothing was saved" in wrong.text) == (422, True)
    fields = {f"connection__{name}": value for name, value in CREDENTIALS.items()}
    page = manager.send(manager.get(woo), "Connect", **fields)
    assert "The shop is being asked whether it lets us in." in page.text
    assert CREDENTIALS["consumer_secret"] not in page.html
    part = manager.once("GET", f"{woo}/check", None, {"hx-request": "true"})
    assert ('hx-trigger="every 10s"' in part.html, "<html" in part.html) == (True, False)
    assert "Not connected" in manager.send(page, "Disconnect now").text


def test_the_check_shows_what_arrived_last(manager: Reader, shop: Shop, woo: str):
    shop.woocommerce("order.created", woocommerce_order())
    assert "order.created applied" in manager.get(f"{woo}/check").text


def test_name_addresses_and_rates_are_edited_and_a_stale_form_shows_both(manager: Reader, woo: str):
    form = manager.get(f"{woo}/edit")
    done = manager.send(
        form, "Save", name="Wool", origins="https://shop.example", rate__currency="usd", rate__value="0,92"
    )
    assert "Wool is saved." in done.text
    assert done.form("Save").fields["exchange_rates.USD:decimal"] == "0.92"
    stale = manager.send(form, "Save", name="Silk")
    assert (stale.status, "Stored now: Wool" in stale.text) == (412, True)
    cleared = manager.send(done, "Save", exchange_rates__USD="")
    assert "exchange_rates.USD:decimal" not in cleared.form("Save").fields


@pytest.mark.parametrize(
    "fields",
    [
        {"origins": "http://evil"},
        {"origins": SCRIPT},
        {"rate__currency": "QQQ", "rate__value": "1"},
        {"rate__currency": "USD", "rate__value": "much"},
        {"rate__currency": SCRIPT, "rate__value": "1"},
        {"name": ""},
    ],
)
def test_nonsense_in_the_settings_of_a_shop_changes_nothing(manager: Reader, woo: str, fields: dict[str, str]):
    refused = manager.send(manager.get(f"{woo}/edit"), "Save", **fields)
    assert (refused.status, "Nothing was saved" in refused.text, SCRIPT in refused.html) == (422, True, False)
    assert manager.get(f"{woo}/edit").form("Save").fields["name"] == "woocommerce"


def test_a_refused_delivery_says_what_to_mend_and_is_applied_again(
    manager: Reader, shop: Shop, woo: str, shops: dict[str, str], api: Gateway
):
    shop.woocommerce("order.created", woocommerce_order(currency="USD", number=SCRIPT))
    listed = manager.get(f"{woo}/deliveries?outcome=refused")
    assert "give the shop an exchange rate in its settings" in listed.text
    rows = manager.get(listed.links["CSV"]).html.splitlines()
    assert [row.split(",")[1:5] for row in rows[1:]] == [["order.created", "4711", "refused", "exchange_rate_missing"]]
    link = next(href for href in listed.links.values() if "/deliveries/dlv_" in href)
    page = manager.get(link)
    assert ("4711" in page.text, SCRIPT in page.html) == (True, False)
    assert "It is refused still." in manager.send(page, "Apply it again").text
    patched = api.patch(f"/v1/storefronts/{shops['woocommerce']}", {"exchange_rates": {"USD": "0.9"}})
    assert patched.status == 200
    assert "It is applied." in manager.send(page, "Apply it again").text
    assert "Nothing like that arrived" in manager.get(f"{woo}/deliveries?outcome=refused").text


def test_a_viewer_reads_deliveries_and_cannot_apply_them(people: People, shop: Shop, woo: str):
    shop.woocommerce("order.created", "no json")
    viewer = reader(people, "viewer")
    link = next(href for href in viewer.get(f"{woo}/deliveries").links.values() if "/deliveries/dlv_" in href)
    for path in (woo, link, f"{woo}/codes", f"{woo}/health"):
        page = viewer.get(path)
        assert page.status == 200
        assert {button for form in page.forms for button in form.buttons} <= {"Sign out", "Show"}


def test_health_tells_orders_by_day_and_by_who_won_them(manager: Reader, world: World, table: Table):
    for _ in range(3):
        sell(world, table, amount=10_000)
    page = manager.get(f"{SHOPS}/{world.storefront_id}/health", **{"accept-language": "en-US"})
    assert "Orders 3" in page.text
    chart = page.html.partition("<svg")[2].partition("</svg>")[0]
    assert Words("en-US").day_in_short(world.program.calendar.day_of(clock.now())) in chart, "as its reader writes days"


@pytest.mark.parametrize(
    "path", ["deliveries?from=x", "health?from=2026-02-30", "health?from=2020-01-01", "deliveries?cursor=%F0"]
)
def test_a_span_that_cannot_be_read_is_refused_in_words(manager: Reader, woo: str, path: str):
    assert manager.get(f"{woo}/{path}").status == 422


def taken_there(table: Table) -> None:
    """The shop has told that every code is one of its own."""
    for item in everything(table):
        if item["kind"] == "shop code":
            body = {**item["body"], "state": "conflict", "reason": "taken"}
            table.write(Update(keys.Key(item["pk"], item["sk"]), set={"body": body}))


def test_codes_are_shown_with_their_state_and_checked_with_progress(
    manager: Reader, woo: str, api: Gateway, world: World, table: Table, jobs_queue: JobsQueue
):
    refused = manager.send(manager.get(f"{woo}/codes"), "Check all codes now")
    assert (refused.status, "connect it first" in refused.text) == (409, True)
    fields = {f"connection__{name}": value for name, value in CREDENTIALS.items()}
    manager.send(manager.get(woo), "Connect", **fields)
    assert api.patch(f"/v1/offers/{world.codes_offer}", {"discount": {"percent": "10"}}).status == 200
    begun = manager.send(manager.get(f"{woo}/codes"), "Check all codes now")
    assert "Comparing codes with the shop" in begun.text
    ShopsQueue("", jobs_queue).begin(table)
    jobs_queue.work()
    over = manager.once("GET", begun.address, None, {"hx-request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    listed = manager.get(begun.address)
    assert ("ADA10" in listed.links, "handed to the shop" in listed.text) == (True, True)
    rows = manager.get(f"{woo}/codes.csv").html.splitlines()
    assert [row.split(",")[0].lstrip("\ufeff") for row in rows] == ["Code", "ADA10"]
    assert "No code in this state" in manager.get(f"{woo}/codes?state=conflict").text
    taken_there(table)
    for page in (listed.links["ADA10"], f"/console/members/{world.ada}"):
        assert "the shop has a discount of its own with this code" in manager.get(page).text


def test_a_shop_of_another_program_is_nowhere(table: Table, woo: str):
    stranger = reader(seated(table, another(table, "Another"), "elsewhere"), "owner")
    for path in ("", "/check", "/edit", "/deliveries", "/deliveries.csv", "/health", "/codes", "/codes.csv"):
        assert stranger.get(woo + path).status == 404
