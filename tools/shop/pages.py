"""The pages of the shop: one stylesheet, no third-party request, for small and wide screens, light and dark."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

from tools.shop.carts import ARTICLES, Article, Cart, Discount
from tools.shop.orders import money

STYLE: Final = (Path(__file__).parent / "shop.css").read_text()
SCRIPT: Final = (Path(__file__).parent / "shop.js").read_text()


def page(title: str, body: str, cart: Cart, snippet: str, consent: str) -> str:
    """A whole page. `consent`: "yes", "no" or empty, where the visitor has not said yet."""
    required = "" if consent == "yes" else ' data-consent="required"'
    script = snippet.replace(" defer", f"{required} defer")
    hidden = " hidden" if consent else ""
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><link rel=icon href='data:,'><style>{STYLE}</style>"
        f"<script>{SCRIPT}</script>{script}"
        f"<header><a class=name href='/'>Glow</a><a href='/cart'>Cart ({cart.count})</a></header>"
        f"<main><h1>{escape(title)}</h1>{body}</main>"
        "<footer>A shop on this machine, for trying Laurel. Nothing here is for sale.</footer>"
        f"<section class=ask id=ask{hidden} aria-label=Privacy><div><span>May we remember who sent you?</span>"
        "<span><button class=quiet onclick='agree(false)'>No</button> <button onclick='agree(true)'>Yes</button></span>"
        "</div></section></html>"
    )


def shelf(articles: Iterable[Article]) -> str:
    """Articles side by side, each with a button that puts it into the cart."""
    return f"<div class=shelf>{''.join(map(_card, articles))}</div>"


def _card(article: Article) -> str:
    return (
        f"<article class=card>{_picture(article)}<div><a href='/products/{article.handle}'>{escape(article.name)}</a>"
        f"<p>{escape(article.about)}</p><form class=row method=post action='/cart/add'>"
        f"<input type=hidden name=id value={article.handle}><span>{money(article.price)} USD</span>"
        f"<button aria-label='Add {escape(article.name)} to the cart'>Add</button></form></div></article>"
    )


def _picture(article: Article) -> str:
    light, deep = f"hsl({article.hue} 55% 82%)", f"hsl({article.hue} 38% 46%)"
    return (
        f"<svg viewBox='0 0 200 120' aria-hidden=true><rect width=200 height=120 fill='{light}'/>"
        f"<circle cx=148 cy=34 r=62 fill='{deep}' opacity=.18 /><rect x=82 y=40 width=36 height=60 rx=8 fill='{deep}'/>"
        f"<rect x=91 y=24 width=18 height=18 rx=4 fill='{deep}' opacity=.75 />"
        f"<rect x=88 y=62 width=24 height=16 rx=2 fill='#fff' opacity=.8 /></svg>"
    )


def basket(cart: Cart, discount: Discount | None) -> str:
    """A cart with its code and the way to buy; a code that the shop does not know says so."""
    if not cart.lines:
        return "<p class=note>Your cart is empty.</p><p><a href='/'>Look around</a></p>"
    rows = "".join(
        f"<tr><td>{number} x {escape(ARTICLES[handle].name)}</td><td>{money(ARTICLES[handle].price * number)}</td></tr>"
        for handle, number in cart.lines.items()
    )
    off = 0 if discount is None else discount.off(cart.subtotal)
    if discount is not None:
        rows += f"<tr class=off><td>Code {escape(discount.code)}</td><td>-{money(off)}</td></tr>"
    unknown = (
        f"<p class=note role=alert>{escape(cart.code)} is no code of ours.</p>" if cart.code and not discount else ""
    )
    return (
        f"<div class=narrow><table>{rows}<tr class=total><td>To pay</td><td>{money(cart.subtotal - off)} USD</td></tr>"
        "</table><form method=post action='/discount'><label for=code>Discount code</label><div class=field>"
        f"<input id=code name=code autocomplete=off maxlength=64 value='{escape(cart.code)}'>"
        f"<button class=quiet>Apply</button></div></form>{unknown}"
        "<form method=post action='/checkout'><label for=email>E-mail</label>"
        "<input id=email name=email type=email maxlength=100 required value='carla@example.net'>"
        "<p><button>Buy</button></p></form></div>"
    )


def thanks(number: int, paid: str, *, is_taken: bool) -> str:
    """The page after an order; `is_taken`: Laurel answered the webhook."""
    heard = "Laurel was told by webhook." if is_taken else "The webhook was lost; Laurel will ask for the order."
    return f"<p>Order {number}: {escape(paid)} USD.</p><p class=note>{heard}</p><p><a href='/'>Back to the shop</a></p>"
