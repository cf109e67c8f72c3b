"""Which addresses are the internet; hosts written as numbers, however they are written."""

import pytest

from laurel.domain.values.networks import is_public, names_no_public_host

INSIDE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:8.8.8.8",
    "64:ff9b::a9fe:a9fe",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
ODDLY_WRITTEN = [
    "http://2130706433",
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://localhost/",
    "https://localhost./",
    "https://shop.localhost/",
    "https://user@127.0.0.1/",
    "https://8.8.8.8.0x1/",
    "https:///path",
]


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_is_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"])
def test_the_internet_is_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize("url", ODDLY_WRITTEN)
def test_a_number_that_leads_inside_is_seen_however_it_is_written(url: str):
    assert names_no_public_host(url)


@pytest.mark.parametrize(
    "url", ["https://shop.example/", "https://8.8.8.8/", "https://[2606:4700:4700::1111]/", "https://1und1.de/"]
)
def test_names_and_public_numbers_are_left_to_whoever_connects(url: str):
    assert not names_no_public_host(url)
