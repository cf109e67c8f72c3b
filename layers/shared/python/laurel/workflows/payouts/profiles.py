"""Everything about one member at a look: who they are, what they promote, what they earned, where they are paid."""

from dataclasses import dataclass

from laurel.domain.members.accounts import Head
from laurel.domain.members.members import Member
from laurel.domain.payouts.payees import PayeeView, is_worth_a_look
from laurel.domain.program.jobs import Job
from laurel.domain.values.errors import Absent
from laurel.store import accounts, items, keys, member_keys, payees
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.members.promoting import Promoted, promoted_beside


@dataclass(frozen=True, slots=True)
class Profile:
    """A member. `head`: with their balances; `erasing`: the job that blanks the rest, of a member who was erased."""

    member: Member
    promoted: list[Promoted]
    head: Head
    payee: PayeeView | None
    erasing: Job | None

    @property
    def is_worth_a_look(self) -> bool:
        """Whether their payee was named soon after another e-mail address."""
        return self.payee is not None and is_worth_a_look(self.payee.updated_at, self.member.address_since)


def get(table: Table, program_id: str, member_id: str) -> Profile:
    """A member's profile. Raises Absent."""
    of_member, head = keys.member(program_id, member_id), keys.head(program_id, member_id)
    payee = member_keys.payee(program_id, member_id)
    erasing = keys.job(program_id, members.erasing(program_id, member_id))
    promoted, stored = promoted_beside(table, program_id, member_id, (of_member, head, payee, erasing))
    if of_member not in stored:
        raise Absent("member_not_found", "there is no such member")
    kept = payees.kept(stored.get(payee))
    return Profile(
        member=items.parse(Member, stored[of_member]),
        promoted=promoted,
        head=accounts.head(stored.get(head)),
        payee=PayeeView.of(kept) if kept and kept.masked else None,
        erasing=items.parse(Job, stored[erasing]) if erasing in stored else None,
    )
