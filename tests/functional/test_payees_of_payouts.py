"""Drafts go by members' payees: who cannot be paid that way is left out, and a line is never paid elsewhere."""

import csv
import io
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from laurel.store.table import Table
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.paying import confirmed, drafted, up_to_today
from tests.functional.kit.selling import sell
from tests.functional.kit.stream import drain, everything
from tests.functional.kit.world import World
from tests.functional.test_erasure import finish
from tests.functional.test_payees import BANK, IBAN, OTHER, PAYER, PAYPAL, path, put
from tests.unit.test_rails import pain_schema

pytestmark = pytest.mark.usefixtures("jobs_queue", "secrets_key")


def left_out(api: Gateway, payout: str) -> list[tuple[str, str]]:
    return [(each["member_id"], each["reason"]) for each in api.get(payout).body["left_out"]]


@pytest.mark.parametrize(
    ("payee", "rails"),
    [
        (BANK, {"sepa": None, "paypal": "rail_cannot", "csv": None}),
        (PAYPAL, {"paypal": None, "sepa": "rail_cannot", "csv": None}),
        (OTHER, {"paypal": "rail_cannot", "sepa": "rail_cannot", "csv": None}),
    ],
)
def test_a_member_whom_the_rail_cannot_pay_is_left_out(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, payee: object, rails: dict[str, str | None]
) -> None:
    sell(world, table)
    put(api, world, payee)
    for rail, reason in rails.items():
        payout = drafted(api, jobs_queue, rail=rail)
        assert left_out(api, payout) == ([(world.ada, reason)] if reason else [])
        assert api.get(payout).body["total"] == (0 if reason else 1_000)
        api.post(f"{payout}/cancel")


@pytest.mark.parametrize("rail", ["csv", "sepa"])
@pytest.mark.parametrize("is_removed", [False, True])
def test_a_line_whose_payee_changes_leaves_the_draft_and_its_rows_are_due(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, rail: str, is_removed: bool
) -> None:
    sell(world, table)
    put(api, world)
    payout = drafted(api, jobs_queue, rail=rail)
    told = api.delete(path(world.ada)) if is_removed else put(api, world, {**BANK, "holder": "Ada King"})
    assert told.status in {200, 204}
    assert (left_out(api, payout), api.get(payout).body["total"]) == ([(world.ada, "payee_changed")], 0)
    assert api.post(f"{payout}/confirm").code == "nothing_to_pay"
    assert api.get(drafted(api, jobs_queue)).body["total"] == 1_000


def test_the_same_payee_again_leaves_the_draft_as_it_is(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    put(api, world)
    payout = drafted(api, jobs_queue, rail="sepa")
    assert put(api, world).status == 200
    assert (left_out(api, payout), api.get(payout).body["total"]) == ([], 1_000)


def test_the_file_of_a_payout_pays_each_line_where_it_was_drafted_for(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    put(api, world)
    api.patch("/v1/program", {"payer": PAYER})
    payout = drafted(api, jobs_queue, rail="sepa")
    draft = api.get(f"{payout}/file")
    pain_schema().validate(draft.body.partition("\n")[2])
    told = list(ET.fromstring(draft.body).itertext())
    assert {IBAN, "Ada Lovelace", "10.00", payout[-26:]} <= set(told)
    assert draft.headers["Content-Disposition"] == f'attachment; filename="{payout[12:]}-sepa.xml"'
    by_hand = api.get(f"{payout}/file?rail=csv")
    (row,) = csv.DictReader(io.StringIO(by_hand.body.removeprefix("\ufeff")))
    assert (row["Member"], row["E-mail"], row["Account"], row["Amount"]) == (
        "Ada Lovelace",
        "ada@example.com",
        IBAN,
        "10.00",
    )


@pytest.mark.parametrize("rail", ["csv", "paypal", "paypal_api"])
def test_the_file_of_a_confirmed_payout_stays_the_same_whatever_changes(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, rail: str
) -> None:
    sell(world, table)
    put(api, world, PAYPAL)
    payout = confirmed(api, jobs_queue, rail="paypal")
    before = api.get(f"{payout}/file?rail={rail}")
    assert (before.status, PAYPAL["email"] in str(before.body)) == (200, True)
    put(api, world)
    api.patch(f"/v1/members/{world.ada}", {"first_name": "Augusta", "email": "augusta@example.com"})
    api.patch("/v1/program", {"name": "Another name"})
    assert api.post(f"{payout}/lines/{world.ada}/fail", {"reason": "account closed"}).status == 200
    jobs_queue.work()
    after = api.get(f"{payout}/file?rail={rail}")
    assert after.body == before.body


@pytest.mark.parametrize("is_set_before", [True, False])
def test_the_file_for_a_bank_is_paid_from_the_account_of_its_drafting_or_of_its_first_file(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, is_set_before: bool
) -> None:
    sell(world, table)
    put(api, world)
    if is_set_before:
        api.patch("/v1/program", {"payer": PAYER})
    payout = confirmed(api, jobs_queue, rail="sepa")
    if not is_set_before:
        assert api.get(f"{payout}/file").code == "payer_missing"
        api.patch("/v1/program", {"payer": PAYER})
    before = api.get(f"{payout}/file")
    assert (before.status, PAYER["iban"].replace(" ", "") in before.body) == (200, True)
    for later in ({**PAYER, "name": "Another name"}, {"name": "Glow", "iban": IBAN}, None):
        assert api.patch("/v1/program", {"payer": later}).status == 200
        assert api.get(f"{payout}/file").body == before.body


def test_of_two_first_files_at_once_both_are_paid_from_one_account(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(world, table)
    put(api, world)
    payout = confirmed(api, jobs_queue, rail="sepa")
    api.patch("/v1/program", {"payer": PAYER})
    before, others = Table.write, []

    def overtaken(self: Table, op: Any) -> None:
        monkeypatch.setattr(Table, "write", before)
        api.patch("/v1/program", {"payer": {"name": "Glow", "iban": IBAN}})
        others.append(api.get(f"{payout}/file").body)
        before(self, op)

    monkeypatch.setattr(Table, "write", overtaken)
    assert [api.get(f"{payout}/file").body] == others


def test_an_erased_member_leaves_the_account_that_was_paid_but_no_name_in_a_payout(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    put(api, world, PAYPAL)
    payout = confirmed(api, jobs_queue, rail="paypal")
    before = api.get(f"{payout}/file").body
    erased = api.post(f"/v1/members/{world.ada}/erase?confirm=true")
    assert finish(table, world, erased.body["job_id"]).status == "done"
    assert api.get(f"{payout}/file").body == before
    by_hand = api.get(f"{payout}/file?rail=csv").body
    assert (PAYPAL["email"] in by_hand, "Lovelace" in by_hand, "ada@example.com" in by_hand) == (True, False, False)
    assert not [item for item in everything(table) if "Lovelace" in str(item)]


def test_a_payee_that_changes_while_rows_are_taken_is_the_one_that_is_paid(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(world, table)
    put(api, world, PAYPAL)
    later = {**PAYPAL, "email": "ada.later@example.com"}
    before = Table.transact

    def overtaken(self: Table, ops: object) -> None:
        monkeypatch.setattr(Table, "transact", before)
        assert put(api, world, later).status == 200
        before(self, ops)

    begun = api.post("/v1/payouts", up_to_today(rail="paypal")).body["payout_id"]
    monkeypatch.setattr(Table, "transact", overtaken)
    jobs_queue.work()
    told = api.get(f"/v1/payouts/{begun}/file").body
    assert (later["email"] in told, PAYPAL["email"] in told) == (True, False)


def test_a_file_that_cannot_be_made_is_refused_with_the_reason(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue
) -> None:
    sell(world, table)
    put(api, world, PAYPAL)
    empty = drafted(api, jobs_queue, rail="sepa")
    payout = drafted(api, jobs_queue)
    refused = {
        f"{payout}/file?rail=sepa": (409, "payer_missing"),
        f"{payout}/file?rail=fax": (422, "invalid_request"),
        f"{payout}/file?part=0": (422, "invalid_request"),
        f"{payout}/file?part=2": (422, "no_such_part"),
        f"{empty}/file": (409, "nothing_to_pay"),
        "/v1/payouts/pay_00000000000000000000000000/file": (404, "payout_not_found"),
    }
    assert {asked: ((told := api.get(asked)).status, told.code) for asked in refused} == refused
    api.patch("/v1/program", {"payer": PAYER})
    told = api.get(f"{payout}/file?rail=sepa")
    assert (told.code, f"member {world.ada}" in told.body["detail"]) == ("rail_cannot", True)
    assert api.post(f"{payout}/cancel").status == 200
    assert api.get(f"{payout}/file").code == "payout_state"


@pytest.mark.parametrize(("payee", "rail"), [(BANK, "sepa"), (PAYPAL, "paypal")])
def test_a_currency_that_the_rail_cannot_carry_is_told_and_nothing_is_drafted(
    api: Gateway, table: Table, world: World, jobs_queue: JobsQueue, payee: object, rail: str
) -> None:
    assert api.patch("/v1/program", {"currency": "KWD", "payer": PAYER}).status == 200
    earned = {"member_id": world.ada, "amount": 12_345, "type": "extra_bonus"}
    assert api.post("/v1/commissions", earned).status == 201
    drain(table)
    put(api, world, payee)
    payout = drafted(api, jobs_queue, rail=rail)
    assert (left_out(api, payout), api.get(payout).body["total"]) == ([(world.ada, "rail_cannot")], 0)
    (row,) = api.get(f"/v1/commissions?member_id={world.ada}").body["items"]
    assert row["payout"] == "unpaid"
    by_hand = drafted(api, jobs_queue)
    refused = api.get(f"{by_hand}/file?rail={rail}")
    assert (refused.status, refused.code, world.ada in refused.body["detail"]) == (409, "rail_cannot", True)
    assert (api.get(by_hand).body["total"], "12.345" in api.get(f"{by_hand}/file").body) == (12_345, True)
