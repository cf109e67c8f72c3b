"""Action codes that are known: only these are counted by name, so that a stranger's cannot make totals grow."""

from collections.abc import Iterable

from laurel.domain.offers.offers import Offer
from laurel.domain.program.programs import Program


def is_known(code: str | None, program: Program, offers: Iterable[Offer]) -> bool:
    """Whether the program declares `code`, or one of `offers` pays it; True for none, as sales have."""
    return code is None or code in program.action_codes or any(offer.pays_action(code) for offer in offers)
