"""Where a sender may be, how a link is asked for, and how many mails an address gets."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.mail.confirmations import MOST_AN_HOUR, confirmation
from laurel.domain.program.programs import Program
from laurel.domain.program.senders import SenderDomains
from laurel.domain.values.errors import Invalid
from laurel.domain.values.hourly import free_at, within_the_hour
from laurel.domain.values.ids import new_id

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
HERE = SenderDomains.of("glow.example, Other.Example")


def glow(**changes: object) -> Program:
    ids = {"program_id": new_id("prg", NOW, b""), "visitor_salt": "00"}
    return Program.model_validate({**ids, "created_at": NOW, "updated_at": NOW, **changes})


@pytest.mark.parametrize("address", ["a@glow.example", "a@GLOW.example", "a@other.example", '"x@y"@glow.example'])
def test_an_address_of_a_listed_domain_may_be_a_sender(address: str):
    HERE.require(address)


@pytest.mark.parametrize(
    "address", ["a@sub.glow.example", "a@notglow.example", "a@glow.example.org", "glow.example@evil.example", "a@"]
)
def test_another_domain_may_not_however_alike(address: str):
    with pytest.raises(Invalid, match="sender_domain_refused"):
        HERE.require(address)


@pytest.mark.parametrize("text", ["", ",", " , "])
def test_an_empty_list_holds_nobody(text: str):
    assert not SenderDomains.of(text).hold("a@glow.example")


def test_a_star_holds_everybody():
    assert SenderDomains.of("*").hold("a@glow.example")


def test_an_address_is_used_once_it_is_confirmed_and_while_its_domain_is_listed():
    named = glow(sender_email="a@glow.example")
    assert named.sender_within(HERE) is None
    assert named.asking(NOW).sender_within(HERE) is None
    confirmed = named.asking(NOW).confirmed(NOW)
    assert confirmed.sender_within(HERE) == "a@glow.example"
    assert confirmed.sender_within(SenderDomains.of("other.example")) is None


def test_another_address_is_not_confirmed_by_the_one_before():
    confirmed = glow(sender_email="a@glow.example").confirmed(NOW)
    changed = confirmed.changed(glow(sender_email="b@glow.example"))
    assert (changed.sender_email, changed.sender) == ("b@glow.example", None)
    assert confirmed.changed(glow(sender_email="a@glow.example", name="Renamed")).has_confirmed_sender


def test_the_mail_says_who_asks_what_for_and_what_to_do():
    mail = confirmation("Glow Cosmetics", "a@glow.example", "https://go.example/confirm-sender/t")
    assert "Glow Cosmetics" in mail.subject
    assert "a@glow.example" in mail.text
    assert "\nhttps://go.example/confirm-sender/t\n" in mail.text
    assert "7 days" in mail.text


def test_a_name_that_is_a_letter_of_its_own_is_cut():
    mail = confirmation("You have won! " * 14, "a@glow.example", "https://go.example/")
    assert len(mail.subject) < 120


@given(st.lists(st.integers(min_value=0, max_value=7_200), max_size=60))
def test_no_hour_has_more_mails_than_an_address_gets(asked: list[int]):
    sent: list[datetime] = []
    for now in (NOW + timedelta(seconds=second) for second in sorted(asked)):
        past = within_the_hour(sent, now)
        if free_at(past, now, MOST_AN_HOUR) == now:
            sent = [*past, now]
        else:
            assert now < free_at(past, now, MOST_AN_HOUR) <= now + timedelta(hours=1)
            assert len(within_the_hour(past, free_at(past, now, MOST_AN_HOUR))) < MOST_AN_HOUR
        assert len(within_the_hour(sent, now)) <= MOST_AN_HOUR
