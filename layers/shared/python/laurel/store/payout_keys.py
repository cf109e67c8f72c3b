"""The keys of payouts: a payout in its list, and its lines and their pages of rows in a partition of their own."""

from typing import Final

from laurel.store.keys import Key

PAYOUT_LINES: Final = "line#"
PAYOUT_PAGES: Final = "page#"
"""The prefixes of lines, and of the pages of their rows, in a payout's collection."""


def payout(program_id: str, payout_id: str) -> Key:
    """A payout."""
    return Key(f"{program_id}#payouts", payout_id)


def payout_line(program_id: str, payout_id: str, member_id: str) -> Key:
    """A member's line in a payout, or the note that it is left out."""
    return Key(f"{program_id}#{payout_id}", f"{PAYOUT_LINES}{member_id}")


def payout_page(program_id: str, payout_id: str, member_id: str, number: int) -> Key:
    """The rows that one transaction took into a member's line."""
    return Key(f"{program_id}#{payout_id}", f"{payout_pages(member_id)}{number:06d}")


def payout_pages(member_id: str | None) -> str:
    """The prefix of the pages of a member's line, or of all lines, in a payout's collection."""
    return PAYOUT_PAGES if member_id is None else f"{PAYOUT_PAGES}{member_id}#"
