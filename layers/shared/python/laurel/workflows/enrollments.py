"""Enrollments: a member in an offer, with a promo code or a link that is nobody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from laurel.domain.enrollments import CodeClaim, Enrollment, EnrollmentEdit, generated_code, generated_slug
from laurel.domain.errors import Absent, Conflict, Invalid
from laurel.domain.offers import Offer
from laurel.store import doors, indexes, items, keys
from laurel.store.indexes import BY_OWNER
from laurel.store.keys import Key
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import edits, listing, members, offers
from laurel.workflows.access import Randomness
from laurel.workflows.edits import racing, redo, require_version, revised
from laurel.workflows.listing import Page

_PREFIX: Final = "enrollment#"


@dataclass(frozen=True, slots=True)
class Place:
    """A member and an offer of a program."""

    program_id: str
    offer_id: str
    member_id: str

    @property
    def key(self) -> Key:
        """Of the enrollment."""
        return keys.enrollment(self.program_id, self.member_id, self.offer_id)


def put(
    table: Table,
    place: Place,
    edit: EnrollmentEdit,
    now: datetime,
    randomness: Randomness,
    if_match: int | None = None,
) -> tuple[Enrollment, bool]:
    """The enrollment with what `edit` gives, and whether it is new; one that was so already is not written.

    Raises Absent, Invalid, Stale, Conflict `promo_code_taken`.
    """

    def attempt() -> tuple[Enrollment, bool]:
        begun = _Attempt.begin(table, place, edit, now, randomness)
        require_version(begun, if_match)
        return begun.put()

    return redo(attempt)


def edit(
    table: Table, place: Place, edit: EnrollmentEdit, if_match: int | None, now: datetime, randomness: Randomness
) -> Enrollment:
    """An enrollment that exists, with what `edit` gives. Raises Absent, Invalid, Stale, Conflict `promo_code_taken`."""

    def attempt() -> Enrollment:
        begun = _Attempt.begin(table, place, edit, now, randomness)
        if begun.current is None:
            raise _absent()
        require_version(begun.current, if_match)
        return begun.put()[0]

    return redo(attempt)


def get(table: Table, place: Place) -> Enrollment:
    """Raises Absent."""
    return edits.get(table, place.key, Enrollment, "enrollment_not_found", "enrollment")


def page_of_offer(table: Table, program_id: str, offer_id: str, limit: int, cursor: str | None) -> Page[Enrollment]:
    """Who is in an offer. Raises Absent."""
    offers.get(table, program_id, offer_id)
    partition = indexes.offer_enrollments(program_id, offer_id)
    return listing.page(table, [partition], _parse, limit=limit, cursor=cursor, index=BY_OWNER)


def page_of_member(table: Table, program_id: str, member_id: str, limit: int, cursor: str | None) -> Page[Enrollment]:
    """Which offers a member is in. They are few and stored by offer: all are read, and put in order here.

    Raises Absent.
    """
    members.get(table, program_id, member_id)
    before = None if cursor is None else listing.place_of(cursor)
    found = map(_parse, table.query(keys.account(program_id, member_id), begins_with=_PREFIX))
    newest_first = sorted(found, key=_age, reverse=True)
    left = [enrollment for enrollment in newest_first if before is None or _age(enrollment) < before]
    taken = left[:limit]
    return Page(items=taken, next_cursor=listing.cursor_at(_age(taken[-1])) if len(left) > limit else None)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One try: what was read, and what is to become of it."""

    table: Table
    place: Place
    edit: EnrollmentEdit
    now: datetime
    randomness: Randomness
    offer: Offer
    current: Enrollment | None
    found: Mapping[Key, Item]

    @staticmethod
    def begin(table: Table, place: Place, edit: EnrollmentEdit, now: datetime, randomness: Randomness) -> "_Attempt":
        """Reads the offer, the member, the enrollment, and who has the code. Raises Absent."""
        offer, member = keys.offer(place.program_id, place.offer_id), keys.member(place.program_id, place.member_id)
        claim = [keys.promo_code(place.program_id, edit.promo_code)] if edit.promo_code else []
        found = table.batch_get([offer, member, place.key, *claim])
        if offer not in found:
            raise Absent("offer_not_found", "there is no such offer")
        if member not in found:
            raise Absent("member_not_found", "there is no such member")
        current = items.parse(Enrollment, found[place.key]) if place.key in found else None
        return _Attempt(table, place, edit, now, randomness, items.parse(Offer, found[offer]), current, found)

    @property
    def version(self) -> int:
        """Of the enrollment; 0 if there is none yet."""
        return self.current.version if self.current else 0

    def put(self) -> tuple[Enrollment, bool]:
        if self.edit.promo_code is not None and self.offer.kind != "promo_code":
            raise Invalid("promo_code_on_link_offer", "members of a link offer have links", "/promo_code")
        if self.edit.payout_option_id is not None:
            self.offer.chosen(self.edit.payout_option_id)
        changed = self._enrolled() if self.current is None else self._edited(self.current)
        if changed is not self.current:
            self._write(changed)
        return changed, self.current is None

    def _enrolled(self) -> Enrollment:
        is_code = self.offer.kind == "promo_code"
        fresh = Enrollment(
            offer_id=self.place.offer_id,
            member_id=self.place.member_id,
            payout_option_id=self.offer.chosen(self.edit.payout_option_id).payout_option_id,
            promo_code=(self.edit.promo_code or generated_code(self.randomness(7))) if is_code else None,
            slug=None if is_code else generated_slug(self.randomness(7)),
            active=self.edit.active is not False,  # never active: no earlier order is its either
            created_at=self.now,
            updated_at=self.now,
        )
        return fresh.edited(self.edit, self.now)

    def _edited(self, current: Enrollment) -> Enrollment:
        code = self.edit.promo_code or current.promo_code
        changed = current.edited(self.edit, self.now).model_copy(update={"promo_code": code})
        return revised(current, changed, self.now)

    def _write(self, changed: Enrollment) -> None:
        place, current = self.place, self.current
        item = items.enrollment(place.program_id, changed)
        put = Put(item, new=True) if current is None else Put(item, expect={"version": current.version})
        doors_to_it = [*self._code(changed), *self._link(changed)]
        with racing():  # a faster edit, or a code that was taken meanwhile: read again to know
            self.table.transact([put, members.touch(place.program_id, place.member_id), *doors_to_it])

    def _link(self, changed: Enrollment) -> list[Op]:
        if self.current is not None or changed.slug is None:
            return []
        place = self.place
        door = doors.link(place.program_id, changed.slug, offer_id=place.offer_id, member_id=place.member_id)
        return [Put(door, new=True)]

    def _code(self, changed: Enrollment) -> list[Op]:
        """Claims the new code and ends the one before."""
        before = self.current.promo_code if self.current else None
        if changed.promo_code is None or changed.promo_code == before:
            return []
        ended = [] if before is None else [self._ended(before)]
        return [self._claimed(changed.promo_code), *ended]

    def _claimed(self, code: str) -> Put:
        item = self.found.get(keys.promo_code(self.place.program_id, code))
        if item is None:
            return Put(items.code_claim(self.place.program_id, self._claim(code, self.now)), new=True)
        claim = items.parse(CodeClaim, item)
        if (claim.offer_id, claim.member_id) != (self.place.offer_id, self.place.member_id):
            raise Conflict("promo_code_taken", "this promo code belongs to somebody else, now or once")
        # its own old code: claims never change hands, so what was read is still so
        return Put(items.code_claim(self.place.program_id, claim.model_copy(update={"ended_at": None})))

    def _ended(self, code: str) -> Put:
        key = keys.promo_code(self.place.program_id, code)
        claim = items.parse(CodeClaim, edits.get_item(self.table, key, "promo_code_not_found", "promo code"))
        return Put(items.code_claim(self.place.program_id, claim.model_copy(update={"ended_at": self.now})))

    def _claim(self, code: str, at: datetime) -> CodeClaim:
        return CodeClaim(promo_code=code, offer_id=self.place.offer_id, member_id=self.place.member_id, issued_at=at)


def _absent() -> Absent:
    return Absent("enrollment_not_found", "there is no such enrollment")


def _age(enrollment: Enrollment) -> str:
    return keys.place(enrollment.created_at, enrollment.offer_id)


def _parse(item: Item) -> Enrollment:
    return items.parse(Enrollment, item)
