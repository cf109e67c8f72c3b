"""Offers and their payout options."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from laurel.domain.offers.terms import NoPayout, PayoutTerms
from laurel.domain.program.programs import MOST_WINDOW_DAYS
from laurel.domain.values.errors import Absent, Conflict, Invalid, Misfit
from laurel.domain.values.ids import OfferId, PayoutOptionId
from laurel.domain.values.model import Amount, Flag, Frozen, Instant, Label, OneOf, Percent, Url

OfferKind = Literal["link", "promo_code"]
OfferStatus = Literal["active", "paused", "archived"]
MOST_OPTIONS: Final = 20
_MOST_OPTION_BYTES: Final = 300_000
"""All options of an offer as JSON, removed ones too: an item of the table takes at most 400 KB."""


class Discount(OneOf):
    """The customer's saving with the code; shown to people, not computed with."""

    ALTERNATIVES = frozenset({"percent", "amount"})

    percent: Percent | None = None
    amount: Amount | None = None


class NewPayoutOption(Frozen):
    """One level of pay as a merchant writes it."""

    name: Label
    default: Flag = False
    terms: PayoutTerms


class PayoutOption(NewPayoutOption):
    """One level of pay inside an offer; `version` counts edits of its terms."""

    payout_option_id: PayoutOptionId
    version: int = 1

    def edited(self, settings: NewPayoutOption) -> Self:
        """The option with `settings`; other terms make another version."""
        version = self.version + (settings.terms != self.terms)
        return self.model_copy(update={**dict(settings), "version": version})


class RemovedOption(PayoutOption):
    """An option that nobody can choose any more; a member who slipped in while it was removed is still paid by it."""

    removed_at: Instant


class OfferSettings(Frozen):
    """The settings of an offer, apart from its options.

    `lifetime`: the member who wins a customer's first order wins the later ones. `window_days`: how long a click
    counts, if not as long as the program says.
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
            raise Misfit("active_until", "active_until must lie after active_from")
        return self

    def require_landing_page(self) -> None:
        """Raises Invalid `landing_url_required` for a link that would lead nowhere."""
        if self.kind == "link" and self.landing_url is None:
            raise Invalid("landing_url_required", "a link needs a page that it leads to", "/landing_url")


class OfferEdit(OfferSettings):
    """The editable settings of an offer. `buckets` spreads a hot offer's index partition; it only grows."""

    buckets: Annotated[int, Field(strict=True, ge=1, le=16)] = 1


class NewOffer(OfferSettings):
    """An offer as a merchant creates it."""

    payout_options: Annotated[tuple[NewPayoutOption, ...], Field(min_length=1, max_length=MOST_OPTIONS)]

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        if [option.default for option in self.payout_options].count(True) != 1:
            raise Misfit("payout_options", "exactly one payout option is the default")
        for option in self.payout_options:
            refuse_clicks_for_codes(self.kind, option.terms)
        return self


def refuse_clicks_for_codes(kind: OfferKind, terms: PayoutTerms) -> None:
    """A promo code is never clicked. Raises ValueError for `per_click` on a promo-code offer."""
    if kind == "promo_code" and terms.type == "per_click":
        raise ValueError("per_click cannot be paid on a promo_code offer")


class Offer(OfferEdit):
    """An offer, which members promote. `removed_options` are kept for members who may be in them, and are not shown.

    `landing_url`: as it was accepted, by the rules of that time.
    """

    landing_url: str | None = None
    offer_id: OfferId
    payout_options: tuple[PayoutOption, ...]
    removed_options: tuple[RemovedOption, ...] = ()
    created_at: Instant
    updated_at: Instant
    version: int = 1

    def option(self, payout_option_id: str) -> PayoutOption:
        """The option that its members are paid by, even if it was removed. Raises Absent."""
        return self._among((*self.payout_options, *self.removed_options), payout_option_id)

    def offered(self, payout_option_id: str) -> PayoutOption:
        """An option as it can be chosen and edited. Raises Absent, also for a removed one."""
        return self._among(self.payout_options, payout_option_id)

    def pays_action(self, code: str) -> bool:
        """Whether an option that somebody may be in pays for actions of that code."""
        return any(code in option.terms.actions for option in (*self.payout_options, *self.removed_options))

    def chosen(self, payout_option_id: str | None, pointer: str = "/payout_option_id") -> PayoutOption:
        """The named option or the default. Raises Invalid for one that cannot be chosen."""
        if payout_option_id is None:
            return next(option for option in self.payout_options if option.default)
        return _named(self.offered, payout_option_id, pointer)

    def named(self, payout_option_id: str, pointer: str) -> PayoutOption:
        """The option that its members are paid by, even if it was removed. Raises Invalid for an unknown one."""
        return _named(self.option, payout_option_id, pointer)

    def require_payable(self, terms: PayoutTerms, pointer: str = "/terms/type") -> None:
        """Raises Invalid `per_click_on_promo_code`."""
        try:
            refuse_clicks_for_codes(self.kind, terms)
        except ValueError as error:
            raise Invalid("per_click_on_promo_code", str(error), pointer) from error

    def edited(self, edit: OfferEdit) -> Self:
        """The offer with other settings. Raises Invalid for another kind, for no landing page and for fewer buckets."""
        if edit.kind != self.kind:
            raise Invalid("kind_is_fixed", "the kind of an offer cannot change", "/kind")
        if self.landing_url is not None:  # old offers may have none
            edit.require_landing_page()
        if edit.buckets < self.buckets:
            raise Invalid("buckets_only_grow", f"the offer has rows in {self.buckets} buckets", "/buckets")
        return self.model_copy(update=dict(edit))

    def with_option(self, option: PayoutOption) -> Self:
        """The offer with `option` added or replaced. If that is the default, no other option is.

        Raises Invalid `per_click_on_promo_code`, Conflict `too_many_payout_options`, `payout_options_too_large`,
        `payout_option_is_default` if the offer would be left without a default.
        """
        self.require_payable(option.terms)
        if not option.default and self.chosen(None).payout_option_id == option.payout_option_id:
            raise _is_default()
        others = {other.payout_option_id: other for other in self.payout_options}
        if option.default:
            others = {name: other.model_copy(update={"default": False}) for name, other in others.items()}
        return self._with(tuple({**others, option.payout_option_id: option}.values()))

    def without_option(self, payout_option_id: str, now: datetime, kept: tuple[RemovedOption, ...]) -> Self:
        """The offer with an option removed; of the options removed before, it has those that are still `kept`.

        Raises Absent, Conflict `payout_option_is_default`, `too_many_payout_options`.
        """
        gone = self.offered(payout_option_id)
        if gone.default:
            raise _is_default()
        if len(kept) >= MOST_OPTIONS:
            raise Conflict("too_many_payout_options", f"{MOST_OPTIONS} options were removed within a day: wait")
        left = tuple(option for option in self.payout_options if option is not gone)
        removed = (*kept, RemovedOption(**dict(gone), removed_at=now))
        return self.model_copy(update={"payout_options": left, "removed_options": removed})

    def _among(self, options: tuple[PayoutOption, ...], payout_option_id: str) -> PayoutOption:
        for option in options:
            if option.payout_option_id == payout_option_id:
                return option
        raise Absent("payout_option_not_found", "this offer has no such payout option")

    def _with(self, options: tuple[PayoutOption, ...]) -> Self:
        if len(options) > MOST_OPTIONS:
            raise Conflict("too_many_payout_options", f"an offer has at most {MOST_OPTIONS} payout options")
        size = sum(len(option.model_dump_json().encode()) for option in (*options, *self.removed_options))
        if size > _MOST_OPTION_BYTES:
            raise Conflict("payout_options_too_large", f"the options of an offer go to {_MOST_OPTION_BYTES} bytes")
        return self.model_copy(update={"payout_options": options})


class OfferView(Offer):
    """An offer as it is shown."""

    removed_options: Annotated[tuple[RemovedOption, ...], Field(exclude=True)] = ()

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """`offer` as it is shown."""
        return cls(**dict(offer))


def option_patch(option: PayoutOption, patch: Mapping[str, Any]) -> Mapping[str, Any]:
    """A merge patch as it applies to `option`: terms of another type do not keep the rates of the old type."""
    terms = patch.get("terms")
    if not isinstance(terms, dict) or terms.get("type") in (None, option.terms.type):
        return patch
    rates = type(option.terms).model_fields.keys() - NoPayout.model_fields.keys()
    return {**patch, "terms": {**dict.fromkeys(rates), **terms}}


def _named(find: Callable[[str], PayoutOption], payout_option_id: str, pointer: str) -> PayoutOption:
    try:
        return find(payout_option_id)
    except Absent as absent:
        raise Invalid("unknown_payout_option", absent.detail, pointer) from absent


def _is_default() -> Conflict:
    return Conflict("payout_option_is_default", "an offer always has one default: make another option the default")
