"""Proofs that rules fired: markers that the account notes, that were read, or that the pass itself has made."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from laurel.domain.kernel import firings
from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.accounts import Account, Change
from laurel.domain.program.programs import Program
from laurel.domain.rules.compiled import CompiledRule, CompiledRules
from laurel.domain.rules.schedule import Occasion


@dataclass(slots=True)
class Proofs:
    """What is known of markers. `markers`: whether those that were read exist; `fired`: those that the pass has made.

    `proven`: rules (by identity) whose marker exists, so that nothing in the pass can make them fire. `needed`: markers
    that must be read before the pass can go on.
    """

    account: Account
    program: Program
    markers: Mapping[str, bool]
    proven: set[int]
    needed: set[str]
    fired: set[str] = field(default_factory=set)

    @staticmethod
    def of(account: Account, rules: CompiledRules, markers: Mapping[str, bool], needed: set[str]) -> "Proofs":
        """Before the pass."""
        return Proofs(account, rules.program, markers, firings.noted(account, rules), needed)

    def open(self, compiled: CompiledRule, cause: Change | Occasion) -> tuple[Commission | None, ...]:
        """What the rule has not fired for yet: the period (None), the sale that is the cause, or both."""
        rule = compiled.rule
        if not rule.pays_every_sale or isinstance(cause, Occasion):
            return (None,) if self._is_open(compiled) else ()
        of_period = (None,) if rule.sends and self._is_open(compiled) else ()
        sale = cause.commission
        is_due = firings.enters(cause, compiled) and self._is_open(compiled, sale.commission_id)
        return (*of_period, sale) if is_due else of_period

    def _is_open(self, compiled: CompiledRule, sale: str | None = None) -> bool:
        where = compiled, self.account, self.program
        proofs = {firings.marker_of(*where, sale)} if sale else firings.markers_of(*where)
        if any(marker in self.fired or self.markers.get(marker, False) for marker in proofs):
            if compiled.is_noted:
                self.proven.add(id(compiled))
            return False
        unknown = proofs - self.markers.keys()
        self.needed |= unknown
        return not unknown
