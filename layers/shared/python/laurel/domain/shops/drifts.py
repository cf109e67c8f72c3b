"""Codes that somebody changed in the shop."""

from collections.abc import Iterable

from laurel.domain.shops.codes import ShopCode
from laurel.domain.shops.plans import Adopt, Conflict, Create, Seen, Step


def drift(code: ShopCode, steps: Iterable[Step], seen: Iterable[Seen]) -> str | None:
    """The difference that somebody made in the shop, if that is why there are `steps` for a code nobody edited."""
    asked = [step for step in steps if not isinstance(step, Adopt | Conflict)]
    if code.wanted > code.done or code.state not in {"live", "ended"} or not asked:
        return None
    if code.state == "ended":  # a code that comes because its time has come is no drift
        return None if any(isinstance(step, Create) for step in asked) else "changed_in_shop"
    was_ours = any(found.mark == code.code_id for found in seen)
    return "changed_in_shop" if was_ours else "deleted_in_shop"
