"""Addresses that we keep are the same ones to whoever reads them."""

import pytest

from laurel.domain.values.urls import web_address


@pytest.mark.parametrize(
    "value",
    [
        "https://shop.example",
        "http://localhost:3000/x",
        "https://127.0.0.1:8080/",
        "https://[::1]:80/",
        "https://[::ffff:1.2.3.4]/",
        "https://Shop.example:443/a/../b?q=%7Bx%7D&ü=1#top",
        "https://my_shop.example/?to=a@b.example#c@d",
        "https://münchen.example/straße",
        "https://MÜNCHEN.example/",
        "https://xn--mnchen-3ya.example",
        "https://日本語.example/路",
        "https://" + ".".join(["a" * 63] * 3) + "/",
    ],
)
def test_what_everybody_reads_alike_is_kept_as_it_was_given(value: str) -> None:
    assert web_address(value) == value


@pytest.mark.parametrize("scheme", ["HTTPS", "Https", "HTTP"])
def test_a_scheme_in_capitals_is_written_small(scheme: str) -> None:
    assert web_address(f"{scheme}://Shop.example/A") == f"{scheme.lower()}://Shop.example/A"


@pytest.mark.parametrize(
    "value",
    [
        "https:\\\\shop.example",
        "https://shop.example\\@evil.example/",
        "https://shop.example/\\evil.example",
        "https://user@shop.example/",
        "https://user:secret@shop.example/",
        "https://@shop.example/",
        "https://shop.example%40evil.example/",
        "https://ex%61mple.com/",
        "https://shop.example/\t",
        "https://shop.example/a b",
        "https://shop.example/\u00a0",
        "https://shop.example/\u202egpj",
        "https://shop\u00ad.example/",
        "https://\u200dshop.example/",
        "https://shop.example\u3002evil.example/",
        "https://\uff53hop.example/",
    ],
)
def test_what_parsers_read_differently_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"address|host"):
        web_address(value)


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "..", "a..b", ".a", "a."),
        *("1.2.3.4.5", "1.2.3.04", "1.2.3.4.", "0x7f.1", "127.1", "2130706433", "a.0x1"),
        *("[::1", "[::1].evil.example", "[v1.a]", "[fe80::1%25eth0]"),
        *("xn--a.example", "a" * 64 + ".b", ".".join(["a" * 63] * 4)),
    ],
)
def test_a_host_that_is_none_or_another_to_others_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match=r"address|host"):
        web_address(f"https://{host}/")


@pytest.mark.parametrize("port", ["", "0", "65536", "99999", "-1", "x", "٣", "1:2"])
def test_a_port_lies_between_1_and_65535(port: str) -> None:
    with pytest.raises(ValueError, match=r"address|port"):
        web_address(f"https://shop.example:{port}/")


@pytest.mark.parametrize(
    "value", ["ftp://shop.example", "javascript:alert(1)", "shop.example", "//shop.example", "https:/a", "https:a", ""]
)
def test_only_the_web_is_led_to(value: str) -> None:
    with pytest.raises(ValueError, match="begins with"):
        web_address(value)
