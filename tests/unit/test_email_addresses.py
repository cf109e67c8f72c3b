"""Addresses of mail: one spelling each, whether they are judged at once or by the library."""

import pytest
from email_validator import validate_email
from hypothesis import given
from hypothesis import strategies as st

from laurel.domain.values.model import _PLAIN_ADDRESS, email_address

LABELS = st.text("ab9-", min_size=1, max_size=66)
ENDS = st.sampled_from(
    ["com", "test", "local", "localhost", "arpa", "onion", "invalid", "co.uk", "c0m", "example", "x"]
)
PLAIN = st.builds(
    lambda local, labels, end: f"{local}@{'.'.join([*labels, end])}",
    st.text("az0_+-.", min_size=1, max_size=70),
    st.lists(LABELS, max_size=5),
    ENDS,
)


@given(PLAIN)
def test_an_address_that_is_taken_at_once_is_what_the_library_would_take_and_spelt_alike(address: str):
    if _PLAIN_ADDRESS.fullmatch(address):
        assert validate_email(address, check_deliverability=False, test_environment=True).normalized == address


@pytest.mark.parametrize("address", ["ada@example.com", "a.b+c_d-e@mail.shop.example", "9@99.test"])
def test_most_addresses_are_taken_at_once(address: str):
    assert _PLAIN_ADDRESS.fullmatch(address)
    assert email_address(address) == address


@pytest.mark.parametrize(
    ("given_address", "kept"),
    [
        (" ada@example.com ", "ada@example.com"),
        ("Ada@EXAMPLE.com", "Ada@example.com"),
        ("POSTMASTER@example.com", "postmaster@example.com"),
        ("ada@xn--bcher-kva.example", "ada@b\u00fccher.example"),
        ("a\u0308@example.com", "\u00e4@example.com"),
    ],
)
def test_every_other_address_gets_one_of_its_spellings(given_address: str, kept: str):
    assert email_address(given_address) == kept


@pytest.mark.parametrize(
    "text",
    [
        "ada",
        "ada@example",
        "ada@localhost.local",
        "ada@shop.invalid",
        ".ada@example.com",
        "a..b@example.com",
        "ada@-shop.example",
        "ada@example.com\n@x.example",
        f"ada@{'a' * 64}.example",
        f"ada@{'a.' * 130}example",
    ],
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(ValueError, match="not an e-mail address"):
        email_address(text)
