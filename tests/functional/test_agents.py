"""The door for agents: what its tools are, who gets which, and that no message breaks it."""

import json
import random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from laurel.api.agents import fits
from laurel.api.agents.tools import tools
from laurel.api.reference import operations
from laurel.settings import settings
from laurel.store.table import Table
from tests.functional.conftest import Gateway
from tests.functional.kit.agent import MODERN, Agent
from tests.functional.kit.gateway import DOCUMENT
from tests.functional.kit.world import World, program
from tools.places import ROOT

MOST_BYTES = 200_000
KNOWN = tools(ROOT / "docs/openapi.json")
ADD = {
    *("create_commission", "create_member", "create_offer", "create_rule", "create_storefront", "create_template"),
    *("copy_rule", "invite_user", "record_conversion", "record_conversions", "refund_conversion", "refund_order"),
    *("report_click", "start_payout"),
}
"""These change nothing that is there: they make one thing more, once, by a key of the request or of the shop."""
ARE_SO_ALREADY = {
    *("delete_logo", "delete_marker", "erase_member", "fail_line", "revoke_api_key", "stop_recurrence", "undo_refund"),
    *("ask_sender", "redeliver", "replay_events", "resend_mail", "retry_delivery", "send_test", "sync_storefront"),
}
"""Whatever moved meanwhile, these end one thing for good, or send or ask once more for what is there."""
FOR_MANY = {"decide_conversions", "edit_enrollments"}
"""Each row or enrollment is decided on its own version of that moment, and gets a result of its own."""
ANY_TOOL = {"list_members", "get_conversion", "report_summary", "try_rule", "start_backtest", "get_backtest"}


def listed(agent: Agent, key: str | None = None) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool for tool in agent.say("tools/list", key=key).body["result"]["tools"]}


def test_tools_are_the_operations_of_the_document(agent: Agent):
    named = {operation["operationId"] for _, _, operation in operations(DOCUMENT) if operation["security"]}
    offered = listed(agent)
    assert offered.keys() > ANY_TOOL
    assert offered.keys() - {"commit"} < named
    assert list(offered)[:-1] == sorted(offered.keys() - {"commit"})


def test_every_tool_takes_an_object_that_its_schema_tells_whole_and_all_fit_one_answer(agent: Agent):
    answer = agent.say("tools/list")
    for tool in answer.body["result"]["tools"]:
        schema = tool["inputSchema"]
        Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        wanted = {reference.partition('"')[0] for reference in json.dumps(schema).split("#/$defs/")[1:]}
        assert wanted == schema.get("$defs", {}).keys(), tool["name"]
    assert len(json.dumps(answer.body, separators=(",", ":"))) < MOST_BYTES


def test_an_example_of_the_document_fits_the_tool_of_its_operation(agent: Agent):
    offered, tried = listed(agent), 0
    for _, _, operation in operations(DOCUMENT):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if operation["operationId"] in offered and isinstance(content.get("example"), dict):
            given = {each["name"]: each["example"] for each in operation.get("parameters", []) if each["in"] == "path"}
            schema = offered[operation["operationId"]]["inputSchema"]
            body = {name: value for name, value in content["example"].items() if name in schema["properties"]}
            Draft202012Validator(schema).validate(given | body)
            fits.require(DOCUMENT, KNOWN[operation["operationId"]].inputs.body, body)
            tried += 1
    assert tried > 30


def test_a_tool_says_whether_it_reads(agent: Agent):
    offered = listed(agent)
    assert all(offered[name]["annotations"]["readOnlyHint"] for name in ANY_TOOL)
    for name in ("create_member", "edit_offer", "approve_conversion", "commit"):
        assert offered[name]["annotations"]["readOnlyHint"] is False
    assert offered["delete_rule"]["annotations"]["destructiveHint"]
    assert not offered["create_member"]["annotations"]["destructiveHint"]


def test_nothing_that_changes_a_thing_is_overtaken():
    unguarded = {name for name, tool in KNOWN.items() if not (tool.is_reading or tool.takes("If-Match"))}
    assert unguarded == ADD | ARE_SO_ALREADY | FOR_MANY


def test_whatever_has_a_version_can_be_read_so_that_a_plan_knows_it():
    reads = {
        tool.path for tool in KNOWN.values() if tool.method == "get" and (tool.path.endswith("}") or not tool.has_pages)
    }
    guarded = [tool for tool in KNOWN.values() if tool.takes("If-Match")]
    assert [tool.name for tool in guarded if not any(tool.path.startswith(path) for path in reads)] == []


@pytest.mark.parametrize("word", ["access_token", "consumer_secret", "webhook_secret", "api_key", "iban", "payer"])
def test_no_tool_takes_a_secret_or_an_account(agent: Agent, word: str):
    assert f'"{word}"' not in json.dumps(listed(agent))


def test_no_tool_gives_a_secret_or_a_file_of_accounts(agent: Agent):
    unsafe = {"issue_api_key", "create_endpoint", "rotate_secret", "put_payee", "get_file"}
    assert not unsafe & listed(agent).keys()


def test_a_key_sees_the_tools_that_it_may_call(agent: Agent, world: World):
    reads = {name for name, tool in listed(agent).items() if tool["annotations"]["readOnlyHint"]}
    assert listed(agent, world.reader).keys() == reads
    assert listed(agent, world.reporter).keys() == {
        *("report_click", "record_conversion", "record_conversions", "refund_conversion", "refund_order", "commit")
    }


def test_a_read_is_what_the_api_answers(agent: Agent, api: Gateway, world: World):
    told = agent.call("list_members", email="ada@example.com")
    assert told.value == api.get("/v1/members?email=ada@example.com").body
    assert json.loads(told.text) == told.value
    assert agent.call("get_offer", offer_id=world.codes_offer, key=world.reader).value["name"] == "Autumn glow"


def test_a_rule_is_tried_and_nothing_is_planned(agent: Agent, world: World):
    told = agent.call("try_rule", rule_id=world.rule_id, member_id=world.ada, key=world.reader)
    assert told.value["would_fire"] is False


def test_a_read_that_the_api_refuses_is_an_error_of_the_tool(agent: Agent, world: World):
    assert agent.call("get_member", member_id="mem_" + "0" * 26).code == "member_not_found"
    assert agent.call("list_members", limit=1000).code == "invalid_request"
    assert agent.call("list_members", limit={"a": 1}).code == "invalid_request"
    assert agent.call("list_members", e_mail="a").value["errors"][0]["pointer"] == "/e_mail"
    assert agent.call("get_member").value["errors"] == [{"pointer": "/member_id", "message": "this is needed"}]


@pytest.mark.parametrize("value", ["..", ".", "", "a/../../program", "\x00", "%2e%2e", "é🎉" * 200, "x?limit=1", 7, {}])
def test_an_id_never_leads_to_another_path(agent: Agent, value: Any):
    assert agent.call("get_member", member_id=value).is_error
    assert all(path.startswith("GET /v1/members/") and path.count("/") == 3 for path in agent.asked)


def test_another_programs_things_are_not_there(agent: Agent, world: World, table: Table):
    stranger = program(table, "Another program").admin
    assert agent.call("get_member", member_id=world.ada, key=stranger).value["status"] == 404
    assert agent.call("edit_member", member_id=world.ada, first_name="Eve", key=stranger).value["status"] == 404
    assert agent.call("list_members", key=stranger).value["items"] == []


def test_a_key_lacking_the_scope_is_told_so_and_the_api_is_not_asked(agent: Agent, world: World):
    assert agent.call("edit_member", member_id=world.ada, key=world.reader).code == "scope_missing"
    assert agent.call("list_members", key=world.reporter).code == "scope_missing"
    assert agent.asked == []


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "[::1]"])
def test_whatever_host_a_message_names_the_api_is_asked_where_it_is(agent: Agent, host: str):
    params = {"name": "get_program", "arguments": {}}
    assert agent.say("tools/call", params, host=host, x_forwarded_proto="http").body["result"]["isError"] is False
    assert agent.asked == ["GET /v1/program"]


def test_only_our_own_page_may_speak(agent: Agent):
    own = settings().public_url
    assert agent.say("ping", origin=own).status == 200
    for origin in ("https://evil.example", "null", f"{own}.evil.example", "http://127.0.0.1", ""):
        assert (agent.say("ping", origin=origin, host="evil.example").status) == 403


def test_there_is_no_stream_and_no_session(agent: Agent, api: Gateway):
    for method in ("GET", "DELETE"):
        answer = api.call(method, "/mcp")
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert "mcp-session-id" not in {name.lower() for name in agent.say("ping").headers}


@pytest.mark.parametrize(
    ("asked", "given"),
    [("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"), ("2024-11-05", "2025-11-25"), (7, "2025-11-25")],
)
def test_a_handshake_agrees_on_a_version(agent: Agent, asked: object, given: str):
    assert agent.say("initialize", {"protocolVersion": asked}).body["result"]["protocolVersion"] == given


def test_the_newest_version_needs_no_handshake(agent: Agent):
    told = agent.say_now("tools/list").body["result"]
    assert (told["resultType"], told["cacheScope"]) == ("complete", "private")
    called = agent.say_now("tools/call", {"name": "get_program"}).body["result"]
    assert called["structuredContent"]["name"] == "Glow Cosmetics"


def test_a_version_that_is_not_spoken_is_refused_with_those_that_are(agent: Agent):
    answer = agent.say_now("tools/list", mcp_protocol_version="2020-01-01")
    assert (answer.status, answer.body["error"]["code"]) == (400, -32022)
    assert MODERN in answer.body["error"]["data"]["supported"]


@pytest.mark.parametrize(
    "headers",
    [{"mcp_method": "tools/call"}, {"mcp_protocol_version": "2025-11-25"}, {"mcp_method": "=?base64?%%%?="}],
)
def test_headers_that_tell_another_thing_than_the_message_are_refused(agent: Agent, headers: dict[str, str]):
    answer = agent.say_now("tools/list", **headers)
    assert (answer.status, answer.body["error"]["code"]) == (400, -32020)


def test_the_name_of_a_tool_stands_in_the_header_too(agent: Agent):
    named = {"name": "get_program"}
    assert agent.say_now("tools/call", named, mcp_name="list_members").body["error"]["code"] == -32020
    assert agent.say_now("tools/call", named, mcp_name="=?base64?Z2V0X3Byb2dyYW0=?=").status == 200


@pytest.mark.parametrize("method", ["initialize", "ping", "resources/list", "subscriptions/listen"])
def test_a_method_that_the_newest_version_has_not_is_404(agent: Agent, method: str):
    answer = agent.say_now(method)
    assert (answer.status, answer.body["error"]["code"]) == (404, -32601)


def test_before_that_an_unknown_method_is_an_answer(agent: Agent):
    answer = agent.say("resources/list")
    assert (answer.status, answer.body["id"], answer.body["error"]["code"]) == (200, 1, -32601)


def test_a_notification_is_heard(agent: Agent):
    for message in (
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 3, "result": {}},
    ):
        answer = agent.post(message)
        assert (answer.status, answer.body) == (202, "")


def test_the_oldest_version_takes_several_messages_at_once(agent: Agent):
    batch = [
        {"jsonrpc": "2.0", "id": "a", "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "b", "method": "tools/call", "params": {"name": "get_program"}},
        "nonsense",
    ]
    told = agent.post(batch).body
    assert [each["id"] for each in told] == ["a", "b", None]
    assert told[1]["result"]["structuredContent"]["name"] == "Glow Cosmetics"
    assert agent.post(batch[1:2]).status == 202
    for many in ([], batch[:1] * 11):
        assert agent.post(many).status == 400


@pytest.mark.parametrize("version", ["2025-06-18", "2025-11-25", MODERN])
def test_later_versions_do_not(agent: Agent, version: str):
    answer = agent.post([{"jsonrpc": "2.0", "id": 1, "method": "ping"}], mcp_protocol_version=version)
    assert (answer.status, answer.body["error"]["code"]) == (400, -32600)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        *[(body, -32700) for body in ("{", "nonsense", "NaN", '{"a": 1, "a": 2}', "[" * 50_000, '"\\ud800"', "")],
        *[(body, -32600) for body in ("null", "7", '"x"', "{}", '{"jsonrpc": "2.0", "id": 1}')],
        ('{"jsonrpc": "1.0", "id": 1, "method": "ping"}', -32600),
        *[(f'{{"jsonrpc": "2.0", "id": {id_}, "method": "ping"}}', -32600) for id_ in ("null", "true", "1.5", "[]")],
        *[(f'{{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {p}}}', -32602) for p in ("[]", "7", "null")],
        ('{"jsonrpc": "2.0", "id": 1, "method": 7}', -32600),
        ('{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": []}}', -32602),
        ('{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "commit", "arguments": 7}}', -32602),
        ('{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"cursor": "x"}}', -32602),
    ],
)
def test_nonsense_is_refused_as_the_protocol_says(agent: Agent, body: str, code: int):
    answer = agent.post(body)
    assert answer.body["error"]["code"] == code
    assert answer.status == (200 if code == -32602 else 400)


def test_a_body_beyond_measure_is_refused(agent: Agent):
    assert agent.post("x" * 300_000).code == "body_too_large"


def test_whatever_is_wrong_the_answer_is_short(agent: Agent):
    for arguments in (
        {f"a{n}": n for n in range(15_000)},
        {"x" * 200_000: 1},
        {"email": "é" * 90_000},
    ):
        assert len(json.dumps(agent.say("tools/call", {"name": "list_members", "arguments": arguments}).body)) < 20_000


def test_no_message_at_random_breaks_the_door(agent: Agent):
    chance = random.Random(15)
    names = [*listed(agent), "commit", "none"]
    odd = [None, 7, -1.5, True, "", "..", "x" * 500, [], {}, [[]], {"a": {"b": [1]}}, "2026-11-21", "\x00", "é🎉"]
    fields = [
        "member_id",
        "offer_id",
        "hash",
        "limit",
        "from",
        "conditions",
        "name",
        "amount",
        "member_ids",
        "__proto__",
    ]
    for _ in range(150):
        arguments = {chance.choice(fields): chance.choice(odd) for _ in range(chance.randrange(4))}
        answer = agent.say("tools/call", {"name": chance.choice(names), "arguments": arguments})
        assert answer.status == 200
        assert answer.body.get("error", {}).get("code") != -32603, arguments
        told = answer.body.get("result", {}).get("structuredContent", {})
        assert not (isinstance(told, dict) and told.get("status") == 500), arguments
