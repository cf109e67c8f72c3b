"""Where payouts pay, judged from bare items: each line the account of its drafting, or it left the draft."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from laurel import vault
from laurel.domain.payouts.payees import from_text
from laurel.domain.values.errors import Refusal
from laurel.store.payout_keys import PAYOUT_LINES
from laurel.store.values import Item
from laurel.workflows.payouts import exports
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges.files import Payment, paid_by
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.vault import encrypting
from tests.simulation.kit.world.world_table import Commit

Place = tuple[str, str]
"""The partition of a payout's lines, and a member."""
_OPEN: Final = {"drafting", "draft"}


def wrongs(history: History) -> Iterator[str]:
    """Lines of another account than their member's, changes that nobody is told of, and files of other payments."""
    state = _State(history)
    for commit in history.table.log:
        yield from (f"commit {commit.number} by {commit.by}: {wrong}" for wrong in state.after(commit))
    with encrypting(history.scheduler):
        yield from state.files()


@dataclass
class _State:
    """Payouts, lines and payees as they are by now; `decided`: the lines of payouts when they were confirmed."""

    history: History
    payouts: dict[str, Item] = field(default_factory=dict)
    lines: dict[Place, Item] = field(default_factory=dict)
    payees: dict[str, Item] = field(default_factory=dict)
    decided: dict[str, dict[str, Item]] = field(default_factory=lambda: defaultdict(dict))

    def after(self, commit: Commit) -> Iterator[str]:
        touched: set[Place] = set()
        for record in commit.records:
            touched |= self._note(record)
        for place in sorted(touched):
            yield from self._line(place)
        for record in (each for each in commit.records if each.key.sk == "payee"):
            yield from self._told(commit, record)

    def _note(self, record: Record) -> set[Place]:
        """The lines whose account may be another since."""
        new = record._new or {}
        program_id, _, owner = record.key.pk.partition("#")
        if new.get("kind") == "payout":
            payout = f"{program_id}#{record.key.sk}"
            self.payouts[payout] = new
            of = {place: line for place, line in self.lines.items() if place[0] == payout}
            if new["state"] == "confirming" and payout not in self.decided:
                self.decided[payout] = {place[1]: line for place, line in of.items() if _state(line) == "open"}
            return set(of)
        if new.get("kind") == "payout line":
            place = record.key.pk, record.key.sk.removeprefix(PAYOUT_LINES)
            self.lines[place] = new
            return {place}
        if record.key.sk == "payee":
            self.payees[record.key.pk] = new
            return {place for place in self.lines if (place[0].partition("#")[0], place[1]) == (program_id, owner)}
        return set()

    def _line(self, place: Place) -> Iterator[str]:
        line, payout = self.lines[place], self.payouts[place[0]]
        if _state(line) == "open" and payout["state"] in _OPEN:
            payee = self.payees.get(f"{place[0].partition('#')[0]}#{place[1]}", {})
            if _sealed(line) != payee.get("sealed"):
                yield f"{line} of {payout} is not paid to {payee}"
            method = (payee.get("body", {}).get("masked") or {}).get("method")
            if payout["body"]["rail"] == "paypal" and method != "paypal":
                yield f"PayPal is to pay {payee} by {line}"
        elif _state(line) != "left" and place[1] in (decided := self.decided[place[0]]):
            if _sealed(line) != _sealed(decided[place[1]]):
                yield f"{line} was {decided[place[1]]} when it was confirmed"
        elif line["body"].get("reason") in {"no_payee", "rail_cannot"} and payout["body"]["rail"] != "paypal":
            yield f"{line} is left out of {payout}, which needs no payee"

    def _told(self, commit: Commit, record: Record) -> Iterator[str]:
        """Who changes a payee tells the member's history and the member; who erases one removes all of it."""
        new = record._new or {}
        self.history.counts["payees changed" if "body" in new else "payees erased"] += 1
        kinds = {(each._new or {}).get("kind") for each in commit.records}
        if "body" in new and not {"history", "mail"} <= kinds:
            yield f"{record._old} -> {new} with {kinds}"
        if ("sealed" in new) != bool(new.get("body", {}).get("masked")):
            yield f"{new} keeps what it does not show"

    def files(self) -> Iterator[str]:
        """The files of what was confirmed, as they are now and as they were seen at any time."""
        for editor in self.history.editors:
            program = editor.tenant.program
            for payout_id, seen in [*editor.payees.seen, *self._at_the_end(editor)]:
                self.history.counts["files of confirmed payouts"] += 1
                payout = f"{program.program_id}#{payout_id}"
                if seen != (expected := tuple(_payments(self.decided[payout]))):
                    yield f"the file of {payout} pays {seen}, decided was {expected}"

    def _at_the_end(self, editor: Any) -> Iterator[tuple[str, object]]:
        for payout, stored in self.payouts.items():
            program_id, _, payout_id = payout.partition("#")
            if program_id == editor.program_id and stored["state"] == "confirmed":
                try:
                    made = exports.part_of(self.history.table, editor.tenant.program, payout_id, "csv", 1)
                except Refusal as refused:
                    yield payout_id, refused
                else:
                    yield payout_id, paid_by(made.file)


def _payments(decided: Mapping[str, Item]) -> Iterator[Payment]:
    """In the order of members, amounts of dollars."""
    for member_id, line in sorted(decided.items()):
        sealed = _sealed(line)
        payee = None if sealed is None else from_text(vault.unseal(sealed, account_of=member_id))
        account = "" if payee is None else str(getattr(payee, "email", getattr(payee, "text", "")))
        whole, cents = divmod(line["body"]["amount"], 100)
        yield Payment(member_id, f"{whole}.{cents:02d}", account)


def _state(line: Item) -> str:
    return str(line["body"].get("state", "open"))


def _sealed(line: Item) -> str | None:
    recipient: Item = line["body"].get("recipient") or {}
    return recipient.get("sealed")
