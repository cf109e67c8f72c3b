"""One edit of many enrollments of an offer, listed or matched by a filter, each with a result of its own."""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, Field, model_validator

from laurel.domain.members.enrollments import Enrollment, EnrollmentChanges, EnrollmentEdit
from laurel.domain.values.ids import BatchId, MemberId, PayoutOptionId
from laurel.domain.values.model import Flag, Frozen

MOST_MEMBERS: Final = 100
ResultStatus = Literal["changed", "unchanged", "error"]


class EnrollmentFilter(Frozen):
    """A filter of an offer's enrollments; an absent field does not narrow it."""

    payout_option_id: PayoutOptionId | None = None
    active: Flag | None = None

    def matches(self, enrollment: Enrollment) -> bool:
        """Whether `enrollment`, as it stands, passes the filter."""
        in_option = self.payout_option_id in {None, enrollment.payout_option_id}
        return in_option and self.active in {None, enrollment.active}


class BulkSet(EnrollmentChanges):
    """The changes to each enrollment; `refresh_promo_code` replaces each code by a generated one."""

    refresh_promo_code: Flag = False

    def edit(self, promo_code: str | None) -> EnrollmentEdit:
        """The edit of one enrollment, which may get `promo_code`."""
        given = self.model_fields_set & EnrollmentChanges.model_fields.keys()
        return EnrollmentEdit(**{name: getattr(self, name) for name in given}, promo_code=promo_code)


class BulkEdit(Frozen):
    """A bulk edit of either `member_ids` or all that pass `filter` (an empty one: everybody), page by page by `cursor`.

    `enroll`: listed members who are not in the offer yet are enrolled.
    """

    member_ids: Annotated[tuple[MemberId, ...], Field(min_length=1, max_length=MOST_MEMBERS)] | None = None
    filter: EnrollmentFilter | None = None
    cursor: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    set: BulkSet = BulkSet()
    enroll: Flag = False

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.member_ids is None) == (self.filter is None):
            raise ValueError("give either member_ids or filter")
        if self.cursor is not None and self.filter is None:
            raise ValueError("a cursor walks a filter")
        if self.enroll and self.member_ids is None:
            raise ValueError("only listed members can be enrolled")
        if self.set.is_empty and not self.enroll:
            raise ValueError("there is nothing to set")
        return self


class EnrollmentResult(BaseModel):
    """The result for one enrollment; `code`: of the error that the enrollment's own route would give."""

    member_id: MemberId
    status: ResultStatus
    code: str | None = None


class BulkEditResults(BaseModel):
    """One page of results. `batch_id` is in the history of all that were changed; `next_cursor` null: the last page."""

    batch_id: BatchId
    results: list[EnrollmentResult]
    next_cursor: str | None = None
