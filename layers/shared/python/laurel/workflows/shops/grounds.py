"""Grounds: all that decides what a shop should have of one code, read together just before it is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.connections import Connection
from laurel.domain.shops.wanted import ABILITIES, Abilities, Grounds, Wanted
from laurel.store import items, keys, shop_items, shop_keys
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item


@dataclass(frozen=True, slots=True)
class Ground:
    """All that a code rests on, as it was read: its connection with what opens it, and what is wanted of the shop."""

    connection: Connection
    sealed: str
    grounds: Grounds
    program: Program

    @property
    def abilities(self) -> Abilities:
        """The abilities of its platform."""
        return ABILITIES[self.connection.platform]

    def refusal(self, wanted: Wanted) -> str | None:
        """Why the shop cannot have what is wanted; None if it can."""
        if not self.abilities.is_fit(wanted.code):
            return "code_not_possible_there"
        if wanted.amount is not None and self.connection.currency not in {None, wanted.currency}:
            return "another_currency"
        return None


def read(table: Table, program_id: str, code: ShopCode) -> Ground | None:
    """All that decides, read together; None if the connection or something else is gone."""
    connection = shop_keys.connection(program_id, code.storefront_id)
    program = keys.program(program_id)
    offer, member, enrollment = keys.standing(program_id, code.member_id, code.offer_id)
    stored = table.batch_get([connection, program, offer, member, enrollment])
    if len(stored) < 5:  # all five
        return None
    found, item = _grounds(stored, program, (offer, member, enrollment)), stored[connection]
    sealed, owner = item.get(shop_items.SEALED, ""), items.parse_program(stored[program])
    return Ground(items.parse(Connection, item), sealed, found, owner)


def _grounds(stored: Mapping[Key, Item], program: Key, standing: tuple[Key, Key, Key]) -> Grounds:
    offer, member, enrollment = (stored[key] for key in standing)
    currency = items.parse_program(stored[program]).currency
    return Grounds(
        items.parse(Offer, offer), items.parse(Member, member), items.parse(Enrollment, enrollment), currency
    )
