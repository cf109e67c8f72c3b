"""Random small worlds: programs, offers, members and what storefronts will report of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from laurel.domain.enrollments import CodeClaim, Enrollment
from laurel.domain.members import Member
from laurel.domain.offers import Offer, PayoutOption
from laurel.domain.programs import Approval, Program, UserField
from laurel.domain.rules import Rule
from laurel.domain.templates import Template
from laurel.domain.terms import FixedOrPercent, FlatPerSale, FlatPlusPercent, NoPayout, PayoutTerms, PercentOfSale
from laurel.store import items, keys
from laurel.store.operations import Put
from laurel.store.values import Item
from tests.simulation import rule_drafts
from tests.simulation.world_table import WorldTable

# the last days before: a new week, a year and ISO week that differ, a clock change in New York, a month's end
STARTS: Final = (
    datetime(2026, 11, 21, 22, tzinfo=UTC),
    datetime(2026, 12, 31, 20, tzinfo=UTC),
    datetime(2026, 3, 8, 3, tzinfo=UTC),
    datetime(2027, 1, 30, 12, tzinfo=UTC),
)
FIELDS: Final = ("rank", "vip")
_TERMS: Final[tuple[PayoutTerms, ...]] = (
    PercentOfSale(type="percent_of_sale", percent="10", actions={}),
    PercentOfSale(type="percent_of_sale", percent="7.5", actions={"signup": FixedOrPercent(amount=150)}),
    FlatPerSale(type="flat_per_sale", amount=500, actions={"signup": FixedOrPercent(percent="20")}),
    FlatPlusPercent(type="flat_plus_percent", amount=100, percent="2.9", actions={}),
    NoPayout(type="none", actions={}),
)


def identity(prefix: str, *numbers: int) -> str:
    """A readable id: `mem_...0102` is member 2 of program 1."""
    return f"{prefix}_{''.join(f'{number:02d}' for number in numbers):0>26}"


STOREFRONT: Final = identity("sf", 1)


@dataclass
class Tenant:
    """One program with everything in it, as it was at the start."""

    program: Program
    offers: list[Offer] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    enrollments: list[Enrollment] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)

    @property
    def program_id(self) -> str:
        return self.program.program_id


@dataclass
class World:
    """Where and when a history plays. `stateful`: rules look at fields and groups, and people keep changing these."""

    start: datetime
    tenants: list[Tenant]
    stateful: bool


def drawn(rng: Random) -> World:
    """A world of one or two programs, and 5 to 30 conversions."""
    start = rng.choice(STARTS) + timedelta(minutes=rng.randrange(240))
    stateful = rng.random() < 0.3
    numbers = range(1, rng.choice((2, 2, 2, 3)))
    world = World(start, [_tenant(rng, number, start, stateful) for number in numbers], stateful)
    for number in range(rng.randint(5, 30)):
        tenant = rng.choice(world.tenants)
        tenant.reports.append(_report(rng, tenant, number, start))
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
        code, ids = enrollment.promo_code or "", {"offer_id": enrollment.offer_id, "member_id": enrollment.member_id}
        yield items.code_claim(program_id, CodeClaim(promo_code=code, issued_at=at, **ids))


def _tenant(rng: Random, number: int, start: datetime, stateful: bool) -> Tenant:
    made = start - timedelta(days=rng.choice((2, 40, 400)))
    at = {"created_at": made, "updated_at": made}
    mode = rng.choice(("immediate", "immediate", "hold", "manual"))
    tenant = Tenant(
        Program(
            program_id=identity("prg", number),
            name=f"Program {number}",
            timezone=rng.choice(("UTC", "America/New_York", "Asia/Tokyo", "Africa/Cairo")),
            approval=Approval(mode=mode, hold_days=rng.choice((0, 1, 5)) if mode == "hold" else 0),
            merchant_email=rng.choice(("owner@example.com", None)),
            user_fields=tuple(UserField(name=name, label=name) for name in FIELDS),
            in_use=rng.random() < 0.5,
            **at,
        )
    )
    tenant.offers = [_offer(rng, number, index, at) for index in range(1, rng.randint(2, 4))]
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
        Enrollment(
            offer_id=offer.offer_id,
            member_id=member.member_id,
            payout_option_id=rng.choice(offer.payout_options).payout_option_id,
            promo_code=f"M{member.member_id[-2:]}-O{offer.offer_id[-2:]}",
            **at,
        )
        for offer in tenant.offers
        for member in tenant.members
        if rng.random() < 0.8
    ]
    tenant.rules = [
        Rule(**dict(rule_drafts.drawn(rng, tenant.offers, stateful)), rule_id=identity("rul", number, index), **at)
        for index in range(1, rng.randint(2, 6))
    ]
    return tenant


def _offer(rng: Random, number: int, index: int, at: dict[str, Any]) -> Offer:
    options = tuple(
        PayoutOption(
            payout_option_id=identity("opt", number, index, option),
            name=f"option {option}",
            default=option == 1,
            terms=rng.choice(_TERMS),
        )
        for option in range(1, rng.randint(2, 3))
    )
    return Offer(
        offer_id=identity("off", number, index),
        name=f"Offer {index}",
        kind="promo_code",
        payout_options=options,
        buckets=rng.choice((1, 1, 3)),
        **at,
    )


def _report(rng: Random, tenant: Tenant, number: int, start: datetime) -> dict[str, Any]:
    report: dict[str, Any] = {"order_id": f"order-{number}", "currency": "USD", "amount": _amount(rng)}
    if rng.random() < 0.2:
        report |= {"type": "action", "action_code": rng.choice(("signup", "trial"))}
    if rng.random() < 0.4:  # the order's own time; without it, that of the first report
        report["occurred_at"] = (start - timedelta(minutes=rng.choice((1, 1500, 9000, 50000, 150000)))).isoformat()
    if rng.random() < 0.1:
        report["metadata"] = {"basket": number}
    member = rng.choice(tenant.members)
    offer = rng.choice(tenant.offers)
    match rng.choice(("code", "code", "code", "code", "member", "both", "sole", "nobody")):
        case "code":
            report["promo_code"] = f"m{member.member_id[-2:]}-o{offer.offer_id[-2:]}"
        case "member":
            report |= {"member_id": member.member_id, "offer_id": offer.offer_id}
        case "both":
            other = rng.choice(tenant.members)
            report |= {"member_id": member.member_id, "offer_id": offer.offer_id}
            report["promo_code"] = f"M{other.member_id[-2:]}-O{offer.offer_id[-2:]}"
        case "sole":
            report["member_id"] = member.member_id
        case _:
            report["promo_code"] = "SOMEBODY-ELSE"
    return report


def _amount(rng: Random) -> int:
    return rng.choice((0, 100, 2500, 3000, 5000, 10000, rng.randrange(20000)))
