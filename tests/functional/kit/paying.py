"""A row that was paid, until payouts can pay it."""

from laurel.domain.ledger.commissions import Commission
from laurel.store import items as stored
from laurel.store import keys, ledger
from laurel.store.table import Table
from tests.functional.kit.stream import drain
from tests.functional.kit.world import AT, World


def pay(items: Table, world: World, commission_id: str) -> None:
    program_id = world.program.program_id
    row = stored.parse(Commission, items.get(keys.commission(program_id, commission_id)) or {})
    items.write(ledger.changed(program_id, row, row.revised(max(AT, row.updated_at), payout="paid")))
    drain(items)
