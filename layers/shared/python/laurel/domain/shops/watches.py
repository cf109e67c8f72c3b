"""Watches: a connected shop is asked each hour for the orders that changed, so that a lost webhook loses no order.

The place that was reached is a time by the shop's own clock, which may be wrong; it never goes back. Changes that were
told near it are asked for once more an hour later, since a shop may list them late.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self

from laurel.domain.program.outbound import Outbound, retry_seconds
from laurel.domain.program.shop_access import OrdersView
from laurel.domain.values.ids import StorefrontId
from laurel.domain.values.model import Count, Instant

ASKED_EVERY: Final = timedelta(hours=1)
LOCKED_OUT_FOR: Final = timedelta(days=1)
OVERLAP: Final = timedelta(minutes=15)
MOST_PAGES: Final = 1000
"""Pages of one look that follow each other at once: a shop may go on for ever."""
_MOST_CHANGES: Final = 20
_SECOND: Final = timedelta(seconds=1)


class Watch(Outbound):
    """The watch of a storefront's orders, which is a message as well: the next look, due each hour.

    `since`: changes from here on are asked for. `reached`: the newest change that was told. `page`: where a look that
    is under way goes on, in the platform's words, with the `newest` change of its `pages` so far.
    """

    kind: Literal["watch"] = "watch"
    storefront_id: StorefrontId
    status: Literal["pending", "handed", "sending", "idle"] = "pending"
    since: Instant
    reached: Instant
    page: str | None = None
    newest: Instant | None = None
    pages: Count = 0
    asked_at: Instant | None = None
    reason: str | None = None

    @classmethod
    def of(cls, storefront_id: str, since: datetime, now: datetime) -> Self:
        """A watch that begins with changes of `since`, and looks at once."""
        stamps: dict[str, Any] = {"next_attempt_at": now, "created_at": now, "updated_at": now}
        return cls(storefront_id=storefront_id, since=since, reached=since, **stamps)

    @property
    def most(self) -> int:
        """Changes to ask for at once: fewer after each failure, for a page may be too much for the shop or for us."""
        return max(1, _MOST_CHANGES >> max(self.tries - 1, 0))

    def is_due(self, now: datetime) -> bool:
        """Whether a message about it is to be heard."""
        return self.status == "handed" or (self.status == "pending" and self.next_attempt_at <= now)

    def due_now(self, now: datetime) -> Self:
        """To look now, unless it does already."""
        if self.status in {"handed", "sending"}:
            return self
        return self._after(now, now, reason=self.reason)

    def resting(self, now: datetime) -> Self:
        """Without a connection that is ok nothing is asked; once there is one again it goes on where it was."""
        return self._after(now, now, status="idle", reason=self.reason)

    def told(self, newest: datetime | None, next_page: str | None, now: datetime) -> Self:
        """After a page that the shop told, whose newest change is `newest`; without a next one the look is over."""
        known = max((at for at in (self.newest, newest) if at is not None), default=None)
        fresh = {"attempts_before": self.attempts, "asked_at": now}
        if next_page is not None:
            pages = (self.pages + 1) % MOST_PAGES
            at = now if pages else now + ASKED_EVERY
            return self._after(now, at, page=next_page, newest=known, pages=pages, **fresh)
        over = {"page": None, "newest": None, "pages": 0, **fresh}
        return self._after(now, now + ASKED_EVERY, **over, **self._reached(known, now))

    def put_off(self, now: datetime, reason: str, pause: timedelta | None = None) -> Self:
        """After no answer: the same page again after `pause`, by default less and less often."""
        wait = pause or timedelta(seconds=retry_seconds(max(self.tries, 1)))
        return self._after(now, now + min(wait, LOCKED_OUT_FOR), reason=reason, asked_at=now)

    def begun_anew(self, now: datetime, reason: str) -> Self:
        """After an answer that refuses the page: the look begins again, an hour later."""
        anew = {"page": None, "newest": None, "pages": 0}
        return self._after(now, now + ASKED_EVERY, reason=reason, asked_at=now, **anew)

    def shown(self) -> OrdersView:
        """The watch as it is shown."""
        return OrdersView(asked_at=self.asked_at, reason=self.reason)

    def _reached(self, newest: datetime | None, now: datetime) -> dict[str, datetime]:
        """A shop whose clock is ahead is never believed beyond ours: it would hide what comes until then."""
        if newest is None:
            return {}
        reached = min(newest, now)
        if reached <= self.reached:  # all that was told near it has been asked for twice
            return {"since": max(self.since, self.reached + _SECOND)}
        return {"reached": reached, "since": max(self.since, reached - OVERLAP)}

    def _after(self, now: datetime, at: datetime, **changes: Any) -> Self:
        fields = {"status": "pending", "claim": None, "reason": None, **changes}
        return self.model_copy(update={**fields, "next_attempt_at": at, "updated_at": now, "version": self.version + 1})
