"""The sender of a program's mail: an address of its own once the address's owner agreed, else the environment's."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import Field

from laurel.domain.values.errors import Invalid
from laurel.domain.values.model import Frozen, Instant

ANY_DOMAIN: Final = "*"
LinkToken = Annotated[str, Field(pattern=r"^[0-9a-z]{26}_[A-Za-z0-9_-]{43}$")]
"""The end of a confirmation link: the letters of the program's id, and 256 random bits."""
LINK_LIVES: Final = timedelta(days=7)
"""How long a confirmation link is good, from the instant at which it was mailed."""


class Sender(Frozen):
    """How far `sender_email` belongs to the program; only once it is confirmed does mail come from it.

    `asked_at`: when a link was asked for last; null if an operator bound the address.
    """

    status: Literal["unconfirmed", "confirmed"]
    asked_at: Instant | None = None
    confirmed_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class SenderDomains:
    """The domains that mail may come from, in small letters; `*` stands for all, and an empty list for none."""

    names: frozenset[str] = frozenset()

    @staticmethod
    def of(text: str) -> "SenderDomains":
        """The domains in a text, in any letters, separated by commas."""
        return SenderDomains(frozenset(name.strip().lower() for name in text.split(",")) - {""})

    def hold(self, address: str) -> bool:
        """Whether `address` is of one of them. A domain does not stand for those below it."""
        return ANY_DOMAIN in self.names or address.rpartition("@")[2].lower() in self.names

    def require(self, address: str) -> None:
        """Raises Invalid `sender_domain_refused`."""
        if not self.hold(address):
            raise Invalid(
                "sender_domain_refused",
                "mail cannot come from this domain here: take an address of a domain that this deployment sends for",
                "/sender_email",
            )


NO_DOMAINS: Final = SenderDomains()


@dataclass(frozen=True, slots=True)
class Asking:
    """The way in which an address is asked for. `origin`: the beginning of links to the API."""

    domains: SenderDomains = NO_DOMAINS
    origin: str = ""
