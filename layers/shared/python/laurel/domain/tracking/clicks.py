"""Clicks: a visit through a member's link counts once per visitor, link and local day, and may earn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field
from pydantic_core import Url

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.enrollments import Slug
from laurel.domain.offers.terms import PerClick
from laurel.domain.program.programs import MOST_WINDOW_DAYS, Program
from laurel.domain.tracking.attribution import Winner
from laurel.domain.tracking.conversions import first_status
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import ClickId, MemberId, OfferId, PayoutOptionId, derived_id
from laurel.domain.values.model import AHEAD_ALLOWED, Day, ExternalId, Frozen, Instant

CLICK_PARAMETER: Final = "laurel_click"
REPORTED_WITHIN: Final = timedelta(days=MOST_WINDOW_DAYS)
KEPT_FOR: Final = REPORTED_WITHIN + timedelta(days=34)
"""Longer than a click counts and than it may be reported late, so that none is counted a second time."""


class ClickReport(Frozen):
    """A visit reported by a storefront that routes clicks itself; `visitor_id`: the shop's own id of the visitor."""

    slug: Slug
    visitor_id: ExternalId
    occurred_at: Instant | None = None

    def require_timely(self, now: datetime) -> None:
        """Raises Invalid `occurred_in_future` or `occurred_too_long_ago`."""
        at = self.occurred_at or now
        if at > now + AHEAD_ALLOWED:
            raise Invalid("occurred_in_future", "occurred_at lies more than 5 minutes ahead", "/occurred_at")
        if at < now - REPORTED_WITHIN:
            days = REPORTED_WITHIN.days
            raise Invalid("occurred_too_long_ago", f"a click can be reported for {days} days", "/occurred_at")


class ClickAnswer(Frozen):
    """The answer to a reported click: its id and whether it is its visitor's first of the day, or why none counts."""

    click_id: ClickId | None = None
    unique: bool
    reason: str | None = None


class Click(Frozen):
    """A unique click with the terms of when it was recorded; `terms` None: it earns nothing.

    `own_terms`: they are its member's own, not those of the option.
    `visited_at`: its visitor's last visit of that day, from which it counts for orders.
    """

    click_id: ClickId
    slug: str
    member_id: MemberId
    offer_id: OfferId
    payout_option_id: PayoutOptionId
    option_version: int = 1
    move: int = 0
    terms: PerClick | None = None
    own_terms: bool = False
    occurred_at: Instant
    visited_at: Annotated[Instant, Field(exclude=True)]
    day: Day
    created_at: Instant
    version: int = 1

    @property
    def visits(self) -> tuple[datetime, ...]:
        """The visits that are remembered: the one that was recorded first, and the last."""
        return self.occurred_at, self.visited_at

    @property
    def row(self) -> "ClickRow":
        """The row that this click is counted in."""
        return ClickRow.of(self.model_dump(mode="json", include={*ClickRow._fields, "terms"}))

    @property
    def expires_at(self) -> datetime:
        """The instant from which on it may be forgotten."""
        return self.occurred_at + KEPT_FOR


class ClickRow(NamedTuple):
    """The name of a row of clicks. `price`: minor units a click, None for clicks that earn nothing.

    Another price begins a row of its own, so that a row always pays its clicks times its price; so do another
    move of the member between options and terms of the member's own, so that all clicks of a row are repriced, or none.
    """

    member_id: str
    offer_id: str
    payout_option_id: str
    move: int
    day: str
    price: int | None
    own_terms: bool = False

    @staticmethod
    def of(click: Mapping[str, Any]) -> "ClickRow":
        """The row of a click as it is stored."""
        terms = click.get("terms")
        price = None if terms is None else int(terms["amount"])
        owner = (click["member_id"], click["offer_id"], click["payout_option_id"])
        return ClickRow(*owner, int(click["move"]), click["day"], price, click.get("own_terms", False))

    def commission_id(self, program_id: str, number: int) -> str:
        """The id of the row; `number`: the count of rows of this name that were paid out before it."""
        *named, own_terms = self
        beside = ["own"] if own_terms else []
        return derived_id("com", program_id, "clicks", *map(str, named), *beside, str(number))


def click_id(program: Program, slug: str, visitor: str, at: datetime) -> str:
    """The id of a click; the same visitor (a hash), link and local day is the same click."""
    return derived_id("clk", program.program_id, slug, visitor, program.calendar.day_of(at).isoformat())


def record(program: Program, slug: str, visitor: str, winner: Winner, occurred_at: datetime, now: datetime) -> Click:
    """The click of `visitor` (a hash) on a member's link."""
    option, terms = winner.offer.option(winner.enrollment.payout_option_id), winner.terms
    return Click(
        click_id=click_id(program, slug, visitor, occurred_at),
        slug=slug,
        member_id=winner.member.member_id,
        offer_id=winner.offer.offer_id,
        payout_option_id=option.payout_option_id,
        option_version=option.version,
        move=winner.enrollment.move,
        terms=terms.alone() if isinstance(terms, PerClick) else None,
        own_terms=winner.enrollment.terms is not None,
        occurred_at=occurred_at,
        visited_at=occurred_at,
        day=program.calendar.day_of(occurred_at),
        created_at=now,
    )


def opened(program: Program, number: int, clicks: Iterable[Click], now: datetime) -> Commission:
    """A new row for `clicks`, which share its name. A row that earns nothing is a tally: approved, and never paid."""
    first, *_ = ordered = sorted(clicks, key=lambda click: (click.occurred_at, click.click_id))
    terms = first.terms
    status, hold_until = first_status(program.approval, first.occurred_at) if terms else ("approved", None)
    return Commission(
        commission_id=first.row.commission_id(program.program_id, number),
        type="click",
        origin="conversion",
        member_id=first.member_id,
        offer_id=first.offer_id,
        payout_option_id=first.payout_option_id,
        option_version=first.option_version,
        move=first.move,
        terms=terms,
        own_terms=first.own_terms,
        clicks=len(ordered),
        amount=terms.on_clicks(len(ordered)) if terms else 0,
        currency=program.currency,
        status=status,
        payout="unpaid" if terms else None,
        hold_until=hold_until,
        occurred_at=first.occurred_at,
        day=first.day,
        created_at=now,
        updated_at=now,
    )


def grown(row: Commission, clicks: Iterable[Click], now: datetime) -> Commission:
    """`row` with more clicks; its amount follows their number by the row's own terms."""
    number = (row.clicks or 0) + len(list(clicks))
    amount = row.terms.on_clicks(number) if isinstance(row.terms, PerClick) else row.amount
    return row.revised(now, clicks=number, amount=amount)


class Visitor(Frozen):
    """A visitor, as the browser's cookie keeps it: `first` on the local day `since`, when no cookie came, then `later`.

    Both are hashes or random. On the first day a visitor is known by address and browser, so the cookie that is
    set then must not make them a second visitor.
    """

    since: Day
    first: Annotated[str, Field(pattern=r"^vis_[0-9a-z]{26}$")]
    later: Annotated[str, Field(pattern=r"^vis_[0-9a-z]{26}$")]

    @classmethod
    def new(cls, salt: str, day: "Day", address: str, user_agent: str, randomness: bytes) -> Self:
        """A visitor without a cookie. Address and browser are kept as a salted hash, which means nothing tomorrow."""
        first = derived_id("vis", salt, "address", day.isoformat(), address, user_agent)
        return cls(since=day, first=first, later=derived_id("vis", randomness.hex()))

    @classmethod
    def parse(cls, cookie: str) -> Self | None:
        """The visitor in a cookie; None for a cookie that `text` did not make."""
        try:
            since, first, later = cookie.split(".")
            return cls(since=since, first=first, later=later)
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """The cookie's value."""
        return f"{self.since.isoformat()}.{self.first}.{self.later}"

    def on(self, day: "Day") -> str:
        """The hash that identifies this visitor on that day."""
        return self.first if day == self.since else self.later


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit as the redirect sees it. `cookie`: the browser's `Visitor`, if it sent one.

    `is_human`: neither a crawler nor a prefetch. The address is never stored, nor is the user agent.
    """

    address: str
    user_agent: str
    cookie: str
    is_human: bool


def landing(landing_url: str, click_id: str | None) -> str:
    """The URL that the visitor is sent to: the merchant's page, with the click's id if there is one."""
    # a header carries ASCII only; an address that is ASCII already stays as the merchant wrote it
    parts = urlsplit(landing_url if landing_url.isascii() else str(Url(landing_url)))
    query = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] != CLICK_PARAMETER]
    added = [] if click_id is None else [f"{CLICK_PARAMETER}={click_id}"]
    return urlunsplit(parts._replace(query="&".join([*query, *added])))


def named_visitor(salt: str, storefront_id: str, visitor_id: str) -> str:
    """The hash of a visitor whom a storefront names, together with the storefront: shops number visitors alike."""
    return derived_id("vis", salt, "named", storefront_id, visitor_id)
