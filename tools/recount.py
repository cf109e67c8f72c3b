"""A member's totals as its commissions give them, and the differences from the stored ones."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from laurel.domain.ledger.commissions import Commission, Contribution
from laurel.domain.ledger.totals import NO_OFFER, Counters, TotalsRow, added, rows_of, to_stored
from laurel.store import accounts, indexes, items, keys, ledger
from laurel.store.indexes import BY_MEMBER, Index
from laurel.store.keys import Key
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests.optimistic import Pause

PAGE: Final = 100
"""Items read at a time: only a member's sums are kept in memory, not its rows."""
_MOST_READINGS: Final = 6


@dataclass(slots=True)
class Recount:
    """A member's commissions summed up: `rows` as its totals should be, `balances` by state.

    `wrong`: rows counted with another contribution than their own that do not wait; `waiting`: the number that wait.
    """

    rows: dict[TotalsRow, Counters] = field(default_factory=dict)
    balances: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seen: int = 0
    waiting: int = 0

    def take(self, item: Item) -> None:
        """Counts one commission as its item says that it was counted."""
        row, counted = items.parse(Commission, item), ledger.contribution_of(item)
        self.seen += 1
        self.waiting += item.get("pend") == 1
        if counted is not None:
            self._count(row, counted)
        if item.get("pend") != 1 and counted != row.contribution():
            self.wrong.append(f"{row.commission_id} counts {_plain(counted)}, is worth {_plain(row.contribution())}")

    def _count(self, row: Commission, counted: Contribution) -> None:
        self.balances[counted.bucket.state] += counted.commission
        for totals in rows_of(row.day, row.offer_id or NO_OFFER):
            self.rows[totals] = added(self.rows.get(totals, {}), counted, 1)


@dataclass(frozen=True, slots=True)
class Found:
    """The result of one member's recount. `is_sure`: nobody counted meanwhile."""

    differences: tuple[str, ...]
    seen: int
    waiting: int
    is_sure: bool = True


def of_member(table: Table, program_id: str, member_id: str, offers: Sequence[str], pause: Pause) -> Found:
    """Reads the member until nothing differs; a difference after several readings is real.

    Rows are found through an index, which may lag behind, and may be counted while they are read.
    """
    for number in range(1, _MOST_READINGS):
        reading = _reading(table, program_id, member_id, offers)
        if not reading.differences:
            return reading
        pause(number)
    return _reading(table, program_id, member_id, offers)


def paged(table: Table, partition: str, index: Index) -> Iterator[list[Item]]:
    """The entries of an index partition, page by page, newest first."""
    before = None
    while page := table.query(partition, index=index, limit=PAGE, newest_first=True, before=before):
        yield page
        before = page[-1][index.sk]


def _reading(table: Table, program_id: str, member_id: str, offers: Sequence[str]) -> Found:
    account = {item["sk"]: item for item in table.query(keys.account(program_id, member_id))}
    totals = [item for item in account.values() if item["kind"] == "totals"]
    stored = {row: item["body"] for item in totals if (row := ledger.totals_row(item["sk"])) is not None}
    known = {row.offer_id for row in stored}
    recount = Recount()
    for item in _rows(table, program_id, member_id, sorted({*offers, *known, NO_OFFER})):
        recount.take(item)
    head = accounts.head(account.get("head"))
    now = accounts.head(table.get(keys.head(program_id, member_id)))
    differences = (*_of_totals(stored, recount.rows), *_of_balances(head.balances, recount.balances), *recount.wrong)
    return Found(differences, recount.seen, recount.waiting, head.version == now.version)


def _rows(table: Table, program_id: str, member_id: str, offers: Iterable[str]) -> Iterator[Item]:
    partitions = [indexes.member_commissions(program_id, member_id, offer_id) for offer_id in offers]
    for partition in (*partitions, indexes.member_clicks(program_id, member_id)):
        for page in paged(table, partition, BY_MEMBER):
            yield from table.batch_get([Key(entry["pk"], entry["sk"]) for entry in page]).values()


def _of_totals(stored: Mapping[TotalsRow, Any], rows: Mapping[TotalsRow, Counters]) -> Iterator[str]:
    for row in sorted({*stored, *rows}, key=str):
        counted, worth = stored.get(row, {}), to_stored(rows.get(row, {}))
        for bucket in sorted({*counted, *worth}):
            has, should = counted.get(bucket, [0, 0, 0]), worth.get(bucket, [0, 0, 0])
            if has != should:
                yield f"{_name(row)} [{bucket}] has {has}, its commissions say {should}"


def _of_balances(stored: Mapping[str, int], worth: Mapping[str, int]) -> Iterator[str]:
    for state in sorted({*stored, *worth}):
        if stored.get(state, 0) != worth.get(state, 0):
            yield f"balance {state} has {stored.get(state, 0)}, its commissions say {worth.get(state, 0)}"


def _name(row: TotalsRow) -> str:
    return f"{row.unit} {row[0]} {row.offer_id}"


def _plain(contribution: Contribution | None) -> object:
    return None if contribution is None else ledger.contribution_to_stored(contribution)
