"""A conversion with all that belongs to it: whoever earns of it and why, who else claimed it, what was done to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

from laurel.concurrency import side_by_side, together
from laurel.domain.earnings import recurrences
from laurel.domain.earnings.recurrences import Recurrence
from laurel.domain.earnings.tiers import tier_ids
from laurel.domain.history import Edit
from laurel.domain.ledger.commissions import Commission
from laurel.domain.ledger.views import ConversionDetail
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Storefront
from laurel.domain.rules.rules import Rule
from laurel.domain.tracking.refunds import RefundView
from laurel.store import indexes, items, keys
from laurel.store.indexes import BY_MEMBER
from laurel.store.keys import LAST, Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import history
from laurel.workflows.ledger import commissions, row_history
from laurel.workflows.requests.listing import Page
from laurel.workflows.tracking import refunds

_LINES: Final = 50
"""Lines of history that are read with it."""
_BESIDE: Final = 50
"""Rows of one member at the order's instant that are looked at."""


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """A conversion, and everything about it.

    `adjustments`: of its row once that was paid; `above`: rows of the members above, nearest first; `rewards`: rows
    that rules made at its instant for the member, or for who brought them. `recurrence`: what follows it by itself.
    `names`: of the keys and rules in the history.
    """

    row: Commission
    view: ConversionDetail
    refunds: list[RefundView]
    history: Page[Edit]
    adjustments: tuple[Commission, ...]
    above: tuple[Commission, ...]
    rewards: tuple[Commission, ...]
    members: Mapping[str, Member]
    offers: Mapping[str, Offer]
    rules: Mapping[str, Rule]
    storefront: Storefront | None
    recurrence: Recurrence | None
    names: Mapping[str, str]

    def name(self, member_id: str | None) -> str:
        """A member's name for people."""
        member = self.members.get(member_id or "")
        return (member.full_name or member.email if member else "") or "somebody who was erased"


@dataclass(frozen=True, slots=True)
class _Reading:
    table: Table
    program_id: str

    def people(self, row: Commission, view: ConversionDetail) -> dict[Key, Item]:
        """The items of all who won or claimed it, of their offers, and of the shop."""
        claims = [(row.member_id, row.offer_id), *((loser.member_id, loser.offer_id) for loser in view.evidence)]
        people = [keys.member(self.program_id, member_id) for member_id, _ in claims if member_id]
        offers = [keys.offer(self.program_id, offer_id) for _, offer_id in claims if offer_id]
        shop = keys.storefront(self.program_id, view.storefront_id)
        return self.table.batch_get([*people, *offers, shop, *self._recurrence(row)])

    def _recurrence(self, row: Commission) -> Iterator[Key]:
        if recurrences.can_be_first(row):
            yield keys.recurrence(self.program_id, recurrences.recurrence_id(self.program_id, row))

    def at_its_instant(self, row: Commission, member_id: str | None) -> list[Commission]:
        """Rows of a member that are as old as the order, to the millisecond, in its offer or in none."""
        if member_id is None:
            return []
        at = keys.instant(row.occurred_at)

        def read(offer_id: str | None) -> list[Item]:
            partition = indexes.member_commissions(self.program_id, member_id, offer_id)
            return self.table.query(partition, between=(at, at + LAST), limit=_BESIDE, index=BY_MEMBER)

        found = side_by_side(read, {row.offer_id, None})
        return [items.parse(Commission, item) for of_one in found for item in of_one]


@dataclass(frozen=True, slots=True)
class _Near:
    """The things that the row itself leads to. `own`: rows of its member at its instant."""

    found: Mapping[Key, Item]
    refunds: list[RefundView]
    history: Page[Edit]
    own: list[Commission]

    @property
    def members(self) -> dict[str, Member]:
        """All who won or claimed it."""
        return _parsed(self.found, "member", Member)


def read(table: Table, program_id: str, conversion_id: str) -> WholeOrder:
    """The order in three steps, each read side by side, however old it is. Raises Absent."""
    reading = _Reading(table, program_id)
    row, view = commissions.with_evidence(table, program_id, conversion_id)
    return _whole(reading, row, view, _near(reading, row, view))


def _near(reading: _Reading, row: Commission, view: ConversionDetail) -> _Near:
    table, program_id = reading.table, reading.program_id
    return _Near(
        *together(
            lambda: reading.people(row, view),
            lambda: refunds.of_row(table, program_id, row),
            lambda: row_history.unsigned(table, program_id, row, _LINES),
            lambda: reading.at_its_instant(row, row.member_id),
        )
    )


def _whole(reading: _Reading, row: Commission, view: ConversionDetail, near: _Near) -> WholeOrder:
    table, program_id, members = reading.table, reading.program_id, near.members
    seller = members.get(row.member_id or "")
    above = tier_ids(program_id, seller, row) if seller else {}
    brought_by = seller.original_referrer_id if seller else None
    rows_above, others, more, (signed, names) = together(
        lambda: table.batch_get(keys.commission(program_id, each) for each in above.values()),
        lambda: reading.at_its_instant(row, brought_by),
        lambda: table.batch_get(_named(program_id, [*above, brought_by], near.own)),
        lambda: history.with_names(table, program_id, near.history),
    )
    return WholeOrder(
        row=row,
        view=view,
        refunds=near.refunds,
        history=signed,
        adjustments=tuple(each for each in near.own if _adjusts(each, row)),
        above=tuple(sorted((items.parse(Commission, each) for each in rows_above.values()), key=attrgetter("tier"))),
        rewards=tuple(each for each in (*near.own, *others) if _is_reward(each, row)),
        members={**members, **_parsed(more, "member", Member)},
        offers=_parsed(near.found, "offer", Offer),
        rules=_parsed(more, "rule", Rule),
        storefront=_parsed(near.found, "storefront", Storefront).get(view.storefront_id),
        names=names,
        recurrence=next(iter(_parsed(near.found, "recurrence", Recurrence).values()), None),
    )


def _adjusts(row: Commission, order: Commission) -> bool:
    return row.adjusts is not None and row.adjusts.commission_id == order.commission_id


def _is_reward(row: Commission, order: Commission) -> bool:
    """Whether a rule made it as of the order, for its member: another order of the same instant is not told apart."""
    about = None if row.evidence is None else row.evidence.commission_id
    theirs = order.member_id in {row.member_id, row.earned_by}
    return row.origin == "rule" and theirs and about in {None, order.commission_id}


def _named(program_id: str, people: Iterable[str | None], rows: Iterable[Commission]) -> Iterator[Key]:
    """The keys of people, and of the rules that made rows."""
    yield from (keys.member(program_id, each) for each in people if each)
    yield from (keys.rule(program_id, row.rule_id) for row in rows if row.rule_id)


def _parsed(found: Mapping[Key, Item], kind: str, model: type[Any]) -> dict[str, Any]:
    """The things of a kind by their ids."""
    parsed = (items.parse(model, item) for item in found.values() if item["kind"] == kind)
    return {getattr(each, f"{kind}_id"): each for each in parsed}
