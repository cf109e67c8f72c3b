"""Random small worlds: programs, offers, members, what storefronts will report of them, and who follows links."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from laurel.domain.mail.templates import Template
from laurel.domain.members.enrollments import CodeClaim, Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer, PayoutOption
from laurel.domain.program.programs import PRECEDENCE, Approval, AttributionPolicy, Features, Program, UserField
from laurel.domain.rules.rules import Rule
from laurel.store import items, keys, lookups
from laurel.store.operations import Put
from laurel.store.values import Item
from tests.simulation.kit.judges import ledger
from tests.simulation.kit.world import report_drafts, rule_drafts, term_drafts
from tests.simulation.kit.world.world_table import WorldTable

# the last days before: a new week, a year and ISO week that differ, a clock change in New York, a month's end, and a
# day that never was in Samoa
STARTS: Final = (
    datetime(2026, 11, 21, 22, tzinfo=UTC),
    datetime(2026, 12, 31, 20, tzinfo=UTC),
    datetime(2026, 3, 8, 3, tzinfo=UTC),
    datetime(2027, 1, 30, 12, tzinfo=UTC),
    datetime(2011, 12, 29, 20, tzinfo=UTC),
)
FIELDS: Final = ("rank", "vip")
STATEFUL: Final = 0.25  # of all histories
LINKED: Final = 0.45  # of the others
TIMELY: Final = 0.6  # of those without links
_MEMBERS: Final = {"plain": (2, 5), "stateful": (2, 3), "links": (2, 5), "timely": (4, 5)}  # one more than there are
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
    `timely`: members bring others and earn of their sales, payments recur, and rules are decided by time.
    """

    start: datetime
    tenants: list[Tenant]
    stateful: bool
    has_links: bool
    timely: bool

    @property
    def kind(self) -> str:
        """Which of the three it is, if any."""
        kinds = {"stateful": self.stateful, "links": self.has_links, "timely": self.timely}
        return next((kind for kind, is_so in kinds.items() if is_so), "plain")


def drawn(rng: Random) -> World:
    """A world of one or two programs, and 5 to 30 conversions; with links fewer of them, and 5 to 25 clicks."""
    start = rng.choice(STARTS) + timedelta(minutes=rng.randrange(240))
    stateful = rng.random() < STATEFUL
    has_links = not stateful and rng.random() < LINKED
    timely = not stateful and not has_links and rng.random() < TIMELY
    world = World(start, [], stateful, has_links, timely)
    world.tenants = [_tenant(rng, number, world) for number in range(1, rng.choice((2, 2, 2, 3)))]
    for number in range(rng.randint(5, 16 if has_links or timely else 30)):
        tenant = rng.choice(world.tenants)
        tenant.reports.append(report_drafts.order(rng, tenant, number, start, timely))
    for tenant in (rng.choice(world.tenants) for _ in range(rng.randint(5, 25) * has_links)):
        if any(enrollment.slug for enrollment in tenant.enrollments):
            tenant.clicks.append(report_drafts.click(rng, tenant, start))
    return world


def store(world: World, table: WorldTable) -> None:
    """Puts the world's beginning into the table."""
    for tenant in world.tenants:
        for item in _items(tenant):
            table.commit([Put(item, new=True)])
    table.refresh()


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
    for member in tenant.members:
        yield items.member(program_id, member)
        yield lookups.email_claim(program_id, member)
        yield from (op.item for op in lookups.renamed(program_id, None, member) if isinstance(op, Put))
    yield from _referrals(tenant)
    yield from (items.rule(program_id, rule) for rule in tenant.rules)
    for enrollment in tenant.enrollments:
        yield items.enrollment(program_id, enrollment)
        ids = {"offer_id": enrollment.offer_id, "member_id": enrollment.member_id}
        if enrollment.promo_code is not None:
            yield items.code_claim(program_id, CodeClaim(promo_code=enrollment.promo_code, issued_at=at, **ids))
        if enrollment.slug is not None:
            yield lookups.link(program_id, enrollment.slug, **ids)


def _referrals(tenant: Tenant) -> Iterator[Item]:
    """Whom each member brought, all on the day on which the program was made."""
    day = ledger.day_of(tenant.program.created_at, tenant.program.timezone)
    for referrer, count in Counter(member.original_referrer_id for member in tenant.members).items():
        month = f"month#{9999 - day.year:04d}{99 - day.month:02d}"
        for place in (f"day#{day}", month) if referrer else ():
            key = {"pk": f"{tenant.program_id}#{referrer}", "sk": f"{place}#referrals"}
            yield {**key, "kind": "referrals", "count": count}


def _tenant(rng: Random, number: int, world: World) -> Tenant:
    start, has_links = world.start, world.has_links
    made = start - timedelta(days=rng.choice((2, 40, 400)))
    zone = rng.choice(("UTC", "America/New_York", "Asia/Tokyo", "Africa/Cairo"))
    zone = "Pacific/Apia" if start.year == 2011 else zone
    at = {"created_at": made, "updated_at": made}
    mode = rng.choice(("immediate", "immediate", "hold", "manual"))
    tenant = Tenant(
        Program(
            program_id=identity("prg", number),
            name=f"Program {number}",
            visitor_salt=f"salt {number}",
            timezone=zone,
            features=Features(commission_groups=True),
            approval=Approval(mode=mode, hold_days=rng.choice((0, 1, 5)) if mode == "hold" else 0),
            attribution=rng.choice(_POLICIES) if has_links else _POLICIES[0],
            merchant_email=rng.choice(("owner@example.com", None)),
            action_codes=("trial",) if mode == "immediate" else (),
            user_fields=tuple(UserField(name=name, label=name) for name in FIELDS),
            in_use=rng.random() < 0.5,
            closed_until=ledger.day_of(start, zone),
            **at,
        )
    )
    tenant.offers = [_offer(rng, number, index, at, world) for index in range(1, rng.randint(2, 4))]
    for index in range(1, rng.randint(*_MEMBERS[world.kind])):
        tenant.members.append(_member(rng, number, index, tenant, start))
    tenant.enrollments = [
        _enrollment(rng, member, offer, at)
        for offer in tenant.offers
        for member in tenant.members
        if rng.random() < 0.8
    ]
    kind = world.stateful, world.timely
    tenant.rules = [
        Rule(**dict(rule_drafts.drawn(rng, tenant.offers, *kind)), rule_id=identity("rul", number, index), **at)
        for index in range(1, rng.randint(2, 6))
    ]
    return tenant


def _member(rng: Random, number: int, index: int, tenant: Tenant, start: datetime) -> Member:
    """Brought by one of the earlier, or by nobody."""
    parent, made = rng.choice((None, *tenant.members, *tenant.members)), tenant.program.created_at
    member_id = identity("mem", number, index)
    return Member(
        member_id=member_id,
        email=f"m{index}@example.com",
        first_name=f"M{index}",
        fields=dict(rng.choice(((), (("rank", "silver"),)))),
        parent_id=parent and parent.member_id,
        original_referrer_id=parent and parent.member_id,
        joined_on=ledger.day_of(made, tenant.program.timezone),
        ancestors=(parent.member_id, *parent.ancestors) if parent else (),
        approved_at=max(made, start - timedelta(hours=rng.randrange(96))),
        created_at=made,
        updated_at=made,
    )


def _offer(rng: Random, number: int, index: int, at: dict[str, Any], world: World) -> Offer:
    has_links = world.has_links
    is_link = has_links and (index == 1 or rng.random() < 0.4)
    options = tuple(
        PayoutOption(
            payout_option_id=identity("opt", number, index, option),
            name=f"option {option}",
            default=option == 1,
            terms=term_drafts.drawn(rng, is_link, world.timely),
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
