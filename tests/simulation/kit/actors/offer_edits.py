"""What people do to offers, their options and who is in them: one at a time, or many at once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

from laurel.domain.history import Author
from laurel.domain.members.bulk_edits import BulkEdit, BulkEditResults
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.offers.offers import NewPayoutOption, Offer
from laurel.domain.offers.terms import FlatPerSale
from laurel.domain.program.programs import ApiKey
from laurel.store import keys
from laurel.workflows.members import bulk_edits, enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import offers, payout_options
from laurel.workflows.requests.idempotency import Request
from tests.simulation.kit.world.scheduler import Scheduler
from tests.simulation.kit.world.world_table import WorldTable
from tests.simulation.kit.world.worlds import Tenant

Edit = Callable[[], object]
_CODES: Final = 3  # few, so that editors want the same
_TERMS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "link": (
        *({"amount": amount} for amount in (5, 9, 12)),
        {"type": "per_click", "amount": 3},
        {"type": "percent_of_sale", "percent": "12"},
    ),
    "promo_code": ({"type": "percent_of_sale", "percent": "12"}, {"type": "flat_per_sale", "amount": 300}),
}

_OWN_TERMS: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "link": ({"type": "per_click", "amount": 7}, {"type": "percent_of_sale", "percent": "18"}),
    "promo_code": ({"type": "percent_of_sale", "percent": "18"}, {"type": "flat_per_sale", "amount": 350}),
}
"""Terms of one member's own; 7 a click is what an option may pay too."""


class OfferEdits:
    """Edits of one program's offers. `told`: every page of a bulk edit that was answered.

    `agreeing`: how often an edit of one member is of terms of its own.
    """

    def __init__(self, table: WorldTable, tenant: Tenant, scheduler: Scheduler, admin: ApiKey) -> None:
        self.table = table
        self.tenant = tenant
        self.program_id = tenant.program_id
        self.scheduler = scheduler
        self.admin = admin
        self.told: list[BulkEditResults] = []
        self._walks = 0
        self.agreeing = 0.2

    def enrollment(self, rng: Random) -> Edit:
        """A member is enrolled, moved, switched on or off, or gets another code."""
        offer, member = rng.choice(self.tenant.offers), rng.choice(self.tenant.members)
        place = Place(self.program_id, offer.offer_id, member.member_id)
        if rng.random() < self.agreeing:
            agreed = EnrollmentEdit.model_validate({"terms": rng.choice((None, *_OWN_TERMS[offer.kind]))})
            return lambda: enrollments.put(self.table, place, agreed, self._author(), rng.randbytes)
        edit = EnrollmentEdit(
            payout_option_id=rng.choice(offer.payout_options).payout_option_id,
            active=rng.random() < 0.7,
            fixed=rng.choice((None, None, None, True, False)),
            promo_code=None if offer.kind == "link" else rng.choice((None, None, None, _code(rng), _code(rng))),
            **self._dates(rng),
        )
        return lambda: enrollments.put(self.table, place, edit, self._author(), rng.randbytes)

    def code(self, rng: Random) -> Edit:
        """A code is replaced, by one that is given or made up."""
        offer, member = rng.choice(self.tenant.offers), rng.choice(self.tenant.members)
        place, given = Place(self.program_id, offer.offer_id, member.member_id), rng.choice((None, _code(rng)))
        request = self._request(rng, "code")
        return lambda: enrollments.replace_code(self.table, self._now(request), place, given, rng.randbytes)

    def bulk(self, rng: Random) -> Edit:
        """All that match, or a listed set; page after page, each under a key of its own if any."""
        offer, request = rng.choice(self.tenant.offers), self._request(rng, "bulk")
        wanted = self._bulk(rng, offer)

        def edit() -> None:
            cursor, number = None, 0
            while number == 0 or cursor is not None:
                page = self._now(_keyed(request, number))
                asked = wanted.model_copy(update={"cursor": cursor})
                answer = bulk_edits.edit(self.table, page, offer.offer_id, asked, rng.randbytes)
                self.told.append(answer)
                cursor, number = answer.next_cursor, number + 1

        return edit

    def terms(self, rng: Random) -> Edit:
        """An option pays otherwise from now on."""
        offer = rng.choice(self.tenant.offers)
        option = rng.choice(offer.payout_options).payout_option_id
        place = payout_options.OptionPlace(self.program_id, offer.offer_id, option)
        patch = {"terms": rng.choice(_TERMS[offer.kind])}
        return lambda: payout_options.edit(self.table, place, patch, None, self._author())

    def option(self, rng: Random) -> Edit:
        """An option comes, or goes if nobody is in it."""
        offer = rng.choice(self.tenant.offers)
        if rng.random() < 0.5:
            gone = payout_options.OptionPlace(
                self.program_id, offer.offer_id, offer.payout_options[-1].payout_option_id
            )
            return lambda: payout_options.remove(self.table, gone, None, self._author())
        terms = FlatPerSale(type="flat_per_sale", amount=40, actions={})
        new, request = NewPayoutOption(name="new", terms=terms), self._request(rng, "option")
        return lambda: payout_options.add(self.table, self._now(request), offer.offer_id, new, rng.randbytes)

    def offer(self, rng: Random) -> Edit:
        """Settings of an offer."""
        offer = rng.choice(self.tenant.offers).offer_id
        status, dates = rng.choice(("active", "active", "paused")), rng.choice((self._instant(-30), None))
        patch: dict[str, Any] = rng.choice(
            ({"status": status}, {"lifetime": rng.random() < 0.5}, {"active_until": dates}, {"window_days": 2})
        )
        return lambda: offers.edit(self.table, self.program_id, offer, patch, None, self._author())

    def _bulk(self, rng: Random, offer: Offer) -> BulkEdit:
        option = rng.choice(offer.payout_options).payout_option_id
        change: dict[str, Any] = rng.choice(
            ({"payout_option_id": option}, {"payout_option_id": option}, {"active": True}, {"active": False})
            + (self._dates(rng) or {"fixed": True},)
            + ({"terms": _OWN_TERMS[offer.kind][0]}, {"terms": None})
            + (() if offer.kind == "link" else ({"refresh_promo_code": True},) * 2)
        )
        which: dict[str, Any] = rng.choice(({}, {"active": True}, {"payout_option_id": option}))
        if rng.random() < 0.6:
            return BulkEdit.model_validate({"filter": which, "set": change})
        listed = [member.member_id for member in self.tenant.members if rng.random() < 0.7]
        listed = listed or [self.tenant.members[0].member_id]
        return BulkEdit.model_validate({"member_ids": listed, "set": change, "enroll": rng.random() < 0.5})

    def _dates(self, rng: Random) -> dict[str, Any]:
        if rng.random() < 0.8:
            return {}
        return rng.choice(
            ({"active_from": self._instant(-60)}, {"active_until": self._instant(60)}, {"active_until": None})
        )

    def _instant(self, minutes: int) -> str:
        return (self.scheduler.now + timedelta(minutes=minutes)).isoformat()

    def _author(self) -> Author:
        return Author(self.admin.actor, self.scheduler.now)

    def _request(self, rng: Random, path: str) -> Request:
        """With an Idempotency-Key or without; it keeps the key when it is sent again."""
        self._walks += 1
        key = keys.idempotency(self.program_id, self.admin.key_id, path, str(self._walks))
        given = key if rng.random() < 0.7 else None
        return Request(self.tenant.program, self.admin, given, "", self.scheduler.now)

    def _now(self, request: Request) -> Request:
        return replace(request, at=self.scheduler.now)


def _keyed(request: Request, page: int) -> Request:
    if request.answer_key is None:
        return request
    return replace(request, answer_key=keys.Key(f"{request.answer_key.pk}-{page}", request.answer_key.sk))


def _code(rng: Random) -> str:
    return f"NEW-{rng.randrange(_CODES)}"
