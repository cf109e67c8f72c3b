"""Codes in shops, as enrollments and storefronts show them."""

from collections.abc import Callable, Sequence

from laurel.domain.members.enrollments import CodeInShop, Enrollment, ShopState
from laurel.domain.shops.codes import ShopCode, ShopCodeView
from laurel.domain.shops.connections import Connection
from laurel.store import items, keys, shop_keys
from laurel.store.indexes import BY_OWNER
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests import listing
from laurel.workflows.requests.listing import Page

Shops = Callable[[Enrollment], tuple[CodeInShop, ...]]


def of(table: Table, program_id: str, enrolled: Sequence[Enrollment]) -> Shops:
    """The shops of each of these enrollments, also of those that are connected no more; read together."""
    with_code = [(each.member_id, each.offer_id) for each in enrolled if each.promo_code is not None]
    return of_places(table, program_id, with_code, connected(table, program_id) if with_code else [])


def connected(table: Table, program_id: str) -> list[str]:
    """The storefronts that are or were connected."""
    return [items.parse(Connection, item).storefront_id for item in table.query(shop_keys.connections(program_id))]


def of_places(table: Table, program_id: str, places: Sequence[tuple[str, str]], storefronts: Sequence[str]) -> Shops:
    """The shops of members in offers, among these storefronts."""
    wanted = [
        shop_keys.shop_code(program_id, member_id, offer_id, storefront_id)
        for member_id, offer_id in places
        for storefront_id in storefronts
    ]
    return _by_enrollment([items.parse(ShopCode, item) for item in table.batch_get(wanted).values()] if wanted else [])


def _by_enrollment(found: Sequence[ShopCode]) -> Shops:
    def shops(enrollment: Enrollment) -> tuple[CodeInShop, ...]:
        mine = [
            code for code in found if (code.member_id, code.offer_id) == (enrollment.member_id, enrollment.offer_id)
        ]
        return tuple(code.shown() for code in sorted(mine, key=lambda code: code.storefront_id))

    return shops


def of_member(table: Table, program_id: str, member_id: str) -> Shops:
    """The shops of each of a member's enrollments, in one query."""
    partition = keys.account(program_id, member_id)
    return _by_enrollment([items.parse(ShopCode, item) for item in table.query(partition, begins_with=shop_keys.SHOP)])


def page(
    table: Table, program_id: str, storefront_id: str, state: ShopState | None, limit: int, cursor: str | None
) -> Page[ShopCodeView]:
    """The codes of a storefront, in one state if given."""
    partitions = shop_keys.codes_of_storefront(program_id, storefront_id, state)
    return listing.page(table, partitions, _shown, limit=limit, cursor=cursor, index=BY_OWNER)


def _shown(item: Item) -> ShopCodeView:
    return ShopCodeView.of(items.parse(ShopCode, item))
