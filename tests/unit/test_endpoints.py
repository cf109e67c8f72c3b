"""Endpoints and signatures: which addresses are taken, how long is waited, and that the official library agrees."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from laurel.domain.events import signing
from laurel.domain.events.endpoints import GIVEN_UP_AFTER, NewEndpoint, wait
from laurel.domain.events.places import FeedPlace
from laurel.domain.values.errors import Invalid

OLD, NEW = signing.secret_of(b"o" * 32), signing.secret_of(b"n" * 32)


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_the_official_library_takes_a_body_signed_by_either_secret(secret: str):
    body = '{"id": "evt_1", "name": "Zoë"}'.encode()
    Webhook(secret).verify(body, signing.headers([NEW, OLD], "evt_1", datetime.now(UTC), body))


def test_the_official_library_refuses_another_body_and_another_secret():
    headers = signing.headers([NEW], "evt_1", datetime.now(UTC), b"{}")
    for secret, body in ((NEW, b"{ }"), (OLD, b"{}")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.com/", "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/"],
)
def test_this_machine_and_plain_http_are_for_the_local_environment_alone(url: str):
    endpoint = NewEndpoint(url=url)
    with pytest.raises(Invalid):
        endpoint.require_reachable(is_local=False)
    if "example" not in url:
        endpoint.require_reachable(is_local=True)


def test_a_name_or_a_public_address_is_taken():
    for url in ("https://hooks.example.com:8443/x?y=1", "https://8.8.8.8/"):
        NewEndpoint(url=url).require_reachable(is_local=False)


def test_tries_are_spread_over_three_days_and_not_all_at_the_same_moment():
    waits = [wait("evt_1", tries) for tries in range(1, 17)]
    assert timedelta(seconds=4) <= waits[0] <= timedelta(seconds=6)
    assert sum(waits, timedelta(0)) > GIVEN_UP_AFTER > sum(waits[:9], timedelta(0))
    assert len({wait(f"evt_{n}", 3) for n in range(20)}) > 10


@given(
    settled=st.from_regex(r"\A[0-9a-z]{10}\Z"),
    seen=st.lists(st.from_regex(r"\A[0-9a-z]{22}\Z"), max_size=5),
    within=st.none() | st.tuples(st.from_regex(r"\A[0-9a-z]{22}\Z"), st.integers(1, 999)),
)
def test_a_place_in_the_feed_is_the_same_after_it_was_a_cursor(
    settled: str, seen: list[str], within: tuple[str, int] | None
):
    place = FeedPlace(settled=settled, seen=tuple(seen), within=within)
    assert FeedPlace.parse(place.cursor) == place


@pytest.mark.parametrize("cursor", ["", "x", "0" * 10 + ".", "0" * 10 + ".a-1", "ü" * 10, "0" * 9000])
def test_what_is_no_cursor_is_refused(cursor: str):
    with pytest.raises(Invalid):
        FeedPlace.parse(cursor)
