"""Enrollments: a member in an offer, with a payout option and a promo code or link."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field

from laurel.domain.ledger.recalculations import MOST_KEPT, Recalculation
from laurel.domain.members.slugs import OwnSlug
from laurel.domain.offers.offers import Offer
from laurel.domain.offers.terms import PayoutTerms
from laurel.domain.values.codes import PromoCode, are_same
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import MemberId, OfferId, PayoutOptionId, StorefrontId, base32
from laurel.domain.values.model import Flag, Frozen, Instant, instant_after

_GENERATED_LENGTH = 10
_CLEARED_BY_NULL: Final = ("active_from", "active_until", "terms")
CodeState = Literal["active", "inactive", "expired", "not_yet"]
"""Whether a code sells at an instant, as far as its enrollment tells; one that is switched off is `inactive`."""
Gap = tuple[Instant, Instant]
"""An enrollment was inactive from the first instant until the second, half-open."""
_MOST_GAPS: Final = 10


class EnrollmentChanges(Frozen):
    """The changes that many enrollments can get at once. An absent field stays; null clears a date or the `terms`.

    `terms`: agreed with this member, in place of the option's. Beside another option they count from the move on.
    """

    payout_option_id: PayoutOptionId | None = None
    terms: PayoutTerms | None = None
    active: Flag | None = None
    active_from: Instant | None = None
    active_until: Instant | None = None
    fixed: Flag | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not self.model_dump(exclude_none=True, exclude_defaults=True) and self.model_fields_set.isdisjoint(
            _CLEARED_BY_NULL
        )


class EnrollmentEdit(EnrollmentChanges):
    """The changes that one enrollment can get; another `slug` is one more way to the same link."""

    promo_code: PromoCode | None = None
    slug: OwnSlug | None = None


class NewPromoCode(Frozen):
    """The code that replaces the current one; generated if it is not given."""

    promo_code: PromoCode | None = None


class ChosenSlug(Frozen):
    """The name that a member gives their link."""

    slug: OwnSlug


class Enrollment(Frozen):
    """A member's part in an offer. `move` counts moves between options; since `deactivated_at` it attributes nothing.

    `terms`: the member's own, in place of the option's; a move ends them.
    `gaps`: the last 10 times that it was inactive and activated again; older ones are forgotten. Not shown.
    `recalculations`: its retroactive moves, oldest first: all that are at work, and the last ones. Not shown.
    """

    offer_id: OfferId
    member_id: MemberId
    payout_option_id: PayoutOptionId
    terms: PayoutTerms | None = None
    move: int = 0
    promo_code: str | None = None
    slug: str | None = None
    active: Flag = True
    deactivated_at: Instant | None = None
    gaps: tuple[Gap, ...] = ()
    active_from: Instant | None = None
    active_until: Instant | None = None
    fixed: Flag = False
    recalculations: tuple[Recalculation, ...] = ()
    created_at: Instant
    updated_at: Instant
    version: int = 1

    def attributes_nothing_at(self, at: datetime) -> Literal["code_inactive", "code_expired"] | None:
        """Why an order of `at` cannot be won by this enrollment, or None if it can."""
        if not self.active and (self.deactivated_at is None or at >= self.deactivated_at):
            return "code_inactive"
        if any(since <= at < until for since, until in self.gaps):
            return "code_inactive"
        if (self.active_from and at < self.active_from) or (self.active_until and at >= self.active_until):
            return "code_expired"
        return None

    def state_at(self, at: datetime) -> CodeState:
        """The state of its code or link at `at`, by what is set now."""
        if not self.active:
            return "inactive"
        if self.active_from and at < self.active_from:
            return "not_yet"
        return "expired" if self.active_until and at >= self.active_until else "active"

    def terms_in(self, offer: Offer) -> PayoutTerms:
        """The terms that pay its member in `offer`, which is its offer."""
        return self.terms or offer.option(self.payout_option_id).terms

    @property
    def ready_since(self) -> datetime:
        """When it was made, or activated again for the last time."""
        return self.gaps[-1][1] if self.gaps else self.created_at

    def code_after(self, edit: EnrollmentEdit) -> str | None:
        """Its code after `edit`; another spelling of the same code is no change."""
        if edit.promo_code is None or self.promo_code is None:
            return edit.promo_code or self.promo_code
        return self.promo_code if are_same(edit.promo_code, self.promo_code) else edit.promo_code

    def edited(self, edit: EnrollmentChanges, now: datetime) -> Self:
        """The enrollment with the fields that `edit` gives, code aside. Raises Invalid for dates out of order."""
        changes: dict[str, Any] = {}
        if edit.payout_option_id not in {None, self.payout_option_id}:
            changes |= self._in_option(edit.payout_option_id)
        changes |= {name: getattr(edit, name) for name in _CLEARED_BY_NULL if name in edit.model_fields_set}
        if edit.active not in {None, self.active}:
            changes |= self._activated(now) if edit.active else {"active": False, "deactivated_at": now}
        if edit.fixed is not None:
            changes["fixed"] = edit.fixed
        changed = self.model_copy(update=changes)
        require_order(changed.active_from, changed.active_until)
        return changed

    def moved(self, payout_option_id: str, now: datetime) -> Self:
        """The enrollment in another payout option, which counts for later rows; stamped after the change before it."""
        at = instant_after(self.updated_at, now)
        changes = {**self._in_option(payout_option_id), "updated_at": at, "version": self.version + 1}
        return self.model_copy(update=changes)

    def recalculating(self, begun: Recalculation, at_work: Collection[str]) -> Self:
        """With one more recalculation. `at_work`: keys of the recalculations not done; of the others the last stay."""
        known = (*self.recalculations, begun)
        kept = (one for n, one in enumerate(known) if one.key in at_work or n >= len(known) - MOST_KEPT)
        return self.model_copy(update={"recalculations": tuple(kept)})

    def _in_option(self, payout_option_id: str | None) -> dict[str, Any]:
        """The fields of an enrollment that is moved: what was agreed beside the option before ends with it."""
        return {"payout_option_id": payout_option_id, "move": self.move + 1, "terms": None}

    def _activated(self, now: datetime) -> dict[str, Any]:
        """The fields of an enrollment active from now on; orders of the gap that ends now are never its own."""
        gap = (self.deactivated_at or self.created_at, now)  # never active: since it was created
        return {"active": True, "deactivated_at": None, "gaps": (*self.gaps, gap)[-_MOST_GAPS:]}


def require_order(active_from: datetime | None, active_until: datetime | None, pointer: str = "/active_until") -> None:
    """Raises Invalid for dates out of order."""
    if active_from and active_until and active_until <= active_from:
        raise Invalid("dates_out_of_order", "active_until must lie after active_from", pointer)


class Link(Frozen):
    """The link that a member shares."""

    slug: str
    url: str


ShopState = Literal["pending", "live", "ending", "ended", "failed", "conflict"]


class CodeInShop(Frozen):
    """A promo code in a connected shop: `live` once the shop said so; `reason`: why not, or what was put right."""

    storefront_id: StorefrontId
    code: str
    state: ShopState
    reason: str | None = None
    at: Instant


class EnrollmentView(Enrollment):
    """An enrollment as it is shown: with its link, or its code as the connected shops have it."""

    slug: Annotated[str | None, Field(exclude=True)] = None
    gaps: Annotated[tuple[Gap, ...], Field(exclude=True)] = ()
    recalculations: Annotated[tuple[Recalculation, ...], Field(exclude=True)] = ()
    link: Link | None = None
    shops: tuple[CodeInShop, ...] = ()

    @classmethod
    def of(cls, enrollment: Enrollment, origin: str, shops: tuple[CodeInShop, ...] = ()) -> Self:
        """`enrollment` as it is shown; `origin`: scheme and host that links lead to."""
        slug = enrollment.slug
        link = None if slug is None else Link(slug=slug, url=f"{origin}/r/{slug}")
        return cls(**dict(enrollment), link=link, shops=shops)


class CodeClaim(Frozen):
    """A promo code and the enrollment that owns it for ever; `ended_at` is set once it was replaced.

    `taken_back_at`: when its enrollment took it instead of the one that had replaced it.
    """

    promo_code: str
    offer_id: OfferId
    member_id: MemberId
    issued_at: Instant
    ended_at: Instant | None = None
    taken_back_at: Instant | None = None

    def belongs_to(self, offer_id: str, member_id: str) -> bool:
        """Whether it is, or once was, the code of that enrollment."""
        return (self.offer_id, self.member_id) == (offer_id, member_id)

    def is_dead_at(self, at: datetime) -> bool:
        """Whether an order of `at` came after the code was replaced."""
        return self.ended_at is not None and at >= self.ended_at


def generated_code(randomness: bytes) -> str:
    """A promo code nobody chose: 10 letters and digits that nobody mistakes, from `randomness` (7 bytes or more)."""
    return base32(int.from_bytes(randomness), _GENERATED_LENGTH).upper()
