"""Orders and what becomes of them, as the small program's shop and merchant tell it."""

from dataclasses import dataclass
from typing import Any

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.stream import drain
from tests.functional.kit.world import World


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop and its merchant; all that is told is counted at once."""

    table: Table
    world: World
    api: Gateway

    def sells(self, order_id: str, amount: int, code: str = "ADA10", **more: Any) -> str:
        """An order by a code; the id of its conversion."""
        order = {"order_id": order_id, "amount": amount, "type": "sale", "currency": "EUR", "promo_code": code}
        told = {"storefront_id": self.world.storefront_id, "occurred_at": "2026-11-18T10:00:00Z", **order, **more}
        return str(self._done("POST", "/v1/conversions", told)["conversion_id"])

    def refunds(self, order_id: str, amount: int | None = None, reason: str = "refund") -> None:
        """A part of an order, or all of it."""
        told: dict[str, Any] = {"storefront_id": self.world.storefront_id, "order_id": order_id, "refund_id": "r1"}
        self._done("POST", "/v1/refunds", {**told, "reason": reason, **({"amount": amount} if amount else {})})

    def does(self, method: str, path: str, body: object = None) -> Any:
        """Whatever else; its answer."""
        return self._done(method, path, body)

    def _done(self, method: str, path: str, body: object) -> Any:
        answer = self.api.call(method, path, body)
        assert answer.status < 300, answer.body
        drain(self.table)
        return answer.body
