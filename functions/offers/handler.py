"""Offers and the enrollments of members in them."""

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
    answer,
    caller,
    origin,
    request,
    requires,
    responses,
)
from laurel.domain.enrollments import Enrollment, EnrollmentEdit, EnrollmentView
from laurel.domain.ids import MemberId, OfferId
from laurel.domain.offers import NewOffer, Offer, OfferSettings
from laurel.store.table import table
from laurel.workflows import enrollments, offers
from laurel.workflows.enrollments import Place
from laurel.workflows.listing import DEFAULT_LIMIT, Page

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["offers"]
CREATED, CHANGED = 201, 200
AS_IT_IS = EnrollmentEdit()


@app.post(
    "/v1/offers",
    summary="Create an offer with its payout options, exactly one of them the default",
    tags=TAGS,
    status_code=CREATED,
    responses=responses(201, 400, 409, 413),
    middlewares=[requires("admin")],
)
def create_offer(new: Annotated[NewOffer, Body()], idempotency_key: IdempotencyKey = None) -> tuple[Offer, int]:
    return offers.create(table(), request(app, idempotency_key), new, token_bytes)


@app.get(
    "/v1/offers",
    summary="List the offers",
    tags=TAGS,
    responses=responses(200),
    middlewares=[requires("read")],
)
def list_offers(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[Offer]:
    return offers.page(table(), _program_id(), limit, cursor)


@app.get(
    "/v1/offers/<offer_id>",
    summary="One offer",
    tags=TAGS,
    responses=responses(200, 404),
    middlewares=[requires("read")],
)
def get_offer(offer_id: InPath[OfferId]) -> Offer:
    return offers.get(table(), _program_id(), offer_id)


@app.patch(
    "/v1/offers/<offer_id>",
    summary="Change an offer, from now on and for every member",
    description="Recorded commissions keep their terms. The kind of an offer is fixed; its payout options have routes "
    "of their own.",
    tags=TAGS,
    responses=responses(200, 400, 404, 412, 413),
    middlewares=[requires("admin")],
)
def edit_offer(
    offer_id: InPath[OfferId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(OfferSettings, without=("kind",))],
    if_match: IfMatch = None,
) -> Offer:
    return offers.edit(table(), _program_id(), offer_id, patch, if_match, clock.now())


@app.put(
    "/v1/offers/<offer_id>/enrollments/<member_id>",
    summary="Enroll a member, or change the enrollment",
    description="201 for a new enrollment, 200 otherwise. On a promo-code offer a code is generated if none is given; "
    "setting another code ends the one before, which is never given to anybody else. Codes are unique in the program, "
    "whatever their case (409 `promo_code_taken`).",
    tags=TAGS,
    responses=responses(200, 201, 400, 404, 409, 412, 413),
    middlewares=[requires("admin")],
)
def enroll(
    offer_id: InPath[OfferId],
    member_id: InPath[MemberId],
    edit: Annotated[EnrollmentEdit, Body()] = AS_IT_IS,
    if_match: IfMatch = None,
) -> tuple[EnrollmentView, int]:
    place = _place(offer_id, member_id)
    enrolled, is_new = enrollments.put(table(), place, edit, clock.now(), token_bytes, if_match)
    return _shown(enrolled), CREATED if is_new else CHANGED


@app.get(
    "/v1/offers/<offer_id>/enrollments",
    summary="List who is in an offer",
    tags=TAGS,
    responses=responses(200, 404),
    middlewares=[requires("read")],
)
def list_enrollments(
    offer_id: InPath[OfferId], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[EnrollmentView]:
    return enrollments.page_of_offer(table(), _program_id(), offer_id, limit, cursor).of(_shown)


@app.get(
    "/v1/offers/<offer_id>/enrollments/<member_id>",
    summary="One enrollment",
    tags=TAGS,
    responses=responses(200, 404),
    middlewares=[requires("read")],
)
def get_enrollment(offer_id: InPath[OfferId], member_id: InPath[MemberId]) -> EnrollmentView:
    return _shown(enrollments.get(table(), _place(offer_id, member_id)))


@app.patch(
    "/v1/offers/<offer_id>/enrollments/<member_id>",
    summary="Change an enrollment",
    description="What is given is set; null clears a date. Moving to another payout option counts for later "
    "conversions only.",
    tags=TAGS,
    responses=responses(200, 400, 404, 409, 412, 413),
    middlewares=[requires("admin")],
)
def edit_enrollment(
    offer_id: InPath[OfferId],
    member_id: InPath[MemberId],
    edit: Annotated[EnrollmentEdit, Body()],
    if_match: IfMatch = None,
) -> EnrollmentView:
    return _shown(enrollments.edit(table(), _place(offer_id, member_id), edit, if_match, clock.now(), token_bytes))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)


def _program_id() -> str:
    return caller(app).program.program_id


def _place(offer_id: str, member_id: str) -> Place:
    return Place(_program_id(), offer_id, member_id)


def _shown(enrollment: Enrollment) -> EnrollmentView:
    return EnrollmentView.of(enrollment, origin(app))
