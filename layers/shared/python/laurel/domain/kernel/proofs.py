"""Proofs that rules fired: markers that the account notes, that were read, or that the pass itself has made."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from laurel.domain.kernel import firings
from laurel.domain.kernel.firings import OF_PERIOD, Bonus, Proof
from laurel.domain.kernel.outcomes import Known, Wanted
from laurel.domain.ledger.multiples import MOST_MULTIPLES, Multiples, Repeats
from laurel.domain.members.accounts import Account, Change, Head
from laurel.domain.program.programs import Program
from laurel.domain.rules.compiled import CompiledRule
from laurel.domain.rules.schedule import Occasion


@dataclass(slots=True)
class Proofs:
    """What is known of markers: `known`, as they were read; `fired`: the ids of those that the pass has made.

    `wanted`: what must be read before the pass can go on. `multiples`: of rules that repeat, as the pass leaves them.
    """

    account: Account
    program: Program
    known: Known
    wanted: Wanted
    fired: set[str] = field(default_factory=set)
    multiples: dict[Repeats, Multiples] = field(default_factory=dict)
    _asked: Sequence[CompiledRule] = ()
    _unproven: Sequence[CompiledRule] = ()

    def unproven(self, rules: Sequence[CompiledRule]) -> Sequence[CompiledRule]:
        """The `rules` that may fire: of the others the account notes a marker, or the pass has come upon one."""
        if rules is not self._asked:  # rows of a day and offer, which mostly stand together, ask the same rules
            self._asked, self._unproven = rules, firings.unnoted(rules, self.account)
        return self._unproven

    def open(self, compiled: CompiledRule, cause: Change | Occasion, times: int) -> Iterable[tuple[Proof, ...]]:
        """What the rule has not fired for yet, in the order in which it does; what is proven at once stands together.

        `times`: how many multiples are reached, if it repeats.
        """
        rule = compiled.rule
        if compiled.repeats:
            return ((proof,) for proof in self._open_multiples(compiled, min(times, MOST_MULTIPLES)))
        if isinstance(cause, Change) and rule.fires_per_order:
            order = Proof(cause.commission)
            return [(order,)] if self._is_open(compiled, order) else []
        if isinstance(cause, Change) and rule.pays_every_sale:
            together = self._open_sales(compiled, cause)
            return [together] if together else []
        return [(OF_PERIOD,)] if self._is_open(compiled) else []

    def _open_sales(self, compiled: CompiledRule, cause: Change) -> tuple[Proof, ...]:
        of_period = (OF_PERIOD,) if compiled.rule.sends and self._is_open(compiled) else ()
        sale = Proof(cause.commission)
        is_due = firings.enters(cause, compiled) and self._is_open(compiled, sale)
        return (*of_period, sale) if is_due else of_period

    def _open_multiples(self, compiled: CompiledRule, times: int) -> Iterator[Proof]:
        noted = self.account.reached.get(compiled.rule_id)
        if noted and noted.through >= times and noted.key == firings.key_of(compiled, self.account.head):
            return
        proven = self._multiples(compiled)
        if proven is None:
            return
        for number in proven.missing(times):
            proven = proven.having(number)
            yield Proof(number=number, through=proven.through)

    def _multiples(self, compiled: CompiledRule) -> Multiples | None:
        """The multiples that it has fired for in the period; None: that must be read first."""
        stretch = firings.stretch_of(compiled, self.account.head)
        if stretch not in self.known.multiples:
            self.wanted.stretches.add(stretch)
            return None
        found = multiples_of(compiled, self.account.head, self.known)
        for where, made in self.multiples.items():
            found = found.joined(made) if stretch.covers(where) else found
        if 1 in found:
            return found
        # the first may have a marker of the time when the rule did not repeat
        markers = firings.markers_of(compiled, self.account, self.program)
        if self._ask(markers):
            return None
        return found.having(1) if self._is_proven(markers) else found

    def add(self, compiled: CompiledRule, bonus: Bonus) -> None:
        """The pass has made it."""
        self.fired.add(bonus.commission.commission_id)
        if bonus.proof.number is None or bonus.key is None:
            return
        where = Repeats(compiled.rule_id, bonus.key)
        read = self.known.multiples.get(firings.stretch_of(compiled, self.account.head), {})
        before = self.multiples.get(where, read.get(where, Multiples()))
        self.multiples[where] = before.having(bonus.proof.number)

    def _is_open(self, compiled: CompiledRule, proof: Proof = OF_PERIOD) -> bool:
        where = compiled, self.account, self.program
        markers = firings.markers_of(*where) if proof is OF_PERIOD else frozenset({firings.marker_of(*where, proof)})
        if self._is_proven(markers):
            if compiled.is_noted:
                self._unproven = [each for each in self._unproven if each is not compiled]
            return False
        return not self._ask(markers)

    def _is_proven(self, markers: frozenset[str]) -> bool:
        return any(marker in self.fired or self.known.markers.get(marker, False) for marker in markers)

    def _ask(self, markers: frozenset[str]) -> bool:
        """Whether some of them must be read first."""
        unknown = markers - self.known.markers.keys() if not self._is_proven(markers) else frozenset()
        self.wanted.markers |= unknown
        return bool(unknown)


def multiples_of(compiled: CompiledRule, head: Head, known: Known) -> Multiples:
    """The multiples that were read as fired for in the period of its day, or in a window that overlaps it."""
    found = Multiples()
    for read in known.multiples.get(firings.stretch_of(compiled, head), {}).values():
        found = found.joined(read)
    return found
