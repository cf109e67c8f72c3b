"""API keys of a program, for its operator, who has the table: when a merchant lost a key, or one leaked.

python -m tools.keys --env dev list                  the programs
python -m tools.keys --env dev list prg_…            its keys, newest first
python -m tools.keys --env dev issue prg_…           one more admin key, printed this once
python -m tools.keys --env dev revoke prg_… key_…    at once; the last admin key stays
"""

import secrets
import sys
from collections.abc import Iterator

from laurel import clock
from laurel.domain.program.programs import ApiKey
from laurel.store import items, keys
from laurel.store.table import Table
from laurel.workflows.program import api_keys
from tools.commands import operate
from tools.deployed import deployed, named_program, parser, require_program
from tools.failure import say


def listed(table: Table, program_id: str) -> Iterator[ApiKey]:
    """All keys of a program, newest first."""
    cursor = None
    while True:
        page = api_keys.page(table, program_id, 100, cursor)
        yield from page.items
        if (cursor := page.next_cursor) is None:
            return


def programs(table: Table) -> Iterator[str]:
    """Each program on one line: id, day it was made, name."""
    for item in table.query(keys.registry().pk):
        program = items.parse_program(table.get(keys.program(item["sk"])) or {})
        yield f"{program.program_id}  {program.created_at:%Y-%m-%d}  {program.name}"


def line(key: ApiKey) -> str:
    """A key on one line: id, day it was made, scopes, and what else there is to say of it."""
    used = f"used {key.last_used_on}" if key.last_used_on else "never used"
    until = f"expires {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else ""
    about = [key.key_id, f"{key.created_at:%Y-%m-%d}", *key.scopes, key.storefront_id or "", used, until]
    return "  ".join(filter(None, [*about, key.name or ""]))


def told(table: Table, task: str, program_id: str, key_id: str | None) -> Iterator[str]:
    """Does the task; the lines to print. Raises Refusal."""
    if task == "list" and not program_id:
        yield from programs(table)
        return
    require_program(table, program_id)
    match task:
        case "list":
            for key in listed(table, program_id):
                yield line(key)
        case "issue":
            issued = api_keys.issue_admin(table, program_id, clock.now(), secrets.token_bytes)
            yield f"{issued.key_id}\nadmin key {issued.key}   (shown this once)"
        case _:
            api_keys.revoke(table, program_id, key_id or "", clock.now())
            yield f"{key_id} opens nothing any more"


def main() -> int:
    """The exit status: 0, or 1 if the task cannot be done."""
    return operate(_run)


def _run() -> int:
    asked = parser(__doc__)
    asked.add_argument("task", choices=("list", "issue", "revoke"))
    asked.add_argument("program_id", nargs="?", default="")
    asked.add_argument("key_id", nargs="?")
    given = asked.parse_args()
    program_id = given.program_id if given.task == "list" else named_program(given.program_id)
    for told_line in told(deployed(given).table(), given.task, program_id, given.key_id):
        say(told_line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
