"""All rails: which of them can carry a payment, and the file that one makes."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, assert_never

from laurel.domain.payouts.payees import Masked
from laurel.domain.payouts.rails.lines import Batch, PaidLine, RailFile, Refusal
from laurel.domain.payouts.rails.paypal import PaypalApiRail, PaypalMassRail
from laurel.domain.payouts.rails.people import PeopleRail
from laurel.domain.payouts.rails.sepa import SepaRail

RailName = Literal["csv", "paypal", "paypal_api", "sepa"]
Rail: TypeAlias = PeopleRail | PaypalMassRail | PaypalApiRail | SepaRail
"""The closed union of rails."""
RAILS: Final[tuple[RailName, ...]] = ("csv", "paypal", "paypal_api", "sepa")


def rail_of(name: RailName) -> Rail:
    """The rail of that name."""
    match name:
        case "csv":
            return PeopleRail()
        case "paypal":
            return PaypalMassRail()
        case "paypal_api":
            return PaypalApiRail()
        case "sepa":
            return SepaRail()
    assert_never(name)


def can_carry(name: RailName, currency: str, payee: Masked | None) -> Refusal | None:
    """The reason why the rail cannot pay `payee` (masked; None: there is none) in `currency`, or None if it can."""
    return rail_of(name).refusal(currency, payee)


def file_of(name: RailName, batch: Batch, lines: Sequence[PaidLine]) -> RailFile:
    """The file of a part of a payout. Raises Conflict `rail_cannot` with the line named, `payer_missing`."""
    return rail_of(name).file(batch, lines)
