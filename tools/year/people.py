"""Names of members, no two of them alike, and how much each sells."""

from dataclasses import dataclass
from random import Random
from typing import Final

FIRST: Final = (
    "Ada Ben Carla David Elif Finn Greta Hugo Ida Jonas Kim Lena Milo Nora Oskar Paula Quentin Rosa Samir Tilda "
    "Umut Vera Wanda Xenia Yara Zoe Amir Bianca Cleo Dario"
)
LAST: Final = (
    "Lovelace Becker Castellano Duarte Eriksen Fischer Girard Haddad Ivanova Jansen Kaya Lindqvist Moreau Novak "
    "Okafor Pereira Quinn Rossi Schmidt Tanaka Unger Vogel Weber Ximenes Yilmaz Zimmermann"
)
MAIL: Final = "example.com"


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody who will apply. `pull`: how much they sell beside others."""

    first_name: str
    last_name: str
    pull: float

    @property
    def email(self) -> str:
        """Their address, in a domain that takes no mail."""
        if (self.first_name, self.last_name) == ("Ada", "Lovelace"):
            return f"ada@{MAIL}"
        return f"{self.first_name}.{self.last_name}@{MAIL}".casefold()

    @property
    def code(self) -> str:
        """A promo code that nobody else of the year has."""
        short = f"{self.first_name}{self.last_name[:3]}"
        return "ADA10" if self.email == f"ada@{MAIL}" else f"{short}10".upper()


def personas(rng: Random, count: int) -> list[Persona]:
    """So many people, Ada Lovelace first. A few sell most, many a little."""
    names = [(first, last) for first in FIRST.split() for last in LAST.split()]
    first, others = names[0], names[1:]
    rng.shuffle(others)
    ranks = [*range(1, count)]
    rng.shuffle(ranks)
    pulls = [1.0 / 3, *(1.0 / (3 + rank) for rank in ranks)]
    return [Persona(*name, pull) for name, pull in zip([first, *others[: count - 1]], pulls, strict=True)]
