"""A program's logo: a picture as the whole body, apart from all else that is JSON."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from laurel.api import answer, caller, requires, responses, taken
from laurel.domain.program.logos import Logo
from laurel.store.table import table
from laurel.workflows.program import logos

app = APIGatewayHttpResolver(enable_validation=True)
TAGS = ["logos"]


@app.put(
    "/v1/program/logo",
    tags=TAGS,
    summary="Set the program's logo",
    description="The body is the picture itself: PNG, JPEG or WebP, at most 200 KB. Pages for members show it.",
    status_code=204,
    responses=responses(204, 413),
    middlewares=[requires("admin")],
)
def put_logo() -> None:
    logos.put(table(), caller(app).program.program_id, Logo.read(taken(app)))


@app.get(
    "/v1/program/logo",
    tags=TAGS,
    summary="The program's logo",
    responses=responses(404)
    | {200: {"description": "The picture", "content": {"image/*": {"schema": {"type": "string"}}}}},
    middlewares=[requires("read")],
)
def get_logo() -> Response[str]:
    logo = logos.get(table(), caller(app).program.program_id)
    return Response(200, logo.media_type, logo.as_text)


@app.delete(
    "/v1/program/logo",
    tags=TAGS,
    summary="Remove the program's logo",
    status_code=204,
    responses=responses(204),
    middlewares=[requires("admin")],
)
def delete_logo() -> None:
    logos.delete(table(), caller(app).program.program_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context, raw=True)
