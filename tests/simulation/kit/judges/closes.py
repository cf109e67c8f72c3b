"""Local midnights: each closed once, in order and in time, and every member asked for what it decides."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from laurel.domain.rules.rules import Rule
from laurel.store import items, keys
from laurel.store.keys import Key
from tests.simulation.kit.histories import History
from tests.simulation.kit.judges import ledger
from tests.simulation.kit.judges.decisions import Outcome, State, decided_at_midnight, in_order
from tests.simulation.kit.table.fake_table import Record
from tests.simulation.kit.world.world_table import Commit

_AFTER_MIDNIGHT = timedelta(minutes=15)
_WAITS = timedelta(hours=6)


class Closes:
    """The closes that began, in the order of commits; asked before each commit is applied to `state`."""

    def __init__(self, history: History, state: State) -> None:
        self.history = history
        self.state = state
        self._begun: dict[tuple[str, date], int] = {}  # program and day -> the commit that began its close
        self._edited: dict[str, int] = {}  # program -> the last commit that changed its settings or rules
        self._moved: dict[str, int] = defaultdict(int)  # account -> the last commit that changed it
        self._waiting: dict[Key, Commit] = {}  # what is not counted -> the commit since which it is not

    def begun(self, program_id: str, since: str | None) -> list[date]:
        """The days after `since` whose close has begun."""
        return [day for owner, day in self._begun if owner == program_id and (since is None or day.isoformat() > since)]

    def wrongs(self, commit: Commit) -> Iterator[str]:
        """Closes that skip a day, come too early, or end although a member was not asked."""
        for record in commit.records:
            self._note(commit, record)
            if _is_begun(record):
                told = self._too_early(commit, record)
                yield from (f"commit {commit.number} by {commit.by}: {wrong}" for wrong in told)
            old, new = ((item or {}).get("closed_until") for item in (record._old, record._new))
            if record.key.sk == "program" and record._old is not None and old != new:
                told = self._closed(commit, record.key.pk, date.fromisoformat(old or ""), date.fromisoformat(new or ""))
                yield from (f"commit {commit.number} by {commit.by}: {wrong}" for wrong in told)

    def _note(self, commit: Commit, record: Record) -> None:
        key, new = record.key, record._new or {}
        program_id = key.pk.partition("#")[0]
        self._moved[key.pk] = commit.number
        if new.get("pend") == 1:
            self._waiting[key] = commit
        else:
            self._waiting.pop(key, None)
        if _is_begun(record):
            self._begun[program_id, date.fromisoformat(new["body"]["cursor"]["day"])] = commit.number
        is_settings = key.sk == "program" and (record._old or {}).get("version") != new.get("version")
        if is_settings or key.pk.endswith("#rules"):
            self._edited[program_id] = commit.number

    def _too_early(self, commit: Commit, record: Record) -> Iterator[str]:
        """A close begins although rows or clicks from before its midnight wait, and there is time."""
        program_id, day = record.key.pk.partition("#")[0], (record._new or {})["body"]["cursor"]["day"]
        program = items.parse_program(self.state.items[keys.program(program_id)])
        midnight = ledger.start_of(date.fromisoformat(day), program.timezone)
        if commit.at >= midnight + _WAITS or self.history.lagged(commit.since):
            return
        for key, since in self._waiting.items():
            if key.pk.startswith(program_id) and since.number < commit.since and since.at < midnight:
                yield f"the close of {day} begins, and {key} waits since {since.at}"

    def _closed(self, commit: Commit, program_id: str, before: date, day: date) -> Iterator[str]:
        self.history.counts["days closed"] += 1
        program = items.parse_program(self.state.items[keys.program(program_id)])
        if before != ledger.day_before(day, program.timezone):
            yield f"{day} is closed after {before}"
        if commit.at < ledger.start_of(day, program.timezone) + _AFTER_MIDNIGHT:
            yield f"{day} is closed at {commit.at}"
        since = self._begun[program_id, day]
        if self._edited[program_id] >= since:
            return
        stored = (item for key, item in self.state.items.items() if key.pk == f"{program_id}#rules")
        rules = in_order([rule for rule in (items.parse(Rule, item) for item in stored) if rule.enabled])
        if any(ledger.asked_on(rule, day, program.timezone) for rule in rules):
            for account in [key.pk for key in self.state.items if key.sk == "member" and key.pk.startswith(program_id)]:
                head = self.state.items.get(Key(account, "head"), {})
                if self._moved[account] < since and head.get("midnight", "") < day.isoformat():
                    self.history.counts["accounts quiet at a close"] += 1
                    idle = Outcome(fields=self.state.fields(account))
                    missed = decided_at_midnight(self.state, program, account, day, rules)
                    if missed != idle:
                        yield f"{day} is closed, {account} was not asked: {missed}"


def _is_begun(record: Record) -> bool:
    new = record._new or {}
    return new.get("kind") == "job" and record._old is None and bool(new["body"]["kind"] == "close_period")
