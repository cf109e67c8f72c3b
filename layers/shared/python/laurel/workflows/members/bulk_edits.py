"""One edit of many enrollments of an offer: read in a few batches, each written by itself with a result of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from laurel.domain.history import Author
from laurel.domain.members.bulk_edits import (
    MOST_MEMBERS,
    BulkEdit,
    BulkEditResults,
    EnrollmentFilter,
    EnrollmentResult,
)
from laurel.domain.members.enrollments import Enrollment, generated_code, require_order
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.values.errors import Invalid, Refusal
from laurel.domain.values.ids import BatchId, derived_id, new_id
from laurel.domain.values.model import ResultStatus
from laurel.store import keys
from laurel.store.operations import Conflict
from laurel.store.table import Table
from laurel.workflows.members import enrollments
from laurel.workflows.members.enrollment_edits import Attempt, Reading
from laurel.workflows.requests import idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.idempotency import OK, Request
from laurel.workflows.requests.optimistic import redo

_SEPARATOR: Final = "~"
_BATCH_ID: Final = TypeAdapter[str](BatchId)
_UNAVAILABLE: Final = "unavailable"
"""The code when somebody else edited this enrollment again and again; the route of one then answers 503."""


def edit(table: Table, request: Request, offer_id: str, bulk: BulkEdit, randomness: Randomness) -> BulkEditResults:
    """Edits a listed set, or a page of those that match. A call that died changes the rest when it is sent again.

    Raises Absent and Invalid if the call as a whole is wrong; nothing is changed then.
    """
    if (earlier := idempotency.find(table, request, BulkEditResults)) is not None:
        return earlier[0]
    if bulk.set.refresh_promo_code and request.answer_key is None:
        raise Invalid("idempotency_key_required", "sent twice, this would replace the codes twice", "Idempotency-Key")
    batch_id, cursor = _walk(request, bulk.cursor, randomness)
    author = Author(request.by.actor, request.at, batch_id)
    answer = _Call(table, request, offer_id, bulk, author, randomness).answer(cursor)
    return idempotency.commit(table, request, [], answer, OK)[0]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """An edit foreseen for one member: their enrollment before and after, or the code of what stands in the way.

    `before` None: they are not in the offer yet. A generated code is not told beforehand.
    """

    member_id: str
    member: Member | None
    before: Enrollment | None
    after: Enrollment | None
    code: str | None = None


def foresee(
    table: Table, request: Request, offer_id: str, bulk: BulkEdit, randomness: Randomness
) -> tuple[Offer, list[Foreseen], bool]:
    """The offer, what the first page of a bulk edit would do, and whether more pages follow; nothing is written.

    Raises Absent and Invalid if the edit as a whole is wrong.
    """
    author = Author(request.by.actor, request.at)
    return _Call(table, request, offer_id, bulk, author, randomness).foreseen()


def _walk(request: Request, cursor: str | None, randomness: Randomness) -> tuple[str, str | None]:
    """The batch id of a walk, and the cursor of its next page in the list of enrollments."""
    if cursor is None:
        key = request.answer_key
        return new_id("bat", request.at, randomness(10)) if key is None else derived_id("bat", key.pk), None
    try:
        batch_id, _, sort_key = listing.place_of(cursor).partition(_SEPARATOR)
        inner = listing.cursor_at(sort_key)
        listing.place_of(inner)  # refuses an empty sort key
        return _BATCH_ID.validate_python(batch_id), inner
    except (Invalid, ValidationError) as error:
        raise listing.bad_cursor("/cursor") from error


@dataclass(frozen=True, slots=True)
class _Call:
    table: Table
    request: Request
    offer_id: str
    bulk: BulkEdit
    author: Author
    randomness: Randomness

    def answer(self, cursor: str | None) -> BulkEditResults:
        member_ids, further = self._members(cursor)
        reading = self._read(member_ids)
        self._require_sound(reading.offer)
        results = [self._result(member_id, reading) for member_id in member_ids]
        return BulkEditResults(
            batch_id=self.author.batch_id or "",
            results=[result for result in results if result is not None],
            next_cursor=further,
        )

    def foreseen(self) -> tuple[Offer, list[Foreseen], bool]:
        """The beginning of `answer`, without doing it."""
        member_ids, further = self._members(None)
        reading = self._read(member_ids)
        self._require_sound(reading.offer)
        wanted = [each for each in member_ids if self._is_wanted(each, reading.enrollment(each), reading)]
        return reading.offer, [self._foreseen(member_id, reading) for member_id in wanted], further is not None

    def _foreseen(self, member_id: str, reading: Reading) -> Foreseen:
        member = reading.member(member_id) if reading.has_member(member_id) else None
        before, edit = reading.enrollment(member_id), self.bulk.set.edit(None)
        try:
            begun = Attempt.begin(self.table, reading, member_id, edit, self.author, self.randomness)
            if not self.bulk.enroll:
                begun.require_enrolled()
            return Foreseen(member_id, member, before, begun.changed())
        except Refusal as refusal:
            return Foreseen(member_id, member, before, None, refusal.code)

    def _members(self, cursor: str | None) -> tuple[Sequence[str], str | None]:
        """The members that this call edits, and the cursor of the next. The index lags, so each is checked again."""
        if self.bulk.filter is None:
            return list(dict.fromkeys(self.bulk.member_ids or ())), None
        program = self.request.program
        page = enrollments.matching(self.table, program, self.offer_id, self.bulk.filter, MOST_MEMBERS, cursor)
        further = page.next_cursor and self._cursor(listing.place_of(page.next_cursor))
        return [enrolled.member_id for enrolled in page.items], further

    def _cursor(self, sort_key: str) -> str:
        return listing.cursor_at(f"{self.author.batch_id}{_SEPARATOR}{sort_key}")

    def _read(self, member_ids: Sequence[str]) -> Reading:
        """Reads all members' enrollments in a few batches, whatever is to be set."""
        program_id = self.request.program.program_id
        codes = [code for member_id in member_ids if (code := self._derived_code(member_id))]
        reading = Reading.of(self.table, program_id, self.offer_id, member_ids, codes)
        if self.bulk.filter is not None and self.bulk.filter.asks_shops:
            reading = reading.with_shops(self.table, member_ids)
        if not self.bulk.set.refresh_promo_code:
            return reading
        return reading.with_codes(self.table, _codes(map(reading.enrollment, member_ids)))

    def _require_sound(self, offer: Offer) -> None:
        """Raises Invalid for a change that would be wrong for every enrollment."""
        wanted, which = self.bulk.set, self.bulk.filter
        if wanted.payout_option_id is not None:
            offer.chosen(wanted.payout_option_id, "/set/payout_option_id")
        if wanted.terms is not None:
            offer.require_payable(wanted.terms, "/set/terms/type")
        if which is not None:
            self._require_answerable(which, offer)
        if wanted.refresh_promo_code and offer.kind != "promo_code":
            raise Invalid("promo_code_on_link_offer", "members of a link offer have links", "/set/refresh_promo_code")
        require_order(wanted.active_from, wanted.active_until, "/set/active_until")

    def _require_answerable(self, which: EnrollmentFilter, offer: Offer) -> None:
        """Raises Invalid for a filter by what this offer, or the program, does not have."""
        self.request.program.require_fields(frozenset(which.fields), "/filter/fields")
        if which.payout_option_id is not None:
            offer.named(which.payout_option_id, "/filter/payout_option_id")
        if which.code_state is not None and offer.kind != "promo_code":
            raise Invalid("promo_code_on_link_offer", "members of a link offer have links", "/filter/code_state")

    def _result(self, member_id: str, reading: Reading) -> EnrollmentResult | None:
        """The result for one member; None if the enrollment does not match any more."""
        readings = [reading]

        def attempt() -> ResultStatus | None:
            return self._attempt(member_id, readings.pop() if readings else self._read([member_id]))

        try:
            status = redo(attempt)
        except Refusal as refusal:
            return EnrollmentResult(member_id=member_id, status="error", code=refusal.code)
        except Conflict:
            return EnrollmentResult(member_id=member_id, status="error", code=_UNAVAILABLE)
        return status and EnrollmentResult(member_id=member_id, status=status)

    def _attempt(self, member_id: str, reading: Reading) -> ResultStatus | None:
        current = reading.enrollment(member_id)
        if not self._is_wanted(member_id, current, reading):
            return None
        edit = self.bulk.set.edit(self._code(member_id, current, reading))
        begun = Attempt.begin(self.table, reading, member_id, edit, self.author, self.randomness)
        if not self.bulk.enroll:
            begun.require_enrolled()
        return "unchanged" if begun.put() is begun.current else "changed"

    def _is_wanted(self, member_id: str, current: Enrollment | None, reading: Reading) -> bool:
        """Whether it is listed, or passes the filter as it stands: the index lags, and knows nothing of members."""
        which = self.bulk.filter
        if which is None:
            return True
        return current is not None and which.matches(
            current, reading.member(member_id), reading.in_shops(current), self.request.at
        )

    def _code(self, member_id: str, current: Enrollment | None, reading: Reading) -> str | None:
        """The new code for a member, unless this call gives none, or gave it before it died."""
        code = self._derived_code(member_id)
        if code is None or (current is None and reading.offer.kind == "link"):
            return None
        if current is None:
            return code
        claim = reading.claim(code)
        is_done = claim is not None and claim.belongs_to(self.offer_id, member_id)
        return code if self.bulk.set.refresh_promo_code and not is_done else None

    def _derived_code(self, member_id: str) -> str | None:
        """The code of a member, the same for each repeat of this call; None without a key: codes are then generated."""
        key = self.request.answer_key
        if key is None or not (self.bulk.enroll or self.bulk.set.refresh_promo_code):
            return None
        return generated_code(bytes.fromhex(keys.digest(key.pk, member_id)))


def _codes(enrolled: Iterable[Enrollment | None]) -> list[str]:
    return [enrollment.promo_code for enrollment in enrolled if enrollment is not None and enrollment.promo_code]
