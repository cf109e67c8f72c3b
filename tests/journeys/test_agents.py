"""An agent with the official client: it lists tools, reads, plans, and carries out what has not moved."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx2 import AsyncClient
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests.journeys.kit.client import Api
from tests.journeys.kit.shop import Shop

Talk = Callable[[Client], Awaitable[None]]


def talk(api: Api, mode: str, said: Talk) -> None:
    """Speaks to the door of agents with the key of `api`; `mode`: with a handshake (`legacy`), or as of today."""

    async def connected() -> None:
        headers = {"Authorization": f"Bearer {api.key}"}
        async with (
            AsyncClient(headers=headers, timeout=30, trust_env=False) as http,
            Client(streamable_http_client(f"{api.url}/mcp", http_client=http), mode=mode) as client,
        ):
            await said(client)

    asyncio.run(connected())


async def value(client: Client, tool: str, **arguments: Any) -> Any:
    """What a tool answers with."""
    return (await client.call_tool(tool, arguments)).structured_content


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_an_agent_reads_plans_and_carries_out_what_has_not_moved(shop: Shop, mode: str):
    path = f"/v1/members/{shop.member_id}"

    async def said(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["get_member"].annotations.read_only_hint
        assert not tools["edit_member"].annotations.read_only_hint
        before = await value(client, "get_member", member_id=shop.member_id)
        assert before == shop.admin.get(path)

        first = await value(client, "edit_member", member_id=shop.member_id, first_name="Augusta")
        late = await value(client, "edit_member", member_id=shop.member_id, first_name="Grace")
        assert first["plan"][1]["before"] == before["first_name"]
        assert shop.admin.get(path) == before
        assert (await value(client, "commit", hash=first["hash"]))["first_name"] == "Augusta"
        refused = await value(client, "commit", hash=late["hash"])
        assert (refused["status"], refused["code"]) == (409, "plan_moved")
        assert shop.admin.get(path)["first_name"] == "Augusta"

    talk(shop.admin, mode, said)


def test_an_agent_with_a_key_that_reads_is_offered_nothing_else(shop: Shop):
    reader = shop.admin.with_key(shop.admin.post("/v1/api-keys", {"scopes": ["read"]})["key"])

    async def said(client: Client) -> None:
        tools = (await client.list_tools()).tools
        assert tools
        assert all(tool.annotations.read_only_hint for tool in tools)
        found = await value(client, "list_members", limit=1)
        assert found["items"]
        refused = await client.call_tool("create_member", {"email": "x@example.com"})
        assert refused.is_error
        assert refused.structured_content["code"] == "scope_missing"

    talk(reader, "auto", said)
    assert reader.with_key(None).send("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}).status == 401
