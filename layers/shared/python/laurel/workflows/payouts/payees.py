"""Members' payees: encrypted here, shown masked; each change is in the member's history and mailed to the member."""

from dataclasses import dataclass

from laurel import vault
from laurel.domain.history import Author, Edit
from laurel.domain.mail.notices import PayeeChangedMail
from laurel.domain.payouts.payees import Kept, Masked, Payee, PayeeView, as_text, payee_edit
from laurel.domain.values.errors import Absent, Stale
from laurel.store import keys, member_keys, outbox
from laurel.store import payees as stored
from laurel.store.operations import Check
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import history
from laurel.workflows.members import members
from laurel.workflows.members.left_out import left
from laurel.workflows.requests.edits import following
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import racing, redo


@dataclass(frozen=True, slots=True)
class Place:
    """The member whose payee it is."""

    program_id: str
    member_id: str


def get(table: Table, place: Place) -> PayeeView:
    """A member's payee, masked. Raises Absent for no such member, or one without a payee."""
    members.get(table, place.program_id, place.member_id)
    kept = stored.kept(table.get(member_keys.payee(place.program_id, place.member_id)))
    if kept is None or kept.masked is None:
        raise _none()
    return PayeeView.of(kept)


def put(table: Table, place: Place, payee: Payee, if_match: int | None, author: Author) -> PayeeView:
    """A member's payee from now on; the same again changes nothing. Raises Absent, Stale, Conflict, VaultClosed."""

    def attempt() -> PayeeView:
        change = _Change.of(table, place, if_match)
        secret = vault.kept(as_text(payee), stored.secret(change.item), account_of=place.member_id)
        if secret == stored.secret(change.item) and change.kept is not None:
            return PayeeView.of(change.kept)
        return PayeeView.of(change.write(table, payee.masked, secret, author))

    return redo(attempt)


def remove(table: Table, place: Place, if_match: int | None, author: Author) -> None:
    """Removes a member's payee: only what needs none pays them. Raises Absent, Stale, Conflict."""

    def attempt() -> None:
        change = _Change.of(table, place, if_match)
        if change.before is None:
            raise _none()
        change.write(table, None, {}, author)

    redo(attempt)


def history_of(table: Table, place: Place, limit: int, cursor: str | None) -> Page[Edit]:
    """The changes of a member's profile, status and payee, newest first. Raises Absent."""
    members.get(table, place.program_id, place.member_id)
    return history.of_member(table, place.program_id, place.member_id, limit, cursor)


@dataclass(frozen=True, slots=True)
class _Change:
    """A change of a member's payee, as read: `member_version`, and the payee's item, None if there never was one."""

    place: Place
    member_version: int
    item: Item | None

    @staticmethod
    def of(table: Table, place: Place, if_match: int | None) -> "_Change":
        """Raises Absent, Conflict `member_erased`, Stale."""
        member = members.get(table, place.program_id, place.member_id)
        members.require_present(member)
        change = _Change(place, member.version, table.get(member_keys.payee(place.program_id, place.member_id)))
        version = change.kept.version if change.kept and change.before else None
        if if_match is not None and if_match != version:
            raise Stale("version_mismatch", f"the stored version is {version}" if version else "there is no payee")
        return change

    @property
    def kept(self) -> Kept | None:
        """The payee, also a removed one."""
        return stored.kept(self.item)

    @property
    def before(self) -> Masked | None:
        """The payee as it was shown."""
        return self.kept.masked if self.kept else None

    def write(self, table: Table, masked: Masked | None, secret: dict[str, str], author: Author) -> Kept:
        """Writes payee, history and mail in one transaction, which takes the member's lines out of open drafts."""
        program_id, member_id = self.place.program_id, self.place.member_id
        by = following(self.kept, author)
        after = self._after(masked, by)
        edit = payee_edit(self.before, masked, by)
        was, is_now = (shown.label if shown else None for shown in (self.before, masked))
        mail = PayeeChangedMail.of(member_id, after.version, was, is_now, by.at)
        with racing():
            table.transact(
                [
                    stored.put(program_id, self.kept, after, secret),
                    Check(keys.member(program_id, member_id), expect={"version": self.member_version}),
                    *left(table, program_id, member_id, "payee_changed", by.at),
                    stored.history(program_id, after, edit),
                    outbox.put(program_id, mail),
                ]
            )
        return after

    def _after(self, masked: Masked | None, by: Author) -> Kept:
        made_at = self.kept.created_at if self.kept and self.before else by.at
        version = self.kept.version + 1 if self.kept else 1
        stamps = {"created_at": made_at, "updated_at": by.at, "version": version}
        return Kept(member_id=self.place.member_id, masked=masked, **stamps)


def _none() -> Absent:
    return Absent("payee_not_found", "this member has no payee")
