"""The portal looks like the merchant's: name, picture and one colour, which everybody can read."""

import pytest

from tests.functional.kit.gateway import Gateway
from tests.pages.kit.reader import Reader

PUBLIC = ("/sign-in", "/join")


def test_the_colour_of_the_merchant_is_that_of_every_page_of_the_portal(
    ada: Reader, owner: Reader, portal: str, api: Gateway
):
    assert "/color/" not in ada.get(portal).html
    assert api.patch("/v1/program", {"color": "#FF8800"}).body["color"] == "#ff8800"
    for path in ("", "/links", *PUBLIC):
        assert f'href="{portal}/color/ff8800.css"' in ada.get(f"{portal}{path}").html
    assert "/color/" not in owner.get("/console").html
    sheet = Reader().once("GET", f"{portal}/color/ff8800.css")
    assert (sheet.headers["Content-Type"], "immutable" in sheet.headers["Cache-Control"]) == (
        "text/css; charset=utf-8",
        True,
    )
    assert "--accent: #" in sheet.html


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", "}body{display:none", 7])
def test_what_is_no_colour_is_refused(api: Gateway, color: object):
    answer = api.patch("/v1/program", {"color": color})
    assert (answer.status, answer.pointers) == (422, ["/color"])


@pytest.mark.parametrize("path", PUBLIC)
def test_pages_without_a_frame_name_the_merchant(portal: str, api: Gateway, path: str):
    assert "Glow Cosmetics" in Reader().get(f"{portal}{path}").text


def test_a_colour_that_is_none_has_no_stylesheet(portal: str):
    assert Reader().once("GET", f"{portal}/color/x%22%7D.css").status == 404
