"""Random reports of storefronts: orders, and clicks that they route themselves."""

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.simulation.kit.judges import ledger

if TYPE_CHECKING:
    from tests.simulation.kit.world.worlds import Tenant

ANY_CLICK: Final = "clk_any"
"""In place of a click that the customer will have made by then."""
_NEAR_MIDNIGHT: Final = (timedelta(milliseconds=-1), timedelta(0), timedelta(minutes=-90), timedelta(minutes=30))


def order(rng: Random, tenant: "Tenant", number: int, start: datetime, timely: bool) -> dict[str, Any]:
    """An order or action, and how it names who brought it."""
    shop = "b-" if (tenant.has_links or timely) and rng.random() < 0.2 else ""
    report: dict[str, Any] = {"order_id": f"{shop}order-{number}", "currency": "USD", "amount": _amount(rng)}
    if rng.random() < 0.2:
        code = f"unheard of {number}" if number % 3 == 0 else rng.choice(("signup", "trial"))
        report |= {"type": "action", "action_code": code}
    if rng.random() < 0.4:  # the order's own time; without it, that of the first report
        report["occurred_at"] = (start - timedelta(minutes=rng.choice((1, 1500, 9000, 50000, 150000)))).isoformat()
    if rng.random() < 0.1:
        report["metadata"] = {"basket": number}
    if timely and rng.random() < 0.5:
        report["subscription_id"] = f"subscription-{rng.randrange(2)}"
    if not tenant.has_links:
        return report | _named(rng, tenant)
    report |= _customer(rng, tenant) | (_named(rng, tenant) if rng.random() < 0.7 else {})
    return report | ({"click_id": ANY_CLICK} if rng.random() < 0.5 else {})


def click(rng: Random, tenant: "Tenant", start: datetime) -> dict[str, Any]:
    """A visit: of few visitors to few links, some of it reported late, and just before or after a local midnight."""
    slugs = [enrollment.slug for enrollment in tenant.enrollments if enrollment.slug]
    popular = rng.choice((slugs[0], slugs[0], slugs[-1]))
    report: dict[str, Any] = {"slug": popular, "visitor_id": f"visitor-{rng.randrange(25)}"}
    if rng.random() < 0.25:
        zone = tenant.program.timezone
        today = ledger.day_of(start, zone)
        midnight = ledger.start_of(today - timedelta(days=rng.choice((0, 0, 1, 30, 180))), zone)
        at = min(midnight + rng.choice(_NEAR_MIDNIGHT), start + timedelta(minutes=4))
        report["occurred_at"] = at.isoformat()
    return report


def _named(rng: Random, tenant: "Tenant") -> dict[str, Any]:
    member, offer, other = rng.choice(tenant.members), rng.choice(tenant.offers), rng.choice(tenant.members)
    code = f"m{member.member_id[-2:]}-o{offer.offer_id[-2:]}"
    kinds: tuple[str, ...] = ("code", "code", "code", "code", "member", "both", "sole", "nobody")
    codes = [each.promo_code for each in tenant.enrollments if each.promo_code]
    if not codes:
        kinds = kinds[4:]
    elif tenant.has_links and rng.random() < 0.8:  # half of the offers have no codes
        code = rng.choice(codes)
    match rng.choice(kinds):
        case "code":
            return {"promo_code": code}
        case "member":
            return {"member_id": member.member_id, "offer_id": offer.offer_id}
        case "both":
            code = f"M{other.member_id[-2:]}-O{offer.offer_id[-2:]}"
            return {"member_id": member.member_id, "offer_id": offer.offer_id, "promo_code": code}
        case "sole":
            return {"member_id": member.member_id}
        case _:
            return {"promo_code": "SOMEBODY-ELSE"}


def _customer(rng: Random, tenant: "Tenant") -> dict[str, Any]:
    """Few customers, who come again, with an account, as a guest or known by both; a member may buy too.

    An address may have a tag: it is the same person's.
    """
    chance, number = rng.random(), rng.choice((0, 0, 1))
    account, address = {"customer_id": f"customer-{number}"}, {"customer_email": f"Customer{number}@example.com"}
    if chance < 0.75:
        tagged = {"customer_email": f"customer{number}+news@example.com"}
        return rng.choice((account, account, address, {**account, **tagged}))
    if chance >= 0.8:
        return {}
    own = rng.choice(tenant.members).email
    return {"customer_email": own if chance < 0.775 else own.replace("@", "+shop@")}


def _amount(rng: Random) -> int:
    return rng.choice((0, 100, 2500, 3000, 5000, 10000, rng.randrange(20000)))
