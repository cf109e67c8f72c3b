"""A program: one merchant's currency, time zone, features and defaults. The tenant."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from laurel.domain.program.dealings import Applications, Colour, Statements
from laurel.domain.program.mail_reports import MailReport
from laurel.domain.program.payers import MaskedPayer, Payer
from laurel.domain.program.senders import Sender, SenderDomains
from laurel.domain.program.shop_access import Access, ConnectionView, OrdersView
from laurel.domain.values.calendar import Calendar, Zone
from laurel.domain.values.errors import Conflict, Invalid, Misfit
from laurel.domain.values.ids import KeyId, ProgramId, StorefrontId
from laurel.domain.values.model import Day, Email, ExchangeRate, Flag, Frozen, Identifier, Instant, Label, Url
from laurel.domain.values.money import EXPONENTS, Currency
from laurel.domain.values.urls import web_origin

AttributedBy = Literal["member", "customer", "promo_code", "click"]
Feature = Literal["commission_groups", "action_commissions", "forced_matrix"]
Scope = Literal["admin", "storefront", "read"]
Platform = Literal["api", "shopify", "woocommerce", "stripe"]
MOST_WINDOW_DAYS = 366
MOST_ORIGINS = 10
MOST_ACTION_CODES = 100
PRECEDENCE: tuple[AttributedBy, ...] = ("member", "customer", "promo_code", "click")


class ForcedMatrix(Frozen):
    """A referral tree of bounded width."""

    active: Flag = False
    width: Annotated[int, Field(strict=True, ge=1, le=100)] = 2


class Features(Frozen):
    """The features that a merchant can switch on; actions of a feature that is off are refused.

    `events`: every change is kept as an event for 30 days. The first endpoint, or reading the feed, switches it on.
    """

    commission_groups: Flag = False
    action_commissions: Flag = False
    forced_matrix: ForcedMatrix = ForcedMatrix()
    events: Flag = False

    def has(self, feature: Feature) -> bool:
        """Whether it is switched on."""
        return self.forced_matrix.active if feature == "forced_matrix" else bool(getattr(self, feature))


class Approval(Frozen):
    """When a new commission counts as approved: at once, `hold_days` after it occurred, or by hand."""

    mode: Literal["immediate", "hold", "manual"] = "immediate"
    hold_days: Annotated[int, Field(strict=True, ge=0, le=366)] = 0


class AttributionPolicy(Frozen):
    """Order of precedence, and how many days a click may lie back."""

    order: Annotated[tuple[AttributedBy, ...], Field(min_length=1, max_length=4)] = PRECEDENCE
    window_days: Annotated[int, Field(strict=True, ge=1, le=MOST_WINDOW_DAYS)] = 30

    @model_validator(mode="after")
    def _no_repeats(self) -> Self:
        if len(set(self.order)) != len(self.order):
            raise Misfit("order", "each way of attribution at most once")
        return self


class UserField(Frozen):
    """A field that members of this program may carry."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$")]
    label: Label


class ProgramSettings(Frozen):
    """The settings of a program that a merchant can edit, with the defaults of a new one.

    `action_codes`: actions that are counted by their code, and that rules can name, though no payout option pays them.
    `fallback_url`: the page for visitors of links that lead nowhere any more. `color`: of its portal.
    """

    name: Label = "My program"
    currency: Currency = "USD"
    timezone: Zone = "UTC"
    features: Features = Features()
    approval: Approval = Approval()
    attribution: AttributionPolicy = AttributionPolicy()
    bonus_status: Literal["pending", "approved"] = "approved"
    statements: Statements = Statements()
    applications: Applications = Applications()
    color: Colour | None = None
    merchant_email: Email | None = None
    sender_email: Email | None = None
    fallback_url: Url | None = None
    user_fields: Annotated[tuple[UserField, ...], Field(max_length=50)] = ()
    action_codes: Annotated[tuple[Identifier, ...], Field(max_length=MOST_ACTION_CODES)] = ()

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        if len(set(self.action_codes)) != len(self.action_codes):
            raise Misfit("action_codes", "action codes must differ")
        names = [field.name for field in self.user_fields]
        if len(set(names)) != len(names):
            raise Misfit("user_fields", "user field names must differ")
        return self


class ProgramEdit(ProgramSettings):
    """The settings, and the account that payouts are paid from: given whole, kept encrypted, shown masked."""

    payer: Payer | None = None


class Program(ProgramSettings):
    """The settings with identity.

    `rules_version` counts rule edits, so that parsed rules can be kept by it. `in_use`: a commission exists.
    `closed_until`: the last local day whose beginning closed all periods that ended with the day before.
    `visitor_salt` makes hashes of visitors meaningless to anybody else; it never changes and is never shown.
    `timezone`, `fallback_url`: as they were accepted, by the rules of that time. `sender`: null without `sender_email`.
    `merchant_mail_stopped`: nothing more is sent to `merchant_email`, and why. `logo`: the name of its picture.
    """

    timezone: str = "UTC"
    fallback_url: str | None = None
    payer: MaskedPayer | None = None
    sender: Sender | None = None
    merchant_mail_stopped: MailReport | None = None
    program_id: ProgramId
    created_at: Instant
    updated_at: Instant
    version: int = 1
    rules_version: Annotated[int, Field(exclude=True)] = 0
    visitor_salt: Annotated[str, Field(exclude=True)]
    in_use: bool = False
    logo: str | None = None
    closed_until: Annotated[date | None, Field(exclude=True)] = None

    @property
    def calendar(self) -> Calendar:
        """The days of this program's zone."""
        return Calendar(self.timezone)

    @property
    def field_names(self) -> frozenset[str]:
        """The user fields that are declared."""
        return frozenset(field.name for field in self.user_fields)

    def require_fields(self, names: frozenset[str], pointer: str) -> None:
        """Raises Invalid `unknown_user_field` unless all `names` are declared."""
        for name in sorted(names - self.field_names):
            raise Invalid("unknown_user_field", f"the program declares no user field {name!r}", pointer)

    def changed(self, settings: ProgramSettings) -> Self:
        """With other settings. Raises Conflict `program_in_use` for money or time once a commission exists."""
        if self.in_use and (settings.currency, settings.timezone) != (self.currency, self.timezone):
            raise Conflict("program_in_use", "currency and time zone are frozen once a commission exists")
        wanted: dict[str, object] = {name: getattr(settings, name) for name in ProgramSettings.model_fields}
        if settings.sender_email != self.sender_email:
            wanted["sender"] = None
        if settings.merchant_email != self.merchant_email:
            wanted["merchant_mail_stopped"] = None
        return self.model_copy(update=wanted)

    def asking(self, now: datetime) -> Self:
        """With its `sender_email` as one that waits for the answer of its owner."""
        return self.model_copy(update={"sender": Sender(status="unconfirmed", asked_at=now)})

    def confirmed(self, now: datetime) -> Self:
        """With its `sender_email` as its own."""
        asked_at = self.sender and self.sender.asked_at
        sender = Sender(status="confirmed", asked_at=asked_at, confirmed_at=now)
        return self.model_copy(update={"sender": sender})

    @property
    def has_confirmed_sender(self) -> bool:
        """Whether its `sender_email` is its own."""
        return self.sender is not None and self.sender.status == "confirmed"

    def sender_within(self, domains: SenderDomains) -> str | None:
        """The address that its mail comes from, if it has one of its own in `domains`."""
        mine = self.sender_email if self.has_confirmed_sender else None
        return mine if mine is not None and domains.hold(mine) else None


class NewApiKey(Frozen):
    """A new API key: `admin` may do everything, `read` every GET, `storefront` report for its own storefront.

    `expires_at`: the first instant at which it opens nothing any more; without one it is good until it is revoked.
    """

    name: Label | None = None
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=3)]
    storefront_id: StorefrontId | None = None
    expires_at: Instant | None = None

    @model_validator(mode="after")
    def _storefront_is_named(self) -> Self:
        if len(set(self.scopes)) != len(self.scopes):
            raise Misfit("scopes", "each scope at most once")
        if ("storefront" in self.scopes) != (self.storefront_id is not None):
            raise Misfit("storefront_id", "the scope storefront, and no other, needs a storefront_id")
        return self


class ApiKey(NewApiKey):
    """An API key without its secret; only the SHA-256 of that is stored, as the key of the item that it opens.

    `last_used_on`: the program's local day of its latest request; null for one that was never used.
    """

    key_id: KeyId
    program_id: ProgramId
    last_used_on: Day | None = None
    created_at: Instant
    updated_at: Instant
    version: int = 1

    @property
    def actor(self) -> str:
        """The name in the history of whoever used the key."""
        return f"key:{self.key_id}"

    def is_good_at(self, now: datetime) -> bool:
        """Whether it still opens something: it has not expired."""
        return self.expires_at is None or now < self.expires_at


class IssuedApiKey(ApiKey):
    """A key as it is shown this once: `key` is the secret to send. A repeated answer has none."""

    key: str | None = None


ExchangeRates = Annotated[dict[Currency, ExchangeRate], Field(max_length=len(EXPONENTS))]
"""Units of the program's currency per unit of another one, both in major units."""


Origin = Annotated[
    str, Field(max_length=300), AfterValidator(web_origin), WithJsonSchema({"type": "string", "format": "uri"})
]
"""The beginning of a shop's addresses as browsers tell it: `https://shop.example`."""


class NewStorefront(Frozen):
    """A shop as a merchant registers it. `webhook_secret` and `connection` are kept encrypted and never shown.

    `exchange_rates`: for orders of its webhooks, which bring none. `origins`: of its pages that may count visits.
    `connection`: how Laurel keeps promo codes there.
    """

    name: Label
    platform: Platform
    origins: Annotated[tuple[Origin, ...], Field(max_length=MOST_ORIGINS)] = ()
    exchange_rates: ExchangeRates = Field(default_factory=dict)
    webhook_secret: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")] | None = None
    connection: Access | None = None


class StorefrontEdit(NewStorefront):
    """`drop_previous_secret`: from now on only the newest webhook secret is accepted, not the one before it too."""

    drop_previous_secret: Flag = False


class Storefront(Frozen):
    """A shop that reports clicks, orders and refunds."""

    storefront_id: StorefrontId
    name: Label
    platform: Platform
    origins: tuple[str, ...] = ()
    exchange_rates: ExchangeRates = Field(default_factory=dict)
    created_at: Instant
    updated_at: Instant
    version: int = 1


class StorefrontView(Storefront):
    """A storefront as it is shown. `webhook_url`: what its platform is to send to; null for `api`, which has a key.

    `has_secret`: whether there is a webhook secret, without which nothing that it sends is accepted.
    """

    webhook_url: str | None = None
    has_secret: bool = False
    connection: ConnectionView = ConnectionView()
    orders: OrdersView = OrdersView()

    def at(self, origin: str) -> Self:
        """With its addresses at this API, which `origin` is scheme and host of."""
        path = f"/webhooks/{self.storefront_id}/{self.platform}"
        return self.model_copy(update={"webhook_url": None if self.platform == "api" else f"{origin}{path}"})
