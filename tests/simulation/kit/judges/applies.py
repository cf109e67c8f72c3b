"""Rules that a merchant applied: each asked for a member as of the instant when its job began, and nothing else."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime

from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import Rule
from tests.simulation.kit.judges import ledger
from tests.simulation.kit.judges.decisions import MOST_FITTING, Outcome, State, decided_when_applied
from tests.simulation.kit.world.world_table import Commit


class Applies:
    """The rules that were applied, by program: a job that is begun anew has another instant."""

    def __init__(self) -> None:
        self._begun: dict[str, set[tuple[str, datetime]]] = defaultdict(set)

    def note(self, commit: Commit) -> None:
        for record in commit.records:
            new = record._new or {}
            if new.get("kind") == "job" and new["body"]["kind"] == "apply_rule":
                cursor = new["body"]["cursor"]
                program_id = record.key.pk.partition("#")[0]
                self._begun[program_id].add((cursor["rule_id"], datetime.fromisoformat(cursor["at"])))

    def possible(self, state: State, program: Program, account: str, rules: Sequence[Rule]) -> Iterator[Outcome]:
        """What each of them should have made of an account; of one that repeats, as many multiples as fitted."""
        by_id = {rule.rule_id: rule for rule in rules}
        for rule_id, at in sorted(self._begun[program.program_id]):
            if rule_id in by_id:
                rule, day = by_id[rule_id], ledger.day_of(at, program.timezone)
                yield from (decided_when_applied(state, program, account, day, at, rule, most) for most in _cuts(rule))


def _cuts(rule: Rule) -> Iterator[int | None]:
    if getattr(rule.conditions[0], "every", False):
        yield from range(1, MOST_FITTING)
    yield None
