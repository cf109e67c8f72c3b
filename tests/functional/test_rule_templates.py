"""A rule's mail may be written inside its action: its template is made, changed and copied with the rule."""

from typing import Any

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World

TEXT = {"subject": "Well done, {{ member.first_name }}", "text": "{{ value }} this week"}
LEADING = {"metric": "sales_count", "operator": "gte", "value": 1, "period": {"type": "current_week"}}


def mail(to: str = "member", **changes: Any) -> dict[str, Any]:
    return {"type": "send_mail", "to": to, "template": {**TEXT, **changes}}


def rule(api: Gateway, *actions: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/v1/rules", {"name": "Strong start", "conditions": [LEADING], "actions": list(actions)})
    assert answer.status == 201, answer.body
    return answer.body


def template_of(api: Gateway, made: dict[str, Any], index: int = 0) -> dict[str, Any]:
    action = made["actions"][index]
    assert action.get("template") is None
    body: dict[str, Any] = api.get(f"/v1/mail-templates/{action['template_id']}").body
    return body


def test_a_rule_brings_its_mail_along_and_sends_it(api: Gateway, world: World, items: Table) -> None:
    made = rule(api, mail(html="<p>{{ value }}</p>"))
    template = template_of(api, made)
    assert {name: template[name] for name in ("name", "subject", "text", "html")} == {
        "name": "Strong start",
        **TEXT,
        "html": "<p>{{ value }}</p>",
    }
    sell(world, amount=10_000)
    drain(items)
    sent = api.get(f"/v1/mails?rule_id={made['rule_id']}").body["items"]
    assert [each["template_id"] for each in sent] == [template["template_id"]]


def test_a_new_text_replaces_that_of_the_rules_own_template(api: Gateway) -> None:
    made = rule(api, mail())
    changed = api.patch(f"/v1/rules/{made['rule_id']}", {"actions": [mail(text="Anew")]})
    assert changed.status == 200, changed.body
    assert changed.body["actions"] == made["actions"]
    assert (template_of(api, made)["text"], template_of(api, made)["version"]) == ("Anew", 2)
    again = api.patch(f"/v1/rules/{made['rule_id']}", {"actions": [mail(text="Anew")]})
    assert again.body == changed.body
    assert template_of(api, made)["version"] == 2


def test_a_mail_that_is_added_has_a_template_of_its_own(api: Gateway) -> None:
    assert api.patch("/v1/program", {"merchant_email": "shop@example.com"}).status == 200
    made = rule(api, mail())
    changed = api.patch(f"/v1/rules/{made['rule_id']}", {"actions": [mail("merchant", text="For us"), mail()]})
    assert changed.status == 200, changed.body
    assert changed.body["actions"][1]["template_id"] == made["actions"][0]["template_id"]
    assert [template_of(api, changed.body, n)["text"] for n in (0, 1)] == ["For us", TEXT["text"]]


def test_a_template_that_another_rule_sends_too_keeps_its_text(api: Gateway) -> None:
    made = rule(api, mail())
    shared = {"type": "send_mail", "to": "member", "template_id": made["actions"][0]["template_id"]}
    rule(api, shared)
    changed = api.patch(f"/v1/rules/{made['rule_id']}", {"actions": [mail(text="Anew")]})
    assert template_of(api, changed.body)["text"] == "Anew"
    assert template_of(api, made)["text"] == TEXT["text"]


def test_a_template_that_the_rule_goes_on_to_name_keeps_its_text_beside_a_mail_that_is_added(api: Gateway) -> None:
    mine = {"name": "Mine", "subject": "Hi", "text": "As it was"}
    named = {
        "type": "send_mail",
        "to": "member",
        "template_id": api.post("/v1/mail-templates", mine).body["template_id"],
    }
    made = rule(api, named)
    for actions in ([named, mail(text="Second")], [mail(text="Third"), named]):
        changed = api.patch(f"/v1/rules/{made['rule_id']}", {"actions": actions})
        assert changed.status == 200, changed.body
        at = actions.index(named)
        assert changed.body["actions"][at] == made["actions"][0]
        assert template_of(api, changed.body, at)["text"] == "As it was"
        assert template_of(api, changed.body, 1 - at)["text"] == actions[1 - at]["template"]["text"]


def test_a_copy_has_the_text_in_a_template_of_its_own(api: Gateway) -> None:
    made = rule(api, mail())
    copied = api.post(f"/v1/rules/{made['rule_id']}/copy", {})
    assert copied.status == 201, copied.body
    assert template_of(api, copied.body)["text"] == TEXT["text"]
    assert copied.body["actions"][0]["template_id"] != made["actions"][0]["template_id"]


@pytest.mark.parametrize(
    ("action", "code", "pointer"),
    [
        (mail(text="{{ luck }}"), "unknown_variable", "/actions/0/template/text"),
        (mail(subject="{{ member.fields.unheard }}"), "unknown_variable", "/actions/0/template/subject"),
        (mail(html="{{"), "malformed_template", "/actions/0/template/html"),
        (mail(text=""), "invalid_request", "/actions/0/template/text"),
        (mail(name="Mine"), "invalid_request", "/actions/0/template/name"),
        ({"type": "send_mail", "to": "member"}, "invalid_request", "/actions/0"),
        ({**mail(), "template_id": f"tpl_{'0' * 26}"}, "invalid_request", "/actions/0"),
    ],
)
def test_a_text_that_no_mail_could_be_is_refused_and_nothing_is_made(
    api: Gateway, action: dict[str, Any], code: str, pointer: str
) -> None:
    before = api.get("/v1/mail-templates").body
    refused = api.post("/v1/rules", {"name": "No", "conditions": [LEADING], "actions": [action]})
    assert (refused.status, refused.code, refused.pointers) == (422, code, [pointer]), refused.body
    assert api.get("/v1/mail-templates").body == before
