"""A member's payee on the deployed stack: a real vault keeps it, the member reads of it, and nobody sees it in full."""

import pytest

from tests.journeys.conftest import Mailbox
from tests.journeys.kit.client import eventually
from tests.journeys.kit.shop import Shop

IBAN = "DE89370400440532013000"


def test_a_member_is_paid_to_another_account_and_told_so(shop: Shop, mailbox: Mailbox) -> None:
    path = f"/v1/members/{shop.member_id}/payee"
    first = shop.admin.put(path, {"method": "paypal", "email": "ada.private@example.com"})
    assert first["email"] == "a***@example.com"
    told = shop.admin.put(path, {"method": "iban", "holder": "Ada Łovelace", "iban": IBAN})
    assert (told["iban"], told["version"]) == ("DE** **** **** **** **30 00", 2)
    assert shop.admin.get(path) == told
    lines = shop.admin.get(f"/v1/members/{shop.member_id}/history")["items"]
    assert [line["action"] for line in lines] == ["payee_changed", "payee_set", "created"]

    def sent() -> bool:
        mails = shop.admin.get(f"/v1/mails?member_id={shop.member_id}")["items"]
        return [(mail["kind"], mail["status"]) for mail in mails] == [("payee_changed", "sent")] * 2

    eventually(sent)
    seen = str([told, first, lines, mailbox.to(shop.member["email"])])
    assert "DE** **** **** **** **30 00" in seen
    assert not [secret for secret in (IBAN, IBAN[4:], "ada.private") if secret in seen]


@pytest.mark.parametrize("wrong", ["DE88370400440532013000", "nonsense"])
def test_an_account_that_cannot_be_is_refused(shop: Shop, wrong: str) -> None:
    path = f"/v1/members/{shop.member_id}/payee"
    told = shop.admin.send("PUT", path, {"method": "iban", "holder": "Ada", "iban": wrong})
    assert (told.status, told.json["errors"][0]["pointer"]) == (422, "/iban")
    assert shop.admin.send("GET", path).json["code"] == "payee_not_found"


def test_the_program_names_the_account_that_it_pays_from(shop: Shop) -> None:
    payer = {"name": "Glow GmbH", "iban": "DE02120300000000202051"}
    assert shop.admin.patch("/v1/program", {"payer": payer})["payer"]["iban"] == "DE** **** **** **** **20 51"
    assert shop.admin.patch("/v1/program", {"payer": None})["payer"] is None
