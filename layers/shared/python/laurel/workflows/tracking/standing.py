"""Looking up a promo code or a link: where it leads, and how it stands."""

from datetime import datetime

from laurel.domain.members.enrollments import CodeClaim
from laurel.domain.program.programs import Program
from laurel.domain.tracking.standing import CodeStanding, LinkStanding, Standing, standing
from laurel.domain.values.errors import Absent
from laurel.store import items, keys
from laurel.store.table import Table
from laurel.workflows.tracking.candidates import Named, candidate


def of_code(table: Table, program: Program, promo_code: str, now: datetime) -> CodeStanding:
    """The standing of a promo code in any spelling. Raises Absent for one that nobody in the program ever had."""
    item = table.get(keys.promo_code(program.program_id, promo_code))
    if item is None:
        raise Absent("promo_code_not_found", "nobody in the program has or had this promo code")
    claim = items.parse(CodeClaim, item)
    found = _standing(table, program, Named("promo_code", claim.member_id, claim.offer_id, code=claim), now)
    return CodeStanding(code=claim.promo_code, **dict(found))


def of_link(table: Table, program: Program, slug: str, origin: str, now: datetime) -> LinkStanding:
    """The standing of a link; `origin`: scheme and host that links lead to. Raises Absent, also for other programs'."""
    link = table.get(keys.link(slug))
    if link is None or link["body"]["program_id"] != program.program_id:
        raise Absent("link_not_found", "there is no such link in the program")
    found = _standing(table, program, Named("click", link["body"]["member_id"], link["body"]["offer_id"]), now)
    return LinkStanding(slug=slug, url=f"{origin}/r/{slug}", **dict(found))


def _standing(table: Table, program: Program, owner: Named, now: datetime) -> Standing:
    found = table.batch_get(owner.standing(program.program_id))
    return standing(candidate(program.program_id, owner, found), program.attribution.window_days, now)
