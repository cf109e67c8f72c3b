"""The portal's Profile beyond the name: where a member is paid, shown masked; and erasure, which says what follows."""

import pytest

from laurel.store.table import Table
from laurel.workflows.members import members
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World
from tests.pages.kit.earning import Shop
from tests.pages.kit.reader import Reader, Sheet

pytestmark = pytest.mark.usefixtures("secrets_key")
IBAN = "DE89370400440532013000"


def paid(ada: Reader, portal: str, method: str, **fields: str) -> Sheet:
    return ada.send(ada.ask("GET", f"{portal}/profile/payee?method={method}", None, {}), "Save", **fields)


@pytest.mark.parametrize(
    ("method", "fields", "shown"),
    [
        ("paypal", {"email": "ada@paypal.example.com"}, "PayPal a***@paypal.example.com"),
        ("iban", {"holder": "Ada Lovelace", "iban": IBAN}, "(Ada Lovelace)"),
        ("other", {"text": "By carrier pigeon"}, "B***"),
    ],
)
def test_a_member_says_where_they_are_paid_and_sees_it_masked(
    ada: Reader, portal: str, method: str, fields: dict[str, str], shown: str
):
    done = paid(ada, portal, method, **fields)
    assert ("You are paid there from now on." in done.text, shown in done.text) == (True, True)
    assert [secret for secret in (IBAN, "ada@paypal", "pigeon") if secret in done.html] == []
    form = ada.ask("GET", f"{portal}/profile/payee?method={method}", None, {})
    assert [secret for secret in (IBAN, "ada@paypal", "pigeon") if secret in form.html] == []


def test_a_change_of_it_is_in_the_history_and_mailed(ada: Reader, portal: str, world: World, api: Gateway):
    paid(ada, portal, "paypal", email="ada@paypal.example.com")
    (edit, *_) = api.get(f"/v1/members/{world.ada}/history").body["items"]
    assert (edit["actor"], edit["action"]) == (f"member:{world.ada}", "payee_set")
    mails = api.get(f"/v1/mails?member_id={world.ada}").body["items"]
    assert [mail["kind"] for mail in mails] == ["payee_changed"]


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("paypal", {"email": "nobody"}),
        ("iban", {"holder": "Ada", "iban": "DE00370400440532013000"}),
        ("iban", {"holder": "", "iban": IBAN}),
        ("other", {"text": ""}),
        ("other", {"text": "x" * 501}),
        ("paypal", {"email": "a@example.com", "iban": IBAN}),
    ],
)
def test_what_cannot_be_paid_to_is_refused_beside_its_field(
    ada: Reader, portal: str, method: str, fields: dict[str, str]
):
    refused = paid(ada, portal, method, **fields)
    assert (refused.status, "Nothing was saved." in refused.text) == (422, True)
    assert "does not know yet where to send your money" in ada.get(f"{portal}/profile").text


def test_a_way_that_is_none_is_refused(ada: Reader, portal: str):
    form = ada.get(f"{portal}/profile/payee").form("Save")
    refused = ada.post(f"{portal}/profile/payee", {**form.fields, "method": "cash", "email": "a@example.com"})
    assert refused.status == 422


def test_two_changes_at_once_are_not_lost_on_each_other(ada: Reader, portal: str):
    paid(ada, portal, "paypal", email="ada@paypal.example.com")
    open_form = ada.ask("GET", f"{portal}/profile/payee?method=paypal", None, {})
    paid(ada, portal, "other", text="Cash")
    stale = ada.send(open_form, "Save", email="second@paypal.example.com")
    assert (stale.status, "Somebody else has changed this meanwhile" in stale.text) == (412, True)


def test_a_member_has_it_forgotten(ada: Reader, portal: str):
    paid(ada, portal, "paypal", email="ada@paypal.example.com")
    done = ada.send(ada.get(f"{portal}/profile"), "Remove PayPal a***@paypal.example.com")
    assert "Where you are paid is forgotten." in done.text
    assert "does not know yet where to send your money" in done.text


def test_erasure_says_what_follows_and_asks_once_more(
    ada: Reader, portal: str, table: Table, world: World, api: Gateway
):
    Shop(table, world, api).sells("1001", 4_900)
    asked = ada.get(f"{portal}/profile/erase")
    assert "€4.90 is due to you. Nobody who is erased is paid" in asked.text
    refused = ada.send(asked, "Erase my data")
    assert (refused.status, members.get(table, world.program.program_id, world.ada).erased_at) == (409, None)


def test_whoever_erases_their_data_is_signed_out_for_ever(ada: Reader, portal: str, table: Table, world: World):
    session = dict(ada.cookies)
    form = ada.get(f"{portal}/profile/erase").form("Erase my data")
    done = ada.post(f"{portal}/profile/erase", {**form.fields, "sure:flag": "on"})
    assert (done.headings, "Your data is erased." in done.text) == (["Sign in"], True)
    member = members.get(table, world.program.program_id, world.ada)
    assert (member.email, member.full_name, member.status) == ("", "", "suspended")
    assert Reader(session).get(f"{portal}/profile").headings == ["Sign in"]
