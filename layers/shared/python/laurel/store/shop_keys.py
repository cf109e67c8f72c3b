"""Keys of connections to shops, of their watches and of codes in them; the chart of all keys is in `keys`."""

from typing import Final, get_args

from laurel.domain.members.enrollments import ShopState
from laurel.store import keys
from laurel.store.keys import Key

STATES: Final[tuple[ShopState, ...]] = get_args(ShopState)
SHOP: Final = "shop#"
"""The prefix of codes in shops in a member's collection."""


def connections(program_id: str) -> str:
    """All connections of a program (base table): read with each edit of a code."""
    return f"{program_id}#connections"


def connection(program_id: str, storefront_id: str) -> Key:
    """The connection of a storefront."""
    return Key(connections(program_id), storefront_id)


def watches(program_id: str) -> str:
    """The watches of all storefronts of a program (base table)."""
    return f"{program_id}#watches"


def watch(program_id: str, storefront_id: str) -> Key:
    """The watch of a storefront's orders."""
    return Key(watches(program_id), storefront_id)


def shop_code(program_id: str, member_id: str, offer_id: str, storefront_id: str) -> Key:
    """The code of an enrollment in a storefront, behind all that an account transition reads."""
    return Key(keys.account(program_id, member_id), f"{SHOP}{offer_id}#{storefront_id}")


def made_code(program_id: str, storefront_id: str, shop_id: str) -> Key:
    """A code that Laurel made in a storefront's shop, by the shop's own id of it."""
    return Key(f"{program_id}#made#{keys.digest(storefront_id, shop_id)}", "made")


def codes_of_storefront(program_id: str, storefront_id: str, state: ShopState | None = None) -> list[str]:
    """The codes of a storefront, in one state if given (by_owner)."""
    states = STATES if state is None else (state,)
    return [f"{program_id}#{storefront_id}#codes#{each}" for each in states]
