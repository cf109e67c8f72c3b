"""Files of payouts: the lines of one part, with the payees that they were to be paid to, on a rail."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from laurel import vault
from laurel.domain.payouts.payees import from_text
from laurel.domain.payouts.rails.lines import Batch, PaidLine, RailFile
from laurel.domain.payouts.rails.rails import RailName, file_of, rail_of
from laurel.domain.program.payers import Payer
from laurel.domain.values.errors import Conflict, Invalid
from laurel.store import items, keys
from laurel.store.table import Table


@dataclass(frozen=True, slots=True)
class SealedLine:
    """A line of a payout, and the ciphertext of the payee that it is paid to; None for a member without one."""

    line: PaidLine
    sealed: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a payout, and whether it is the last one."""

    file: RailFile
    is_last: bool


def export(rail: RailName, batch: Batch, lines: Iterable[SealedLine]) -> Part:
    """The part of the payout that `batch` names, as a file of `rail`. `lines`: all that it pays, in their order.

    No more of them are read than the part and those before it. `batch.payer`: as `payer_of` gives it.
    Raises Conflict `rail_cannot` with the line named, `nothing_to_pay`, `payer_missing`, Invalid `no_such_part`,
    VaultClosed.
    """
    most = rail_of(rail).most_lines
    found = list(islice(lines, (batch.part - 1) * most, batch.part * most + 1))
    if not found and batch.part > 1:
        raise Invalid("no_such_part", "the payout has fewer parts than that", "?part")
    if not found:
        raise Conflict("nothing_to_pay", "the payout has no lines")
    return Part(file_of(rail, batch, _opened(found[:most])), is_last=len(found) <= most)


def payer_of(table: Table, program_id: str) -> Payer | None:
    """The account that the program's payouts are paid from, in full. Raises VaultClosed."""
    secret = (table.get(keys.program(program_id)) or {}).get(items.PAYER)
    if secret is None:
        return None
    return Payer.model_validate_json(vault.unseal(secret["sealed"], account_of=program_id))


def _opened(lines: Sequence[SealedLine]) -> list[PaidLine]:
    """The lines with their payees."""
    sealed = {each.line.member_id: each.sealed for each in lines if each.sealed is not None}
    opened = vault.unseal_all(sealed, vault.OF_ACCOUNT)
    payees = {member_id: from_text(text) for member_id, text in opened.items()}
    return [replace(each.line, payee=payees.get(each.line.member_id)) for each in lines]
