"""A program's logo: a picture as the whole body, apart from all else that is JSON."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import (
    Protected,
    answer,
    caller,
    taken,
)
from laurel.domain.program.logos import Logo
from laurel.store.table import table
from laurel.workflows.program import logos

app = APIGatewayHttpResolver(enable_validation=True)
TAGS = ["logos"]
_for = Protected(TAGS)


@app.put(
    "/v1/program/logo",
    summary="Set the program's logo",
    description="The body is the picture itself: PNG, JPEG or WebP, at most 200 KB. Pages for members show it.",
    status_code=204,
    **_for("admin", 204, 413),
)
def put_logo() -> None:
    logos.put(table(), caller(app).program.program_id, Logo.read(taken(app)))


@app.get(
    "/v1/program/logo",
    summary="The program's logo",
    **_for(
        "read", 404, also={200: {"description": "The picture", "content": {"image/*": {"schema": {"type": "string"}}}}}
    ),
)
def get_logo() -> Response[str]:
    logo = logos.get(table(), caller(app).program.program_id)
    return Response(200, logo.media_type, logo.as_text)


@app.delete("/v1/program/logo", summary="Remove the program's logo", status_code=204, **_for("admin", 204))
def delete_logo() -> None:
    logos.delete(table(), caller(app).program.program_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context, raw=True)
