"""Shops may answer anything: an answer that cannot be read as one of their platform's is as good as none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from laurel.connectors import Changes, Connector, Strange
from laurel.domain.shops.plans import Seen
from laurel.domain.shops.wanted import Wanted
from laurel.domain.values.model import MAX_AMOUNT
from laurel.domain.values.money import minor_units
from laurel.log import logger

_UNREADABLE: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


class Understood:
    """A shop whose answers are read, or raise Strange."""

    def __init__(self, shop: Connector) -> None:
        self._shop = shop

    def check(self) -> str | None:
        """Asks something harmless; the currency of the shop, None if it has many."""
        with _read():
            currency = self._shop.check()
            if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
                raise ValueError
            return currency

    def find(self, code: str, shop_id: str | None) -> list[Seen]:
        """All that has that code or that id."""
        with _read():
            return self._shop.find(code, shop_id)

    def create(self, wanted: Wanted, mark: str, attempt: str) -> Seen:
        """Makes a code."""
        with _read():
            return self._shop.create(wanted, mark, attempt)

    def change(self, shop_id: str, wanted: Wanted, now: datetime) -> Seen:
        """Gives a code other terms."""
        with _read():
            return self._shop.change(shop_id, wanted, now)

    def end(self, shop_id: str, now: datetime) -> None:
        """Ends a code."""
        with _read():
            self._shop.end(shop_id, now)

    def changes(self, since: datetime, page: str | None, most: int) -> Changes:
        """The changes of orders, each of which is read later."""
        with _read():
            told = self._shop.changes(since, page, most)
            return replace(told, changes=tuple(replace(each, read=_reading(each.read)) for each in told.changes))


def _reading(read: Callable[[], bytes]) -> Callable[[], bytes]:
    def attempt() -> bytes:
        with _read():
            return read()

    return attempt


def amount(told: Any, currency: str) -> dict[str, Any]:
    """An amount as a shop tells it, in major units; nothing for one that no discount has. Raises ArithmeticError."""
    number = Decimal(str(told))
    if not 0 <= number <= MAX_AMOUNT:  # before it is multiplied: 1e999999999 would take for ever
        return {}
    return {"amount": minor_units(number, currency), "currency": currency}


@contextmanager
def _read() -> Iterator[None]:
    """Raises Strange for what cannot be read. What it was is logged by its kind and place: its text is the shop's."""
    try:
        yield
    except _UNREADABLE as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        line = place.tb_lineno if place else 0
        logger.warning("answer of a shop not understood", extra={"error": type(error).__name__, "line": line})
        raise Strange("the shop's answer is not one of its platform's") from None
