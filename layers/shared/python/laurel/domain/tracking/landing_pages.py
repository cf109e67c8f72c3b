"""The page that a visitor is sent to: the merchant's, or one beside it, with what the link's address carried."""

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from typing import Final, Self
from urllib.parse import quote, unquote, unquote_plus, urlsplit, urlunsplit

from pydantic_core import Url

from laurel.domain.values.errors import Invalid
from laurel.domain.values.urls import web_address

CLICK_PARAMETER: Final = "laurel_click"
DEEPER: Final = "to"
"""The parameter that names another page of the landing page's own host."""
_LONGEST_PAGE: Final = 1000
_MOST_CARRIED: Final = 2000
"""Characters that are handed on; a longer address might not arrive."""
_ENOUGH: Final = 9
"""Layers of encoding that somebody may have meant."""
_IN_PATHS: Final = "%/-._~!$&'()*+,=:"
_IN_QUERIES: Final = f"{_IN_PATHS}?"
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Carried:
    """An address's query beyond the link: `page`, the path that it asks for, and its other parameters as they came."""

    page: str | None = None
    parameters: tuple[str, ...] = ()

    @classmethod
    def by(cls, query: str) -> Self:
        """Out of a raw query: what may be handed on, encoded so that it means one thing to all who read it."""
        pairs = [pair for pair in query.split("&") if pair]
        pages = [unquote_plus(pair.partition("=")[2]) for pair in pairs if _name(pair) == DEEPER]
        others = tuple(pair for pair in pairs if _name(pair) != DEEPER)
        return cls(pages[0] if pages else None, _handed_on(others))

    @property
    def elsewhere(self) -> Self:
        """For another host, which has not that page."""
        return replace(self, page=None)


NOTHING: Final = Carried()


def landing(landing_url: str, click_id: str | None, carried: Carried = NOTHING) -> str:
    """The URL that the visitor is sent to: the merchant's page, with the click's id if there is one.

    The page's own parameters go before those that were carried. A page that nobody could be sent to is not asked for.
    """
    # a header carries ASCII only; an address that is ASCII already stays as the merchant wrote it
    parts = urlsplit(landing_url if landing_url.isascii() else str(Url(landing_url)))
    if carried.page is not None and _is_followed(carried.page) and _is_plain(landing_url):
        before, _, fragment = carried.page.partition("#")
        path, _, query = before.partition("?")
        own = _handed_on(tuple(filter(None, query.split("&"))))
        parts = parts._replace(path=_encoded(path, _IN_PATHS), fragment=_encoded(fragment, _IN_QUERIES))
    else:
        own = tuple(pair for pair in parts.query.split("&") if pair and not _is_click(pair))
    names = {_name(pair) for pair in own}
    others = [pair for pair in carried.parameters if _name(pair) not in names]
    added = [] if click_id is None else [f"{CLICK_PARAMETER}={click_id}"]
    return urlunsplit(parts._replace(query="&".join([*own, *others, *added])))


def deeper(link_url: str, landing_url: str, page: str) -> str:
    """The link that leads to `page`: a path on the landing page's host, or a whole address there, as people copy it.

    Raises Invalid `page_elsewhere`.
    """
    own, path = urlsplit(landing_url), _path_on(landing_url, page.strip())
    if path is None or not _is_followed(path) or not _is_plain(landing_url):
        raise Invalid("page_elsewhere", f"name a page of {own.hostname}, such as /new", "/to")
    return f"{link_url}?{DEEPER}={quote(path, safe='/')}"


def _path_on(landing_url: str, page: str) -> str | None:
    """The path of a page with its query; None for one of another host, or none at all."""
    try:
        given = urlsplit(page)
    except ValueError:
        return None
    is_whole = given.scheme in {"http", "https"} and given.netloc.lower() == urlsplit(landing_url).netloc.lower()
    is_path = not given.scheme and not given.netloc
    return urlunsplit(("", "", given.path or "/", given.query, given.fragment)) if is_whole or is_path else None


def _is_plain(landing_url: str) -> bool:
    """Whether everybody reads the same host in it, which was not always asked of landing pages."""
    try:
        web_address(landing_url)
    except ValueError:
        return False
    return True


def _is_followed(page: str) -> bool:
    """Whether it is a path on whatever host, in all the layers that might be decoded, to all who decode it."""
    if len(page) > _LONGEST_PAGE:
        return False
    whole, path = _decoded(page), _decoded(re.split("[?#]", page)[0])
    segments = [segment.partition(";")[0].strip() for segment in path.split("/")]
    is_path = path.startswith("/") and "//" not in path and not {".", ".."} & {*segments}
    return is_path and "\\" not in whole and "%" not in path and whole.isprintable()


def _decoded(text: str) -> str:
    for _ in range(_ENOUGH):
        text = unicodedata.normalize("NFKC", unquote(text))
    return text


def _handed_on(pairs: tuple[str, ...]) -> tuple[str, ...]:
    """The parameters that fit, without any that a reader could take for our own."""
    encoded = [_encoded(pair, _IN_QUERIES) for pair in pairs if not _is_click(pair)]
    lengths = accumulate(len(pair) + 1 for pair in encoded)
    fitting = takewhile(lambda counted: counted[1] <= _MOST_CARRIED, zip(encoded, lengths, strict=True))
    return tuple(pair for pair, _ in fitting)


def _name(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


def _is_click(pair: str) -> bool:
    """Whether it is the click's parameter, also to readers for whom a dot is an underscore and brackets are a list."""
    return re.sub(r"[^a-z]+", "_", _name(pair).lower().partition("[")[0]).strip("_") == CLICK_PARAMETER


def _encoded(text: str, safe: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=safe, errors="replace")
