"""Files of payouts: the lines of one part, with the payees that they were to be paid to, on a rail."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from typing import Final

from laurel import vault
from laurel.domain.payouts.lines import Line
from laurel.domain.payouts.payees import from_text
from laurel.domain.payouts.payouts import Payout, wrong_state
from laurel.domain.payouts.rails.lines import Batch, PaidLine, RailFile
from laurel.domain.payouts.rails.rails import Rail, RailName, file_of, rail_of
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Conflict, Invalid
from laurel.store.table import Table
from laurel.workflows.payouts import lines, payers

_READ_AT_ONCE: Final = 500
_LARGEST: Final = 5_500_000
"""The most characters of long lines in one file, as JSON text; Lambda answers up to 6 MB."""
_MOST_PER_BYTE: Final = 4
"""The characters that a byte of a cell comes to at most: a quotation mark, doubled and escaped."""
_OTHER_CELLS: Final = 250


@dataclass(frozen=True, slots=True)
class SealedLine:
    """A line of a payout, and the ciphertext of the payee that it is paid to; None for a member without one."""

    line: PaidLine
    sealed: str | None

    @property
    def size(self) -> int:
        """The most characters that it comes to, whatever its payee says: a ciphertext is no shorter than its text."""
        written = len(self.line.name.encode()) + len(self.line.email.encode()) + len(self.sealed or "")
        return _MOST_PER_BYTE * written + _OTHER_CELLS


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a payout, and whether it is the last one."""

    file: RailFile
    is_last: bool


def part_of(table: Table, program: Program, payout_id: str, rail: RailName | None, part: int) -> Part:
    """A file of a draft or of a confirmed payout; `rail` None: the one that it was drafted for.

    The same payout gives the same bytes: lines say who was paid where, also those that failed, for they were sent, and
    the payout from which account. Raises Absent, Conflict `payout_state`, and as `export` does.
    """
    payout = lines.payout(table, program.program_id, payout_id)
    if not payout.has_files:
        raise wrong_state(f"only a draft and a confirmed payout have files: this payout is {payout.state}")
    name = rail or payout.rail
    batch = Batch(
        payout_id,
        payout.created_at,
        program.calendar.day_of(payout.created_at),
        payout.program_name,
        payers.of_payout(table, program.program_id, payout) if name == "sepa" else None,
        part,
    )
    return export(name, batch, _sealed(table, program.program_id, payout))


def _sealed(table: Table, program_id: str, payout: Payout) -> Iterator[SealedLine]:
    """The lines that a payout pays, read as they are used."""
    number, last = count(1), None
    while found := lines.after(table, program_id, payout.payout_id, last, _READ_AT_ONCE):
        yield from (_as_sealed(line, next(number), payout) for line in found if line.state != "left")
        last = found[-1].member_id


def _as_sealed(line: Line, number: int, payout: Payout) -> SealedLine:
    to = line.recipient
    paid = PaidLine(
        number=number,
        payout_id=payout.payout_id,
        member_id=line.member_id,
        name=to.name if to else "",
        email=to.email if to else "",
        amount=line.amount,
        currency=payout.currency,
        rows=line.rows,
    )
    return SealedLine(paid, to.sealed if to else None)


def export(rail: RailName, batch: Batch, paid: Iterable[SealedLine]) -> Part:
    """The part of the payout that `batch` names, as a file of `rail`. `paid`: all that it pays, in their order.

    No more of them are read than the part and those before it. `batch.payer`: None if the rail asks for none.
    Raises Conflict `rail_cannot` with the line named, `nothing_to_pay`, `payer_missing`, Invalid `no_such_part`,
    VaultClosed.
    """
    found, is_last = next(islice(_parts(rail_of(rail), paid), batch.part - 1, None), ([], True))
    if not found and batch.part > 1:
        raise Invalid("no_such_part", "the payout has fewer parts than that", "?part")
    if not found:
        raise Conflict("nothing_to_pay", "the payout has no lines")
    return Part(file_of(rail, batch, _opened(found)), is_last)


def _parts(rail: Rail, paid: Iterable[SealedLine]) -> Iterator[tuple[list[SealedLine], bool]]:
    """The lines of each file, and whether it is the last one; read as they are used."""
    part: list[SealedLine] = []
    size = 0
    for each in paid:
        size += each.size
        if part and (len(part) == rail.most_lines or (rail.are_long and size > _LARGEST)):
            yield part, False
            part, size = [], each.size
        part.append(each)
    if part:
        yield part, True


def _opened(sealed_lines: Sequence[SealedLine]) -> list[PaidLine]:
    """The lines with their payees."""
    sealed = {each.line.member_id: each.sealed for each in sealed_lines if each.sealed is not None}
    opened = vault.unseal_all(sealed, vault.OF_ACCOUNT)
    payees = {member_id: from_text(text) for member_id, text in opened.items()}
    return [replace(each.line, payee=payees.get(each.line.member_id)) for each in sealed_lines]
