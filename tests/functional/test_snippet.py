"""The snippet as it is served: small, for every page, and under a name of its own for ever."""

import gzip

import pytest

from front.handler import RELEASED, SNIPPET
from laurel.api import snippet
from tests.functional.kit.gateway import Gateway
from tools.places import ROOT

CURRENT = snippet.current(SNIPPET)


def test_it_is_small():
    assert len(gzip.compress(CURRENT.text.encode(), mtime=0)) <= 1500


def test_every_page_may_have_it_for_an_hour():
    answer = Gateway().get("/laurel.js?v=2")
    assert (answer.status, answer.body) == (200, CURRENT.text)
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_version_that_a_page_names_is_that_one_for_ever():
    answer = Gateway().get(f"/{CURRENT.name}")
    assert (answer.status, answer.body) == (200, CURRENT.text)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_version_of_today_is_kept_with_those_of_before_and_none_was_changed():
    kept = snippet.pinned(RELEASED)
    assert CURRENT.name in kept, "run: python -m tools.snippet"
    assert [each.name for each in kept.values()] == list(kept)


def test_the_document_tells_its_name_and_integrity():
    told = (ROOT / "docs/shops.md").read_text()
    assert f'src="{{api_url}}/{CURRENT.name}" integrity="{CURRENT.integrity}"' in told


@pytest.mark.parametrize("path", ["/laurel.000000000000.js", "/laurel.x.js", "/x/laurel.js", "/laurel..js"])
def test_a_version_that_never_was_is_not_there(path: str):
    assert Gateway().get(path).status == 404
