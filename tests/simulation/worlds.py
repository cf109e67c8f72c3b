"""Random small worlds: programs, offers, members, what storefronts will report of them, and who follows links."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from laurel.domain.enrollments import CodeClaim, Enrollment
from laurel.domain.members import Member
from laurel.domain.offers import Offer, PayoutOption
from laurel.domain.programs import PRECEDENCE, Approval, AttributionPolicy, Program, UserField
from laurel.domain.rules import Rule
from laurel.domain.templates import Template
from laurel.domain.terms import (
    FixedOrPercent,
    FlatPerSale,
    FlatPlusPercent,
    NoPayout,
    PayoutTerms,
    PercentOfSale,
    PerClick,
)
from laurel.store import doors, items, keys
from laurel.store.operations import Put
from laurel.store.values import Item
from tests.simulation import report_drafts, rule_drafts
from tests.simulation.world_table import WorldTable

# the last days before: a new week, a year and ISO week that differ, a clock change in New York, a month's end
STARTS: Final = (
    datetime(2026, 11, 21, 22, tzinfo=UTC),
    datetime(2026, 12, 31, 20, tzinfo=UTC),
    datetime(2026, 3, 8, 3, tzinfo=UTC),
    datetime(2027, 1, 30, 12, tzinfo=UTC),
)
FIELDS: Final = ("rank", "vip")
LINKED: Final = 0.5  # of the histories whose rules do not look at state
_TERMS: Final[tuple[PayoutTerms, ...]] = (
    PercentOfSale(type="percent_of_sale", percent="10", actions={}),
    PercentOfSale(type="percent_of_sale", percent="7.5", actions={"signup": FixedOrPercent(amount=150)}),
    FlatPerSale(type="flat_per_sale", amount=500, actions={"signup": FixedOrPercent(percent="20")}),
    FlatPlusPercent(type="flat_plus_percent", amount=100, percent="2.9", actions={}),
    NoPayout(type="none", actions={}),
)
_LINK_TERMS: Final[tuple[PayoutTerms, ...]] = (
    *_TERMS[1:4],
    PerClick(type="per_click", amount=7, actions={}),
    PerClick(type="per_click", amount=25, actions={"signup": FixedOrPercent(amount=150)}),
    PerClick(type="per_click", amount=30, actions={}),
)
_POLICIES: Final = (
    *(AttributionPolicy(),) * 3,
    AttributionPolicy(order=(*PRECEDENCE[1:], PRECEDENCE[0]), window_days=1),
    AttributionPolicy(order=("promo_code", "click", "customer")),
)


def identity(prefix: str, *numbers: int) -> str:
    """A readable id: `mem_...0102` is member 2 of program 1."""
    return f"{prefix}_{''.join(f'{number:02d}' for number in numbers):0>26}"


STOREFRONTS: Final = (identity("sf", 1), identity("sf", 2))


def storefront_of(order_id: str) -> str:
    """Who reports the order: the ids of the second storefront's begin with b."""
    return STOREFRONTS[order_id.startswith("b")]


@dataclass
class Tenant:
    """One program with everything in it, as it was at the start."""

    program: Program
    offers: list[Offer] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    clicks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def program_id(self) -> str:
        return self.program.program_id

    @property
    def has_links(self) -> bool:
        return any(offer.kind == "link" for offer in self.offers)


@dataclass
class World:
    """Where and when a history plays. `stateful`: rules look at fields and groups, and people keep changing these.

    `has_links`: there are links, clicks, and customers who come again, and people keep changing offers.
    """

    start: datetime
    tenants: list[Tenant]
    stateful: bool
    has_links: bool


def drawn(rng: Random) -> World:
    """A world of one or two programs, and 5 to 30 conversions; with links fewer of them, and 5 to 25 clicks."""
    start = rng.choice(STARTS) + timedelta(minutes=rng.randrange(240))
    stateful = rng.random() < 0.3
    has_links = not stateful and rng.random() < LINKED
    numbers = range(1, rng.choice((2, 2, 2, 3)))
    tenants = [_tenant(rng, number, start, stateful, has_links) for number in numbers]
    world = World(start, tenants, stateful, has_links)
    for number in range(rng.randint(5, 16 if has_links else 30)):
        tenant = rng.choice(world.tenants)
        tenant.reports.append(report_drafts.order(rng, tenant, number, start))
    for tenant in (rng.choice(world.tenants) for _ in range(rng.randint(5, 25) * has_links)):
        if any(enrollment.slug for enrollment in tenant.enrollments):
            tenant.clicks.append(report_drafts.click(rng, tenant, start))
    return world


def store(world: World, table: WorldTable) -> None:
    """Puts the world's beginning into the table."""
    for tenant in world.tenants:
        for item in _items(tenant):
            table.commit([Put(item, new=True)])


def _items(tenant: Tenant) -> Iterator[Item]:
    program_id = tenant.program_id
    yield items.program(tenant.program)
    yield {**keys.registry(program_id)._asdict(), "kind": "registry"}
    at = tenant.program.created_at
    for number in range(2):
        text = {"name": "n", "subject": "{{ rule.name }}", "text": "{{ member.first_name }} earned {{ bonus }}"}
        template = Template(template_id=identity("tpl", number), created_at=at, updated_at=at, **text)
        yield items.template(program_id, template)
    yield from (items.offer(program_id, offer) for offer in tenant.offers)
    yield from (items.member(program_id, member) for member in tenant.members)
    yield from (items.rule(program_id, rule) for rule in tenant.rules)
    for enrollment in tenant.enrollments:
        yield items.enrollment(program_id, enrollment)
        ids = {"offer_id": enrollment.offer_id, "member_id": enrollment.member_id}
        if enrollment.promo_code is not None:
            yield items.code_claim(program_id, CodeClaim(promo_code=enrollment.promo_code, issued_at=at, **ids))
        if enrollment.slug is not None:
            yield doors.link(program_id, enrollment.slug, **ids)


def _tenant(rng: Random, number: int, start: datetime, stateful: bool, has_links: bool) -> Tenant:
    made = start - timedelta(days=rng.choice((2, 40, 400)))
    at = {"created_at": made, "updated_at": made}
    mode = rng.choice(("immediate", "immediate", "hold", "manual"))
    tenant = Tenant(
        Program(
            program_id=identity("prg", number),
            name=f"Program {number}",
            visitor_salt=f"salt {number}",
            timezone=rng.choice(("UTC", "America/New_York", "Asia/Tokyo", "Africa/Cairo")),
            approval=Approval(mode=mode, hold_days=rng.choice((0, 1, 5)) if mode == "hold" else 0),
            attribution=rng.choice(_POLICIES) if has_links else _POLICIES[0],
            merchant_email=rng.choice(("owner@example.com", None)),
            user_fields=tuple(UserField(name=name, label=name) for name in FIELDS),
            in_use=rng.random() < 0.5,
            **at,
        )
    )
    tenant.offers = [_offer(rng, number, index, at, has_links) for index in range(1, rng.randint(2, 4))]
    tenant.members = [
        Member(
            member_id=identity("mem", number, index),
            email=f"m{index}@example.com",
            first_name=f"M{index}",
            fields=dict(rng.choice(((), (("rank", "silver"),)))),
            **at,
        )
        for index in range(1, rng.randint(2, 3 if stateful else 5))
    ]
    tenant.enrollments = [
        _enrollment(rng, member, offer, at)
        for offer in tenant.offers
        for member in tenant.members
        if rng.random() < 0.8
    ]
    tenant.rules = [
        Rule(**dict(rule_drafts.drawn(rng, tenant.offers, stateful)), rule_id=identity("rul", number, index), **at)
        for index in range(1, rng.randint(2, 6))
    ]
    return tenant


def _offer(rng: Random, number: int, index: int, at: dict[str, Any], has_links: bool) -> Offer:
    is_link = has_links and (index == 1 or rng.random() < 0.4)
    options = tuple(
        PayoutOption(
            payout_option_id=identity("opt", number, index, option),
            name=f"option {option}",
            default=option == 1,
            terms=rng.choice(_LINK_TERMS if is_link else _TERMS),
        )
        for option in range(1, rng.randint(2, 3))
    )
    return Offer(
        offer_id=identity("off", number, index),
        name=f"Offer {index}",
        kind="link" if is_link else "promo_code",
        landing_url=f"https://shop.example/{index}",
        lifetime=has_links and rng.random() < 0.6,
        window_days=rng.choice((None, None, 1)) if is_link else None,
        payout_options=options,
        buckets=rng.choice((1, 1, 3)),
        **at,
    )


def _enrollment(rng: Random, member: Member, offer: Offer, at: dict[str, Any]) -> Enrollment:
    is_link, numbers = offer.kind == "link", (member.member_id[-2:], offer.offer_id[-2:])
    return Enrollment(
        offer_id=offer.offer_id,
        member_id=member.member_id,
        payout_option_id=rng.choice(offer.payout_options).payout_option_id,
        promo_code=None if is_link else "M{}-O{}".format(*numbers),
        slug=f"{member.member_id[-4:]}{offer.offer_id[-4:]}".zfill(10) if is_link else None,
        **at,
    )
