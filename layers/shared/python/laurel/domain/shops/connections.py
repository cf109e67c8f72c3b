"""Connections to shops, each with its check: whether the platform lets Laurel in."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

from laurel.domain.program.outbound import Outbound, retry_seconds
from laurel.domain.program.programs import Platform
from laurel.domain.program.shop_access import (
    Access,
    ConnectionStatus,
    ConnectionView,
    ShopifyAccess,
    StripeAccess,
    WooCommerceAccess,
)
from laurel.domain.values.errors import Invalid
from laurel.domain.values.ids import JobId, StorefrontId
from laurel.domain.values.model import Count, Frozen, Instant

CHECKED_EVERY: Final = timedelta(days=1)
"""How long after a check the connection and all codes of its shop are looked at again."""
ASKED_AGAIN_AFTER: Final = timedelta(hours=1)
"""How long a shop that did not let Laurel in is left alone: it may do so again without an edit here."""
LONGEST_REST: Final = timedelta(hours=1)
"""The longest time for which a shop that does not answer is told nothing."""
_ACCESS: Final[dict[Platform, type[Access]]] = {
    "shopify": ShopifyAccess,
    "woocommerce": WooCommerceAccess,
    "stripe": StripeAccess,
}


def require_access(platform: Platform, access: Access, *, is_local: bool) -> None:
    """Raises Invalid for what is no access to a shop of `platform`, and for `base_url` where it is not `is_local`."""
    wanted = _ACCESS.get(platform)
    if wanted is None:
        raise Invalid("connection_not_possible", f"nothing connects to platform {platform}", "/connection")
    if not isinstance(access, wanted):
        fields = ", ".join(name for name in wanted.model_fields if name != "base_url")
        raise Invalid("connection_of_another_platform", f"a connection to {platform} has {fields}", "/connection")
    if access.base_url is not None and not is_local:
        raise Invalid("base_url_not_allowed", "base_url is for a shop on one's own machine", "/connection/base_url")


class Connection(Outbound):
    """A storefront's connection, which is a message as well: its check, due when it is set and each day after.

    `is_set`: there are credentials, sealed beside it. `currency`: the shop's own, as it told. `silences`: requests in a
    row that it did not answer; until `quiet_until` it is told nothing more, so that it holds up no other shop.
    """

    kind: Literal["connection"] = "connection"
    storefront_id: StorefrontId
    platform: Platform
    status: Literal["pending", "handed", "idle"] = "pending"
    is_set: bool = True
    state: ConnectionStatus = "none"
    reason: str | None = None
    checked_at: Instant | None = None
    currency: str | None = None
    silences: Count = 0
    quiet_until: Instant | None = None

    @classmethod
    def to(cls, storefront_id: str, platform: Platform, now: datetime) -> Self:
        """A connection that was just set, to be checked at once."""
        stamps: dict[str, Any] = {"next_attempt_at": now, "created_at": now, "updated_at": now}
        return cls(storefront_id=storefront_id, platform=platform, **stamps)

    def set_anew(self, platform: Platform, now: datetime) -> Self:
        """With other credentials, to be checked at once."""
        anew = Connection.to(self.storefront_id, platform, now)
        return self.model_copy(
            update={**dict(anew), "created_at": self.created_at, "version": self.version + 1, "claim": None}
        )

    def ended(self, now: datetime) -> Self:
        """Without credentials: the shop is told nothing any more."""
        gone = {"is_set": False, "state": "none", "reason": None, "checked_at": None, "status": "idle", "claim": None}
        return self.model_copy(update={**gone, "updated_at": now, "version": self.version + 1})

    @property
    def is_open(self) -> bool:
        """Whether the shop may be told: it lets Laurel in, or nobody knows yet."""
        return self.is_set and self.state != "failed"

    def rest(self, now: datetime) -> timedelta | None:
        """The time for which it is told nothing more; None if it may be told."""
        return self.quiet_until - now if self.quiet_until is not None and self.quiet_until > now else None

    def unheard(self, now: datetime) -> Self:
        """After a request that it did not answer: the more of them in a row, the longer it is left alone."""
        silences = self.silences + 1
        until = now + min(timedelta(seconds=retry_seconds(silences)), LONGEST_REST)
        return self.model_copy(
            update={"silences": silences, "quiet_until": until, "updated_at": now, "version": self.version + 1}
        )

    def heard(self, now: datetime) -> Self:
        """After an answer that followed silence."""
        return self.model_copy(
            update={"silences": 0, "quiet_until": None, "updated_at": now, "version": self.version + 1}
        )

    def due_now(self, now: datetime) -> Self:
        """To be checked now, with all codes of the shop."""
        return self.model_copy(
            update={"status": "pending", "next_attempt_at": now, "updated_at": now, "version": self.version + 1}
        )

    def checked(self, now: datetime, reason: str | None, currency: str | None) -> Self:
        """As the shop answered: let in, or not for `reason`. It is due again a day later, or within hours."""
        found = {"state": "ok" if reason is None else "failed", "reason": reason, "checked_at": now}
        heard = {"silences": 0, "quiet_until": None, "attempts": 0}
        pause = CHECKED_EVERY if reason is None else ASKED_AGAIN_AFTER
        again = {"status": "pending", "next_attempt_at": now + pause, "updated_at": now}
        return self.model_copy(
            update={**found, **heard, **again, "currency": currency or self.currency, "version": self.version + 1}
        )

    def shown(self) -> ConnectionView:
        """The connection as it is shown."""
        return ConnectionView(status=self.state, reason=self.reason, checked_at=self.checked_at)


class SyncStarted(Frozen):
    """The job that compares all codes of a storefront with the shop."""

    job_id: JobId
