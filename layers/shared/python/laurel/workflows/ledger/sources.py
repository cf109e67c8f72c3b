"""The lists that wanted rows are in: as few partitions of an index as hold them all."""

from dataclasses import dataclass, field
from typing import Final

from laurel.domain.ledger.totals import NO_OFFER, REFERRALS
from laurel.domain.members.enrollments import CodeClaim
from laurel.store import indexes, items, keys, totals_keys
from laurel.store.indexes import BY_MEMBER, BY_OWNER, BY_RULE, Index
from laurel.store.table import Table
from laurel.workflows.ledger.wanted import Wanted
from laurel.workflows.offers import reading
from laurel.workflows.offers.reading import MOST_OFFERS
from laurel.workflows.requests.listing import Where

MOST_OFFERS_OF_ALL_TIME: Final = 500
"""The most offers for a list that no day begins: it has many pages, and each reads of each of them."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The partitions of an index that hold all wanted rows, and what tells the wanted from the others there."""

    index: Index
    partitions: list[str]
    where: Where = field(default_factory=dict)


def of(table: Table, program_id: str, wanted: Wanted) -> Sources:
    """The lists to read for the wanted rows. Raises Invalid `range_too_large`."""
    if wanted.attributed is False:
        is_anybodys = wanted.offer_id or wanted.member_id or wanted.rule_id
        return Sources(BY_OWNER, [] if is_anybodys else indexes.unattributed(program_id))
    if wanted.member_id is not None:
        return _of_member(table, program_id, wanted, wanted.member_id)
    if wanted.rule_id is not None:
        return _of_rule(program_id, wanted.rule_id, wanted.offer_id)
    if wanted.offer_id is not None:
        buckets = reading.buckets(table, program_id, wanted.offer_id)
        return Sources(BY_OWNER, indexes.offer_commissions(program_id, wanted.offer_id, buckets))
    if wanted.promo_code is not None:
        return _of_code(table, program_id, wanted.promo_code)
    return _of_program(table, program_id, wanted)


def _of_member(table: Table, program_id: str, wanted: Wanted, member_id: str) -> Sources:
    among = offers_of(table, program_id, member_id) if wanted.offer_id is None else [wanted.offer_id]
    reading.require_few(len(among) - 1, _most(wanted), "name an offer_id, or days by from and to")
    return Sources(BY_MEMBER, [indexes.member_commissions(program_id, member_id, offer) for offer in among])


def _of_rule(program_id: str, rule_id: str, offer_id: str | None) -> Sources:
    """Rows that a rule made; a rule of one offer makes all of them there."""

    def is_there(partition: str) -> bool:
        return partition.split("#")[2] == offer_id

    where: Where = {} if offer_id is None else {BY_MEMBER.pk: is_there}
    return Sources(BY_RULE, [indexes.rule_commissions(program_id, rule_id)], where)


def _of_code(table: Table, program_id: str, promo_code: str) -> Sources:
    """A code wins orders for the one enrollment that has it for ever."""
    item = table.get(keys.promo_code(program_id, promo_code))
    if item is None:
        return Sources(BY_MEMBER, [])
    claim = items.parse(CodeClaim, item)
    return Sources(BY_MEMBER, [indexes.member_commissions(program_id, claim.member_id, claim.offer_id)])


def _of_program(table: Table, program_id: str, wanted: Wanted) -> Sources:
    instead = "name an offer_id or a member_id, or days by from and to"
    every = reading.every(table, program_id, _most(wanted), instead)
    of_offers = (indexes.offer_commissions(program_id, offer.offer_id, offer.buckets) for offer in every)
    in_none = indexes.offer_commissions(program_id, None, 1)
    return Sources(BY_OWNER, [*in_none, *(partition for partitions in of_offers for partition in partitions)])


def _most(wanted: Wanted) -> int:
    return MOST_OFFERS_OF_ALL_TIME if wanted.first is None else MOST_OFFERS


def offers_of(table: Table, program_id: str, member_id: str) -> list[str | None]:
    """None and the offers that a member can have rows in: offers it is in, and offers in whose totals it is counted.

    Enrollments are never deleted; the other offers are those in which members below it sold.
    """
    bounds = (keys.ENROLLMENTS, totals_keys.MONTHS[1])
    sort_keys = [item["sk"] for item in table.query(keys.account(program_id, member_id), between=bounds)]
    rooms = (keys.ENROLLMENTS, totals_keys.MONTHS[0])
    among = {sk.rpartition("#")[2] for sk in sort_keys if sk.startswith(rooms)}
    return [None, *sorted(among - {NO_OFFER, REFERRALS})]
