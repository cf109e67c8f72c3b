"""A program of a common size with its offers, rules and members, in memory and stored nowhere."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission
from laurel.domain.mail.templates import Template
from laurel.domain.members.enrollments import CodeClaim, Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer, PayoutOption
from laurel.domain.offers.terms import PayoutTerms, PercentOfSale, PerClick
from laurel.domain.program.programs import Program, UserField
from laurel.domain.rules.actions import AddBonusCommission, SendMail
from laurel.domain.rules.conditions import CounterCondition
from laurel.domain.rules.rules import Rule
from laurel.domain.rules.scoped import RulePeriod
from laurel.domain.tracking import clicks
from laurel.domain.tracking.attribution import Outcome, Winner
from laurel.domain.tracking.clicks import Click
from laurel.domain.tracking.conversions import ConversionReport, Received, record
from laurel.domain.values.ids import base32, derived_id
from laurel.domain.values.model import MAX_AMOUNT
from laurel.domain.values.periods import AllTime, CurrentDay, CurrentMonth, CurrentQuarter, CurrentWeek, CurrentYear

TODAY: Final = date(2025, 12, 30)
"""Late in its month, quarter and year, so that the part of each that is read is long."""
NOW: Final = datetime.combine(TODAY, time(12, microsecond=345_000), UTC)
BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
STAMPS: Final[Mapping[str, Any]] = {"created_at": BEGINNING, "updated_at": BEGINNING}
PERIODS: Final[tuple[RulePeriod, ...]] = (
    CurrentMonth(),
    CurrentWeek(),
    CurrentDay(),
    CurrentQuarter(),
    CurrentYear(),
    AllTime(),
)
"""The periods of rules, in turn; the one that reads most comes first, so that more rules read no longer period."""
WEEKLY: Final = CurrentWeek()
NEVER: Final = MAX_AMOUNT
"""A threshold that no member reaches, in minor units or sales."""
AT_ONCE: Final = 0
SALE: Final = 4_990
"""Minor units of a common order."""
PER_CLICK: Final = PerClick.model_validate({"type": "per_click", "amount": 10})
_numbers = itertools.count(1)


def new_id(prefix: str) -> str:
    """A new id; the ids of one run repeat in the next, so that figures do not change between runs."""
    return derived_id(prefix, str(next(_numbers)))


def program(rules_version: int = 0) -> Program:
    """A program in UTC and USD, with two user fields."""
    return Program(
        program_id=new_id("prg"),
        name="Glow Cosmetics",
        merchant_email="partners@glow.example",
        user_fields=(UserField(name="tier", label="Tier"), UserField(name="channel", label="Channel")),
        rules_version=rules_version,
        visitor_salt="bench",
        in_use=True,
        **STAMPS,
    )


def offer(**settings: Any) -> Offer:
    """An offer of promo codes with three levels of pay, unless `settings` say otherwise."""
    levels = (("Starter", 10), ("Partner", 12), ("Ambassador", 15))
    options = tuple(
        _option(name, PercentOfSale.model_validate({"type": "percent_of_sale", "percent": percent}))
        for name, percent in levels
    )
    common = {"name": "Spring launch", "kind": "promo_code", "payout_options": options, **STAMPS}
    return Offer.model_validate({**common, **settings, "offer_id": new_id("off")})


def link_offer(terms: PayoutTerms | None = None) -> Offer:
    """An offer of links to a shop, paid by `terms`, or by three levels of sales."""
    options = {} if terms is None else {"payout_options": (_option("Starter", terms),)}
    return offer(kind="link", landing_url="https://shop.example/spring", **options)


def _option(name: str, terms: PayoutTerms) -> PayoutOption:
    return PayoutOption(payout_option_id=new_id("opt"), name=name, default=name == "Starter", terms=terms)


def template() -> Template:
    """A mail of a few lines."""
    line = "you reached {{ value }} in {{ rule.name }}: {{ bonus }} is yours.\n"
    subject = "{{ member.first_name }}, a bonus of {{ bonus }}"
    return Template(template_id=new_id("tpl"), name="Bonus", subject=subject, text=line * 6, **STAMPS)


def rule(period: RulePeriod, threshold: int, mail: Template | None = None) -> Rule:
    """A bonus of 2 % on more approved commission than `threshold`, and a mail with `mail`."""
    pays = AddBonusCommission.model_validate({"type": "add_bonus_commission", "percent": 2})
    leading = CounterCondition(metric="commission_value", operator="gt", value=threshold, period=period)
    mails = [] if mail is None else [SendMail(type="send_mail", to="member", template_id=mail.template_id)]
    name = f"More than {threshold} in {period.type}"
    return Rule(rule_id=new_id("rul"), name=name, conditions=(leading,), actions=(pays, *mails), **STAMPS)


def rules(count: int, threshold: int) -> tuple[Rule, ...]:
    """That many rules, over all periods in turn."""
    return tuple(rule(PERIODS[index % len(PERIODS)], threshold) for index in range(count))


@dataclass(frozen=True, slots=True)
class Seller:
    """A member with a promo code in an offer."""

    member: Member
    enrollment: Enrollment
    code: CodeClaim

    @property
    def member_id(self) -> str:
        """The id of the member."""
        return self.member.member_id


@dataclass(frozen=True, slots=True)
class Linked:
    """A member with a link in an offer."""

    member: Member
    enrollment: Enrollment
    slug: str

    @property
    def member_id(self) -> str:
        """The id of the member."""
        return self.member.member_id


def member(name: str) -> Member:
    """A new member, whose address has the name."""
    return Member(
        member_id=new_id("mem"),
        email=f"{name.lower()}@creators.example",
        first_name="Anna",
        last_name="Lindqvist",
        fields={"tier": "gold", "channel": "video"},
        approved_at=BEGINNING,
        **STAMPS,
    )


def seller(offer: Offer) -> Seller:
    """A new member, enrolled."""
    code = "ANNA" + base32(next(_numbers), 6).upper()
    who = member(code)
    claim = CodeClaim(promo_code=code, offer_id=offer.offer_id, member_id=who.member_id, issued_at=BEGINNING)
    return Seller(who, _enrollment(offer, who, promo_code=code), claim)


def linked(offer: Offer) -> Linked:
    """A new member, enrolled in an offer with links."""
    slug = base32(next(_numbers), 10)
    who = member(slug)
    return Linked(who, _enrollment(offer, who, slug=slug), slug)


def _enrollment(offer: Offer, who: Member, **by: str) -> Enrollment:
    option = offer.payout_options[0].payout_option_id
    return Enrollment(offer_id=offer.offer_id, member_id=who.member_id, payout_option_id=option, **by, **STAMPS)


@dataclass(frozen=True, slots=True)
class Shop:
    """The source of orders: a storefront of a program that sells with codes of an offer."""

    program: Program
    offer: Offer
    storefront_id: str

    def sale(self, to: Seller, at: datetime = NOW, customer_id: str | None = None) -> Commission:
        """The row of a new order with the seller's code."""
        report = ConversionReport(
            order_id=new_order(),
            amount=SALE,
            currency="USD",
            promo_code=to.code.promo_code,
            customer_id=customer_id,
            customer_email="someone@example.com",
        )
        received = Received(report, self.storefront_id, "0" * 32, at)
        winner = Winner("promo_code", self.offer, to.member, to.enrollment)
        return record(self.program, received, Outcome(winner, None, ()))

    def sales(self, to: Seller, count: int, days: int = 1) -> list[Commission]:
        """Rows of `count` new orders, evenly over the last `days` days."""
        return [self.sale(to, NOW - timedelta(days=index % days)) for index in range(count)]

    def clicks(self, on: Linked, count: int, at: datetime = NOW) -> list[Click]:
        """The clicks of `count` visitors on the member's link."""
        winner = Winner("click", self.offer, on.member, on.enrollment)
        return [clicks.record(self.program, on.slug, new_id("vis"), winner, at, at) for _ in range(count)]


def new_order() -> str:
    """An order's id as Shopify makes them."""
    return str(5_678_901_000_000 + next(_numbers))
