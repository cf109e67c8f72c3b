"""What payouts do, judged from bare items: after every commit each row is in one, and each line the sum of its rows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from laurel.store import payout_keys
from laurel.store.keys import Key
from laurel.store.payout_keys import PAYOUT_LINES, PAYOUT_PAGES
from laurel.store.values import Item
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.spelled_out import instant
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit

Body = dict[str, Any]
Place = tuple[str, str]
"""The partition of a payout's lines, and a member."""
_OPEN: Final = {"drafting", "draft"}
_DECIDED: Final = {"confirming", "confirmed"}
_OF_DUES: Final = {"due", "adjusted", "forgiven"}
_OF_FACTS: Final = {"order", "reason", "decision", "first", "updated_at", "hold_until"} | _OF_DUES
"""What may change of a row whose payout is decided; its amount may not."""
_ENDS: Final = {"confirmed", "cancelled"}


def wrongs(history: History) -> Iterator[str]:
    """Commits that take, move, pay or free what they must not, or that leave a line or a payout with another sum."""
    state = _State(history)
    for commit in history.table.log:
        yield from (f"commit {commit.number} by {commit.by}: {wrong}" for wrong in state.after(commit))


def is_payment(record: Record) -> bool:
    """Whether a row is paid by this change."""
    return record.key.sk == "commission" and _payout(record._new) == "paid" != _payout(record._old)


def is_taken_back(record: Record) -> bool:
    """Whether a row that was paid by a payout is due again by this change."""
    return record.key.sk == "commission" and _payout(record._old) == "paid" != _payout(record._new)


def line_of(commit: Commit) -> Record | None:
    """The line that a commit changes."""
    return next((r for r in commit.records if (r._new or {}).get("kind") == "payout line"), None)


def page_of(commit: Commit) -> Record | None:
    """The page of rows that a commit writes: new by a draft, written over by a failure."""
    return next((r for r in commit.records if (r._new or {}).get("kind") == "payout page"), None)


def _payout(item: Item | None) -> Any:
    return (item or {}).get("body", {}).get("payout")


def _in(item: Item | None) -> str:
    """The payout that a row names."""
    return str((item or {}).get("body", {}).get("payout_id", ""))


@dataclass
class _State:
    """Payouts, lines and members as they are by now, and the sums of the rows that name each line."""

    history: History
    batches: dict[str, Item] = field(default_factory=dict)
    lines: dict[Place, Item] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    last: dict[str, str | None] = field(default_factory=dict)
    amounts: Counter[Place] = field(default_factory=Counter)
    rows: Counter[Place] = field(default_factory=Counter)

    def after(self, commit: Commit) -> Iterator[str]:
        rows = [record for record in commit.records if record.key.sk == "commission" and record._new is not None]
        gone = [record for record in commit.records if record.key.sk == "commission" and record._new is None]
        touched = {self._place(item) for record in (*rows, *gone) for item in (record._old, record._new) if _in(item)}
        before = {place: self._holds(place) for place in touched}
        for record in commit.records:
            touched |= self._note(record)
        for record in (*rows, *gone):
            self._count(record)
        for record in rows:
            yield from self._row(record, before)
        for place in touched:
            yield from self._line(place)
            yield from self._last(place)
        for payout in {place[0] for place in touched}:
            yield from self._total(payout)

    def _note(self, record: Record) -> set[Place]:
        new = record._new or {}
        if new.get("kind") == "payout":
            program_id = record.key.pk.partition("#")[0]
            self.batches[f"{program_id}#{record.key.sk}"] = new
            self.history.counts[f"payouts {new['state']}"] += (record._old or {}).get("state") != new["state"]
        elif new.get("kind") == "payout line":
            place = record.key.pk, record.key.sk.removeprefix(PAYOUT_LINES)
            self.history.counts[f"lines {_state(new)}"] += _state(record._old) != _state(new)
            self.lines[place] = new
            return {place}
        elif record.key.sk == "head":
            self.last[record.key.pk] = new.get("last_payout")
        elif record.key.sk == "member":
            self.members[record.key.pk] = new["body"].get("status", "approved")
            program_id, _, member_id = record.key.pk.partition("#")
            return {place for place in self.lines if place[0].startswith(program_id) and place[1] == member_id}
        return set()

    def _count(self, record: Record) -> None:
        for item, sign in ((record._old, -1), (record._new, 1)):
            if _in(item):
                body, place = (item or {})["body"], self._place(item)
                self.amounts[place] += sign * body.get("amount", 0)
                self.rows[place] += sign

    @staticmethod
    def _place(item: Item | None) -> Place:
        assert item is not None
        return f"{item['pk'].partition('#')[0]}#{_in(item)}", item["body"]["member_id"]

    def _holds(self, place: Place) -> str | None:
        """`open` or `decided`, if the line has its rows."""
        state, line = self.batches[place[0]]["state"], self.lines.get(place, {})
        if line and _state(line) == "open" and state in _OPEN:
            return "open"
        return "decided" if line and _state(line) in {"open", "sent"} and state in _DECIDED else None

    def _last(self, place: Place) -> Iterator[str]:
        """A line that failed paid nobody: for rules, what is unpaid is what it was before that."""
        program_id, _, payout_id = place[0].partition("#")
        is_last = self.last.get(f"{program_id}#{place[1]}") == payout_id
        if is_last and _state(self.lines.get(place, {})) == "failed":
            yield f"{place} failed, and is the last payout of its member"

    def _row(self, record: Record, before: Mapping[Place, str | None]) -> Iterator[str]:
        old, new = record._old, record._new
        if "body" not in (new or {}) or not (_in(old) or _in(new)):
            return
        was, now = (_payout(old), _in(old)), (_payout(new), _in(new))
        held = before[self._place(old)] if _in(old) else None
        if was == now:
            yield from self._kept(record, held)
        elif now[0] == "in_payout":
            yield from self._taken(record, held)
        elif now[0] == "paid":
            yield from self._paid(record, held)
        else:
            yield from self._freed(record, held)

    def _paid(self, record: Record, held: str | None) -> Iterator[str]:
        old, new = record._old, record._new
        self.history.counts["rows paid"] += 1
        is_same = (_payout(old), _in(old), _amount(old)) == ("in_payout", _in(new), _amount(new))
        if not is_same or held != "decided":
            yield f"pays what is {held}: {old} -> {new}"

    def _freed(self, record: Record, held: str | None) -> Iterator[str]:
        old, new = record._old, record._new
        if _payout(old) != "paid":
            if held == "decided":
                yield f"frees what is decided: {old} -> {new}"
            return
        self.history.counts["rows taken back"] += 1
        if _state(self.lines[self._place(old)]) != "failed" or held is not None:
            yield f"takes back what did not fail: {old} -> {new}"

    def _kept(self, record: Record, held: str | None) -> Iterator[str]:
        old, new = (record._old or {})["body"], (record._new or {})["body"]
        differing = {n for n in old.keys() | new.keys() if old.get(n) != new.get(n)} - _OF_FACTS
        if (held == "decided" or new["payout"] == "paid") and differing - {"terms", "payout_option_id"} - _TIERS:
            yield f"changes {differing} of what is decided: {old} -> {new}"

    def _taken(self, record: Record, held: str | None) -> Iterator[str]:
        old, new = record._old or {}, record._new or {}
        place, batch = self._place(new), self.batches[self._place(new)[0]]
        self.history.counts["rows drafted"] += 1
        self.history.counts["rows taken over"] += _payout(old) == "in_payout"
        body = new["body"]
        if (old["body"].get("status"), "pend" in old) != ("approved", False) or _payout(old) == "paid" or held:
            yield f"takes what is not due, or held as {held}: {old} -> {new}"
        if instant(body["occurred_at"]) >= instant(batch["body"]["before"]) or batch["state"] != "drafting":
            yield f"takes {new} into {batch}"
        if batch["body"].get("member_ids") and body["member_id"] not in batch["body"]["member_ids"]:
            yield f"takes rows of somebody who is not listed in {batch}"
        if (status := self.members[f"{place[0].partition('#')[0]}#{place[1]}"]) != "approved":
            yield f"takes a row of who is {status}: {new}"
        kept = {n for n in old["body"].keys() | body.keys() if old["body"].get(n) != body.get(n)} - {"updated_at"}
        if kept - {"payout", "payout_id"}:
            yield f"changes more than the payout: {old} -> {new}"

    def _line(self, place: Place) -> Iterator[str]:
        line, batch = self.lines.get(place), self.batches[place[0]]
        if line is None:
            yield f"there is no line for the rows in {place}"
            return
        body, sums = line["body"], (self.amounts[place], self.rows[place])
        if self._holds(place) and sums != (body.get("amount", 0), body.get("rows", 0)):
            yield f"the line {body} has rows of {sums}"
        is_paid = _state(line) in {"open", "sent", "failed"} and body.get("is_whole")
        if is_paid and not 0 < body["amount"] >= batch["body"].get("minimum", 0):
            yield f"a line is to be paid that is not to be: {body} in {batch}"
        if _state(line) == "left":
            yield from self._left(place, body, batch)
        status = self.members[f"{place[0].partition('#')[0]}#{place[1]}"]
        if self._holds(place) == "open" and status != "approved":
            yield f"{body} is open, and its member {status}"

    def _left(self, place: Place, body: Body, batch: Item) -> Iterator[str]:
        status = self.members[f"{place[0].partition('#')[0]}#{place[1]}"]
        amount, minimum = body.get("amount", 0), batch["body"].get("minimum", 0)
        is_right = {
            "owes": amount <= 0,
            "below_minimum": 0 < amount < minimum,
            "not_approved": True,  # they may have been approved again since
            "too_many_drafts": True,
            "erased": status != "approved",
            **dict.fromkeys(("payee_changed", "no_payee", "rail_cannot"), True),  # see `payees`
        }
        self.history.counts[f"left out: {body['reason']}"] += 1
        if not is_right[body["reason"]]:
            yield f"{body} left {batch}, the member is {status}"

    def _total(self, payout: str) -> Iterator[str]:
        batch = self.batches[payout]
        of = [line["body"] for place, line in self.lines.items() if place[0] == payout and _state(line) != "left"]
        sums = sum(b.get("amount", 0) for b in of), sum(b.get("amount", 0) for b in of if b.get("state") == "failed")
        if (batch["total"], batch["failed_total"]) != sums:
            yield f"{batch} should come to {sums}: {of}"


_TIERS: Final = {"awaits_approval", "option_version"}
"""What a sale that is followed says of a row, which its fold then makes an adjustment of."""


def _state(line: Item | None) -> str:
    return str((line or {}).get("body", {}).get("state", "open"))


def _amount(item: Item | None) -> int:
    return int((item or {})["body"].get("amount", 0))


def left(history: History, program_id: str, own: Mapping[Key, Item]) -> Iterator[str]:
    """What is still held, payouts and jobs that are not over, lines without evidence, and what should be paid."""
    for key, item in own.items():
        match item["kind"]:
            case "payout" if item["state"] not in _ENDS and item["total"]:
                yield f"{key} is never over: {item}"
            case "job" if item["body"]["status"] != "done" and not _is_given_up(program_id, item["body"], own):
                yield f"{key} is never done: {item}"
            case "commission" if _payout(item) == "in_payout":
                yield f"{key} is held for ever: {item}"
            case "payout line" if _state(item) == "failed":
                yield from _evidence(key, item, own)
    yield from _forgotten(history, program_id, own)


def _is_given_up(program_id: str, job: Mapping[str, Any], own: Mapping[Key, Item]) -> bool:
    """Whether faults have ended a draft, and it was cancelled then: whoever wants it makes another."""
    if (job["kind"], job["status"]) != ("draft_payout", "failed"):
        return False
    return bool(own[payout_keys.payout(program_id, job["cursor"]["payout_id"])]["state"] == "cancelled")


def _forgotten(history: History, program_id: str, own: Mapping[Key, Item]) -> Iterator[str]:
    """What should have been paid by the last payout. What that set off itself, came after it."""
    last = payout_keys.payout(program_id, next(e.payouts.last for e in history.editors if e.program_id == program_id))
    until, due = instant(own[last]["body"]["before"]), Counter[str]()
    begun = next(c.number for c in history.table.log for r in c.records if r.key == last and r._old is not None)
    late = {r.key for c in history.table.log if c.number >= begun for r in c.records if r._old is None}
    for key, item in own.items():
        if item["kind"] == "commission" and "member_id" in item["body"] and key not in late:
            row = item["body"]
            if (row["status"], row.get("payout")) == ("approved", "unpaid") and instant(row["occurred_at"]) < until:
                due[row["member_id"]] += row.get("amount", 0)
    members = {key.pk.partition("#")[2]: item["body"] for key, item in own.items() if key.sk == "member"}
    if any(n > 0 and members[member_id].get("status", "approved") == "approved" for member_id, n in due.items()):
        yield f"{due} is still due before {until}"


def _evidence(key: Key, line: Item, own: Mapping[Key, Item]) -> Iterator[str]:
    """The pages of a failed line say what was paid for each row."""
    prefix = f"{PAYOUT_PAGES}{key.sk.removeprefix(PAYOUT_LINES)}#"
    pages = [item["body"] for at, item in own.items() if at.pk == key.pk and at.sk.startswith(prefix)]
    paid = [amount for page in pages for amount in page.get("paid", {}).values()]
    if (sum(paid), len(paid)) != (line["body"]["amount"], line["body"]["rows"]):
        yield f"{key} is {line['body']}, its pages tell of {paid}"
