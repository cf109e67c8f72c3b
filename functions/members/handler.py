"""Members: the creators and affiliates of a program."""

from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from laurel import clock
from laurel.api import (
    Cursor,
    IdempotencyKey,
    IfMatch,
    InPath,
    Limit,
    PatchOf,
    answer,
    caller,
    origin,
    request,
    requires,
    responses,
)
from laurel.domain.members.enrollments import EnrollmentView
from laurel.domain.members.members import ErasedMember, MemberProfile, MemberStatus, MemberView, NewMember
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Email
from laurel.store.table import table
from laurel.workflows.members import enrollments, members
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["members"]


@app.post(
    "/v1/members",
    summary="Add a member",
    description="E-mail addresses are unique in the program, whatever their case (409 `email_taken`).",
    tags=TAGS,
    status_code=201,
    responses=responses(201, 400, 409, 413),
    middlewares=[requires("admin")],
)
def create_member(new: Annotated[NewMember, Body()], idempotency_key: IdempotencyKey = None) -> tuple[MemberView, int]:
    return members.create(table(), request(app, idempotency_key), new, token_bytes)


@app.get(
    "/v1/members",
    summary="List the members",
    tags=TAGS,
    responses=responses(200),
    middlewares=[requires("read")],
)
def list_members(
    status: Annotated[MemberStatus | None, Query()] = None,
    email: Annotated[Email | None, Query(description="Only who has this address, whatever its case.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[MemberView]:
    program_id = caller(app).program.program_id
    if email is not None:
        return members.with_email(table(), program_id, email, status).of(MemberView.of)
    return members.page(table(), program_id, status, limit, cursor).of(MemberView.of)


@app.get(
    "/v1/members/<member_id>",
    summary="One member",
    tags=TAGS,
    responses=responses(200, 404),
    middlewares=[requires("read")],
)
def get_member(member_id: InPath[MemberId]) -> MemberView:
    return MemberView.of(members.get(table(), caller(app).program.program_id, member_id))


@app.patch(
    "/v1/members/<member_id>",
    summary="Change a member",
    description="User fields must be declared in the program; an empty text clears one. Who brought the member never "
    "changes.",
    tags=TAGS,
    responses=responses(200, 400, 404, 409, 412, 413),
    middlewares=[requires("admin")],
)
def edit_member(
    member_id: InPath[MemberId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(MemberProfile)],
    if_match: IfMatch = None,
) -> MemberView:
    return MemberView.of(members.edit(table(), caller(app).program, member_id, patch, if_match, clock.now()))


@app.post(
    "/v1/members/<member_id>/erase",
    summary="Erase a member",
    description="Name, address and fields are blanked at once and the address is free; a job blanks the mails and the "
    "history of the member, and what was not sent yet is not sent. The member is suspended for ever, edits are 409 "
    "`member_erased`; commissions stay under the id. Again it changes nothing.",
    tags=TAGS,
    responses=responses(200, 404, 409),
    middlewares=[requires("admin")],
)
def erase_member(
    member_id: InPath[MemberId],
    confirm: Annotated[bool, Query(description="Must be true: 409 `confirmation_required` otherwise.")] = False,
) -> ErasedMember:
    return members.erase(table(), caller(app).program, member_id, clock.now(), confirmed=confirm)


@app.get(
    "/v1/members/<member_id>/enrollments",
    summary="List the offers that a member is in",
    tags=TAGS,
    responses=responses(200, 404),
    middlewares=[requires("read")],
)
def list_enrollments_of_member(
    member_id: InPath[MemberId], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[EnrollmentView]:
    page = enrollments.page_of_member(table(), caller(app).program.program_id, member_id, limit, cursor)
    return page.of(lambda enrollment: EnrollmentView.of(enrollment, origin(app)))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
