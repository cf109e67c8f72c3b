"""Members' payees as items and back: what is shown in the body, what is paid to as ciphertext beside it."""

from laurel.domain.history import Edit
from laurel.domain.payouts.payees import Kept, Sealed
from laurel.domain.values.ids import derived_id
from laurel.store import items, member_keys
from laurel.store.operations import Put, Update
from laurel.store.values import Item

SECRET = ("sealed", "mark")
"""Attributes: the account as base64 ciphertext, and the mark by which it is known again; none once it was removed."""


def put(program_id: str, before: Kept | None, after: Kept, secret: dict[str, str]) -> Put:
    """Writes a payee in the place of the one that was read; `secret`: as `vault.kept` gives it, empty for none."""
    item = items.as_item("payee", member_keys.payee(program_id, after.member_id), after, **secret)
    return Put(item, new=True) if before is None else Put(item, expect={"version": before.version})


def kept(item: Item | None) -> Kept | None:
    """The part of a payee that is not encrypted; None if there never was one."""
    return items.parse(Kept, item) if item and "body" in item else None


def secret(item: Item | None) -> dict[str, str]:
    """The encrypted part; empty if there is none."""
    return {name: item[name] for name in SECRET if name in item} if item else {}


def sealed(item: Item | None) -> Sealed | None:
    """A payee as drafts and files need it; None for a member without one."""
    known = kept(item)
    return (
        None
        if item is None or known is None or known.masked is None
        else Sealed(masked=known.masked, sealed=item["sealed"])
    )


def history(program_id: str, after: Kept, edit: Edit) -> Put:
    """Writes the line of the member's history for an edit that left the payee so."""
    about = derived_id("his", after.member_id, "payee", str(after.version))
    return Put(items.history(program_id, after.member_id, edit, about), new=True)


def erased(program_id: str, member_id: str) -> Update:
    """Removes all of a member's payee, if there is one, and whoever wrote it since it was read comes too late."""
    blank = {"kind": "payee"}
    return Update(
        member_keys.payee(program_id, member_id), set=blank, remove=("body", *SECRET), add={"version": 1}, exists=False
    )
