"""Orders that nobody won, given to a member by hand."""

from collections.abc import Mapping

from laurel.domain.history import Author
from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.enrollments import Enrollment
from laurel.domain.members.members import Member
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.tracking.attribution import Winner
from laurel.domain.tracking.conversions import Claimant, attributed
from laurel.domain.values.errors import Conflict, Invalid
from laurel.store import items, keys, ledger
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.ledger import row_history
from laurel.workflows.ledger.commissions import conversion_of
from laurel.workflows.requests.edits import following, require_version
from laurel.workflows.requests.optimistic import racing, redo


def attribute(
    table: Table, program: Program, conversion_id: str, claimant: Claimant, author: Author, if_match: int | None = None
) -> Commission:
    """The conversion given to the claimant, who earns by the terms of now; unchanged if it is theirs already.

    Flags and dates of offer and enrollment do not matter: the merchant decides. Raises Absent, Invalid `unknown_member`
    and `unknown_offer`, Conflict `already_attributed`, `not_enrolled` and `member_inactive`, Stale.
    """
    return redo(lambda: _attempt(table, program, conversion_id, claimant, author, if_match))


def _attempt(
    table: Table, program: Program, conversion_id: str, claimant: Claimant, author: Author, if_match: int | None
) -> Commission:
    program_id = program.program_id
    key = keys.commission(program_id, conversion_id)
    offer, member, enrollment = keys.standing(program_id, claimant.member_id, claimant.offer_id)
    stored = table.batch_get([key, member, offer, enrollment])
    row = conversion_of(stored.get(key))
    require_version(row, if_match)
    _require_known(member, offer, stored)
    if row.member_id is not None:
        return _require_theirs(row, claimant)
    winner = _winner(stored[offer], stored[member], stored.get(enrollment))
    by = following(row, author)
    changed = attributed(program, row, winner, by.at)
    with racing():
        table.transact(
            [
                Put(ledger.commission(program_id, changed, winner.offer.buckets), expect={"version": row.version}),
                row_history.line(program_id, row, changed, "attributed", by),
            ]
        )
    return changed


def _require_known(member: Key, offer: Key, stored: Mapping[Key, Item]) -> None:
    if member not in stored:
        raise Invalid("unknown_member", "no such member", "/member_id")
    if offer not in stored:
        raise Invalid("unknown_offer", "no such offer", "/offer_id")


def _require_theirs(row: Commission, claimant: Claimant) -> Commission:
    if (row.member_id, row.offer_id) != (claimant.member_id, claimant.offer_id):
        raise Conflict("already_attributed", "this conversion is another member's, or of another offer")
    return row


def _winner(offer: Item, member: Item, enrollment: Item | None) -> Winner:
    if enrollment is None:
        raise Conflict("not_enrolled", "the member is not enrolled in this offer")
    claimant = items.parse(Member, member)
    if claimant.status != "approved":
        raise Conflict("member_inactive", "the member is not approved")
    return Winner("member", items.parse(Offer, offer), claimant, items.parse(Enrollment, enrollment))
