"""Members of an offer, as people look for them: enrollment and person together, and the code as shops have it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from laurel.concurrency import together
from laurel.domain.members.bulk_edits import EnrollmentFilter
from laurel.domain.members.enrollments import CodeInShop, Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Absent
from laurel.domain.values.model import Frozen
from laurel.store.table import Table
from laurel.workflows.members import enrollments, finding
from laurel.workflows.members.enrollment_edits import Place, Reading
from laurel.workflows.requests.listing import Page
from laurel.workflows.shops import showing


class Enrolled(Frozen):
    """A member in an offer. `shops`: the code as the connected shops have it."""

    enrollment: Enrollment
    member: Member
    shops: tuple[CodeInShop, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for members of an offer, of the program's `now`. `beginning`: of a name or an address."""

    offer_id: str
    wanted: EnrollmentFilter
    now: datetime
    beginning: str = ""


def page(table: Table, program: Program, asked: Asked, limit: int, cursor: str | None) -> tuple[Offer, Page[Enrolled]]:
    """The offer, and a page of those in it. Raises Absent, Invalid `too_short`, `invalid_cursor`."""
    (ids, further), storefronts = together(
        lambda: _listed(table, program, asked, limit, cursor), lambda: showing.connected(table, program.program_id)
    )
    reading = _read(table, Place(program.program_id, asked.offer_id, ""), ids, storefronts)
    return reading.offer, Page(items=_wanted(reading, asked, ids), next_cursor=further)


def _listed(
    table: Table, program: Program, asked: Asked, limit: int, cursor: str | None
) -> tuple[list[str], str | None]:
    """The members to look at, and where the list goes on."""
    if asked.beginning:
        named = finding.by_beginning(table, program.program_id, asked.beginning, None, limit, cursor)
        return [member.member_id for member in named.items], named.next_cursor
    listed = enrollments.matching(table, program, asked.offer_id, asked.wanted, limit, cursor)
    return [enrollment.member_id for enrollment in listed.items], listed.next_cursor


def _read(table: Table, of: Place, ids: Sequence[str], storefronts: Sequence[str]) -> Reading:
    """Members in an offer with their codes in shops."""
    places = [(member_id, of.offer_id) for member_id in ids]
    reading: Reading
    reading, in_shops = together(
        lambda: Reading.of(table, of.program_id, of.offer_id, ids),
        lambda: showing.of_places(table, of.program_id, places, storefronts),
    )
    return replace(reading, in_shops=in_shops)


def _wanted(reading: Reading, asked: Asked, ids: Sequence[str]) -> list[Enrolled]:
    """The members who are in the offer as asked for; the list that named them may lag."""
    found = []
    for member_id in ids:
        enrollment = reading.enrollment(member_id)
        if enrollment is not None:
            each = Enrolled(enrollment=enrollment, member=reading.member(member_id), shops=reading.in_shops(enrollment))
            if asked.wanted.matches(each.enrollment, each.member, each.shops, asked.now):
                found.append(each)
    return found


def one(table: Table, place: Place) -> tuple[Offer, Enrolled]:
    """The offer, and one member in it. Raises Absent."""
    reading = Reading.of(table, place.program_id, place.offer_id, [place.member_id])
    enrollment = reading.enrollment(place.member_id)
    if enrollment is None:
        raise Absent("enrollment_not_found", "there is no such enrollment")
    seen = reading.with_shops(table, [place.member_id])
    return reading.offer, Enrolled(
        enrollment=enrollment, member=reading.member(place.member_id), shops=seen.in_shops(enrollment)
    )


def among(table: Table, program_id: str, offer_id: str, member_ids: Sequence[str]) -> tuple[Offer, frozenset[str]]:
    """The offer, and those of these members who are in it. Raises Absent."""
    reading = Reading.of(table, program_id, offer_id, member_ids)
    return reading.offer, frozenset(each for each in member_ids if reading.enrollment(each) is not None)
