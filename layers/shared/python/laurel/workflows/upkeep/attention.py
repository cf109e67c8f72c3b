"""Work that waits for a person of the merchant's: how many things of each kind, found without reading any history."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from laurel.concurrency import side_by_side, together
from laurel.domain.mail.outgoing import MailStatus, Outgoing
from laurel.domain.members.enrollments import ShopState
from laurel.store import delivery_keys, indexes, keys, outbox, shop_keys
from laurel.store.indexes import BY_OWNER, WORK, Index
from laurel.store.table import Table
from laurel.workflows.members import members
from laurel.workflows.payouts import reading
from laurel.workflows.program import storefronts

MOST_TOLD: Final = 100
"""The most of a kind that are counted: beyond it there are "more than" so many."""
OVERDUE_AFTER: Final = timedelta(minutes=15)
"""Work that is due longer was taken up by neither the stream nor `tick`."""
_NEWEST_MAILS: Final = 250
_NEWEST_PAYOUTS: Final = 25
_FAILED: Final[tuple[ShopState, ...]] = ("failed", "conflict")
_OPEN_PAYOUTS: Final = frozenset({"draft", "drafting", "failed"})
_LOST: Final[frozenset[MailStatus]] = frozenset({"unknown", "failed", "bounced"})
_WORK: Final = (indexes.PENDING, indexes.CLICK, indexes.HOLD, indexes.MAIL, indexes.JOB, indexes.RECUR, indexes.SHOP)
Kind = Literal["members", "deliveries", "codes", "mails", "payouts", "overdue"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many of a kind, or more than that. `storefront_id`: where they are, of deliveries and codes.

    `about`: the id of the one thing, where there is only one.
    """

    kind: Kind
    count: int
    storefront_id: str | None = None
    about: str | None = None

    @property
    def is_more(self) -> bool:
        """Whether there may be more than `count`."""
        return self.count >= MOST_TOLD


def waiting(table: Table, program_id: str, now: datetime) -> list[Waiting]:
    """All that waits, in the order of `Kind`; nothing of a kind is not told."""
    members, of_shops, mails, payouts, overdue = together(
        partial(_members, table, program_id),
        partial(_of_shops, table, program_id),
        partial(_mails, table, program_id),
        partial(_payouts, table, program_id),
        partial(_overdue, table, program_id, now - OVERDUE_AFTER),
    )
    return [each for each in (members, *of_shops, mails, payouts, overdue) if each.count]


def _of_shops(table: Table, program_id: str) -> list[Waiting]:
    """Deliveries and codes of all storefronts."""
    shops = storefronts.ids(table, program_id)
    counts = [partial(_deliveries, table, program_id, shop) for shop in shops]
    return together(*counts, *(partial(_codes, table, program_id, shop) for shop in shops))


def _members(table: Table, program_id: str) -> Waiting:
    found = members.page(table, program_id, "pending", MOST_TOLD, None).items
    return Waiting("members", len(found), about=found[0].member_id if len(found) == 1 else None)


def _deliveries(table: Table, program_id: str, storefront_id: str) -> Waiting:
    partition = delivery_keys.refused(program_id, storefront_id)
    return Waiting("deliveries", _count(table, partition, BY_OWNER), storefront_id)


def _codes(table: Table, program_id: str, storefront_id: str) -> Waiting:
    partitions = [
        partition for state in _FAILED for partition in shop_keys.codes_of_storefront(program_id, storefront_id, state)
    ]
    found = side_by_side(lambda partition: _count(table, partition, BY_OWNER), partitions)
    return Waiting("codes", sum(found), storefront_id)


def _mails(table: Table, program_id: str) -> Waiting:
    """The newest mails of each partition that failed, came back, or whose fate nobody knows."""
    partitions = keys.mails(program_id)
    share = _NEWEST_MAILS // len(partitions)
    newest = side_by_side(lambda partition: table.query(partition, limit=share, newest_first=True), partitions)
    sent = (outbox.parse(item) for of_one in newest for item in of_one)
    return Waiting("mails", sum(isinstance(mail, Outgoing) and mail.status in _LOST for mail in sent))


def _payouts(table: Table, program_id: str) -> Waiting:
    newest = reading.page(table, program_id, _NEWEST_PAYOUTS, None).items
    found = [payout.payout_id for payout in newest if payout.status in _OPEN_PAYOUTS]
    return Waiting("payouts", len(found), about=found[0] if len(found) == 1 else None)


def _overdue(table: Table, program_id: str, before: datetime) -> Waiting:
    def due(partition: str) -> int:
        return len(table.query(partition, index=WORK, before=keys.instant(before), limit=MOST_TOLD))

    partitions = [partition for kind in _WORK for partition in indexes.work(program_id, kind)]
    return Waiting("overdue", sum(side_by_side(due, partitions)))


def _count(table: Table, partition: str, index: Index) -> int:
    return len(table.query(partition, index=index, limit=MOST_TOLD))
