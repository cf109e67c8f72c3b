"""Whatever is done to an offer and its members, each commission keeps the terms of its own instant."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from laurel.domain.ledger.commissions import Commission
from laurel.domain.members.bulk_edits import BulkEdit
from laurel.domain.members.enrollments import EnrollmentEdit
from laurel.domain.offers.offers import NewPayoutOption
from laurel.domain.tracking.conversions import ConversionReport, Received
from laurel.domain.values.errors import Refusal
from laurel.store import items as entities
from laurel.workflows.kernel import streams
from laurel.workflows.kernel.batches import StreamRecord
from laurel.workflows.kernel.rulebooks import Rulebooks
from laurel.workflows.members import bulk_edits, enrollments
from laurel.workflows.members.enrollment_edits import Place
from laurel.workflows.offers import payout_options
from laurel.workflows.tracking import ingestion, reading
from laurel.workflows.tracking.recording import Recorded
from tests.functional.kit.world import AT, Randomness, furnished, request_of
from tests.simulation.kit.table.fake_table import FakeTable

SALE = 10_000


class Shop:
    """An offer that is edited while it sells. What everybody has to be paid by is known here without the table."""

    def __init__(self) -> None:
        self.table = FakeTable()
        self.world = furnished(self.table)
        self.program_id = self.world.program.program_id
        self.codes = dict(zip((self.world.ada, self.world.ben), ("ADA10", "BEN"), strict=True))
        self.options: dict[str, tuple[int, int]] = dict(zip(self.world.options, ((10, 1), (15, 1)), strict=True))
        self.option_of = {self.world.ada: self.world.options[0], self.world.ben: self.world.options[0]}
        self.sold: dict[str, tuple[str, int, int]] = {}
        self.count = 0
        self._enroll_ben()

    def _enroll_ben(self) -> None:
        edit = EnrollmentEdit(promo_code="BEN")
        enrollments.put(self.table, self._place(self.world.ben), edit, request_of(self.world.program).author, bytes)

    def _place(self, member_id: str) -> Place:
        return Place(self.program_id, self.world.codes_offer, member_id)

    def _request(self) -> Any:
        self.count += 1
        return request_of(self.world.program, at=AT + timedelta(hours=self.count))

    def _option(self, number: int) -> str:
        return list(self.options)[number % len(self.options)]

    def _member(self, number: int) -> str:
        return list(self.option_of)[number % 2]

    def terms(self, number: int, percent: int) -> None:
        option = self._option(number)
        place = payout_options.OptionPlace(self.program_id, self.world.codes_offer, option)
        patch = {"terms": {"percent": str(percent)}}
        payout_options.edit(self.table, place, patch, None, self._request().author)
        before, version = self.options[option]
        self.options[option] = (percent, version + (percent != before))

    def add(self, _: int, percent: int) -> None:
        new = {"name": "New", "terms": {"type": "percent_of_sale", "percent": str(percent)}, "default": percent > 10}
        request, random = self._request(), Randomness(str(self.count))
        option = NewPayoutOption.model_validate(new)
        added, _status = payout_options.add(self.table, request, self.world.codes_offer, option, random)
        self.options[added.payout_option_id] = (percent, 1)

    def remove(self, number: int, _: int) -> None:
        option = self._option(number)
        place = payout_options.OptionPlace(self.program_id, self.world.codes_offer, option)
        payout_options.remove(self.table, place, None, self._request().author)
        del self.options[option]

    def move(self, number: int, percent: int) -> None:
        member, option = self._member(number), self._option(percent)
        edit, author = EnrollmentEdit(payout_option_id=option), self._request().author
        enrollments.edit(self.table, self._place(member), edit, None, author, Randomness("x"))
        self.option_of[member] = option

    def move_all(self, number: int, _: int) -> None:
        option = self._option(number)
        bulk = BulkEdit.model_validate({"filter": {}, "set": {"payout_option_id": option}})
        bulk_edits.edit(self.table, self._request(), self.world.codes_offer, bulk, Randomness("x"))
        self.option_of = dict.fromkeys(self.option_of, option)

    def sell(self, number: int, _: int) -> None:
        member, at = self._member(number), self._request().at
        body = {"order_id": str(self.count), "amount": SALE, "currency": "EUR", "promo_code": self.codes[member]}
        found = self.table.batch_get(reading.first_keys(self.program_id, [body]))
        received = Received(ConversionReport.model_validate(body), self.world.storefront_id, "hash", at)
        (recorded,) = ingestion.record_all(self.table, self.world.program, [received], found)
        assert isinstance(recorded, Recorded)
        option = self.option_of[member]
        self.sold[recorded.commission.commission_id] = (option, *self.options[option])

    def fold(self, _number: int, _percent: int) -> None:
        rows = [item for item in self.table.contents().values() if item.get("pend") == 1]
        records = [StreamRecord(str(number), item) for number, item in enumerate(rows)]
        assert streams.fold_records(self.table, Rulebooks(), records, self._request().at) == []

    def check(self) -> None:
        stored = (item for item in self.table.contents().values() if item["kind"] == "commission")
        rows = {row.commission_id: row for row in (entities.parse(Commission, item) for item in stored)}
        for commission_id, (option, percent, version) in self.sold.items():
            row = rows[commission_id]
            assert (row.payout_option_id, row.option_version) == (option, version)
            assert row.terms is not None
            assert row.terms.model_dump()["percent"] == str(percent)
            assert row.amount == SALE * Decimal(percent) / 100


DEEDS = [Shop.terms, Shop.add, Shop.remove, Shop.move, Shop.move_all, Shop.sell, Shop.sell, Shop.sell, Shop.fold]
deeds = st.tuples(st.sampled_from(DEEDS), st.integers(0, 4), st.integers(1, 20))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(deeds, min_size=4, max_size=20))
def test_any_sequence_of_edits_leaves_each_commission_with_the_terms_of_its_own_instant(drawn: list[Any]):
    shop = Shop()
    for deed, number, percent in drawn:
        with suppress(Refusal):
            deed(shop, number, percent)
    shop.check()
