"""Where members are paid: kept encrypted, shown masked, changed by admins alone, never without the member's knowing."""

import json
import logging
from typing import Any

import pytest

from laurel import vault
from laurel.domain.history import Author
from laurel.domain.payouts.payees import BankAccount, Sealed, from_text
from laurel.domain.values.errors import Conflict
from laurel.store import keys, member_keys
from laurel.store import payees as stored
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.payouts import payees
from laurel.workflows.program import programs
from tests.functional.kit.gateway import Answer, Gateway
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import as_stream, everything, run
from tests.functional.kit.world import AT, World
from tests.functional.test_erasure import finish
from tests.functional.test_resent_mails import sent_mails
from tests.kit.interference import Interfering

IBAN = "DE89370400440532013000"
BANK = {"method": "iban", "holder": "Ada Lovelace", "iban": "DE89 3704 0044 0532 0130 00", "bic": "COBADEFFXXX"}
PAYPAL = {"method": "paypal", "email": "ada.private@example.com"}
OTHER = {"method": "other", "text": "Wise tag 4711"}
MASKED = "DE** **** **** **** **30 00"
UNKNOWN = "mem_" + "0" * 26

pytestmark = pytest.mark.usefixtures("secrets_key")


def path(member_id: str) -> str:
    return f"/v1/members/{member_id}/payee"


def put(api: Gateway, world: World, body: object = BANK, **kwargs: Any) -> Answer:
    return api.put(path(world.ada), body, **kwargs)


def sealed_of(items: Table, world: World, member_id: str) -> Sealed | None:
    """The payee as drafts and files find it."""
    return stored.sealed(items.get(member_keys.payee(world.program.program_id, member_id)))


def history(api: Gateway, world: World) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/members/{world.ada}/history").body["items"])


def mails(api: Gateway, world: World) -> list[dict[str, Any]]:
    return list(api.get(f"/v1/mails?member_id={world.ada}").body["items"])


# -- shown masked, kept encrypted --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (BANK, {"method": "iban", "holder": "Ada Lovelace", "iban": MASKED, "bic": "COBADEFFXXX", "email": None}),
        (PAYPAL, {"method": "paypal", "email": "a***@example.com", "iban": None}),
        (OTHER, {"method": "other", "text": "W***", "holder": None}),
    ],
)
def test_a_payee_is_shown_masked_to_whoever_sets_and_reads_it(
    api: Gateway, world: World, body: dict[str, str], shown: dict[str, str]
):
    told = put(api, world, body)
    assert told.status == 200
    assert {name: told.body[name] for name in shown} == shown
    assert (told.body["member_id"], told.body["version"]) == (world.ada, 1)
    assert api.get(path(world.ada)).body == told.body
    assert api.get(path(world.ada), key=world.reader).body == told.body


def test_the_account_in_full_is_in_no_item_answer_or_log(
    api: Gateway, items: Table, world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG, "laurel")
    wrong = {**BANK, "iban": "DE88 3704 0044 0532 0130 00"}
    answers = [
        put(api, world),
        put(api, world),
        put(api, world, wrong),
        put(api, world, {**BANK, "nonsense": 1}),
        put(api, world, BANK, if_match="7"),
        api.post("/v1/members", {"email": "x@example.com", "payee": BANK}, idempotency_key="k"),
        api.get(path(world.ada)),
        api.get(f"/v1/members/{world.ada}/history"),
        api.get(f"/v1/mails?member_id={world.ada}"),
        put(api, world, PAYPAL),
        put(api, world, OTHER),
    ]
    logged = capsys.readouterr()
    assert "/payee 200" in caplog.text + logged.out + logged.err
    told = " ".join([str(everything(items)), str(answers), caplog.text, logged.out, logged.err])
    for secret in (IBAN, IBAN[2:], BANK["iban"], "370400440532013", PAYPAL["email"], "4711"):
        assert secret not in told.replace(" ", "") if " " not in secret else secret not in told


def test_only_with_its_member_is_the_ciphertext_the_account(api: Gateway, items: Table, world: World):
    put(api, world)
    assert sealed_of(items, world, world.ben) is None
    sealed = sealed_of(items, world, world.ada)
    assert sealed is not None
    opened = vault.unseal(sealed.sealed, account_of=world.ada)
    assert from_text(opened) == BankAccount(method="iban", holder="Ada Lovelace", iban=IBAN, bic="COBADEFFXXX")
    assert vault.unseal_all({world.ada: sealed.sealed}, vault.OF_ACCOUNT) == {world.ada: opened}
    with pytest.raises(vault.VaultClosed):
        vault.unseal(sealed.sealed, account_of=world.ben)


def test_a_transition_does_not_read_payees(api: Gateway, items: Table, world: World):
    put(api, world)
    first, last = (
        keys.member(world.program.program_id, world.ada).sk,
        member_keys.payee(world.program.program_id, world.ada).sk,
    )
    assert first < "month#~" < last


def test_without_the_vault_nothing_is_kept(api: Gateway, items: Table, world: World, monkeypatch: pytest.MonkeyPatch):
    def closed(*_: object, **__: object) -> str:
        raise vault.VaultClosed

    before = everything(items)
    monkeypatch.setattr(vault, "seal", closed)
    assert put(api, world).status == 503
    assert everything(items) == before


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**BANK, "iban": "DE88370400440532013000"}, "/iban"),
        ({**BANK, "iban": "ZZ00"}, "/iban"),
        ({**BANK, "iban": 1}, "/iban"),
        ({**BANK, "bic": "NOPE"}, "/bic"),
        ({**BANK, "holder": "x\x00"}, "/holder"),
        ({"method": "iban", "iban": BANK["iban"]}, "/holder"),
        ({"method": "iban", "holder": "Ada"}, "/iban"),
        ({**BANK, "text": "x"}, "/text"),
        ({**PAYPAL, "email": "nobody"}, "/email"),
        ({"method": "paypal"}, "/email"),
        ({"method": "other", "text": ""}, "/text"),
        ({"method": "cheque"}, ""),
        ({}, ""),
    ],
)
def test_what_is_no_account_is_refused_and_nothing_changes(
    api: Gateway, items: Table, world: World, body: object, pointer: str
):
    before = everything(items)
    told = put(api, world, body)
    assert (told.status, told.code) == (422, "invalid_request")
    assert pointer in told.pointers
    assert everything(items) == before


@pytest.mark.parametrize(("body", "status"), [("{", 400), ([1], 422), (None, 422), ("x" * 300_000, 413)])
def test_what_is_no_json_object_is_refused(api: Gateway, world: World, body: object, status: int):
    assert put(api, world, body).status == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(("member_id", "code"), [(UNKNOWN, "member_not_found"), ("nobody", "not_found")])
def test_nobody_has_no_payee(api: Gateway, method: str, member_id: str, code: str):
    told = api.call(method, path(member_id), BANK if method == "PUT" else None)
    assert (told.status, told.code) == (404, code)


def test_a_member_without_a_payee_says_so(api: Gateway, world: World):
    for told in (api.get(path(world.ada)), api.delete(path(world.ada))):
        assert (told.status, told.code) == (404, "payee_not_found")


@pytest.mark.parametrize(("key", "may_read"), [("reader", True), ("reporter", False), (None, False)])
def test_only_admins_change_payees_and_readers_see_them_masked(
    api: Gateway, items: Table, world: World, key: str | None, may_read: bool
):
    put(api, world)
    before, own = everything(items), getattr(world, key) if key else None
    refused = 403 if key else 401
    assert api.put(path(world.ada), PAYPAL, key=own).status == refused
    assert api.delete(path(world.ada), key=own).status == refused
    for route in (path(world.ada), f"/v1/members/{world.ada}/history"):
        assert api.get(route, key=own).status == (200 if may_read else refused)
    assert everything(items) == before


# -- changes -----------------------------------------------------------------------------------------------------------


def test_each_change_is_in_the_history_and_mailed_to_the_member(api: Gateway, world: World):
    put(api, world, PAYPAL)
    put(api, world)
    assert api.delete(path(world.ada)).status == 204
    assert api.get(path(world.ada)).code == "payee_not_found"
    bank = {"method": "iban", "holder": "Ada Lovelace", "iban": MASKED, "bic": "COBADEFFXXX"}
    paypal = {"method": "paypal", "email": "a***@example.com"}
    lines = history(api, world)[:3]
    assert [(line["action"], *line["changes"]) for line in lines] == [
        ("payee_removed", {"field": "payee", "before": bank, "after": None}),
        ("payee_changed", {"field": "payee", "before": paypal, "after": bank}),
        ("payee_set", {"field": "payee", "before": None, "after": paypal}),
    ]
    assert {line["actor"].partition("_")[0] for line in lines} == {"key:key"}
    assert [(mail["kind"], mail["before"], mail["after"]) for mail in mails(api, world)] == [
        ("payee_changed", f"{MASKED} (Ada Lovelace)", None),
        ("payee_changed", "PayPal a***@example.com", f"{MASKED} (Ada Lovelace)"),
        ("payee_changed", None, "PayPal a***@example.com"),
    ]


def test_the_member_reads_what_changed(api: Gateway, items: Table, world: World, outside: None):
    put(api, world)
    (waiting,) = [item for item in everything(items) if item["kind"] == "mail"]
    assert run("mail", as_stream(waiting)) == {"batchItemFailures": []}
    (mail,) = mails(api, world)
    assert (mail["status"], mail["to"]) == ("sent", "ada@example.com")
    (sent,) = sent_mails()
    text = sent.body if isinstance(sent.body, str) else json.dumps(sent.body)
    assert MASKED in text
    assert IBAN not in text


def test_the_same_again_changes_nothing(api: Gateway, items: Table, world: World):
    first = put(api, world).body
    before = everything(items)
    assert put(api, world, {**BANK, "iban": IBAN.lower()}).body == first
    assert everything(items) == before


def test_versions_go_on_after_a_removal(api: Gateway, world: World):
    put(api, world)
    api.delete(path(world.ada))
    assert put(api, world).body["version"] == 3
    assert len(mails(api, world)) == 3


def test_an_edit_of_another_version_is_stale(api: Gateway, items: Table, world: World):
    assert put(api, world, BANK, if_match="1").status == 412
    put(api, world)
    before = everything(items)
    assert put(api, world, PAYPAL, if_match="2").status == 412
    assert api.delete(path(world.ada), if_match="2").status == 412
    assert everything(items) == before
    assert put(api, world, PAYPAL, if_match="1").body["version"] == 2
    assert api.delete(path(world.ada), if_match="2").status == 204


def test_of_two_changes_at_once_both_are_told_one_after_the_other(api: Gateway, items: Table, world: World):
    place = payees.Place(world.program.program_id, world.ada)
    bank = BankAccount(method="iban", holder="Ada", iban=IBAN)
    racing = Interfering(items, lambda: put(api, world, PAYPAL))
    assert payees.put(racing, place, bank, None, Author("key:tests", AT)).version == 2
    assert [line["action"] for line in history(api, world)[:2]] == ["payee_changed", "payee_set"]
    assert len(mails(api, world)) == 2


def test_a_change_moves_the_members_account_on(api: Gateway, items: Table, world: World):
    key = keys.head(world.program.program_id, world.ada)
    before = (items.get(key) or {"version": 0})["version"]
    put(api, world)
    assert (items.get(key) or {})["version"] == before + 1


# -- the member's history ----------------------------------------------------------------------------------------------


def test_profile_and_status_are_in_the_members_history(api: Gateway, world: World):
    api.patch(f"/v1/members/{world.ada}", {"last_name": "Byron"})
    api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    api.patch(f"/v1/members/{world.ada}", {"status": "suspended"})
    status, name, joined = history(api, world)
    assert status["changes"] == [{"field": "status", "before": "approved", "after": "suspended"}]
    assert name["changes"] == [{"field": "last_name", "before": "Lovelace", "after": "Byron"}]
    assert (status["action"], name["action"], joined["action"]) == ("edited", "edited", "created")
    assert {change["field"] for change in joined["changes"]} >= {"email", "first_name", "status"}
    page = api.get(f"/v1/members/{world.ada}/history?limit=1").body
    assert page["items"] == [status]
    assert api.get(f"/v1/members/{world.ada}/history?limit=2&cursor={page['next_cursor']}").body["items"] == [
        name,
        joined,
    ]


def test_nobody_has_no_history(api: Gateway):
    assert api.get(f"/v1/members/{UNKNOWN}/history").code == "member_not_found"


# -- erasure -----------------------------------------------------------------------------------------------------------


def test_erasing_a_member_deletes_the_payee_and_what_history_and_mails_tell_of_it(
    api: Gateway, items: Table, world: World, outside: None
):
    put(api, world)
    put(api, world, PAYPAL)
    erased = api.post(f"/v1/members/{world.ada}/erase?confirm=true").body
    stored = items.get(member_keys.payee(world.program.program_id, world.ada)) or {}
    assert set(stored) == {"pk", "sk", "kind", "version"}
    assert api.get(path(world.ada)).code == "payee_not_found"
    assert [each.code for each in (put(api, world), api.delete(path(world.ada)))] == ["member_erased"] * 2
    assert finish(items, world, erased["job_id"]).status == "done"
    told = str([item for item in everything(items) if item["kind"] != "promo code"])
    assert not [each for each in ("30 00", "COBADEFFXXX", "a***@example.com", "Lovelace") if each in told]
    assert [line["action"] for line in history(api, world)] == ["erased", "payee_changed", "payee_set", "created"]
    assert {mail["status"] for mail in mails(api, world)} == {"failed"}


def test_a_payee_that_was_set_meanwhile_is_erased_too(api: Gateway, items: Table, world: World):
    racing = Interfering(items, lambda: put(api, world))
    members.erase(racing, world.program, world.ada, Author("key:tests", AT), confirmed=True)
    assert "sealed" not in str(items.get(member_keys.payee(world.program.program_id, world.ada)))


def test_whoever_sets_a_payee_while_the_member_is_erased_is_told(api: Gateway, items: Table, world: World):
    place, bank = payees.Place(world.program.program_id, world.ada), BankAccount(method="iban", holder="Ada", iban=IBAN)
    racing = Interfering(items, lambda: api.post(f"/v1/members/{world.ada}/erase?confirm=true"))
    with pytest.raises(Conflict, match="member_erased"):
        payees.put(racing, place, bank, None, Author("key:tests", AT))


# -- the program's own account -----------------------------------------------------------------------------------------

PAYER = {"name": "Glow Cosmetics GmbH", "iban": "DE02 1203 0000 0000 2020 51", "bic": "BYLADEM1001"}


def test_the_programs_payer_is_shown_masked_and_kept_encrypted(api: Gateway, items: Table, world: World):
    shown = {"name": "Glow Cosmetics GmbH", "iban": "DE** **** **** **** **20 51", "bic": "BYLADEM1001"}
    told = api.patch("/v1/program", {"payer": PAYER})
    assert (told.status, told.body["payer"], told.body["version"]) == (200, shown, 2)
    assert api.get("/v1/program", key=world.reader).body["payer"] == shown
    assert "1203000000002020" not in str(everything(items)).replace(" ", "")
    sealed = (items.get(keys.program(world.program.program_id)) or {})["payer"]["sealed"]
    assert "DE02120300000000202051" in vault.unseal(sealed, account_of=world.program.program_id)


def test_the_same_payer_again_changes_nothing_and_other_settings_leave_it(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"payer": PAYER})
    before = everything(items)
    assert api.patch("/v1/program", {"payer": PAYER}).body["version"] == 2
    assert everything(items) == before
    told = api.patch("/v1/program", {"name": "Glow", "statements": {"mail_members": True}}).body
    assert (told["payer"]["bic"], told["statements"], told["version"]) == ("BYLADEM1001", {"mail_members": True}, 3)
    assert "payer" in (items.get(keys.program(world.program.program_id)) or {})


def test_null_clears_the_payer(api: Gateway, items: Table, world: World):
    api.patch("/v1/program", {"payer": PAYER})
    told = api.patch("/v1/program", {"payer": None})
    assert (told.body["payer"], told.body["version"]) == (None, 3)
    assert "sealed" not in str(items.get(keys.program(world.program.program_id)))
    assert api.patch("/v1/program", {"payer": None}).body["version"] == 3


@pytest.mark.parametrize(
    ("payer", "pointer"),
    [
        ({**PAYER, "iban": "DE03 1203 0000 0000 2020 51"}, "/payer/iban"),
        ({**PAYER, "bic": "x"}, "/payer/bic"),
        ({**PAYER, "name": ""}, "/payer/name"),
        ({"iban": PAYER["iban"]}, "/payer/name"),
        ({"bic": None}, "/payer/name"),
        ("DE02", "/payer"),
    ],
)
def test_what_is_no_payer_is_refused(api: Gateway, items: Table, world: World, payer: object, pointer: str):
    api.patch("/v1/program", {"payer": PAYER})
    before = everything(items)
    told = api.patch("/v1/program", {"payer": payer})
    assert told.status == 422
    assert pointer in told.pointers
    assert everything(items) == before


def test_of_two_who_set_a_payer_at_once_the_last_stands(api: Gateway, items: Table, world: World):
    other = {"name": "Other GmbH", "iban": IBAN}
    racing = Interfering(items, lambda: api.patch("/v1/program", {"payer": PAYER}))
    done = programs.edit(racing, world.program, {"payer": other}, None, AT)
    assert (done.payer and done.payer.name, done.version) == ("Other GmbH", 3)
    sealed = (items.get(keys.program(world.program.program_id)) or {})["payer"]["sealed"]
    assert IBAN in vault.unseal(sealed, account_of=world.program.program_id)


def test_a_storefronts_key_does_not_see_the_payer(api: Gateway, world: World):
    assert api.get("/v1/program", key=world.reporter).status == 403


def test_a_field_that_a_rule_set_is_in_the_members_history(api: Gateway, items: Table, world: World):
    actions = [{"type": "update_user_field", "field": "level", "value": "gold"}]
    condition = {"metric": "sales_count", "operator": "gte", "value": 1, "period": {"type": "all_time"}}
    made = api.post("/v1/rules", {"name": "Gold", "conditions": [condition], "actions": actions}).body
    for _ in range(2):
        sell(world, items)
    line, joined = history(api, world)
    assert (line["action"], line["actor"]) == ("edited", f"rule:{made['rule_id']}")
    assert line["changes"] == [{"field": "fields", "before": {"level": "silver"}, "after": {"level": "gold"}}]
    assert joined["action"] == "created"
