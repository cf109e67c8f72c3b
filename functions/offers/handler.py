"""Offers and the enrollments of members in them."""

from secrets import token_bytes
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

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
from laurel.domain.members.bulk_edits import BulkEdit, BulkEditResults, EnrollmentFilter
from laurel.domain.members.enrollments import Enrollment, EnrollmentEdit, EnrollmentView, NewPromoCode
from laurel.domain.offers.offers import (
    NewOffer,
    NewPayoutOption,
    OfferEdit,
    OfferKind,
    OfferStatus,
    OfferView,
    PayoutOption,
)
from laurel.domain.values.ids import MemberId, OfferId, PayoutOptionId
from laurel.store.table import table
from laurel.workflows import history
from laurel.workflows.members import bulk_edits, enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers, payout_options
from laurel.workflows.offers.offers import Narrowed
from laurel.workflows.offers.payout_options import OptionPlace
from laurel.workflows.requests.idempotency import CREATED, OK
from laurel.workflows.requests.listing import DEFAULT_LIMIT, Page
from laurel.workflows.shops import showing

app = APIGatewayHttpResolver(enable_validation=True)

TAGS = ["offers"]
_for = Protected(TAGS)
AS_IT_IS, GENERATED = EnrollmentEdit(), NewPromoCode()


@app.post(
    "/v1/offers",
    summary="Create an offer with its payout options, exactly one of them the default",
    status_code=CREATED,
    **_for("admin", 201, 400, 409, 413),
)
def create_offer(new: Annotated[NewOffer, Body()], idempotency_key: IdempotencyKey = None) -> tuple[OfferView, int]:
    return offers.create(table(), request(app, idempotency_key), new, token_bytes)


@app.get(
    "/v1/offers",
    summary="List the offers",
    **_for("read", 200),
)
def list_offers(
    status: Annotated[OfferStatus | None, Query()] = None,
    kind: Annotated[OfferKind | None, Query()] = None,
    q: Annotated[
        str | None,
        Query(min_length=2, max_length=100, description="A part of the name; case and accents make no difference."),
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[OfferView]:
    return offers.page(table(), _program_id(), Narrowed(status, kind, q), limit, cursor).of(OfferView.of)


@app.get(
    "/v1/offers/<offer_id>",
    summary="One offer",
    **_for("read", 200, 404),
)
def get_offer(offer_id: InPath[OfferId]) -> OfferView:
    return OfferView.of(offers.get(table(), _program_id(), offer_id))


@app.patch(
    "/v1/offers/<offer_id>",
    summary="Change an offer, from now on and for every member",
    description="Recorded commissions keep their terms. The kind of an offer is fixed; its payout options have routes "
    "of their own. `buckets` spreads a hot offer's index partition, and only grows.",
    **_for("admin", 200, 400, 404, 412, 413),
)
def edit_offer(
    offer_id: InPath[OfferId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(OfferEdit, without=("kind",))],
    if_match: IfMatch = None,
) -> OfferView:
    return OfferView.of(offers.edit(table(), _program_id(), offer_id, patch, if_match, author(app)))


@app.get(
    "/v1/offers/<offer_id>/history",
    summary="What was changed in an offer, or for one member in it, by whom and when",
    **_for("read", 200, 404),
)
def list_history(
    offer_id: InPath[OfferId],
    member_id: Annotated[MemberId | None, Query(description="Only what concerns this member in the offer.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[Edit]:
    return history.page(table(), _program_id(), offer_id, member_id, limit, cursor)


@app.post(
    "/v1/offers/<offer_id>/payout-options",
    summary="Add a payout option",
    description="If it is made the default, it replaces the old default. A promo-code offer cannot pay per click. "
    "If-Match means the version of the offer.",
    status_code=CREATED,
    **_for("admin", 201, 400, 404, 409, 412, 413),
)
def add_payout_option(
    offer_id: InPath[OfferId],
    new: Annotated[NewPayoutOption, Body()],
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> tuple[PayoutOption, int]:
    return payout_options.add(table(), request(app, idempotency_key), offer_id, new, token_bytes, if_match)


@app.patch(
    "/v1/offers/<offer_id>/payout-options/<payout_option_id>",
    summary="Change a payout option, for what is recorded from now on",
    description="Terms of another `type` begin without the rates of the type before. `version` counts edits of the "
    "terms; If-Match means the version of the offer. The default stays one until another option is made it (409 "
    "`payout_option_is_default`).",
    **_for("admin", 200, 400, 404, 409, 412, 413),
)
def edit_payout_option(
    offer_id: InPath[OfferId],
    payout_option_id: InPath[PayoutOptionId],
    patch: Annotated[dict[str, Any], Body(), PatchOf(NewPayoutOption)],
    if_match: IfMatch = None,
) -> PayoutOption:
    option = OptionPlace(_program_id(), offer_id, payout_option_id)
    return payout_options.edit(table(), option, patch, if_match, author(app))


@app.delete(
    "/v1/offers/<offer_id>/payout-options/<payout_option_id>",
    summary="Remove a payout option that nobody is in and no rule names",
    description="409 `payout_option_in_use` otherwise, `payout_option_is_default` for the default. If-Match means the "
    "version of the offer.",
    status_code=204,
    **_for("admin", 204, 404, 409, 412),
)
def remove_payout_option(
    offer_id: InPath[OfferId], payout_option_id: InPath[PayoutOptionId], if_match: IfMatch = None
) -> None:
    option = OptionPlace(_program_id(), offer_id, payout_option_id)
    payout_options.remove(table(), option, if_match, author(app))


@app.put(
    "/v1/offers/<offer_id>/enrollments/<member_id>",
    summary="Enroll a member, or change the enrollment",
    description="201 for a new enrollment, 200 otherwise. On a promo-code offer a code is generated if none is given; "
    "setting another code ends the one before, which is never given to anybody else. Codes are unique in the program, "
    "whatever their case and width (409 `promo_code_taken`); they are kept as they were given.",
    **_for("admin", 200, 201, 400, 404, 409, 412, 413),
)
def enroll(
    offer_id: InPath[OfferId],
    member_id: InPath[MemberId],
    edit: Annotated[EnrollmentEdit, Body()] = AS_IT_IS,
    if_match: IfMatch = None,
) -> tuple[EnrollmentView, int]:
    place = _place(offer_id, member_id)
    enrolled, is_new = enrollments.put(table(), place, edit, author(app), token_bytes, if_match)
    return _shown(enrolled), CREATED if is_new else OK


@app.get(
    "/v1/offers/<offer_id>/enrollments",
    summary="List who is in an offer",
    **_for("read", 200, 404),
)
def list_enrollments(
    offer_id: InPath[OfferId],
    payout_option_id: Annotated[PayoutOptionId | None, Query(description="Only those in this payout option.")] = None,
    active: Annotated[bool | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[EnrollmentView]:
    wanted = EnrollmentFilter(payout_option_id=payout_option_id, active=active)
    page = enrollments.page_of_offer(table(), caller(app).program, offer_id, wanted, limit, cursor)
    shops = showing.of(table(), _program_id(), page.items)
    return page.of(lambda enrollment: EnrollmentView.of(enrollment, origin(app), shops(enrollment)))


@app.get(
    "/v1/offers/<offer_id>/enrollments/<member_id>",
    summary="One enrollment",
    **_for("read", 200, 404),
)
def get_enrollment(offer_id: InPath[OfferId], member_id: InPath[MemberId]) -> EnrollmentView:
    return _shown(enrollments.get(table(), _place(offer_id, member_id)))


@app.patch(
    "/v1/offers/<offer_id>/enrollments/<member_id>",
    summary="Change an enrollment",
    description="What is given is set, `terms` as a whole; null clears a date or the terms. `terms` are agreed with "
    "this member and pay in place of those of the payout option, for what is recorded from now on. Moving to another "
    "payout option counts for later conversions only and ends such terms; `terms` beside it count after the move.",
    **_for("admin", 200, 400, 404, 409, 412, 413),
)
def edit_enrollment(
    offer_id: InPath[OfferId],
    member_id: InPath[MemberId],
    edit: Annotated[EnrollmentEdit, Body()],
    if_match: IfMatch = None,
) -> EnrollmentView:
    return _shown(enrollments.edit(table(), _place(offer_id, member_id), edit, if_match, author(app), token_bytes))


@app.post(
    "/v1/offers/<offer_id>/enrollments/<member_id>/promo-code",
    summary="Replace the promo code of an enrollment",
    description="A code is generated if none is given. The one before attributes nothing from now on and is never "
    "given to anybody else; its own enrollment may take it back.",
    **_for("admin", 200, 400, 404, 409, 412, 413),
)
def replace_promo_code(
    offer_id: InPath[OfferId],
    member_id: InPath[MemberId],
    new: Annotated[NewPromoCode, Body()] = GENERATED,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> EnrollmentView:
    place = _place(offer_id, member_id)
    made = request(app, idempotency_key)
    return _shown(enrollments.replace_code(table(), made, place, new.promo_code, token_bytes, if_match))


@app.post(
    "/v1/offers/<offer_id>/enrollments/bulk",
    summary="Edit a listed set of enrollments, or all that match, in pages of 100 with a result for each",
    description="Follow `next_cursor` with the same body to edit all that match `filter`; `batch_id` stays the same. A "
    "page may have few results, or none. `joined_from` and `joined_to` are local days of enrolling, included. "
    "Repeated, nothing is changed twice; `refresh_promo_code` needs an Idempotency-Key (a new one for each page).",
    **_for("admin", 200, 400, 404, 409, 413),
)
def edit_enrollments(
    offer_id: InPath[OfferId], bulk: Annotated[BulkEdit, Body()], idempotency_key: IdempotencyKey = None
) -> BulkEditResults:
    return bulk_edits.edit(table(), request(app, idempotency_key), offer_id, bulk, token_bytes)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return answer(app, event, context)


def _program_id() -> str:
    return caller(app).program.program_id


def _place(offer_id: str, member_id: str) -> Place:
    return Place(_program_id(), offer_id, member_id)


def _shown(enrollment: Enrollment) -> EnrollmentView:
    shops = showing.of(table(), _program_id(), [enrollment])
    return EnrollmentView.of(enrollment, origin(app), shops(enrollment))
