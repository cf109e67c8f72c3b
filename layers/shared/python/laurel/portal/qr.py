"""QR codes of links, drawn as SVG: dark on white whatever the page looks like, so that every camera reads them."""

from io import BytesIO

import segno
from markupsafe import Markup


def svg(text: str, title: str) -> Markup:
    """The code of `text`, as large as its place. `title`: what it is, for whoever cannot see it."""
    code = segno.make_qr(text, error="m")
    drawn = code.svg_inline(
        omitsize=True, border=3, light="#fff", title=title, svgclass="qr", lineclass=None, encoding="utf-8"
    )
    return Markup(drawn)  # noqa: S704 -- drawn by us; the library escapes the title


def file(text: str) -> str:
    """The code of `text` as a file to be printed."""
    drawn = BytesIO()
    segno.make_qr(text, error="m").save(drawn, kind="svg", scale=8, light="#fff")
    return drawn.getvalue().decode()
