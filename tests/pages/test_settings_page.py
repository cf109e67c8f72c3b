"""Settings: the program, its account and logo; API keys."""

import pytest

from laurel.store.table import Table
from laurel.workflows.program import programs
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.selling import sell
from tests.functional.kit.world import World
from tests.functional.kit.world import program as another
from tests.pages.conftest import reader
from tests.pages.kit.people import People, seated
from tests.pages.kit.reader import Reader, Sheet

SETTINGS = "/console/settings"
KEYS = f"{SETTINGS}/keys"
SCRIPT = "<script>alert(1)</script>"
IBAN = "DE89370400440532013000"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


@pytest.fixture
def manager(people: People) -> Reader:
    return reader(people, "manager")


def saved(manager: Reader, **fields: str) -> Sheet:
    return manager.send(manager.get(SETTINGS), "Save", **fields)


def test_everything_of_a_program_is_set_on_one_page(manager: Reader, world: World, table: Table, outside: None):
    done = saved(
        manager,
        name="Glow & Co",
        timezone="Europe/Vienna",
        approval__mode="hold",
        approval__hold_days="14",
        attribution__order__0="click",
        attribution__order__1="promo_code",
        attribution__order__2="",
        attribution__order__3="",
        attribution__window_days="45",
        applications__open="on",
        applications__terms_url="https://shop.example/terms",
        user_fields__1__name="city",
        user_fields__1__label="City",
        features__commission_groups="on",
        features__forced_matrix__active="on",
        features__forced_matrix__width="3",
        action_codes="signup\ndownload",
        color="#d9480f",
    )
    assert "Saved. It counts from now on." in done.text
    now = programs.get(table, world.program.program_id)
    assert (now.name, now.timezone, now.approval.mode, now.approval.hold_days) == (
        "Glow & Co",
        "Europe/Vienna",
        "hold",
        14,
    )
    assert (now.attribution.order, now.attribution.window_days) == (("click", "promo_code"), 45)
    assert (now.applications.open, now.applications.terms_url) == (True, "https://shop.example/terms")
    assert [(field.name, field.label) for field in now.user_fields] == [("level", "Level"), ("city", "City")]
    assert (now.features.commission_groups, now.features.forced_matrix.width) == (True, 3)
    assert now.color == "#d9480f"
    assert now.action_codes == ("signup", "download")


def test_a_page_that_is_saved_as_it_is_changes_nothing(manager: Reader, world: World, table: Table):
    saved(manager)
    assert programs.get(table, world.program.program_id).version == world.program.version


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Nothing was saved"),
        ({"timezone": "Mars/Olympus"}, "Nothing was saved"),
        ({"currency": SCRIPT}, "Nothing was saved"),
        ({"approval__hold_days": "soon"}, "A whole number is needed"),
        ({"attribution__order__0": "click", "attribution__order__1": "click"}, "Each way of attribution at most once"),
        ({"attribution__window_days": "0"}, "Nothing was saved"),
        ({"applications__terms_url": "javascript:alert(1)"}, "Nothing was saved"),
        ({"user_fields__0__name": "level", "user_fields__0__label": ""}, "Nothing was saved"),
        ({"user_fields__1__name": SCRIPT, "user_fields__1__label": "x"}, "Nothing was saved"),
        (
            {"user_fields__0__name": "level", "user_fields__1__name": "level", "user_fields__1__label": "x"},
            "must differ",
        ),
        ({"sender_email": "ada@elsewhere.example"}, "mail cannot come from this domain here"),
        ({"payer__iban": IBAN}, "Nothing was saved"),
        ({"color": "red; background: url(x)"}, "Nothing was saved"),
        ({"features": "x"}, "Nothing was saved"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_half_saved(
    manager: Reader, world: World, table: Table, fields: dict[str, str], said: str
):
    refused = saved(manager, **{"fallback_url": "https://shop.example/", **fields})
    assert (refused.status, said.lower() in refused.text.lower(), SCRIPT in refused.html) == (422, True, False)
    assert programs.get(table, world.program.program_id).fallback_url is None


def test_a_stale_form_shows_both(manager: Reader):
    form = manager.get(SETTINGS)
    manager.send(form, "Save", name="Glow 2")
    stale = manager.send(form, "Save", name="Glow 3")
    assert (stale.status, "Stored now: Glow 2" in stale.text) == (412, True)
    assert "Saved." in manager.send(stale, "Save").text


def test_currency_and_zone_are_no_fields_once_there_is_a_commission(manager: Reader, world: World, table: Table):
    sell(world, table, amount=10_000)
    page = manager.get(SETTINGS)
    assert "both stay as they are" in page.text
    assert "currency" not in page.form("Save").fields


def test_a_viewer_reads_and_sees_no_form(people: People):
    page = reader(people, "viewer").get(SETTINGS)
    assert {button for form in page.forms for button in form.buttons} == {"Sign out"}
    assert "The promo code" in page.text


def test_the_account_that_pays_is_an_owners_and_shown_masked(
    owner: Reader, manager: Reader, secrets_key: str, api: Gateway
):
    assert not any("Keep this account" in form.buttons for form in manager.get(SETTINGS).forms)
    wrong = owner.send(owner.get(SETTINGS), "Keep this account", payer__name="Glow", payer__iban="DE00")
    assert (wrong.status, "Nothing was saved" in wrong.text) == (422, True)
    kept = owner.send(owner.get(SETTINGS), "Keep this account", payer__name="Glow GmbH", payer__iban=IBAN)
    assert ("Glow GmbH, DE" in kept.text, IBAN in kept.html) == (True, False)
    owner.send(kept, "Forget it")
    assert api.get("/v1/program").body["payer"] is None


def test_a_logo_is_shown_to_members_and_removed_again(manager: Reader, world: World, portal: str):
    page = manager.upload(manager.get(SETTINGS), "Show this logo", "logo", PNG)
    assert "This is the logo now." in page.text
    assert f"{portal}/logo/" in page.html
    removed = manager.send(page, "Remove it")
    assert f"{portal}/logo/" not in removed.html


@pytest.mark.parametrize(
    ("data", "said", "status"),
    [
        (b"", "Choose a picture first", 422),
        (b"<svg onload=alert(1)>", "PNG, JPEG or WebP", 422),
        (PNG * 210, "at most 200 KB", 413),
    ],
)
def test_what_is_no_picture_of_ours_is_refused_in_words(manager: Reader, data: bytes, said: str, status: int):
    refused = manager.upload(manager.get(SETTINGS), "Show this logo", "logo", data)
    assert (refused.status, said in refused.text) == (status, True), refused.text


def test_a_key_is_made_once_shown_once_and_revoked(owner: Reader, world: World):
    form = owner.get(f"{KEYS}/new?storefront_id={world.storefront_id}")
    made = owner.send(form, "Make the key", name=SCRIPT)
    key = next(word for word in made.text.split() if word.startswith("laurel_") or len(word) > 50)
    assert Gateway(key).post("/v1/clicks", {}).status == 422
    again = owner.send(form, "Make the key", name=SCRIPT)
    assert ("It was shown already" in again.text, key in again.html) == (True, False)
    listed = owner.get(KEYS)
    assert (key in listed.html, SCRIPT in listed.html) == (False, False)
    assert "The key is revoked." in owner.send(listed, f"Revoke {SCRIPT}").text
    assert Gateway(key).post("/v1/clicks", {}).status == 401


@pytest.mark.parametrize(
    "fields",
    [
        {"scopes__0": "storefront", "storefront_id": ""},
        {"scopes__0": "root"},
        {"expires_at": "2020-01-01T00:00"},
        {"expires_at": SCRIPT},
        {"scopes__0": "storefront", "storefront_id": "sf_" + "0" * 26},
    ],
)
def test_nonsense_makes_no_key(owner: Reader, fields: dict[str, str]):
    before = owner.get(KEYS).html.count("key_")
    refused = owner.send(owner.get(f"{KEYS}/new"), "Make the key", **fields)
    assert (refused.status, "Nothing was saved" in refused.text, SCRIPT in refused.html) == (422, True, False)
    assert owner.get(KEYS).html.count("key_") == before


def test_the_list_of_keys_is_a_file_too_and_tells_none(owner: Reader, api: Gateway, world: World):
    rows = owner.get(owner.get(KEYS).links["CSV"]).html
    assert [row.rpartition(",")[2] for row in rows.splitlines()[1:]] == [
        each["key_id"] for each in api.get("/v1/api-keys").body["items"]
    ]
    assert world.admin not in rows


def test_the_last_key_that_may_do_everything_stays(owner: Reader, api: Gateway, world: World):
    admin = next(each for each in api.get("/v1/api-keys").body["items"] if each["scopes"] == ["admin"])
    form = next(form for form in owner.get(KEYS).forms if admin["key_id"] in form.action)
    refused = owner.post(form.action, form.fields)
    assert (refused.status, "This is the last admin key" in refused.text) == (409, True)


def test_keys_of_another_program_are_nowhere(owner: Reader, table: Table, api: Gateway):
    stranger = reader(seated(table, another(table, "Another"), "elsewhere"), "owner")
    key_id = api.get("/v1/api-keys").body["items"][0]["key_id"]
    form = next(form for form in stranger.get(KEYS).forms if form.action.endswith("/revoke"))
    mine = f"{KEYS}/{key_id}/revoke"
    assert stranger.post(mine, form.fields).status == 404
    assert key_id in owner.get(KEYS).html
