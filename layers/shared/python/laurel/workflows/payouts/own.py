"""Payouts as the member sees them whom they pay: once they are confirmed, with that member's line alone."""

from dataclasses import dataclass
from typing import Final

from laurel.domain.ledger.views import CommissionView
from laurel.domain.members.accounts import Head
from laurel.domain.payouts.lines import Line
from laurel.domain.payouts.payees import Masked, PayeeView
from laurel.domain.payouts.payouts import Payout
from laurel.domain.values.errors import Absent
from laurel.domain.values.model import Frozen
from laurel.store import accounts, keys, member_keys, payees, payout_keys, payouts
from laurel.store.table import Table
from laurel.workflows.payouts import reading
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page

PAYOUTS_A_PAGE: Final = 90
"""Payouts of the program that a page looks through; with head and payee they are one batched read."""


class OwnPayout(Frozen):
    """A payout, and the line of the member who asks."""

    payout: Payout
    line: Line


@dataclass(frozen=True, slots=True)
class Paid:
    """The payouts to a member, what is due to them, and where they are paid."""

    listed: Page[OwnPayout]
    head: Head
    payee: Masked | None


def paid(table: Table, program_id: str, member_id: str, cursor: str | None) -> Paid:
    """The payouts to a member, newest first; a page may have few of them. Raises Invalid `invalid_cursor`."""
    partition = payout_keys.payout(program_id, "").pk
    found = listing.page(table, [partition], payouts.parse_payout, limit=PAYOUTS_A_PAGE, cursor=cursor)
    decided = [payout for payout in found.items if payout.is_decided]
    lines = [payout_keys.payout_line(program_id, payout.payout_id, member_id) for payout in decided]
    head, payee = keys.head(program_id, member_id), member_keys.payee(program_id, member_id)
    stored = table.batch_get([head, payee, *lines])
    own = [
        OwnPayout(payout=payout, line=payouts.parse_line(stored[key]))
        for payout, key in zip(decided, lines, strict=True)
        if key in stored
    ]
    known = payees.kept(stored.get(payee))
    mine = [each for each in own if each.line.state != "left"]
    page = Page[OwnPayout](items=mine, next_cursor=found.next_cursor)
    return Paid(page, accounts.head(stored.get(head)), known.masked if known else None)


def get(table: Table, program_id: str, member_id: str, payout_id: str) -> OwnPayout:
    """A payout to a member. Raises Absent, also for one that is not confirmed, or does not pay them."""
    keys_of = payout_keys.payout(program_id, payout_id), payout_keys.payout_line(program_id, payout_id, member_id)
    stored = table.batch_get(keys_of)
    if len(stored) == len(keys_of):
        own = OwnPayout(payout=payouts.parse_payout(stored[keys_of[0]]), line=payouts.parse_line(stored[keys_of[1]]))
        if own.payout.is_decided and own.line.state != "left":
            return own
    raise Absent("line_not_found", "this payout has no line of such a member")


def rows(table: Table, program_id: str, own: OwnPayout, limit: int, cursor: str | None) -> Page[CommissionView]:
    """The rows behind it, as they were paid."""
    return reading.behind(table, program_id, own.line, own.payout, limit, cursor)


def account(table: Table, program_id: str, member_id: str) -> tuple[Head, PayeeView | None]:
    """The balances of a member's account, and where they are paid, masked."""
    head, payee = keys.head(program_id, member_id), member_keys.payee(program_id, member_id)
    stored = table.batch_get([head, payee])
    known = payees.kept(stored.get(payee))
    return accounts.head(stored.get(head)), PayeeView.of(known) if known and known.masked else None
