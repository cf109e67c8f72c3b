"""One edit of an enrollment, alone or one of many: its reading, its result, and its one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from laurel.domain.history import Author, Edit, enrollment_edit
from laurel.domain.members.enrollments import CodeClaim, Enrollment, EnrollmentEdit, generated_code
from laurel.domain.members.members import Member
from laurel.domain.members.slugs import generated_slug
from laurel.domain.offers.offers import Offer
from laurel.domain.values.errors import Absent, Conflict, Invalid
from laurel.store import items, keys
from laurel.store.keys import Key
from laurel.store.operations import Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import history, telling
from laurel.workflows.members import links, members
from laurel.workflows.requests import edits
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import following, revised
from laurel.workflows.requests.optimistic import racing
from laurel.workflows.shops import showing
from laurel.workflows.shops.showing import Shops
from laurel.workflows.shops.wanting import ConnectedShops


@dataclass(frozen=True, slots=True)
class Place:
    """A member and an offer of a program."""

    program_id: str
    offer_id: str
    member_id: str

    @property
    def key(self) -> Key:
        """The key of the enrollment."""
        return keys.enrollment(self.program_id, self.member_id, self.offer_id)


@dataclass(frozen=True, slots=True)
class Reading:
    """An offer, members, their enrollments in it and promo codes, all read consistently, by key in `stored`.

    `shops`: the connected ones, read only if something changes for them. `in_shops`: codes as they have them, if read.
    """

    program_id: str
    offer: Offer
    stored: Mapping[Key, Item]
    shops: ConnectedShops
    in_shops: Shops = lambda _: ()

    @staticmethod
    def of(
        table: Table, program_id: str, offer_id: str, member_ids: Iterable[str], codes: Iterable[str] = ()
    ) -> "Reading":
        """Reads an offer and members. `codes`: promo codes that somebody is to have. Raises Absent for the offer."""
        offer, listed = keys.offer(program_id, offer_id), list(member_ids)
        people = [
            key
            for member_id in listed
            for key in (keys.member(program_id, member_id), keys.enrollment(program_id, member_id, offer_id))
        ]
        stored = table.batch_get(
            [offer, keys.program(program_id), *people, *(keys.promo_code(program_id, code) for code in codes)]
        )
        if offer not in stored:
            raise Absent("offer_not_found", "there is no such offer")
        shops = ConnectedShops(table, program_id, [(member_id, offer_id) for member_id in listed])
        return Reading(program_id, items.parse(Offer, stored[offer]), stored, shops)

    def told(self, enrollment: Enrollment, edit: Edit) -> list[Put]:
        """The event of an edit, for the edit's transaction."""
        program = items.parse_program(self.stored[keys.program(self.program_id)])
        return telling.of_enrollment(program, enrollment, edit)

    def with_codes(self, table: Table, codes: Iterable[str]) -> "Reading":
        """This reading with the owners of further promo codes."""
        wanted = [key for key in (keys.promo_code(self.program_id, code) for code in codes) if key not in self.stored]
        return replace(self, stored={**self.stored, **table.batch_get(wanted)}) if wanted else self

    def with_shops(self, table: Table, member_ids: Iterable[str]) -> "Reading":
        """This reading with the codes of members as connected shops have them."""
        enrolled = [enrollment for member_id in member_ids if (enrollment := self.enrollment(member_id)) is not None]
        return replace(self, in_shops=showing.of(table, self.program_id, enrolled))

    def place(self, member_id: str) -> Place:
        """The place of a member in the offer."""
        return Place(self.program_id, self.offer.offer_id, member_id)

    def has_member(self, member_id: str) -> bool:
        """Whether there is such a member in the program."""
        return keys.member(self.program_id, member_id) in self.stored

    def member(self, member_id: str) -> Member:
        """A member that exists."""
        return items.parse(Member, self.stored[keys.member(self.program_id, member_id)])

    def enrollment(self, member_id: str) -> Enrollment | None:
        """The member in the offer; None if not enrolled."""
        item = self.stored.get(keys.enrollment(self.program_id, member_id, self.offer.offer_id))
        return None if item is None else items.parse(Enrollment, item)

    def claim(self, code: str) -> CodeClaim | None:
        """The owner of a promo code, if the code was read and belongs to anybody."""
        item = self.stored.get(keys.promo_code(self.program_id, code))
        return None if item is None else items.parse(CodeClaim, item)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of an edit, with its reading. `current`: None if the member is not enrolled yet.

    `author`: at an instant after the last edit of `current`.
    """

    table: Table
    reading: Reading
    place: Place
    current: Enrollment | None
    edit: EnrollmentEdit
    author: Author
    randomness: Randomness

    @staticmethod
    def begin(
        table: Table, reading: Reading, member_id: str, edit: EnrollmentEdit, author: Author, randomness: Randomness
    ) -> "Attempt":
        """Raises Absent for the member, Conflict `member_erased`."""
        if not reading.has_member(member_id):
            raise Absent("member_not_found", "there is no such member")
        members.require_present(reading.member(member_id))
        place, current = reading.place(member_id), reading.enrollment(member_id)
        return Attempt(table, reading, place, current, edit, following(current, author), randomness)

    @property
    def version(self) -> int:
        """The version of the enrollment; 0 if there is none yet."""
        return self.current.version if self.current else 0

    def require_enrolled(self) -> None:
        """Raises Absent."""
        if self.current is None:
            raise Absent("enrollment_not_found", "there is no such enrollment")

    def put(self) -> Enrollment:
        """Writes the edit if it changes anything; the enrollment after it. Raises Conflict and Invalid."""
        changed = self.changed()
        if changed is not self.current:
            with racing():  # a faster edit, or a code that was taken meanwhile: read again to know
                self.table.transact(self.written(changed))
        return changed

    def changed(self) -> Enrollment:
        """The enrollment after the edit; `current` itself if nothing changes. Raises Invalid."""
        if self.edit.promo_code is not None and self.reading.offer.kind != "promo_code":
            raise Invalid("promo_code_on_link_offer", "members of a link offer have links", "/promo_code")
        if self.edit.slug is not None and self.reading.offer.kind != "link":
            raise Invalid("slug_on_promo_code_offer", "members of a promo-code offer have codes", "/slug")
        if self.edit.payout_option_id is not None:
            self.reading.offer.chosen(self.edit.payout_option_id)
        if self.edit.terms is not None:
            self.reading.offer.require_payable(self.edit.terms)
        return self._enrolled() if self.current is None else self._edited(self.current)

    def written(self, changed: Enrollment) -> list[Op]:
        """The writes of `changed`, on the version that was read, with its code or link and its line of history.

        No write if nothing changed. Raises Conflict `promo_code_taken`, `slug_taken`.
        """
        place, current = self.place, self.current
        if changed is current:
            return []
        item = items.enrollment(place.program_id, changed)
        put = Put(item, new=True) if current is None else Put(item, expect={"version": current.version})
        edit = enrollment_edit(current, changed, self.author)
        noted = history.line(place.program_id, place.offer_id, edit, changed.version)
        touched = members.touch(place.program_id, place.member_id)
        link = links.claimed(self.table, place.program_id, current, changed, chosen=self.edit.slug)
        told = self.reading.shops.edited(current, changed, self.reading.offer, self.author.at)
        event = self.reading.told(changed, edit)
        return [put, touched, noted, *self._code(changed), *link, *told, *event]

    def _enrolled(self) -> Enrollment:
        offer, now = self.reading.offer, self.author.at
        is_code = offer.kind == "promo_code"
        fresh = Enrollment(
            offer_id=self.place.offer_id,
            member_id=self.place.member_id,
            payout_option_id=offer.chosen(self.edit.payout_option_id).payout_option_id,
            promo_code=(self.edit.promo_code or generated_code(self.randomness(7))) if is_code else None,
            slug=None if is_code else (self.edit.slug or generated_slug(self.randomness(7))),
            active=self.edit.active is not False,  # inactive from the start: earlier orders are not its own either
            created_at=now,
            updated_at=now,
        )
        return fresh.edited(self.edit, now)

    def _edited(self, current: Enrollment) -> Enrollment:
        names = {"promo_code": current.code_after(self.edit), "slug": self.edit.slug or current.slug}
        changed = current.edited(self.edit, self.author.at).model_copy(update=names)
        return revised(current, changed, self.author.at)

    def _code(self, changed: Enrollment) -> list[Op]:
        """Claims the new code and ends the old one."""
        before = self.current.promo_code if self.current else None
        if changed.promo_code is None or changed.promo_code == before:
            return []
        self.reading.shops.require_fit(changed.promo_code)
        ended = [] if before is None else [self._ended(before)]
        return [self._claimed(changed.promo_code), *ended]

    def _claimed(self, code: str) -> Put:
        place, claim = self.place, self.reading.claim(code)
        if claim is None:
            fresh = CodeClaim(
                promo_code=code, offer_id=place.offer_id, member_id=place.member_id, issued_at=self.author.at
            )
            return Put(items.code_claim(place.program_id, fresh), new=True)
        if not claim.belongs_to(place.offer_id, place.member_id):
            raise Conflict("promo_code_taken", "this promo code belongs to somebody else, now or once")
        # its own old code: claims never change hands, so the claim that was read still holds
        again = claim.model_copy(update={"promo_code": code, "ended_at": None, "taken_back_at": self.author.at})
        return Put(items.code_claim(place.program_id, again))

    def _ended(self, code: str) -> Put:
        claim = self.reading.claim(code) or self._read_claim(code)
        ended = claim.model_copy(update={"ended_at": self.author.at})
        return Put(items.code_claim(self.place.program_id, ended))

    def _read_claim(self, code: str) -> CodeClaim:
        key = keys.promo_code(self.place.program_id, code)
        return edits.get(self.table, key, CodeClaim, "promo_code_not_found", "promo code")
