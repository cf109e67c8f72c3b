"""Members: they apply, are let in the next day, join offers, tell how they are paid; a few are suspended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from laurel.domain.history import Author
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.members.members import NewMember
from laurel.domain.payouts.payees import BankAccount, PaypalAccount
from laurel.workflows.members import enrollments, members
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.payouts import payees
from tools.year.backstage import Backstage, author
from tools.year.opening import Scene
from tools.year.people import Persona, personas
from tools.year.plan import Size

_FIRST_TEAM: Final = 0.2
"""The part that is there from the beginning."""
_WAITING: Final = 0.04
_SUSPENDED: Final = 0.025
_BROUGHT: Final = 0.3
_FRIENDS: Final = 0.15
_LINKED: Final = 0.5
_PAYEES: Final = 0.3
_OWN_PERCENTS: Final = ("15", "18", "20")
_LATE: Final = timedelta(days=20)
"""The time within which everybody who still waits has applied."""


@dataclass(eq=False, slots=True)
class Seller:
    """One of the crew. `codes`: that buyers use; `slug`: of their link; `is_in`: let in."""

    persona: Persona
    applies: date
    waits: bool
    leaves: date | None
    member_id: str = ""
    codes: list[str] = field(default_factory=list)
    slug: str | None = None
    is_in: bool = False

    def sells_on(self, day: date) -> bool:
        """Whether buyers may come by them."""
        return self.is_in and (self.leaves is None or day < self.leaves)


def crew(rng: Random, size: Size, today: date) -> list[Seller]:
    """Everybody of the year, in the order in which they apply."""
    first, people = size.first_day(today), personas(rng, size.members)
    waiting, team = round(size.members * _WAITING), round(size.members * _FIRST_TEAM)
    later = sorted(rng.randrange(2, max(3, size.days - _LATE.days)) for _ in people[team + waiting :])
    late = [size.days - rng.randrange(1, min(_LATE.days, size.days)) for _ in range(waiting)]
    days = [*(0 for _ in range(team)), *later, *sorted(late)]
    leaving = set(range(team, team + round(size.members * _SUSPENDED)))
    return [
        Seller(
            persona,
            first + timedelta(days=day),
            waits=number >= size.members - waiting,
            leaves=first + timedelta(days=day + (size.days - day) // 2) if number in leaving else None,
        )
        for number, (persona, day) in enumerate(zip(people, days, strict=True))
    ]


def morning(stage: Backstage, scene: Scene, everybody: Sequence[Seller], day: date, at: datetime) -> None:
    """Applications, decisions about those of before, and suspensions."""
    for seller in _due(everybody, day):
        _apply(stage, scene, everybody, seller, at)
    for seller in everybody:
        if seller.member_id and not seller.is_in and not seller.waits and _is_decided(seller, day, everybody):
            _let_in(stage, scene, seller, at)
        if seller.leaves == day and seller.is_in:
            _edit(stage, scene, seller, {"status": "suspended"}, at)


def _due(everybody: Sequence[Seller], day: date) -> Iterator[Seller]:
    return (seller for seller in everybody if seller.applies == day and not seller.member_id)


def _is_decided(seller: Seller, day: date, everybody: Sequence[Seller]) -> bool:
    """The next day; the first team at once."""
    return seller.applies < day or seller.applies == everybody[0].applies


def _apply(stage: Backstage, scene: Scene, everybody: Sequence[Seller], seller: Seller, at: datetime) -> None:
    known = [other.member_id for other in everybody if other.is_in]
    brought = known and stage.rng.random() < _BROUGHT
    new = NewMember(
        email=seller.persona.email,
        first_name=seller.persona.first_name,
        last_name=seller.persona.last_name,
        status="pending",
        referrer_id=stage.rng.choice(known[:20]) if brought else None,
    )
    made = members.create(stage.table, stage.asked_by(scene.manager, at), new, stage.randomness)[0]
    seller.member_id = made.member_id


def _let_in(stage: Backstage, scene: Scene, seller: Seller, at: datetime) -> None:
    _edit(stage, scene, seller, {"status": "approved"}, at)
    seller.is_in, rng = True, stage.rng
    _join(stage, scene, seller, scene.skincare.offer_id, {"promo_code": seller.persona.code}, at)
    if rng.random() < _FRIENDS:
        terms = {"type": "percent_of_sale", "percent": rng.choice(_OWN_PERCENTS)}
        changes = {"promo_code": f"{seller.persona.code}VIP", "terms": terms}
        _join(stage, scene, seller, scene.friends.offer_id, changes, at)
    if len(seller.codes) == 1 and (rng.random() < _LINKED or seller.persona.code == "ADA10"):
        _join(stage, scene, seller, scene.box.offer_id, {}, at)
    if rng.random() < _PAYEES or seller.persona.code == "ADA10":
        _tell_payee(stage, seller, at)


def _edit(stage: Backstage, scene: Scene, seller: Seller, patch: dict[str, Any], at: datetime) -> None:
    members.edit(stage.table, stage.program, seller.member_id, patch, None, author(scene.manager, at))


def _join(stage: Backstage, scene: Scene, seller: Seller, offer_id: str, changes: dict[str, Any], at: datetime) -> None:
    place = Place(stage.program_id, offer_id, seller.member_id)
    edit, by = EnrollmentEdit.model_validate(changes), author(scene.manager, at)
    enrolled = enrollments.put(stage.table, place, edit, by, stage.randomness)[0]
    if enrolled.promo_code:
        seller.codes.append(enrolled.promo_code)
    seller.slug = enrolled.slug or seller.slug


def _tell_payee(stage: Backstage, seller: Seller, at: datetime) -> None:
    place, persona = payees.Place(stage.program_id, seller.member_id), seller.persona
    payee: PaypalAccount | BankAccount = PaypalAccount(method="paypal", email=persona.email)
    if persona.code != "ADA10" and stage.rng.random() < 0.3:
        holder = f"{persona.first_name} {persona.last_name}"
        payee = BankAccount(method="iban", holder=holder, iban=_iban(stage.rng.randrange(10**10)))
    payees.put(stage.table, place, payee, None, Author(f"member:{seller.member_id}", at + timedelta(minutes=30)))


def _iban(account: int) -> str:
    """The German IBAN of an account at a bank that does not exist."""
    basic = f"37040044{account:010d}"
    return f"DE{98 - int(f'{basic}131400') % 97:02d}{basic}"
