"""Files that a bank takes: each in the form of its rail, the same payout always the same bytes, to the cent."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final, get_args

import jsonschema_rs
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.payouts.payees import BankAccount, PaypalAccount
from laurel.domain.payouts.rails.lines import PaidLine
from laurel.domain.payouts.rails.rails import RAILS, Rail, RailName, can_carry, file_of, rail_of
from laurel.domain.values.bank_accounts import sepa_text
from laurel.domain.values.errors import Conflict
from laurel.domain.values.money import EXPONENTS
from laurel.domain.values.spreadsheets import BYTE_ORDER_MARK
from tests.unit.kit.builders import steady
from tests.unit.kit.payouts import AMOUNTS, BANK, BATCH, HOSTILE, IBANS, OTHER, PAYOUT, PAYPAL, line, member_id

NAMESPACE: Final = {"n": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}
PAYPAL_BODY: Final = {
    "type": "object",
    "required": ["sender_batch_header", "items"],
    "additionalProperties": False,
    "properties": {
        "sender_batch_header": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "sender_batch_id": {"type": "string", "maxLength": 256, "pattern": "^.*$"},
                "email_subject": {"type": "string", "maxLength": 255, "pattern": "^.*$"},
            },
        },
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": 15_000,
            "items": {
                "type": "object",
                "required": ["recipient_type", "amount", "receiver"],
                "additionalProperties": False,
                "properties": {
                    "recipient_type": {"enum": ["EMAIL"]},
                    "receiver": {"type": "string", "maxLength": 127, "pattern": "^.*$"},
                    "amount": {
                        "type": "object",
                        "required": ["currency", "value"],
                        "additionalProperties": False,
                        "properties": {
                            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                            "value": {"type": "string", "pattern": r"^\d+(\.\d{2})?$"},
                        },
                    },
                    "note": {"type": "string", "maxLength": 1000, "pattern": "^.*$"},
                    "sender_item_id": {"type": "string", "maxLength": 63, "pattern": "^.*$"},
                },
            },
        },
    },
}
"""The limits of PayPal's published `create_payout_request` (OpenAPI document payments_payouts_batch_v1, version 1.9) on
the fields that Laurel sends, and those that its prose adds; no other field. What passes here passes there."""


@cache
def pain_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(files("sepaxml") / "schemas/pain.001.001.09.xsd"))


def content(rail: RailName, *lines: PaidLine) -> bytes:
    return file_of(rail, BATCH, lines).content


def csv_rows(content: bytes) -> list[dict[str, str]]:
    text = content.decode()
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text[1:], newline=""), strict=True))


def paypal_records(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


def transfers(content: bytes) -> list[Any]:
    return list(pain_schema().elements and xmlschema.XMLResource(content).root.iterfind(".//n:CdtTrfTxInf", NAMESPACE))


# -- golden files ------------------------------------------------------------------------------------------------------


def test_people_get_a_table_with_names_decimals_and_the_payee_in_full() -> None:
    lines = line(1, payee=BANK), line(2, payee=PAYPAL, amount=5), line(3, name="=1+1", payee=OTHER), line(4)
    assert content("csv", *lines).decode() == (
        "\ufeffLine,Member id,Member,E-mail,Amount,Currency,Rows,Pay by,Account,Account holder,BIC,Payout id\r\n"
        f"1,{member_id(1)},Ada Lovelace,ada@example.com,20.42,EUR,4,Bank transfer,DE89370400440532013000,Ada Lovelace,"
        f"COBADEFFXXX,{PAYOUT}\r\n"
        f"2,{member_id(2)},Ada Lovelace,ada@example.com,0.05,EUR,4,PayPal,ada@example.com,,,{PAYOUT}\r\n"
        f'3,{member_id(3)},\'=1+1,ada@example.com,20.42,EUR,4,Other,"Wise, @ada",,,{PAYOUT}\r\n'
        f"4,{member_id(4)},Ada Lovelace,ada@example.com,20.42,EUR,4,,,,,{PAYOUT}\r\n"
    )


def test_the_mass_payment_file_is_in_paypals_own_form_without_header_and_mark() -> None:
    lines = line(1, payee=PAYPAL), line(2, payee=PaypalAccount(method="paypal", email="=ben@example.com"), amount=100)
    assert content("paypal", *lines).decode() == (
        f"ada@example.com,20.42,EUR,{member_id(1)},Glow Cosmetics payout {PAYOUT}\r\n"
        f"=ben@example.com,1.00,EUR,{member_id(2)},Glow Cosmetics payout {PAYOUT}\r\n"
    )


def test_the_body_for_the_payouts_api_names_payout_and_lines_and_has_amounts_as_strings() -> None:
    made = file_of("paypal_api", BATCH, [line(1, payee=PAYPAL)])
    assert (made.name, made.media_type) == (f"{PAYOUT}-paypal.json", "application/json")
    assert json.loads(made.content) == {
        "sender_batch_header": {"sender_batch_id": PAYOUT, "email_subject": "Your payout from Glow Cosmetics"},
        "items": [
            {
                "recipient_type": "EMAIL",
                "receiver": "ada@example.com",
                "amount": {"value": "20.42", "currency": "EUR"},
                "sender_item_id": member_id(1),
                "note": f"Glow Cosmetics payout {PAYOUT}",
            }
        ],
    }


def test_the_bank_gets_one_batch_of_transfers() -> None:
    bare = PAYOUT.removeprefix("pay_")
    without_bic = BankAccount(method="iban", holder="Łukasz Żółć", iban=IBANS[1])
    assert content("sepa", line(1, payee=BANK), line(2, payee=without_bic, amount=100)).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>{bare}</MsgId><CreDtTm>2026-11-21T23:30:00Z</CreDtTm><NbOfTxs>2</NbOfTxs>"
        "<CtrlSum>21.42</CtrlSum><InitgPty><Nm>Glow Cosmetics GmbH</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>{bare}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>true</BtchBookg><NbOfTxs>2</NbOfTxs>"
        "<CtrlSum>21.42</CtrlSum><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>"
        "<ReqdExctnDt><Dt>2026-11-22</Dt></ReqdExctnDt><Dbtr><Nm>Glow Cosmetics GmbH</Nm></Dbtr>"
        "<DbtrAcct><Id><IBAN>DE02120300000000202051</IBAN></Id></DbtrAcct>"
        "<DbtrAgt><FinInstnId><BICFI>BYLADEM1001</BICFI></FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>"
        f"<CdtTrfTxInf><PmtId><EndToEndId>{member_id(1)[4:]}</EndToEndId></PmtId>"
        '<Amt><InstdAmt Ccy="EUR">20.42</InstdAmt></Amt>'
        "<CdtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Ada Lovelace</Nm></Cdtr>"
        "<CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>Payout {bare} Glow Cosmetics</Ustrd></RmtInf></CdtTrfTxInf>"
        f"<CdtTrfTxInf><PmtId><EndToEndId>{member_id(2)[4:]}</EndToEndId></PmtId>"
        '<Amt><InstdAmt Ccy="EUR">1.00</InstdAmt></Amt><Cdtr><Nm>Lukasz Zolc</Nm></Cdtr>'
        "<CdtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></CdtrAcct>"
        f"<RmtInf><Ustrd>Payout {bare} Glow Cosmetics</Ustrd></RmtInf></CdtTrfTxInf>"
        "</PmtInf></CstmrCdtTrfInitn></Document>"
    )


# -- whatever members are called ---------------------------------------------------------------------------------------


@steady
@given(st.lists(st.tuples(HOSTILE, HOSTILE, AMOUNTS), min_size=1, max_size=3))
def test_people_read_every_name_and_the_lines_sum_to_the_file(told: Sequence[tuple[str, str, int]]) -> None:
    lines = [line(n, name=name, email=email, amount=amount) for n, (name, email, amount) in enumerate(told, 1)]
    rows = csv_rows(content("csv", *lines))
    assert len(rows) == len(lines)
    assert sum(Decimal(row["Amount"]) for row in rows) == Decimal(sum(each.amount for each in lines)) / 100
    for row in rows:
        assert row["Member"].lstrip(' \u00a0\u3000\ufeff\u200b"\t\r\n')[:1] not in set("=+-@")


@steady
@given(st.lists(st.tuples(HOSTILE, AMOUNTS), min_size=1, max_size=3), HOSTILE)
def test_paypal_gets_what_it_takes_and_the_lines_sum_to_both_files(
    told: Sequence[tuple[str, int]], program_name: str
) -> None:
    lines = [line(n, name=name, amount=amount, payee=PAYPAL) for n, (name, amount) in enumerate(told, 1)]
    batch, total = replace(BATCH, program_name=program_name), Decimal(sum(each.amount for each in lines)) / 100
    body = json.loads(file_of("paypal_api", batch, lines).content)
    jsonschema_rs.validator_for(PAYPAL_BODY).validate(body)
    assert sum(Decimal(item["amount"]["value"]) for item in body["items"]) == total
    records = paypal_records(file_of("paypal", batch, lines).content)
    assert [len(record) for record in records] == [5] * len(lines)
    assert all(len(record[3]) <= 30 for record in records)
    assert sum(Decimal(record[1]) for record in records) == total


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"sender_batch_header"', '"header"'),
        (f'"{PAYOUT}"', f'"{"x" * 257}"'),
        ("Your payout", "x" * 255),
        ("Your payout", r"Your\npayout"),
        ('"recipient_type":"EMAIL",', ""),
        ('"receiver":"ada@example.com",', ""),
        ("ada@example.com", "x" * 128),
        ('"amount"', '"total"'),
        ('"20.42"', "20.42"),
        ('"20.42"', '"20,42"'),
        (',"currency":"EUR"', ""),
        (member_id(1), "x" * 64),
        ('"note":"Glow', r'"note":"\n'),
        ('"note":"Glow', f'"note":"{"x" * 1000}'),
    ],
)
def test_a_body_that_paypal_would_refuse_does_not_pass_for_a_good_one(right: str, wrong: str) -> None:
    paypal, body = jsonschema_rs.validator_for(PAYPAL_BODY), content("paypal_api", line(payee=PAYPAL)).decode()
    assert paypal.is_valid(json.loads(body))
    assert not paypal.is_valid(json.loads(body.replace(right, wrong, 1)))


@steady
@given(st.lists(st.tuples(HOSTILE, st.sampled_from(IBANS), AMOUNTS), min_size=1, max_size=3), HOSTILE)
def test_the_bank_gets_a_valid_file_and_the_lines_sum_to_it(
    told: Sequence[tuple[str, str, int]], program_name: str
) -> None:
    lines = [
        line(n, amount=amount, payee=BankAccount.model_construct(method="iban", holder=name, iban=iban, bic=None))
        for n, (name, iban, amount) in enumerate(told, 1)
        if sepa_text(name, 70)
    ]
    if not lines:
        return
    made = file_of("sepa", replace(BATCH, program_name=program_name), lines).content
    pain_schema().validate(made.decode().partition("\n")[2])
    amounts = [Decimal(each.findtext("n:Amt/n:InstdAmt", "", NAMESPACE)) for each in transfers(made)]
    assert len(amounts) == len(lines)
    assert sum(amounts) == Decimal(sum(each.amount for each in lines)) / 100
    assert all(set(text) <= set(_READ_BY_BANKS) for text in xmlschema.XMLResource(made).root.itertext())


_READ_BY_BANKS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ "


@pytest.mark.parametrize("rail", RAILS)
def test_the_same_payout_gives_the_same_bytes_and_each_part_a_name_of_its_own(rail: RailName) -> None:
    lines = [line(1, payee=BANK if rail == "sepa" else PAYPAL)]
    first, again, second = (file_of(rail, batch, lines) for batch in (BATCH, BATCH, replace(BATCH, part=2)))
    assert first == again
    assert (first.name == second.name, second.name[: len(PAYOUT)]) == (False, PAYOUT)


def test_parts_have_batch_ids_of_their_own_so_that_none_is_taken_for_a_repeat() -> None:
    second = replace(BATCH, part=2)
    header = json.loads(file_of("paypal_api", second, [line(payee=PAYPAL)]).content)["sender_batch_header"]
    assert header["sender_batch_id"] == f"{PAYOUT}-2"
    made = file_of("sepa", second, [line(payee=BANK)]).content.decode()
    assert f"<MsgId>{PAYOUT[4:]}-2</MsgId>" in made
    pain_schema().validate(made.partition("\n")[2])


def test_a_payout_of_ten_thousand_lines_is_one_transfer_order_that_one_answer_carries() -> None:
    lines = [line(n, payee=BANK) for n in range(1, rail_of("sepa").most_lines + 1)]
    made = content("sepa", *lines).decode()
    assert len(json.dumps(made)) < 6_000_000
    assert made.count("<CdtTrfTxInf>") == len(lines) == 10_000


def test_a_payer_without_a_bic_is_known_by_its_iban() -> None:
    assert BATCH.payer is not None
    batch = replace(BATCH, payer=BATCH.payer.model_copy(update={"bic": None}))
    made = file_of("sepa", batch, [line(payee=BANK)]).content.decode()
    assert "<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt>" in made
    pain_schema().validate(made.partition("\n")[2])


# -- what a rail cannot carry ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rail", "currency", "payee", "reason"),
    [
        ("csv", "KWD", None, None),
        ("csv", "EUR", OTHER, None),
        ("paypal", "EUR", PAYPAL, None),
        ("paypal", "EUR", None, "no_payee"),
        ("paypal", "EUR", BANK, "rail_cannot"),
        ("paypal", "EUR", OTHER, "rail_cannot"),
        ("paypal", "KWD", PAYPAL, "rail_cannot"),
        ("paypal_api", "KWD", None, "rail_cannot"),
        ("paypal_api", "JPY", PAYPAL, None),
        ("sepa", "EUR", BANK, None),
        ("sepa", "EUR", None, "no_payee"),
        ("sepa", "USD", BANK, "rail_cannot"),
        ("sepa", "EUR", PAYPAL, "rail_cannot"),
        ("sepa", "EUR", OTHER, "rail_cannot"),
        ("sepa", "EUR", BankAccount(method="iban", holder="Ana", iban="BR1800360305000010009795493C1"), "rail_cannot"),
        ("sepa", "EUR", BankAccount(method="iban", holder="\u20e0", iban=IBANS[0]), "rail_cannot"),
    ],
)
def test_a_rail_says_whom_it_can_pay_from_what_is_shown_of_the_payee(
    rail: RailName, currency: str, payee: Any, reason: str | None
) -> None:
    assert can_carry(rail, currency, payee and payee.masked) == reason


@pytest.mark.parametrize(
    ("rail", "wrong"),
    [
        ("paypal", {"payee": None}),
        ("paypal", {"payee": BANK}),
        ("paypal", {"payee": PAYPAL, "currency": "KWD"}),
        ("paypal", {"payee": PAYPAL, "currency": "HUF", "amount": 1050}),
        ("paypal_api", {"payee": PAYPAL, "amount": 0}),
        ("paypal_api", {"payee": PAYPAL, "currency": "TWD", "amount": 1}),
        ("sepa", {"payee": PAYPAL}),
        ("sepa", {"payee": BANK, "currency": "USD"}),
        ("sepa", {"payee": BANK, "amount": 10**11}),
        ("sepa", {"payee": BANK, "amount": -1}),
        ("sepa", {"payee": BankAccount(method="iban", holder="\u20e0", iban=IBANS[0])}),
        ("sepa", {"payee": BankAccount(method="iban", holder="Ana", iban="BR1800360305000010009795493C1")}),
    ],
)
def test_what_a_rail_cannot_express_is_refused_with_the_line_and_nothing_of_its_payee(
    rail: RailName, wrong: dict[str, Any]
) -> None:
    good = BANK if rail == "sepa" else PAYPAL
    with pytest.raises(Conflict, match=f"^rail_cannot: line 2, member {member_id(2)}: ") as refused:
        content(rail, line(1, payee=good), line(2, **wrong))
    assert not [each for each in ("ada@example.com", "DE89", "BR18", "Ada") if each in str(refused.value)]


@pytest.mark.parametrize(
    ("amount", "currency", "told"), [(4200, "JPY", "4200"), (4200, "HUF", "42"), (100, "TWD", "1")]
)
def test_paypal_gets_currencies_without_decimals_as_whole_numbers(amount: int, currency: str, told: str) -> None:
    assert 10 ** EXPONENTS[currency] in (1, 100)
    (record,) = paypal_records(content("paypal", line(payee=PAYPAL, amount=amount, currency=currency)))
    assert record[1:3] == [told, currency]


def test_a_bank_is_not_asked_to_pay_from_an_account_that_nobody_named() -> None:
    with pytest.raises(Conflict, match="payer_missing"):
        file_of("sepa", replace(BATCH, payer=None), [line(payee=BANK)])


def test_every_rail_has_a_name() -> None:
    assert get_args(RailName) == RAILS
    assert {type(rail_of(name)) for name in RAILS} == set(get_args(Rail))


@pytest.mark.parametrize("rail", RAILS)
def test_money_goes_out_on_the_programs_own_day(rail: RailName) -> None:
    made = file_of(rail, replace(BATCH, created_on=date(2026, 1, 2)), [line(payee=BANK if rail == "sepa" else PAYPAL)])
    assert (b"2026-01-02" in made.content) == (rail == "sepa")
