"""Where a visitor is led: the merchant's page or one beside it, on the merchant's host whatever an address says."""

import random
from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, quote, quote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import Url
from urllib3.util import parse_url
from werkzeug.urls import iri_to_uri

from laurel.domain.tracking.landing_pages import Carried, deeper, landing
from laurel.domain.values.errors import Invalid
from tests.unit.kit.builders import an_id, steady

CLICK_ID = an_id("clk")
PAGE = "https://shop.example.com/winter?season=autumn#top"


def led(query: str, page: str = PAGE) -> str:
    return landing(page, CLICK_ID, Carried.by(query))


def beside(query: str, page: str = PAGE) -> str:
    """Where it leads, without the click."""
    return landing(page, None, Carried.by(query))


@pytest.mark.parametrize(
    ("written", "led_to"),
    [
        ("https://shop.example.com", f"https://shop.example.com?laurel_click={CLICK_ID}"),
        ("https://shop.example.com/a?x=1&y#top", f"https://shop.example.com/a?x=1&y&laurel_click={CLICK_ID}#top"),
        ("https://shop.example.com/?laurel_click=old", f"https://shop.example.com/?laurel_click={CLICK_ID}"),
        ("https://bücher.example/ä?q=ö", f"https://xn--bcher-kva.example/%C3%A4?q=%C3%B6&laurel_click={CLICK_ID}"),
    ],
)
def test_the_landing_page_gets_the_click_and_keeps_what_it_has(written: str, led_to: str) -> None:
    assert landing(written, CLICK_ID) == led_to


@steady
@given(st.from_regex(r"\Ahttps://shop\.example\.com/[a-z]{0,5}(\?[a-z=&+%]{0,20})?\Z"))
def test_a_redirect_leads_to_the_merchants_page_and_nowhere_else(written: str) -> None:
    for click_id in (None, CLICK_ID):
        led_to = urlsplit(landing(written, click_id))
        assert (led_to.scheme, led_to.netloc, led_to.path) == urlsplit(written)[:3]
        assert [value for name, value in parse_qsl(led_to.query) if name == "laurel_click"] == (
            [click_id] if click_id else []
        )


@pytest.mark.parametrize(
    ("query", "led_to"),
    [
        ("utm_source=insta&x", "https://shop.example.com/winter?season=autumn&utm_source=insta&x#top"),
        ("a=1&a=2", "https://shop.example.com/winter?season=autumn&a=1&a=2#top"),
        ("q=caf%C3%A9+au%20lait", "https://shop.example.com/winter?season=autumn&q=caf%C3%A9+au%20lait#top"),
        ("q=café", "https://shop.example.com/winter?season=autumn&q=caf%C3%A9#top"),
        ("q=50%", "https://shop.example.com/winter?season=autumn&q=50%25#top"),
        ("&&", PAGE),
    ],
)
def test_what_an_address_carried_is_handed_on(query: str, led_to: str) -> None:
    assert beside(query) == led_to


def test_the_pages_own_parameters_are_not_replaced() -> None:
    assert beside("season=spring&%73eason=summer&y=1") == "https://shop.example.com/winter?season=autumn&y=1#top"


@pytest.mark.parametrize(
    "query",
    [
        *("laurel_click=x", "laurel%5Fclick=x", "laurel_click", "Laurel_Click=x", "laurel_click[]=x"),
        *("laurel.click=x", "laurel+click=x", "+laurel_click=x", "laurel%20click=x", "laurel_click%5B0%5D=x"),
        *("a=1;laurel_click=x", "to=/a?laurel_click=x", "to=/a%3Flaurel_click%3Dx", "to=/a%3Fb%3D1%26laurel.click%3Dx"),
    ],
)
def test_nobody_overrides_the_click(query: str) -> None:
    led_to = urlsplit(led(query))
    for separator in "&;":
        values = parse_qs(led_to.query, separator=separator).get("laurel_click", [])
        assert values in ([], [CLICK_ID]), led_to
    assert parse_qs(led_to.query)["laurel_click"] == [CLICK_ID]
    assert led_to.query.lower().count("laurel") == 1 or ";" in query


def test_a_long_address_is_handed_on_as_far_as_it_fits() -> None:
    pairs = [f"p{number}={'x' * 90}" for number in range(100)]
    kept = parse_qsl(urlsplit(led("&".join(pairs))).query)
    assert [name for name, _ in kept] == ["season", *(f"p{number}" for number in range(21)), "laurel_click"]


@pytest.mark.parametrize(
    ("to", "led_to"),
    [
        ("/", "https://shop.example.com/"),
        ("/boots", "https://shop.example.com/boots"),
        ("/boots/", "https://shop.example.com/boots/"),
        ("%2Fboots%2Fred", "https://shop.example.com/boots/red"),
        ("/a%20b", "https://shop.example.com/a%20b"),
        ("/a%2520b", "https://shop.example.com/a%20b"),
        ("/caf%C3%A9", "https://shop.example.com/caf%C3%A9"),
        ("/boots%3Fsize%3D42%23reviews", "https://shop.example.com/boots?size=42#reviews"),
        ("/@ada", "https://shop.example.com/%40ada"),
        ("/collections/all:new,(sale)!", "https://shop.example.com/collections/all:new,(sale)!"),
    ],
)
def test_a_link_may_go_deeper(to: str, led_to: str) -> None:
    assert beside(f"to={to}") == led_to
    assert parse_qs(urlsplit(led(f"utm=1&to={to}")).query)["laurel_click"] == [CLICK_ID]


def test_a_deeper_page_has_what_was_carried_and_not_what_the_landing_page_has() -> None:
    assert (
        beside("utm=1&to=/boots?size=42&season=spring") == "https://shop.example.com/boots?size=42&utm=1&season=spring"
    )


HOSTILE = [
    *("//evil.example", "/\\evil.example", "\\\\evil.example", "/%2f/evil.example", "/%2fevil.example"),
    *("%2F%2Fevil.example", "/%252fevil.example", "/%25252fevil.example", "/%5cevil.example", "/%255cevil.example"),
    *("https://evil.example", "https:evil.example", "javascript:alert(1)", "@evil.example", ".evil.example", ":80"),
    *("evil.example", "", " /evil", "%20//evil.example", "%09//evil.example", "/%09/evil.example"),
    *("/%0d%0aLocation:https://evil.example", "/a%0aSet-Cookie:x", "/%00", "/%250d%250aX", "/%e2%80%a8"),
    *("/..//evil.example", "/../evil", "/%2e%2e/evil", "/%252e%252e/x", "/.//evil.example", "/a/..", "/..;/evil"),
    *("/a//evil.example", "/%EF%BC%8Fevil.example", "/%EF%BC%8E%EF%BC%8E/x", "/%u002fevil", "/%", "/a%zz"),
    "/" + "a" * 2000,
]


@pytest.mark.parametrize("to", HOSTILE)
def test_what_cannot_be_followed_is_ignored(to: str) -> None:
    assert beside(f"to={to}") == PAGE
    assert beside(f"to={to}&utm=1") == "https://shop.example.com/winter?season=autumn&utm=1#top"


def test_only_the_first_page_that_is_asked_for_counts() -> None:
    assert beside("to=/a&to=/b") == "https://shop.example.com/a"
    assert beside("to=//evil.example&to=/b") == PAGE


@pytest.mark.parametrize("page", ["https://me@shop.example.com/", "https://shop.example.com\\@evil.example/"])
def test_a_landing_page_of_before_that_parsers_read_differently_is_followed_as_it_is(page: str) -> None:
    assert beside("to=/deeper", page) == page


def hosts(url: str) -> Iterator[str | None]:
    """The host by every parser that is here."""
    yield urlsplit(url).hostname
    yield Url(url).host
    yield parse_url(url).host
    yield urlsplit(iri_to_uri(url)).hostname
    yield urlsplit(url.replace("\\", "/")).hostname
    yield urlsplit("".join(url.split())).hostname


def strange(count: int) -> Iterator[str]:
    """Queries made of pieces that parsers are known to stumble over."""
    rng = random.Random(23)
    pieces = [
        *("/", "//", "\\", "/\\", "@", ":", "?", "#", "&", "=", ";", ".", "..", "%", "%2f", "%2F", "%5c", "%40", "%3a"),
        *("%2e", "%252f", "%25", "%00", "%0d%0a", "%09", "%20", "+", " ", "\t", "\r\n", "\0", "\u2028", "\u3002"),
        *(
            "evil.example",
            "https:",
            "javascript:",
            "shop.example.com",
            "laurel_click",
            "to=",
            "to=/",
            "[",
            "]",
            "[::1]",
        ),
        *("\uff0f", "\uff20", "\u2100", "\u212a", "\ud800", "ä", "%ff", "%u002f", "user:pw@", "<script>", '"', "'"),
    ]
    for _ in range(count):
        made = "".join(rng.choice(pieces) for _ in range(rng.randint(1, 9)))
        encoded = [made, *([] if "\ud800" in made else [quote(made), quote_plus(quote(made))])]
        yield f"{rng.choice(['to=', 'to=/', 'to=%2f', 'a=', ''])}{rng.choice(encoded)}{rng.choice(['', '&a=1'])}"


@pytest.mark.parametrize("page", [PAGE, "https://shop.example.com", "https://shop.example.com:8443/a/b"])
def test_a_thousand_hostile_addresses_lead_to_the_landing_pages_host(page: str) -> None:
    home = urlsplit(page)
    for query in strange(1000):
        url = led(query, page)
        assert set(hosts(url)) == {"shop.example.com"}, (query, url)
        assert urlsplit(url)[:2] == home[:2], (query, url)
        assert url.isascii()
        assert url.isprintable()
        assert not {" ", "\\"} & {*url}
        assert "//" not in urlsplit(url).path
        assert parse_qs(urlsplit(url).query)["laurel_click"] == [CLICK_ID], (query, url)


@steady
@given(st.text(max_size=60))
def test_no_text_at_all_leads_anywhere_else(text: str) -> None:
    for query in (text, f"to={text}", f"to=/{text}"):
        assert set(hosts(led(query))) == {"shop.example.com"}


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        ("/new", "/new"),
        ("new", None),
        ("", "/"),
        ("https://SHOP.example.com/new?a=b#c", "/new%3Fa%3Db%23c"),
        ("https://shop.example.com", "/"),
        ("https://evil.example.com/new", None),
        ("//shop.example.com/new", None),
        ("ftp://shop.example.com/new", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
        ("//\u2100.example", None),
        ("\ud800", None),
        ("/../new", None),
        ("/%2e%2e/new", None),
        ("/" + "x" * 2000, None),
    ],
)
def test_a_link_goes_deeper_into_the_shop_of_its_landing_page_alone(page: str, asked: str | None):
    link, shop = "https://go.example.com/r/ada", "https://shop.example.com/"
    if asked is None:
        with pytest.raises(Invalid, match=r"name a page of shop\.example\.com, such as"):
            deeper(link, shop, page)
    else:
        assert deeper(link, shop, page) == f"{link}?to={asked}"
