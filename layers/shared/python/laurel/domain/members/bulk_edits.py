"""One edit of many enrollments of an offer, listed or matched by a filter, each with a result of its own."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from laurel.domain.members.enrollments import (
    CodeInShop,
    CodeState,
    Enrollment,
    EnrollmentChanges,
    EnrollmentEdit,
    ShopState,
)
from laurel.domain.members.members import Fields, Member, MemberStatus
from laurel.domain.values.errors import Misfit
from laurel.domain.values.ids import BatchId, MemberId, PayoutOptionId
from laurel.domain.values.model import Day, Flag, Frozen, Open, ResultStatus

MOST_MEMBERS: Final = 100


class EnrollmentFilter(Frozen):
    """A filter of an offer's enrollments; an absent field does not narrow it.

    `fields`: user fields of the member, all of them; an empty value matches those who have none.
    `code_state`: of the code itself, or in one of the connected shops.
    `joined_from`, `joined_to`: the local days, both included, on which the member was enrolled in the offer.
    """

    payout_option_id: PayoutOptionId | None = None
    active: Flag | None = None
    member_status: MemberStatus | None = None
    fields: Fields = Field(default_factory=dict)
    code_state: Literal[CodeState, ShopState] | None = None
    joined_from: Day | None = None
    joined_to: Day | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.joined_from and self.joined_to and self.joined_to < self.joined_from:
            raise Misfit("joined_to", "joined_to must not lie before joined_from")
        return self

    @property
    def asks_shops(self) -> bool:
        """Whether shops have to be looked at."""
        return self.code_state in get_args(ShopState)

    def matches(self, enrollment: Enrollment, member: Member, shops: Collection[CodeInShop], now: datetime) -> bool:
        """Whether an enrollment and its member, as they stand at `now`, pass the filter. The list knows who joined.

        `shops`: the code as they have it, if the filter asks for that.
        """
        return (
            self.payout_option_id in {None, enrollment.payout_option_id}
            and self.active in {None, enrollment.active}
            and self.member_status in {None, member.status}
            and all(member.fields.get(name, "") == value for name, value in self.fields.items())
            and self.code_state in {None, enrollment.state_at(now), *(shop.state for shop in shops)}
        )


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
            raise Misfit("cursor", "a cursor walks a filter")
        if self.enroll and self.member_ids is None:
            raise Misfit("enroll", "only listed members can be enrolled")
        if self.set.is_empty and not self.enroll:
            raise Misfit("set", "there is nothing to set")
        return self


class EnrollmentResult(Open):
    """The result for one enrollment; `code`: of the error that the enrollment's own route would give."""

    member_id: MemberId
    status: ResultStatus
    code: str | None = None


class BulkEditResults(Open):
    """One page of results. `batch_id` is in the history of all that were changed; `next_cursor` null: the last page."""

    batch_id: BatchId
    results: list[EnrollmentResult]
    next_cursor: str | None = None
