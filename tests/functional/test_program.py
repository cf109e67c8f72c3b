"""A program's settings, storefronts, mail templates, and the list of its mails."""

import base64
from datetime import timedelta

import boto3
import pytest

from laurel import vault
from laurel.domain.mail.mails import Mail
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import dated_id, derived_id, new_id
from laurel.store import keys, mail_items
from laurel.store.operations import Put, Update
from laurel.store.table import Table
from laurel.workflows.program import programs
from tests.functional.conftest import marked
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import AT, World, program
from tests.kit.interference import Interfering


@pytest.mark.usefixtures("world")
def test_a_new_program_has_the_documented_defaults(items: Table):
    made = program(items, "Fresh")
    body = Gateway(made.admin).get("/v1/program").body
    assert (body["approval"]["mode"], body["bonus_status"], body["attribution"]["window_days"]) == (
        "immediate",
        "approved",
        30,
    )
    assert body["attribution"]["order"] == ["member", "customer", "promo_code", "click"]
    assert (body["merchant_email"], body["version"]) == (None, 1)


def test_a_program_is_in_the_registry(items: Table, world: World):
    assert [item["sk"] for item in items.query(keys.registry().pk)] == [world.program.program_id]


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"currency": "euro"}, "/currency"),
        ({"currency": "XXX"}, "/currency"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"timezone": "Europe"}, "/timezone"),
        ({"merchant_email": "nobody"}, "/merchant_email"),
        ({"attribution": {"order": ["click", "click"]}}, "/attribution/order"),
        ({"user_fields": [{"name": "a", "label": "A"}, {"name": "a", "label": "B"}]}, "/user_fields"),
        ({"program_id": "prg_00000000000000000000000000"}, "/program_id"),
        ({"rules_version": 7}, "/rules_version"),
        ({"in_use": True}, "/in_use"),
    ],
)
def test_settings_that_make_no_sense_are_refused(api: Gateway, patch: object, pointer: str):
    answer = api.patch("/v1/program", patch)
    assert answer.status == 422
    assert pointer in answer.pointers
    assert api.get("/v1/program").body["version"] == 1


def test_currency_and_zone_are_frozen_once_a_commission_exists(api: Gateway, items: Table, world: World):
    items.write(Update(keys.program(world.program.program_id), set={"in_use": True}))
    for patch in ({"currency": "USD"}, {"timezone": "UTC"}):
        answer = api.patch("/v1/program", patch)
        assert (answer.status, answer.code) == (409, "program_in_use")
    assert api.patch("/v1/program", {"name": "Renamed"}).status == 200


@pytest.mark.parametrize(
    ("path", "patch", "pointer"),
    [
        *(("/v1/program", {name: None}, f"/{name}") for name in ("name", "currency", "timezone", "bonus_status")),
        ("/v1/program", {"approval": {"mode": None}}, "/approval/mode"),
        ("/v1/program", {"features": {"forced_matrix": {"width": None}}}, "/features/forced_matrix/width"),
        ("/v1/offers/{offer}", {"status": None}, "/status"),
        ("/v1/offers/{offer}", {"kind": None}, "/kind"),
        ("/v1/rules/{rule}", {"enabled": None}, "/enabled"),
        ("/v1/rules/{rule}", {"priority": None}, "/priority"),
        ("/v1/rules/{rule}", {"offers": None}, "/offers"),
    ],
)
def test_a_null_resets_nothing(api: Gateway, world: World, path: str, patch: object, pointer: str):
    path = path.format(offer=world.codes_offer, rule=world.rule_id)
    before = api.get(path).body
    answer = api.patch(path, patch)
    assert (answer.status, answer.pointers) == (422, [pointer])
    assert api.get(path).body == before


def test_a_null_clears_the_merchants_address(api: Gateway):
    api.patch("/v1/program", {"merchant_email": "boss@x.test"})
    assert api.patch("/v1/program", {"merchant_email": None}).body["merchant_email"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"conditions": [{"metric": "user_field", "field": "level", "operator": "is_set"}]},
        {"actions": [{"type": "update_user_field", "field": "level", "value": "gold"}]},
    ],
)
def test_a_user_field_stays_declared_while_a_rule_uses_it(api: Gateway, world: World, change: dict[str, object]):
    assert api.patch(f"/v1/rules/{world.rule_id}", change).status == 200
    answer = api.patch("/v1/program", {"user_fields": []})
    assert (answer.status, answer.code) == (409, "user_field_in_use")
    assert api.patch("/v1/program", {"user_fields": [{"name": "level", "label": "Rank"}]}).status == 200
    api.delete(f"/v1/rules/{world.rule_id}")
    assert api.patch("/v1/program", {"user_fields": []}).status == 200


@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_a_user_field_stays_declared_while_a_template_tells_it(api: Gateway, world: World, part: str):
    api.patch(f"/v1/mail-templates/{world.template_id}", {part: "{{ member.fields.level }}"})
    answer = api.patch("/v1/program", {"user_fields": [{"name": "rank", "label": "Rank"}]})
    assert (answer.status, answer.code) == (409, "user_field_in_use")


def test_a_rule_that_takes_up_a_field_meanwhile_keeps_it_declared(api: Gateway, items: Table, world: World):
    def take_up() -> None:
        action = {"type": "update_user_field", "field": "level", "value": "gold"}
        assert api.patch(f"/v1/rules/{world.rule_id}", {"actions": [action]}).status == 200

    with pytest.raises(Conflict, match="user_field_in_use"):
        programs.edit(Interfering(items, take_up), world.program, {"user_fields": []}, None, AT)


# -- storefronts -------------------------------------------------------------------------------------------------------


def kept_secrets(items: Table, world: World, storefront_id: str) -> list[str]:
    item = items.get(keys.storefront(world.program.program_id, storefront_id))
    client = boto3.client("kms")
    context = {"storefront_id": storefront_id}
    opened = (client.decrypt(CiphertextBlob=base64.b64decode(s), EncryptionContext=context) for s in item["secrets"])
    return [answer["Plaintext"].decode() for answer in opened]


@pytest.mark.usefixtures("secrets_key")
def test_a_webhook_secret_is_kept_encrypted_and_never_shown(api: Gateway, items: Table, world: World):
    made = api.post("/v1/storefronts", {"name": "Shop", "platform": "shopify", "webhook_secret": "hush-hush"})
    assert "hush" not in str(made.body)
    assert "hush" not in str(items.get(keys.storefront(world.program.program_id, made.body["storefront_id"])))
    assert kept_secrets(items, world, made.body["storefront_id"]) == ["hush-hush"]


@pytest.mark.usefixtures("secrets_key")
def test_the_secret_before_the_newest_is_kept_and_no_older_one(api: Gateway, items: Table, world: World):
    path = f"/v1/storefronts/{world.storefront_id}"
    for secret in ("one", "two", "three"):
        assert api.patch(path, {"webhook_secret": secret}).status == 200
    assert kept_secrets(items, world, world.storefront_id) == ["three", "two"]
    api.patch(path, {"webhook_secret": None})
    assert kept_secrets(items, world, world.storefront_id) == []


@pytest.mark.usefixtures("secrets_key")
def test_a_secret_sent_again_does_not_push_out_the_one_before(api: Gateway, items: Table, world: World):
    path = f"/v1/storefronts/{world.storefront_id}"
    versions = [api.patch(path, {"webhook_secret": s}).body["version"] for s in ("one", "two", "two", "two")]
    assert versions == [2, 3, 3, 3]
    assert kept_secrets(items, world, world.storefront_id) == ["two", "one"]
    api.patch(path, {"webhook_secret": "one"})
    assert kept_secrets(items, world, world.storefront_id) == ["one", "two"]


@pytest.mark.usefixtures("secrets_key")
def test_what_knows_a_secret_again_is_salted_and_never_shown(
    api: Gateway, items: Table, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(vault, "mark", marked.__wrapped__)  # as it is: other tests know the mark of a secret by now
    new = {"name": "Shop", "platform": "api", "webhook_secret": "hush"}
    made = [api.post("/v1/storefronts", new).body for _ in "ab"]
    stored = [items.get(keys.storefront(world.program.program_id, each["storefront_id"])) for each in made]
    (mark,), (other) = (each["secret_marks"] for each in stored)
    assert mark not in other
    assert mark not in str(api.get("/v1/storefronts").body)


def test_without_kms_nothing_is_stored_and_the_caller_may_try_again(api: Gateway, world: World):
    vault._client.cache_clear()
    answer = api.patch(f"/v1/storefronts/{world.storefront_id}", {"webhook_secret": "hush"})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert api.get(f"/v1/storefronts/{world.storefront_id}").body["version"] == 1
    vault._client.cache_clear()


def test_a_storefront_is_found_by_its_id_alone(items: Table, world: World):
    door = items.get(keys.storefront_door(world.storefront_id))
    assert door["body"]["program_id"] == world.program.program_id


# -- what belongs to another program is not there ----------------------------------------------------------------------


def test_nothing_of_another_program_is_there(api: Gateway, items: Table, world: World):
    stranger = Gateway(program(items, "Other").admin)
    offer, member = world.codes_offer, world.ada
    for path in (
        f"/v1/storefronts/{world.storefront_id}",
        f"/v1/mail-templates/{world.template_id}",
        f"/v1/offers/{offer}",
        f"/v1/offers/{offer}/enrollments",
        f"/v1/offers/{offer}/enrollments/{member}",
        f"/v1/members/{member}",
        f"/v1/members/{member}/enrollments",
        f"/v1/rules/{world.rule_id}",
    ):
        assert api.get(path).status == 200, path
        assert stranger.get(path).status == 404, path
    for method, path in (
        ("PATCH", f"/v1/offers/{offer}"),
        ("PATCH", f"/v1/members/{member}"),
        ("PATCH", f"/v1/rules/{world.rule_id}"),
        ("DELETE", f"/v1/rules/{world.rule_id}"),
        ("DELETE", f"/v1/mail-templates/{world.template_id}"),
        ("POST", f"/v1/mail-templates/{world.template_id}/preview"),
        ("PUT", f"/v1/offers/{offer}/enrollments/{member}"),
        ("PATCH", f"/v1/offers/{offer}/enrollments/{member}"),
    ):
        assert stranger.call(method, path, {}).status == 404, (method, path)
    assert stranger.get("/v1/offers").body["items"] == []
    assert stranger.get("/v1/members").body["items"] == []


# -- mail templates ----------------------------------------------------------------------------------------------------

TEXT = {"name": "Hello", "subject": "Hello", "text": "Hello"}


@pytest.mark.parametrize(
    ("part", "text"),
    [("subject", "{{ bonus"), ("text", "{{ nobody.knows }}"), ("html", "{% if x %}{{ member.fields.unknown }}")],
)
def test_a_variable_that_no_mail_could_fill_is_refused(api: Gateway, world: World, part: str, text: str):
    assert api.post("/v1/mail-templates", TEXT | {part: text}).pointers == [f"/{part}"]
    assert api.patch(f"/v1/mail-templates/{world.template_id}", {part: text}).pointers == [f"/{part}"]


def test_html_is_escaped_and_text_is_not(api: Gateway):
    api.patch("/v1/program", {"name": "Glow & Co"})
    template = TEXT | {"text": "{{ program.name }}", "html": "<b>{{ program.name }}</b>"}
    template_id = api.post("/v1/mail-templates", template).body["template_id"]
    preview = api.post(f"/v1/mail-templates/{template_id}/preview").body
    assert (preview["text"], preview["html"]) == ("Glow & Co", "<b>Glow &amp; Co</b>")


def test_every_variable_has_a_sample(api: Gateway):
    names = "member.first_name member.last_name member.email member.fields.level program.name rule.name period.start "
    names += "period.end value bonus"
    template = TEXT | {"text": " ".join(f"[{{{{ {name} }}}}]" for name in names.split())}
    template_id = api.post("/v1/mail-templates", template).body["template_id"]
    assert "[]" not in api.post(f"/v1/mail-templates/{template_id}/preview").body["text"]


def test_templates_grow_no_larger_than_an_item_can_hold(api: Gateway, world: World):
    path = f"/v1/mail-templates/{world.template_id}"
    assert api.patch(path, {"html": "🎉" * 50_000}).status == 200
    answer = api.patch(path, {"text": "🎉" * 50_000})
    assert (answer.status, answer.code) == (413, "template_too_large")


def test_a_template_without_a_rule_can_go(api: Gateway, world: World):
    api.delete(f"/v1/rules/{world.rule_id}")
    assert api.delete(f"/v1/mail-templates/{world.template_id}").status == 204
    assert api.get(f"/v1/mail-templates/{world.template_id}").status == 404


# -- mails -------------------------------------------------------------------------------------------------------------


def _mail(items: Table, world: World, number: int, member_id: str, rule_id: str) -> str:
    at = AT + timedelta(minutes=number)
    mail = Mail(
        mail_id=dated_id("mai", at, str(number)),
        member_id=member_id,
        rule_id=rule_id,
        rule_name="Strong week",
        marker_id=derived_id("com", str(number)),
        template_id=world.template_id,
        recipient="member",
        period="all_time",
        value="1",
        bonus=0,
        next_attempt_at=at,
        created_at=at,
        updated_at=at,
    )
    items.write(Put(mail_items.mail(world.program.program_id, mail)))
    return mail.mail_id


def test_mails_are_listed_newest_first_and_by_member_and_rule(api: Gateway, items: Table, world: World):
    other_rule = new_id("rul", AT, b"other")
    mine = [_mail(items, world, number, world.ada, world.rule_id) for number in range(5)]
    others = [_mail(items, world, 10, world.ben, world.rule_id), _mail(items, world, 11, world.ada, other_rule)]

    def ids(query: str) -> list[str]:
        return [mail["mail_id"] for mail in api.get(f"/v1/mails{query}").body["items"]]

    assert ids("") == [*others[::-1], *mine[::-1]]
    assert ids(f"?member_id={world.ada}") == [others[1], *mine[::-1]]
    assert ids(f"?rule_id={world.rule_id}") == [others[0], *mine[::-1]]
    assert ids(f"?member_id={world.ada}&rule_id={other_rule}") == [others[1]]
    assert ids("?limit=2") == others[::-1]


def test_a_mail_shows_what_became_of_it(api: Gateway, items: Table, world: World):
    _mail(items, world, 1, world.ada, world.rule_id)
    (mail,) = api.get("/v1/mails").body["items"]
    shown = {name: mail[name] for name in ("to", "rule_id", "period", "status", "message_id", "attempts")}
    assert shown == {
        "to": None,
        "rule_id": world.rule_id,
        "period": "all_time",
        "status": "pending",
        "message_id": None,
        "attempts": 0,
    }
