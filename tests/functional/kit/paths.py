"""Paths under an offer: the one with promo codes, unless another is named."""

from tests.functional.kit.world import World


def enrollment_path(world: World, member: str, offer: str | None = None) -> str:
    return f"/v1/offers/{offer or world.codes_offer}/enrollments/{member}"


def options_path(world: World, offer: str | None = None) -> str:
    return f"/v1/offers/{offer or world.codes_offer}/payout-options"


def option_path(world: World, option: str, offer: str | None = None) -> str:
    return f"{options_path(world, offer)}/{option}"
