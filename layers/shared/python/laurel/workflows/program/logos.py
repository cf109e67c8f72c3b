"""A program's logo: kept by us and served by us, so that a page asks nobody else for it."""

from laurel.domain.program.logos import Logo
from laurel.domain.values.errors import Absent
from laurel.store import keys, logos
from laurel.store.operations import Delete, Put, Update
from laurel.store.table import Table


def put(table: Table, program_id: str, logo: Logo) -> None:
    """Keeps a picture in place of the one before. Done twice it is the same."""
    named = Update(keys.program(program_id), set={logos.NAME: logo.name})
    table.transact([Put(logos.item(program_id, logo)), named])


def get(table: Table, program_id: str, name: str | None = None) -> Logo:
    """The picture. `name`: the one that is asked for. Raises Absent `no_logo`."""
    stored = table.get(logos.key(program_id))
    logo = None if stored is None else logos.parse(stored)
    if logo is None or name not in {None, logo.name}:
        raise Absent("no_logo", "there is no such logo")
    return logo


def delete(table: Table, program_id: str) -> None:
    """Forgets the picture, if there is one."""
    table.transact([Delete(logos.key(program_id)), Update(keys.program(program_id), remove=(logos.NAME,))])
