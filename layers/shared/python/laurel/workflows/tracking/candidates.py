"""Candidates: the items of the first read say whom a report leads to, those of the second how these people stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from laurel.domain.ledger.orders import customer_scope
from laurel.domain.members.enrollments import CodeClaim, Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import AttributedBy
from laurel.domain.tracking.attribution import Candidate
from laurel.domain.tracking.claims import Holder
from laurel.domain.tracking.clicks import Click
from laurel.domain.tracking.conversions import Received
from laurel.store import claims, items, keys
from laurel.store.keys import Key
from laurel.store.values import Item

Found = Mapping[Key, Item]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom a report names, before it is read how they stand."""

    by: AttributedBy
    member_id: str
    offer_id: str
    code: CodeClaim | None = None
    click: Click | None = None

    def standing(self, program_id: str) -> tuple[Key, Key, Key]:
        """The keys that tell how they stand: offer, member, enrollment."""
        return keys.standing(program_id, self.member_id, self.offer_id)


def led_to(program_id: str, received: Received, found: Found) -> list[Named]:
    """The people whom the customer, the code and the click of a report lead to, in the offer if it names one."""
    offer_id = received.report.offer_id
    return [lead for lead in _leads(program_id, received, found) if offer_id in {None, lead.offer_id}]


def candidate(program_id: str, person: Named, found: Found) -> Candidate:
    """Somebody who is named, as they stand. `found`: the items of their `standing`."""
    offer, member, enrollment = person.standing(program_id)
    return Candidate(
        by=person.by,
        offer=_parsed(Offer, found.get(offer)),
        member=_parsed(Member, found.get(member)),
        enrollment=_parsed(Enrollment, found.get(enrollment)),
        code=person.code,
        visits=person.click.visits if person.click else (),
    )


def _leads(program_id: str, received: Received, found: Found) -> Iterator[Named]:
    report = received.report
    if (won := _holder(program_id, received, found)) is not None:
        yield Named("customer", won.member_id, won.offer_id)
    code = found.get(keys.promo_code(program_id, report.promo_code)) if report.promo_code else None
    if code is not None:
        claim = items.parse(CodeClaim, code)
        yield Named("promo_code", claim.member_id, claim.offer_id, code=claim)
    clicked = found.get(keys.click(program_id, report.click_id)) if report.click_id else None
    if clicked is not None:
        click = items.parse(Click, clicked)
        yield Named("click", click.member_id, click.offer_id, click=click)


def _holder(program_id: str, received: Received, found: Found) -> Holder | None:
    """The member who won the customer: first by the shop's own id of them, then by their address."""
    for customer in received.customers(program_id):
        known = found.get(keys.customer(program_id, customer))
        if known and (won := claims.holder(known, customer_scope(customer, received.storefront_id))):
            return won
    return None


def _parsed(model: type[Model], item: Item | None) -> Model | None:
    return None if item is None else items.parse(model, item)
