"""The account that a payout's files are paid from: the payout keeps it, so that they do not change with the program."""

from laurel import vault
from laurel.domain.payouts.payouts import Payout
from laurel.domain.program.payers import Payer
from laurel.store import items, keys, payouts
from laurel.store.operations import ConditionFailed
from laurel.store.table import Table
from laurel.workflows.payouts import lines


def of_program(table: Table, program_id: str) -> str | None:
    """The ciphertext of the program's payer as of now; None without one."""
    secret = (table.get(keys.program(program_id)) or {}).get(items.PAYER)
    return secret["sealed"] if secret else None


def of_payout(table: Table, program_id: str, payout: Payout) -> Payer | None:
    """The payer of `payout`, in full: the program's when it was drafted or, if it had none, of the first file.

    Raises VaultClosed.
    """
    sealed = payout.payer or _first(table, program_id, payout.payout_id)
    return None if sealed is None else opened(program_id, sealed)


def opened(program_id: str, sealed: str) -> Payer:
    """The payer in its ciphertext. Raises VaultClosed."""
    return Payer.model_validate_json(vault.unseal(sealed, account_of=program_id))


def _first(table: Table, program_id: str, payout_id: str) -> str | None:
    """The program's, from now on the payout's, unless another file of it was faster."""
    if (sealed := of_program(table, program_id)) is None:
        return None
    try:
        table.write(payouts.paid_from(program_id, payout_id, sealed))
    except ConditionFailed:
        return lines.payout(table, program_id, payout_id).payer
    return sealed
