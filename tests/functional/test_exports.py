"""Files of payouts: the payees that members gave over HTTP, decrypted for the file and for nothing else."""

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from laurel import vault
from laurel.domain.payouts.payees import OtherWay, as_text
from laurel.domain.payouts.rails.lines import Batch
from laurel.domain.payouts.rails.paypal import PaypalMassRail
from laurel.domain.payouts.rails.rails import RAILS, RailName
from laurel.domain.program.payers import Payer
from laurel.domain.values.errors import Conflict, Invalid
from laurel.store.table import Table
from laurel.workflows.payouts import exports, payers
from laurel.workflows.payouts.exports import SealedLine
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World
from tests.functional.test_payees import BANK, IBAN, PAYER, PAYPAL, put, sealed_of
from tests.unit.kit.payouts import BATCH, PAYOUT, line

pytestmark = pytest.mark.usefixtures("secrets_key")


def lines(items: Table, world: World, *member_ids: str) -> Iterator[SealedLine]:
    """A line for each, as the payout's own would be."""
    for number, member_id in enumerate(member_ids, 1):
        found = sealed_of(items, world, member_id)
        yield SealedLine(line(number, member_id=member_id), found.sealed if found else None)


def payer(items: Table, world: World) -> Payer | None:
    program_id = world.program.program_id
    sealed = payers.of_program(items, program_id)
    return None if sealed is None else payers.opened(program_id, sealed)


def batch(items: Table, world: World) -> Batch:
    return replace(BATCH, payer=payer(items, world))


def test_the_bank_is_told_the_account_that_the_member_gave(api: Gateway, items: Table, world: World):
    put(api, world)
    api.patch("/v1/program", {"payer": PAYER})
    made = exports.export("sepa", batch(items, world), lines(items, world, world.ada))
    told = list(ET.fromstring(made.file.content).itertext())
    assert {IBAN, "DE02120300000000202051", "Ada Lovelace", "20.42"} <= set(told)
    assert (made.file.name, made.is_last) == (f"{PAYOUT}-sepa.xml", True)


def test_paypal_is_told_the_address_that_the_member_gave(api: Gateway, items: Table, world: World):
    put(api, world, PAYPAL)
    made = exports.export("paypal_api", batch(items, world), lines(items, world, world.ada))
    (item,) = json.loads(made.file.content)["items"]
    assert (item["receiver"], item["sender_item_id"]) == (PAYPAL["email"], world.ada)


def test_people_see_every_line_also_of_members_without_a_payee(api: Gateway, items: Table, world: World):
    put(api, world)
    made = exports.export("csv", batch(items, world), lines(items, world, world.ada, world.ben))
    rows = list(csv.DictReader(io.StringIO(made.file.content.decode("utf-8-sig"))))
    assert [(row["Member id"], row["Account"]) for row in rows] == [(world.ada, IBAN), (world.ben, "")]


def test_a_line_that_the_rail_cannot_express_is_named(api: Gateway, items: Table, world: World):
    put(api, world, PAYPAL)
    with pytest.raises(Conflict, match=f"rail_cannot: line 2, member {world.ben}"):
        exports.export("paypal", batch(items, world), lines(items, world, world.ada, world.ben))


def test_a_bank_is_not_asked_before_the_program_has_a_payer(api: Gateway, items: Table, world: World):
    put(api, world, BANK)
    with pytest.raises(Conflict, match="payer_missing"):
        exports.export("sepa", batch(items, world), lines(items, world, world.ada))


@pytest.mark.parametrize("rail", RAILS)
def test_nothing_makes_no_file(items: Table, world: World, rail: RailName):
    with pytest.raises(Conflict, match="nothing_to_pay"):
        exports.export(rail, BATCH, [])
    with pytest.raises(Invalid, match="no_such_part"):
        exports.export(rail, replace(BATCH, part=2), lines(items, world, world.ada))


def test_a_long_payout_comes_in_parts_that_leave_nobody_out(
    api: Gateway, items: Table, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(PaypalMassRail, "most_lines", 2)
    put(api, world, PAYPAL)
    (sealed,) = (each.sealed for each in lines(items, world, world.ada))
    many = [SealedLine(line(number, member_id=world.ada), sealed) for number in range(1, 6)]
    parts = [exports.export("paypal", replace(BATCH, part=part), iter(many)) for part in (1, 2, 3)]
    assert [part.is_last for part in parts] == [False, False, True]
    assert [part.file.content.count(b"\r\n") for part in parts] == [2, 2, 1]
    assert len({part.file.name for part in parts}) == 3


def test_no_file_is_longer_than_one_answer_whatever_members_call_themselves(
    items: Table, monkeypatch: pytest.MonkeyPatch
):
    """The text of each way to pay is as long as it may be, in characters that are long to write."""
    longest = '\U0001f600"' * 250
    monkeypatch.setattr(vault, "unseal_all", lambda sealed, _: dict.fromkeys(sealed, as_text(payee(longest))))
    sealed = base64.b64encode(as_text(payee(longest)).encode()).decode()
    many = [SealedLine(line(n, name=longest[:200], member_id=f"mem_{n:026d}"), sealed) for n in range(1, 1_501)]
    parts = [exports.export("csv", replace(BATCH, part=part), many) for part in (1, 2, 3)]
    assert all(len(json.dumps({"body": part.file.content.decode()})) < 6_000_000 for part in parts)
    told = [row for part in parts for row in csv.DictReader(io.StringIO(part.file.content.decode("utf-8-sig")))]
    assert [int(row["Line"]) for row in told] == [*range(1, len(told) + 1)]


def payee(text: str) -> OtherWay:
    return OtherWay(method="other", text=text)


def test_without_the_vault_there_is_no_file(api: Gateway, items: Table, world: World, monkeypatch: pytest.MonkeyPatch):
    put(api, world)

    def closed(*_: object, **__: object) -> str:
        raise vault.VaultClosed

    monkeypatch.setattr(vault, "unseal", closed)
    with pytest.raises(vault.VaultClosed):
        exports.export("csv", BATCH, lines(items, world, world.ada))
