"""Enrollments: a member in an offer, with a promo code or a link that is nobody else's."""

from collections.abc import Callable

from laurel.domain.history import Author
from laurel.domain.members.bulk_edits import EnrollmentFilter
from laurel.domain.members.enrollments import Enrollment, EnrollmentEdit, generated_code
from laurel.domain.program.programs import Program
from laurel.domain.values.calendar import ONE_DAY
from laurel.domain.values.ids import MemberId
from laurel.domain.values.model import Frozen
from laurel.store import indexes, items, keys
from laurel.store.indexes import BY_MEMBER, BY_OWNER
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.members import members
from laurel.workflows.members.enrollment_edits import Attempt, Place, Reading
from laurel.workflows.offers import offers
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version
from laurel.workflows.requests.idempotency import OK, Request
from laurel.workflows.requests.listing import Page, Shown
from laurel.workflows.requests.optimistic import racing, redo


def put(
    table: Table,
    place: Place,
    edit: EnrollmentEdit,
    author: Author,
    randomness: Randomness,
    if_match: int | None = None,
) -> tuple[Enrollment, bool]:
    """The enrollment after `edit`, and whether it is new; if nothing changes, nothing is written.

    Raises Absent, Invalid, Stale, Conflict `promo_code_taken`, `slug_taken`.
    """

    def attempt() -> tuple[Enrollment, bool]:
        begun = _begun(table, place, edit, author, randomness)
        require_version(begun, if_match)
        return begun.put(), begun.current is None

    return redo(attempt)


def edit(
    table: Table, place: Place, edit: EnrollmentEdit, if_match: int | None, author: Author, randomness: Randomness
) -> Enrollment:
    """An existing enrollment after `edit`. Raises Absent, Invalid, Stale, Conflict `promo_code_taken`, `slug_taken`."""

    def attempt() -> Enrollment:
        begun = _begun(table, place, edit, author, randomness)
        begun.require_enrolled()
        require_version(begun, if_match)
        return begun.put()

    return redo(attempt)


def replace_code(
    table: Table,
    request: Request,
    place: Place,
    promo_code: str | None,
    randomness: Randomness,
    if_match: int | None = None,
) -> Enrollment:
    """An enrollment with another promo code, generated if none is given; the old one is dead from now on.

    Raises Absent, Invalid on a link offer, Conflict `promo_code_taken`, Stale.
    """
    if (earlier := idempotency.find(table, request, Enrollment)) is not None:
        return earlier[0]

    def attempt() -> Enrollment:
        reading = Reading.of(table, place.program_id, place.offer_id, [place.member_id], _given(promo_code))
        wanted = EnrollmentEdit(promo_code=promo_code or generated_code(randomness(7)))
        begun = Attempt.begin(table, reading, place.member_id, wanted, request.author, randomness)
        begun.require_enrolled()
        require_version(begun, if_match)
        changed = begun.changed()
        ops = begun.written(changed)
        with racing():
            return idempotency.commit(table, request, ops, changed, OK)[0]

    return redo(attempt)


def get(table: Table, place: Place) -> Enrollment:
    """The enrollment at `place`. Raises Absent."""
    return edits.get(table, place.key, Enrollment, "enrollment_not_found", "enrollment")


def page_of_offer(
    table: Table, program: Program, offer_id: str, wanted: EnrollmentFilter, limit: int, cursor: str | None
) -> Page[Enrollment]:
    """The enrollments in an offer. Raises Absent."""
    enrolled = _listed(table, program, offer_id, wanted, _parse, limit, cursor)
    if not enrolled.items:
        offers.get(table, program.program_id, offer_id)
    return enrolled


class Enrolled(Frozen):
    """A member in an offer, as its list tells."""

    member_id: MemberId


def matching(
    table: Table, program: Program, offer_id: str, wanted: EnrollmentFilter, limit: int, cursor: str | None
) -> Page[Enrolled]:
    """The members in an offer, as the index has them, for whoever reads their enrollments anyway."""
    return _listed(table, program, offer_id, wanted, _enrolled, limit, cursor, as_listed=True)


def _enrolled(entry: Item) -> Enrolled:
    return Enrolled(member_id=entry["body"]["member_id"])


def _listed(  # noqa: PLR0913, PLR0917 -- all of them narrow one question
    table: Table,
    program: Program,
    offer_id: str,
    wanted: EnrollmentFilter,
    parse: Callable[[Item], Shown],
    limit: int,
    cursor: str | None,
    *,
    as_listed: bool = False,
) -> Page[Shown]:
    """The enrollments in an offer; those of one option have a list of their own.

    Of `wanted` the index tells option, active and the days; the rest is for whoever reads enrollment and member.
    """
    if wanted.payout_option_id is None:
        partition, index = indexes.offer_enrollments(program.program_id, offer_id), BY_OWNER
    else:
        partition, index = indexes.option_members(program.program_id, offer_id, wanted.payout_option_id), BY_MEMBER
    return listing.page(
        table,
        [partition],
        parse,
        limit=limit,
        cursor=cursor,
        index=index,
        between=_joined(program, wanted),
        where={"body.active": wanted.active},
        as_listed=as_listed,
    )


def _joined(program: Program, wanted: EnrollmentFilter) -> tuple[str, str] | None:
    """The sort keys of those who joined on the days of `wanted`, in both lists of enrollments."""
    first, last, calendar = wanted.joined_from, wanted.joined_to, program.calendar
    if first is None and last is None:
        return None
    since = keys.instant(calendar.start_of(first)) if first else "0"
    return since, keys.instant(calendar.start_of(last + ONE_DAY)) if last else keys.LAST


def page_of_member(table: Table, program_id: str, member_id: str, limit: int, cursor: str | None) -> Page[Enrollment]:
    """The enrollments of a member. They are few and stored by offer: all are read, and put in order here.

    Raises Absent.
    """
    members.get(table, program_id, member_id)
    return listing.cut(of_member(table, program_id, member_id), _age, limit, cursor)


def of_member(table: Table, program_id: str, member_id: str) -> list[Enrollment]:
    """All enrollments of a member, newest first; none for one who does not exist."""
    found = table.query(keys.account(program_id, member_id), begins_with=keys.ENROLLMENTS)
    return sorted(map(_parse, found), key=_age, reverse=True)


def _begun(table: Table, place: Place, edit: EnrollmentEdit, author: Author, randomness: Randomness) -> Attempt:
    codes = _given(edit.promo_code)
    reading = Reading.of(table, place.program_id, place.offer_id, [place.member_id], codes)
    return Attempt.begin(table, reading, place.member_id, edit, author, randomness)


def _given(promo_code: str | None) -> list[str]:
    """The codes to look up. A generated one is claimed without a look, and generated anew if it is somebody's."""
    return [] if promo_code is None else [promo_code]


def _age(enrollment: Enrollment) -> str:
    return keys.place(enrollment.created_at, enrollment.offer_id)


def _parse(item: Item) -> Enrollment:
    return items.parse(Enrollment, item)
