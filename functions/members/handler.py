"""Members: the creators and affiliates of a program; and whose a promo code or a link is."""

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
    Protected,
    answer,
    author,
    caller,
    origin,
    request,
)
from laurel.domain.history import Edit
from laurel.domain.members.enrollments import EnrollmentView
from laurel.domain.members.members import ErasedMember, MemberProfile, MemberStatus, MemberView, NewMember
from laurel.domain.members.slugs import Slug
from laurel.domain.payouts.payees import Payee, PayeeView
from laurel.domain.tracking.standing import CodeStanding, LinkStanding
from laurel.domain.values.codes import CodeInPath
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Email
from laurel.store.table import table
from laurel.workflows.members import bounces, enrollments, finding, members
from laurel.workflows.payouts import payees
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.shops import showing
from laurel.workflows.tracking import standing

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["members"]
_for = Protected(TAGS)


@app.post(
    "/v1/members",
    summary="Add a member",
    description="E-mail addresses are unique in the program, whatever their case (409 `email_taken`).",
    status_code=201,
    **_for("admin", 201, 400, 409, 413),
)
def create_member(new: Annotated[NewMember, Body()], idempotency_key: IdempotencyKey = None) -> tuple[MemberView, int]:
    return members.create(table(), request(app, idempotency_key), new, token_bytes)


@app.get(
    "/v1/members",
    summary="List the members, or find some by their address or by the beginning of a name",
    description="Newest first; those that `q` finds by name. A member is found under the address, and under the whole "
    "name from each of its words on: `love`, `lovelace a` and `ada lo` find Ada Lovelace. A new name is found within a "
    "second or so.",
    **_for("read", 200),
)
def list_members(
    status: Annotated[MemberStatus | None, Query()] = None,
    email: Annotated[
        Email | None,
        Query(description="Only who has this address, whatever its case, or else the same without its `+tag`."),
    ] = None,
    q: Annotated[
        str | None,
        Query(
            min_length=2,
            max_length=100,
            description="The beginning of an address or of any word of a name; case and accents make no difference.",
        ),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[MemberView]:
    program_id = caller(app).program.program_id
    if email is not None:
        return finding.with_email(table(), program_id, email, status, q).of(MemberView.of)
    return finding.page(table(), program_id, q, status, limit, cursor).of(MemberView.of)


@app.get("/v1/members/<member_id>", summary="One member", **_for("read", 200, 404))
def get_member(member_id: InPath[MemberId]) -> MemberView:
    return MemberView.of(members.get(table(), caller(app).program.program_id, member_id))


@app.patch(
    "/v1/members/<member_id>",
    summary="Change a member",
    description="User fields must be declared in the program; an empty text clears one. Who brought the member never "
    "changes. With another `email` the member is signed out, and the address before is mailed that it was changed.",
    **_for("admin", 200, 400, 404, 409, 412, 413),
)
def edit_member(
    member_id: InPath[MemberId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(MemberProfile)],
    if_match: IfMatch = None,
) -> MemberView:
    return MemberView.of(members.edit(table(), caller(app).program, member_id, patch, if_match, author(app)))


@app.post(
    "/v1/members/<member_id>/erase",
    summary="Erase a member",
    description="Name, address, fields and payee are blanked at once and the address is free; a job blanks the mails "
    "and the history of the member, and what was not sent yet is not sent. The member is suspended for ever, edits are "
    "409 `member_erased`; commissions stay under the id. Again it changes nothing.",
    **_for("admin", 200, 404, 409),
)
def erase_member(
    member_id: InPath[MemberId],
    confirm: Annotated[bool, Query(description="Must be true: 409 `confirmation_required` otherwise.")] = False,
) -> ErasedMember:
    return members.erase(table(), caller(app).program, member_id, author(app), confirmed=confirm)


@app.get("/v1/members/<member_id>/enrollments", summary="List the offers that a member is in", **_for("read", 200, 404))
def list_enrollments_of_member(
    member_id: InPath[MemberId], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[EnrollmentView]:
    page = enrollments.page_of_member(table(), caller(app).program.program_id, member_id, limit, cursor)
    shops = showing.of(table(), caller(app).program.program_id, page.items)
    return page.of(lambda enrollment: EnrollmentView.of(enrollment, origin(app), shops(enrollment)))


@app.get(
    "/v1/promo-codes/<code>",
    summary="Whose a promo code is, and whether it wins orders now",
    description="In any spelling, also one that was replaced: codes are never given to anybody else. `reason` is what "
    "an order of now would be refused for; `since` is null while only the offer or the member stands in its way.",
    **_for("read", 200, 404),
)
def get_promo_code(code: InPath[CodeInPath]) -> CodeStanding:
    return standing.of_code(table(), caller(app).program, code, clock.now())


@app.get("/v1/links/<slug>", summary="Whose a link is, and whether its visits count now", **_for("read", 200, 404))
def get_link(slug: InPath[Slug]) -> LinkStanding:
    return standing.of_link(table(), caller(app).program, slug, origin(app), clock.now())


@app.get(
    "/v1/members/<member_id>/history",
    summary="What happened to a member, newest first",
    description="Changes of profile, status and payee (masked): who, when, before and after.",
    **_for("read", 200, 404),
)
def member_history(member_id: InPath[MemberId], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[Edit]:
    return payees.history_of(table(), _place(member_id), limit, cursor)


@app.get(
    "/v1/members/<member_id>/payee",
    summary="The account at which a member is paid, masked",
    description="404 `payee_not_found` for a member without one.",
    **_for("read", 200, 404),
)
def get_payee(member_id: InPath[MemberId]) -> PayeeView:
    return payees.get(table(), _place(member_id))


@app.put(
    "/v1/members/<member_id>/payee",
    summary="Say at which account a member is paid",
    description="Encrypted, and never shown again in full. Each change is in the member's history and mailed to the "
    "member; the same again changes nothing.",
    **_for("admin", 200, 400, 404, 409, 412, 413),
)
def put_payee(member_id: InPath[MemberId], payee: Annotated[Payee, Body()], if_match: IfMatch = None) -> PayeeView:
    return payees.put(table(), _place(member_id), payee, if_match, author(app))


@app.delete(
    "/v1/members/<member_id>/payee",
    summary="Forget at which account a member is paid",
    description="In the member's history, and mailed to the member.",
    status_code=204,
    **_for("admin", 204, 404, 409, 412),
)
def remove_payee(member_id: InPath[MemberId], if_match: IfMatch = None) -> None:
    payees.remove(table(), _place(member_id), if_match, author(app))


@app.delete(
    "/v1/members/<member_id>/mail-stop",
    summary="Send mail to a member again",
    description="After a mail to the member bounced for good, or the member complained of one, `mail_stopped` says so "
    "and nothing more is sent there. This ends it, once somebody knows better; another `email` does, too.",
    status_code=204,
    **_for("admin", 204, 404, 409, 412),
)
def resume_mail(member_id: InPath[MemberId], if_match: IfMatch = None) -> None:
    bounces.resume(table(), caller(app).program, member_id, if_match, author(app))


def _place(member_id: str) -> payees.Place:
    return payees.Place(caller(app).program.program_id, member_id)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)
