"""The indexes of the table: their projections and partitions. The chart in `keys` shows the index of each item."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from laurel.domain.ledger.totals import NO_OFFER
from laurel.store import keys
from laurel.store.values import Item


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index; `projection` names the non-key attributes it carries (empty: keys only)."""

    name: str
    pk: str
    sk: str
    projection: tuple[str, ...] = ()

    def carries(self, path: str) -> bool:
        """Whether the entries have what `path`, a dotted one into an item, leads to."""
        return path.partition(".")[0] in {"pk", "sk", self.pk, self.sk, *self.projection}


OF_PAYOUT: Final = ("payout", "payout_id")
"""Attributes of a row beside its body, which a row has once a payout takes it."""
_PLACE: Final = "place"
"""The sort key of all lists: an item that is in several has the same place in each."""
_WHOLE: Final = ("body", "version", *OF_PAYOUT)
BY_MEMBER: Final = Index("by_member", "member_pk", _PLACE, _WHOLE)
BY_OWNER: Final = Index("by_owner", "owner_pk", _PLACE, ("body",))
"""Neither a payout of a row nor a new version writes its entry again: whoever shows it reads the item."""
BY_RULE: Final = Index("by_rule", "rule_pk", _PLACE, (*_WHOLE, BY_MEMBER.pk))
"""A rule's rows, few beside all others; the partition that lists a row under its member tells its offer."""
WORK: Final = Index("work", "work_pk", "work_sk")
INDEXES: Final = (BY_MEMBER, BY_OWNER, BY_RULE, WORK)

UNATTRIBUTED_BUCKETS: Final = 4
NAME_BEGINNING: Final = 2
"""The characters of a name that its partition is of."""


def members(program_id: str) -> str:
    """All members of a program (by_owner)."""
    return f"{program_id}#members"


def names(program_id: str, text: str) -> str:
    """The names of members that begin as `text` does (by_owner): two characters spread them, and narrow a search."""
    return f"{program_id}#names#{text[:NAME_BEGINNING]}"


def offer_enrollments(program_id: str, offer_id: str) -> str:
    """The enrollments of an offer (by_owner)."""
    return f"{program_id}#{offer_id}#enrollments"


def option_members(program_id: str, offer_id: str, payout_option_id: str) -> str:
    """The enrollments of an offer that are in one of its options (by_member)."""
    return f"{program_id}#{offer_id}#{payout_option_id}#members"


def member_history(program_id: str, offer_id: str, member_id: str) -> str:
    """The history of a member in an offer (by_member)."""
    return f"{program_id}#{offer_id}#{member_id}#history"


def offer_commissions(program_id: str, offer_id: str | None, buckets: int) -> list[str]:
    """The commissions of an offer, or those in none, which are too few for more than one bucket (by_owner)."""
    return [f"{program_id}#{offer_id or NO_OFFER}#rows#{bucket}" for bucket in range(buckets if offer_id else 1)]


def offer_of_row(item: Item) -> str | None:
    """The offer of a commission by the partitions that list it, whichever of them its item or entry has."""
    if (listed := item.get(BY_MEMBER.pk)) is not None:
        offer_id = listed.split("#")[2]
    elif (listed := item.get(BY_OWNER.pk)) is not None:
        offer_id = listed.split("#")[1]
    else:
        return None
    return offer_id if offer_id.startswith("off_") else None


def offer_totals(program_id: str, offer_id: str) -> str:
    """The day totals of all members in an offer (by_owner).

    One partition takes a thousand members a second, each with all that they sold in a batch, and who waits is the
    stream, not a shop: more partitions would be read by everybody who looks at figures.
    """
    return f"{program_id}#{offer_id}#totals"


def member_commissions(program_id: str, member_id: str, offer_id: str | None) -> str:
    """The commissions of a member in an offer, or in none (by_member)."""
    return f"{program_id}#{member_id}#{offer_id or NO_OFFER}#rows"


def rule_commissions(program_id: str, rule_id: str) -> str:
    """The commissions that a rule made (by_rule)."""
    return f"{program_id}#{rule_id}#rows"


def member_clicks(program_id: str, member_id: str) -> str:
    """The tallies of a member's clicks that earn nothing (by_member)."""
    return f"{program_id}#{member_id}#clicks"


def unattributed(program_id: str) -> list[str]:
    """The conversions that nobody won (by_owner)."""
    return [f"{program_id}#unattributed#{bucket}" for bucket in range(UNATTRIBUTED_BUCKETS)]


def parked_refunds(program_id: str) -> str:
    """The refunds whose order is not known yet (by_owner)."""
    return f"{program_id}#parked"


def member_mails(program_id: str, member_id: str) -> str:
    """The mails that a member's firings made (by_member)."""
    return f"{program_id}#{member_id}#mails"


def rule_mails(program_id: str, rule_id: str) -> str:
    """The mails of a rule (by_owner)."""
    return f"{program_id}#{rule_id}#mails"


def bucket_of(partitions: list[str], identity: str) -> str:
    """The partition among `partitions` that holds `identity`."""
    return partitions[keys.shard(identity, len(partitions))]


PENDING, CLICK, HOLD, MAIL, JOB, RECUR, SHOP = "pend", "click", "hold", "mail", "job", "recur", "shop"
EVENTS = "events"
"""Endpoints whose events are sent: always due, so that what the stream lost is found."""
_WORK_SHARDS: Final = {PENDING: 4, CLICK: 4}
"""Shards of work that comes as fast as people order and click; other kinds need only one. tick asks each one of every
program every minute, so a further one costs 1,000 programs $2.70 a month."""


def work(program_id: str, kind: str) -> list[str]:
    """The work partitions of a kind."""
    return [f"{program_id}#{kind}#{shard}" for shard in range(_WORK_SHARDS.get(kind, 1))]


def due(program_id: str, kind: str, identity: str, at: datetime) -> dict[str, str]:
    """The `work` index attributes of an item that is due at `at`."""
    return {WORK.pk: bucket_of(work(program_id, kind), identity), WORK.sk: keys.place(at, identity)}
