"""The door for agents: operations of this API as tools of the Model Context Protocol."""

from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import agents, answer, requires

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["agents"]
DOCUMENT = Path(__file__).with_name("openapi.json")


@app.post(
    "/mcp",
    summary="Messages of an agent",
    description="The Model Context Protocol over stateless HTTP, in its versions 2025-03-26 to 2026-07-28: each "
    "message is answered by itself, as JSON. Tools are this API's operations by their names, those that the key may "
    "call. One that reads answers as the operation does; one that writes answers with a `plan` and its `hash`, and "
    "nothing is changed until the tool `commit` is called with that hash, within ten minutes.",
    tags=TAGS,
    responses=agents.answers(),
    middlewares=[requires("read", "storefront")],
)
def take_message() -> Response[Any]:
    return agents.take(app, DOCUMENT)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context, raw=True)
