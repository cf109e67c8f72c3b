"""Offers and their payout options."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from laurel.domain.errors import Absent, Invalid
from laurel.domain.ids import OfferId, PayoutOptionId
from laurel.domain.model import Amount, Flag, Frozen, Instant, Label, Percent, Url
from laurel.domain.programs import MOST_WINDOW_DAYS
from laurel.domain.terms import PayoutTerms

OfferKind = Literal["link", "promo_code"]
OfferStatus = Literal["active", "paused", "archived"]
MOST_OPTIONS = 20


class Discount(Frozen):
    """What a customer saves with the code; told to people, not computed with."""

    percent: Percent | None = None
    amount: Amount | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.amount is None) == (self.percent is None):
            raise ValueError("give either amount or percent")
        return self


class NewPayoutOption(Frozen):
    """One level of pay as a merchant writes it."""

    name: Label
    default: Flag = False
    terms: PayoutTerms


class PayoutOption(NewPayoutOption):
    """One level of pay inside an offer; `version` counts edits of its terms."""

    payout_option_id: PayoutOptionId
    version: int = 1


class OfferSettings(Frozen):
    """What a merchant sets of an offer, apart from its options.

    `lifetime`: who wins a customer's first order wins the later ones. `window_days`: how long a click counts, if not as
    the program says.
    """

    name: Label
    kind: OfferKind
    status: OfferStatus = "active"
    landing_url: Url | None = None
    discount: Discount | None = None
    active_from: Instant | None = None
    active_until: Instant | None = None
    lifetime: Flag = False
    window_days: Annotated[int, Field(strict=True, ge=1, le=MOST_WINDOW_DAYS)] | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.active_from and self.active_until and self.active_until <= self.active_from:
            raise ValueError("active_until must lie after active_from")
        return self


class NewOffer(OfferSettings):
    """An offer as a merchant creates it."""

    payout_options: Annotated[tuple[NewPayoutOption, ...], Field(min_length=1, max_length=MOST_OPTIONS)]

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        if [option.default for option in self.payout_options].count(True) != 1:
            raise ValueError("exactly one payout option is the default")
        for option in self.payout_options:
            refuse_clicks_for_codes(self.kind, option)
        return self


def refuse_clicks_for_codes(kind: OfferKind, option: NewPayoutOption) -> None:
    """A promo code is never clicked. Raises ValueError for `per_click` on a promo-code offer."""
    if kind == "promo_code" and option.terms.type == "per_click":
        raise ValueError("per_click cannot be paid on a promo_code offer")


class Offer(OfferSettings):
    """What members promote. `buckets` spreads a hot offer's index partition; it only grows."""

    offer_id: OfferId
    payout_options: tuple[PayoutOption, ...]
    buckets: int = 1
    created_at: Instant
    updated_at: Instant
    version: int = 1

    def option(self, payout_option_id: str) -> PayoutOption:
        """Raises Absent if the offer has no such option."""
        for option in self.payout_options:
            if option.payout_option_id == payout_option_id:
                return option
        raise Absent("payout_option_not_found", "this offer has no such payout option")

    def chosen(self, payout_option_id: str | None) -> PayoutOption:
        """The named option or the default. Raises Invalid for a name that is not an option of this offer."""
        if payout_option_id is None:
            return next(option for option in self.payout_options if option.default)
        try:
            return self.option(payout_option_id)
        except Absent as absent:
            raise Invalid("unknown_payout_option", absent.detail, "/payout_option_id") from absent
