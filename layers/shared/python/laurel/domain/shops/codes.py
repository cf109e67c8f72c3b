"""Codes in shops: one for each enrollment and storefront, with the shop's own ids, and how far the shop was told."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, Self

from laurel.domain.events.events import Event, EventType
from laurel.domain.members.enrollments import CodeInShop, ShopState
from laurel.domain.program.outbound import Outbound
from laurel.domain.values.codes import are_same
from laurel.domain.values.ids import MemberId, OfferId, ShopCodeId, StorefrontId, derived_id
from laurel.domain.values.model import Count, Frozen, Instant

if TYPE_CHECKING:  # all that sends has this module, and the shops alone reckon what is wanted there
    from laurel.domain.shops.wanted import Wanted

LONGEST_WAIT: Final = timedelta(hours=1)
"""The longest pause before a shop that does not answer is asked again. It is never given up."""
DRIFTS: Final = frozenset({"changed_in_shop", "deleted_in_shop"})
"""The reasons of a code that somebody had changed in the shop, and that was put right."""
DRIFT_SHOWN_FOR: Final = timedelta(days=7)
"""For a merchant to see it: the shop tells of our own repair within seconds, and then all is right."""
_MOST_ENDED: Final = 4
"""Ended codes that are still looked at, in case that somebody brings one back in the shop."""


class Trace(Frozen):
    """A code that Laurel made in the shop, or set out to make. `shop_id`: None if no answer told it."""

    code: str
    shop_id: str | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """The end of one attempt: the shop has `live` of ours, and nothing of the `over` ones any more.

    `drift`: the difference that was found and healed, if somebody had changed the code in the shop.
    """

    state: ShopState
    reason: str | None
    live: tuple[Trace, ...]
    over: tuple[Trace, ...]
    drift: bool = False


class Drift(Frozen):
    """The last time that somebody had changed the code in the shop, and it was put right."""

    reason: str
    at: Instant


class MadeCode(Frozen):
    """The enrollment of a code that Laurel made in a shop, found by the shop's own id of it."""

    offer_id: OfferId
    member_id: MemberId
    version: int = 1


class ShopCode(Outbound):
    """The code of an enrollment in one storefront, which is a message as well: to bring the shop to what is wanted.

    What is wanted is worked out when the shop is told, so an old message never brings back an old state. `wanted`
    counts the changes of it, `done` is the last one that the shop was told. `code_id`: the mark of what Laurel makes.
    `status`: `waiting` while the connection fails. `drift`: shown for a week, or until the next edit.
    """

    kind: Literal["shop_code"] = "shop_code"
    code_id: ShopCodeId
    storefront_id: StorefrontId
    offer_id: OfferId
    member_id: MemberId
    code: str
    status: Literal["pending", "handed", "sending", "idle", "waiting"] = "pending"
    state: ShopState = "pending"
    reason: str | None = None
    at: Instant
    drift: Drift | None = None
    wanted: Count = 1
    done: Count = 0
    traces: tuple[Trace, ...] = ()

    @classmethod
    def of(cls, program_id: str, storefront_id: str, offer_id: str, member_id: str, code: str, now: datetime) -> Self:
        """A code that no shop was told of yet, due at once."""
        return cls(
            code_id=derived_id("shc", program_id, storefront_id, offer_id, member_id),
            storefront_id=storefront_id,
            offer_id=offer_id,
            member_id=member_id,
            code=code,
            at=now,
            next_attempt_at=now,
            created_at=now,
            updated_at=now,
        )

    def wanted_anew(self, code: str, now: datetime, *, sells: bool) -> Self:
        """The same after an edit: the shop is to be told. Whoever is telling it just now tells it once more."""
        anew = {"code": code, "wanted": self.wanted + 1, "state": "pending" if sells else "ending", "reason": None}
        return self._due(now, **anew, at=now, drift=None)

    def looked_at(self, now: datetime) -> Self:
        """The same, to be compared with the shop although nothing was edited; again by whoever is doing so just now."""
        return self._due(now, wanted=self.wanted + (self.status == "sending"))

    def setting_out(self, wanted: "Wanted | None") -> tuple[Trace, ...]:
        """Its traces with the code that it is about to make: noted first, so that a lost answer is found again."""
        known = any(are_same(trace.code, wanted.code) for trace in self.traces) if wanted else True
        return self.traces if known or wanted is None else (*self.traces, Trace(code=wanted.code))

    def told(self, told: Told, done: int, now: datetime, again_at: datetime | None) -> Self:
        """After an attempt that began when change `done` was wanted. `again_at`: when time alone changes something."""
        kept = (*told.live, *told.over[-_MOST_ENDED:])
        changed = (self.state, self.reason) != (told.state, told.reason)
        if self.wanted > done:  # edited meanwhile
            return self._moved(now, done=done, traces=kept, status="pending", next_attempt_at=now)
        after = {"status": "idle"} if again_at is None else {"status": "pending", "next_attempt_at": again_at}
        found = {"state": told.state, "reason": told.reason, "at": now if changed else self.at, "done": done}
        drift = self._drift(told, now)
        return self._moved(now, **after, **found, drift=drift, traces=kept, attempts_before=self.attempts)

    def put_off(self, now: datetime, pause: timedelta, reason: str | None) -> Self:
        """After an attempt whose end nobody knows, or that the shop had no time for."""
        return self._moved(now, status="pending", next_attempt_at=now + min(pause, LONGEST_WAIT), reason=reason)

    def waiting(self, now: datetime) -> Self:
        """Put aside until the connection is mended: that is no failure of the code."""
        return self._moved(now, status="waiting", claim=None)

    def made_since(self, before: Self) -> list[str]:
        """The shop's own ids of what was made since it was `before`."""
        known = {trace.shop_id for trace in before.traces}
        return [trace.shop_id for trace in self.traces if trace.shop_id is not None and trace.shop_id not in known]

    def shown(self) -> CodeInShop:
        """The code as its enrollment shows it."""
        shown = self if self.drift is None or self.reason is not None else self.drift
        return CodeInShop(
            storefront_id=self.storefront_id, code=self.code, state=self.state, reason=shown.reason, at=shown.at
        )

    def _drift(self, told: Told, now: datetime) -> Drift | None:
        if told.drift and told.reason is not None:
            return Drift(reason=told.reason, at=now)
        is_shown = self.drift is not None and now < self.drift.at + DRIFT_SHOWN_FOR
        return self.drift if is_shown else None

    def _due(self, now: datetime, **changes: object) -> Self:
        held = {} if self.status == "sending" else {"status": "pending", "next_attempt_at": now}
        return self._moved(now, **held, **changes, attempts_before=self.attempts)

    def _moved(self, now: datetime, **changes: object) -> Self:
        return self.model_copy(update={**changes, "updated_at": now, "version": self.version + 1})


def told_event(program_id: str, before: "ShopCode", after: "ShopCode") -> Event | None:
    """The event of a code that is live, ended or failed in its shop since; None of one that is as it was."""
    types: dict[ShopState, EventType] = {
        "live": "code.live",
        "ended": "code.ended",
        "failed": "code.failed",
        "conflict": "code.failed",
    }
    type_ = types.get(after.state)
    if type_ is None or (before.state, before.code) == (after.state, after.code):
        return None
    subject = f"code:{after.code_id}"
    return Event.of(program_id, type_, subject, after.version, ShopCodeView.of(after), after.updated_at)


class ShopCodeView(CodeInShop):
    """A code as a storefront lists it."""

    offer_id: OfferId
    member_id: MemberId
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, code: ShopCode) -> Self:
        """`code` as it is listed."""
        listed = {name: getattr(code, name) for name in ("offer_id", "member_id", "created_at", "updated_at")}
        return cls(**dict(code.shown()), **listed)
