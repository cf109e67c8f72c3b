"""Action codes that rules name: a rule that waits for one that is not counted by name would never fire."""

from collections.abc import Iterable

from laurel.domain.offers.action_codes import is_known
from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program
from laurel.domain.rules.rules import RuleSettings
from laurel.domain.rules.scoped import Offers
from laurel.domain.values.errors import Invalid
from laurel.store import items, keys
from laurel.store.table import Table


def require_known(table: Table, program: Program, settings: RuleSettings, before: RuleSettings | None) -> None:
    """Raises Invalid `unknown_action_code` for one that neither an option of its offers pays nor the program declares.

    `before`: the rule that is edited. One that named a code before may go on to name it.
    """
    as_before = () if before is None else before.named_codes.values()
    for pointer, (code, offers) in settings.named_codes.items():
        if (code, offers) in as_before or is_known(code, program, ()):
            continue
        if not is_known(code, program, _offers(table, program.program_id, offers)):
            detail = f"no payout option of its offers pays {code!r}, and the program's action_codes do not declare it"
            raise Invalid("unknown_action_code", detail, pointer)


def _offers(table: Table, program_id: str, named: Offers) -> Iterable[Offer]:
    if named == "all":
        found = table.query(keys.offer(program_id, "").pk)
    else:
        found = list(table.batch_get([keys.offer(program_id, offer_id) for offer_id in named]).values())
    return (items.parse(Offer, item) for item in found)
