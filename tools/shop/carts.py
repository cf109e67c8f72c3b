"""Carts of the shop: articles, a code, and what the pages noted for the order. Amounts are in cents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Article:
    """An article of the shop. `hue`: of its picture, in degrees."""

    handle: str
    name: str
    about: str
    price: int
    hue: int


ARTICLES: Final[Mapping[str, Article]] = {
    article.handle: article
    for article in (
        Article("serum", "Night serum", "Three drops before sleep.", 4_800, 265),
        Article("balm", "Lip balm", "Beeswax and orange.", 900, 25),
        Article("soap", "Olive soap", "Cut by hand, dried for a year.", 1_250, 95),
        Article("oil", "Body oil", "Almond, for after the sea.", 2_700, 190),
    )
}


@dataclass(frozen=True, slots=True)
class Discount:
    """A code as the shop knows it. `percent` of all, or an `amount` off."""

    code: str
    percent: Decimal | None
    amount: int | None

    def off(self, subtotal: int) -> int:
        """The part of `subtotal` that it takes off."""
        if self.percent is None:
            return min(self.amount or 0, subtotal)
        return int((subtotal * self.percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass
class Cart:
    """A visitor's cart. `attributes`: what pages noted for the order. `landing_site`: the page of the first visit."""

    lines: dict[str, int] = field(default_factory=dict)
    code: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    landing_site: str = ""

    @property
    def subtotal(self) -> int:
        """The price of its articles before any discount."""
        return sum(ARTICLES[handle].price * number for handle, number in self.lines.items())

    @property
    def count(self) -> int:
        """The number of its articles."""
        return sum(self.lines.values())

    def put(self, handle: str) -> None:
        """Puts one article in, at most 9 of each."""
        if handle in ARTICLES:
            self.lines[handle] = min(self.lines.get(handle, 0) + 1, 9)

    def note(self, attributes: object) -> None:
        """Keeps what a page notes for the order; an empty value takes it away."""
        if isinstance(attributes, dict):
            told = {str(name)[:64]: str(value)[:255] for name, value in list(attributes.items())[:20]}
            self.attributes = {name: value for name, value in {**self.attributes, **told}.items() if value}
