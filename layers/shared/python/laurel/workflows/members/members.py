"""Members, who promote offers. An e-mail address belongs to one member of a program."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from laurel.domain.erasure import erased
from laurel.domain.history import Author, Edit, member_edit
from laurel.domain.mail.notices import AddressChangedMail
from laurel.domain.members.members import (
    ErasedMember,
    Member,
    MemberProfile,
    MemberStatus,
    MemberView,
    NewMember,
    email_identity,
    with_fields,
)
from laurel.domain.program.jobs import Job
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import derived_id, new_id
from laurel.domain.values.patches import patched
from laurel.store import indexes, items, keys, ledger, lookups, outbox, payees
from laurel.store.indexes import BY_OWNER
from laurel.store.jobs import due_at_once
from laurel.store.keys import TTL_ATTRIBUTE
from laurel.store.operations import ConditionFailed, Op, Put, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows import telling
from laurel.workflows.members.left_out import left
from laurel.workflows.members.referrals import Newcomer, Place
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import following, require_confirmation, require_version, revised, settings_of
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import LostRace, racing, redo, redo_in_turn
from laurel.workflows.shops import wanting


def create(table: Table, request: Request, new: NewMember, randomness: Randomness) -> tuple[MemberView, int]:
    """A new member of the request's program.

    Raises Invalid `unknown_referrer`, `unknown_user_field`, Conflict `email_taken`.
    """
    program_id = request.program.program_id
    if (earlier := idempotency.find(table, request, MemberView)) is not None:
        return _unless_erased(table, program_id, earlier)
    request.program.require_fields(frozenset(new.fields), "/fields")
    member_id = new_id("mem", request.at, randomness(10))

    newcomer = Newcomer(table, request.program, new.referrer_id, member_id, randomness)

    def attempt() -> tuple[MemberView, int]:
        place = newcomer.place()
        member = _member(request.program, new, member_id, place, request.at)
        made = [_claim(program_id, member, request.at), Put(items.member(program_id, member), new=True)]
        named = lookups.renamed(program_id, None, member)
        noted = _line(program_id, member, member_edit(None, member, request.author))
        told = telling.of_member(request.program, member, member_edit(None, member, request.author))
        ops = [*made, noted, *named, *place.ops, *_counted(request.program, None, member), *told]
        try:
            # the account of who brought them is held by all who join: that alone changes no place
            return redo(lambda: idempotency.commit(table, request, ops, MemberView.of(member)))
        except ConditionFailed as failed:
            if 0 in failed.failed:
                raise _email_taken() from failed
            raise LostRace from failed  # somebody else took the place in the tree

    return redo_in_turn(attempt)


def page(
    table: Table, program_id: str, status: MemberStatus | None, limit: int, cursor: str | None, *, in_one: bool = False
) -> Page[Member]:
    """The program's members; None does not narrow. `in_one`: as of `listing.page`."""
    among, where = [indexes.members(program_id)], {"body.status": status}
    return listing.page(table, among, _parse, limit=limit, cursor=cursor, index=BY_OWNER, where=where, in_one=in_one)


def listed(table: Table, program_id: str, before: str | None, limit: int) -> list[str]:
    """The ids of up to `limit` members after `before`, newest first: a walk passes over members who join meanwhile."""
    partition = indexes.members(program_id)
    entries = table.query(partition, before=before, limit=limit, newest_first=True, index=BY_OWNER)
    return [item[BY_OWNER.sk] for item in entries]


def get(table: Table, program_id: str, member_id: str) -> Member:
    """A member of the program. Raises Absent."""
    return edits.get(table, keys.member(program_id, member_id), Member, "member_not_found", "member")


def edit(
    table: Table, program: Program, member_id: str, patch: Mapping[str, Any], if_match: int | None, author: Author
) -> Member:
    """A member after a merge patch of the profile; an empty user field is cleared.

    Raises Absent, Invalid, Stale, Conflict `email_taken`.
    """

    return redo(lambda: edited(table, program, member_id, patch, if_match, author))


def edited(  # noqa: PLR0913 -- an edit, and what is written with it
    table: Table,
    program: Program,
    member_id: str,
    patch: Mapping[str, Any],
    if_match: int | None,
    author: Author,
    *,
    along: Sequence[Op] = (),
) -> Member:
    """One attempt of `edit`. `along`: what else its transaction writes, if anything changes. Raises LostRace, too."""
    current = get(table, program.program_id, member_id)
    require_version(current, if_match)
    require_present(current)
    profile = patched(MemberProfile, current, patch)
    _require_declared(program, current, profile)
    by = following(current, author)
    changed = revised(current, _changed(current, profile, by.at), by.at)
    if changed is not current:
        _write(table, program, current, changed, by, along)
    return changed


def erase(table: Table, program: Program, member_id: str, author: Author, *, confirmed: bool) -> ErasedMember:
    """Blanks profile and payee, frees the address, suspends for ever; a job blanks mails and history.

    It can be repeated.

    Raises Absent, Conflict `confirmation_required`.
    """
    require_confirmation("an erased member cannot be brought back", confirmed=confirmed)
    program_id = program.program_id
    job = Job(
        job_id=erasing(program_id, member_id),
        kind="erase_member",
        cursor={"member_id": member_id},
        started_at=author.at,
        updated_at=author.at,
    )

    def attempt() -> Member:
        current = get(table, program_id, member_id)
        if current.erased_at is not None:
            return current
        by = following(current, author)
        blank = erased(current, by.at)
        with racing():
            table.transact(
                [
                    Put(items.member(program_id, blank), expect={"version": current.version}),
                    *left(table, program_id, member_id, "erased", by.at),
                    payees.erased(program_id, member_id),
                    _line(program_id, blank, member_edit(current, blank, by)),
                    *_counted(program, current, blank),
                    _given_up(program_id, current, by.at),
                    *lookups.renamed(program_id, current, blank),
                    due_at_once(program_id, job),
                    *wanting.member_edited(table, program_id, current, blank),
                    *telling.of_member(program, blank, member_edit(current, blank, by)),
                ]
            )
        return blank

    return ErasedMember.of(redo(attempt), job_id=job.job_id)


def erasing(program_id: str, member_id: str) -> str:
    """The id of the job that blanks the rest of an erased member."""
    return derived_id("job", program_id, "erase_member", member_id)


def touch(program_id: str, member_id: str) -> Update:
    """Increases the account's version, as every write to an item that a transition reads must."""
    return Update(keys.head(program_id, member_id), set={"kind": "head"}, add={"version": 1}, exists=False)


def require_present(member: Member) -> None:
    """Raises Conflict `member_erased`."""
    if member.erased_at is not None:
        raise Conflict("member_erased", "this member was erased, for ever")


def _unless_erased(table: Table, program_id: str, earlier: tuple[MemberView, int]) -> tuple[MemberView, int]:
    """An earlier answer, without the data of a member erased since."""
    current = get(table, program_id, earlier[0].member_id)
    return (earlier[0] if current.erased_at is None else MemberView.of(current)), earlier[1]


def _member(program: Program, new: NewMember, member_id: str, place: Place, now: datetime) -> Member:
    profile = {name: getattr(new, name) for name in MemberProfile.model_fields}
    return Member(
        **{**profile, "fields": with_fields({}, new.fields)},
        member_id=member_id,
        original_referrer_id=new.referrer_id,
        parent_id=place.parent_id,
        ancestors=place.ancestors,
        joined_on=None if new.referrer_id is None else program.calendar.day_of(now),
        approved_at=now if new.status == "approved" else None,
        created_at=now,
        updated_at=now,
    )


def _counted(program: Program, before: Member | None, after: Member) -> list[Op]:
    """Counts a member for who brought it as soon as it is approved, and no more once it is not."""
    was, now = before and before.counts_for, after.counts_for
    referrer_id = was or now
    if was == now or referrer_id is None:
        return []
    day = after.joined_on or program.calendar.day_of(after.created_at)
    counted = ledger.referrals(program.program_id, referrer_id, day, more=-1 if was else 1)
    return [touch(program.program_id, referrer_id), *counted]


def _changed(current: Member, profile: MemberProfile, now: datetime) -> Member:
    approved_at = current.approved_at or (now if profile.status == "approved" else None)
    is_put_out = profile.status == "suspended" != current.status
    instants = {"approved_at": approved_at, "suspended_at": now if is_put_out else current.suspended_at}
    changes = {**settings_of(profile), "fields": with_fields({}, profile.fields), **instants}
    if email_identity(current.email) != email_identity(profile.email):
        # what was said of the address before does not hold for this one, and whoever reads it is out
        changes |= {"mail_stopped": None, "address_since": now}
    return current.model_copy(update=changes)


def _require_declared(program: Program, current: Member, profile: MemberProfile) -> None:
    """Raises Invalid for a new value of an undeclared field; a field declared once may stay, and be cleared."""
    set_anew = {name for name, value in profile.fields.items() if value and current.fields.get(name) != value}
    program.require_fields(frozenset(set_anew), "/fields")


def _claim(program_id: str, member: Member, now: datetime) -> Put:
    """Takes the address unless somebody has it; a claim that was given up has run out."""
    return Put(lookups.email_claim(program_id, member), new=True, expired_at=int(now.timestamp()) + 1)


def _given_up(program_id: str, member: Member, now: datetime) -> Update:
    """Frees the address."""
    claim = keys.email_claim(program_id, email_identity(member.email))
    return Update(claim, set={TTL_ATTRIBUTE: int(now.timestamp())}, exists=False)


def _line(program_id: str, member: Member, edit: Edit) -> Put:
    """The write that notes an edit of a profile, for the edit's transaction."""
    return Put(items.member_history(program_id, member.member_id, edit, member.version), new=True)


def _write(
    table: Table, program: Program, current: Member, changed: Member, author: Author, along: Sequence[Op]
) -> None:
    program_id = program.program_id
    is_elsewhere = email_identity(current.email) != email_identity(changed.email)
    guarded: list[Op] = [
        Put(items.member(program_id, changed), expect={"version": current.version}),
        *along,
        *_account_moved(table, program_id, current, changed, author.at),
        _line(program_id, changed, member_edit(current, changed, author)),
        *lookups.renamed(program_id, current, changed),
        *_counted(program, current, changed),
        *wanting.member_edited(table, program_id, current, changed),
        *telling.of_member(program, changed, member_edit(current, changed, author)),
        *(_told_there(program_id, current, changed) if is_elsewhere else []),
    ]
    claims: list[Op] = []
    if is_elsewhere:
        claims = [_claim(program_id, changed, author.at), _given_up(program_id, current, author.at)]
    try:
        table.transact([*guarded, *claims])
    except ConditionFailed as failed:
        if min(failed.failed) < len(guarded):
            raise LostRace from failed
        raise _email_taken() from failed


def _told_there(program_id: str, current: Member, changed: Member) -> list[Put]:
    """Tells whoever reads the former address, as long as mail arrives there: a stranger may have changed it."""
    if current.mail_stopped is not None and current.mail_stopped.outcome == "bounced":
        return []
    return [outbox.put(program_id, AddressChangedMail.of(current, changed.version, changed.updated_at))]


def _account_moved(table: Table, program_id: str, current: Member, changed: Member, now: datetime) -> list[Op]:
    """Moves the account's version on; who is suspended leaves the drafts of payouts, too."""
    if current.status == "approved" and changed.status != "approved":
        return left(table, program_id, current.member_id, "not_approved", now)
    return [touch(program_id, current.member_id)]


def _email_taken() -> Conflict:
    return Conflict("email_taken", "another member has this e-mail address")


def _parse(item: Item) -> Member:
    return items.parse(Member, item)
