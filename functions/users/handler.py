"""Users: the merchant's people who may sign in to the console."""

from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body

from laurel import clock
from laurel.api import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    InPath,
    Limit,
    PatchOf,
    Protected,
    answer,
    caller,
    origin,
    request,
)
from laurel.domain.people.people import NewUser, User, UserEdit
from laurel.domain.values.ids import UserId
from laurel.store.table import table
from laurel.workflows.people import users
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)
TAGS = ["users"]
_for = Protected(TAGS)


@app.post(
    "/v1/users",
    summary="Invite a user",
    description="They are mailed a link that signs them in to the console, good for 7 days. At most 5 such mails an "
    "hour and address (409 `too_many_mails`).",
    status_code=201,
    **_for("admin", 201, 400, 409, 413),
)
def invite_user(new: Annotated[NewUser, Body()], idempotency_key: IdempotencyKey = None) -> tuple[User, int]:
    return users.invite(table(), request(app, idempotency_key), new, token_bytes, origin(app))


@app.get("/v1/users", summary="List the users", **_for("read", 200))
def list_users(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[User]:
    return users.page(table(), caller(app).program.program_id, limit, cursor)


@app.get("/v1/users/<user_id>", summary="One user", **_for("read", 200, 404))
def get_user(user_id: InPath[UserId]) -> User:
    return users.get(table(), caller(app).program.program_id, user_id)


@app.patch(
    "/v1/users/<user_id>",
    summary="Change a user's name or role",
    description="A role holds from the next request on. The last owner stays one (409 `last_owner`).",
    **_for("admin", 200, 400, 404, 409, 412, 413),
)
def edit_user(
    user_id: InPath[UserId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(UserEdit)],
    if_match: IfMatch = None,
) -> User:
    return users.edit(table(), caller(app).program.program_id, user_id, patch, if_match, clock.now())


@app.delete(
    "/v1/users/<user_id>",
    summary="Remove a user",
    description="They are signed out everywhere at once. The last owner stays (409 `last_owner`).",
    status_code=204,
    **_for("admin", 204, 404, 409, 412),
)
def remove_user(user_id: InPath[UserId], if_match: IfMatch = None) -> None:
    users.remove(table(), caller(app).program.program_id, user_id, if_match)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
