"""The shop's server: pages and the cart's own API for browsers, the Admin API for Laurel; it signs what it sends."""

import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from laurel import clock
from tests.kit.shops.shopify import PATH as ADMIN
from tests.kit.shops.shopify import Shopify
from tools.ports import free_port
from tools.shop import orders, pages
from tools.shop.carts import ARTICLES, Cart, Discount
from tools.shop.orders import CURRENCY, Hook

MOST_CARTS: Final = 1_000
_LARGEST_BODY: Final = 100_000
_FIRST_ORDER: Final = 2001


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to a browser or to Laurel."""

    status: int
    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    location: str | None = None


@dataclass
class LocalShop:
    """A shop with its carts and orders. `url`: for browsers; `api_url`: for Laurel.

    `hook`, `snippet`: once Laurel knows the shop; before that it sends nothing and has no snippet.
    """

    port: int
    token: str = field(default_factory=lambda: f"shpat_{secrets.token_hex(8)}")
    admin: Shopify = field(default_factory=lambda: Shopify(CURRENCY))
    hook: Hook | None = None
    snippet: str = ""
    carts: dict[str, Cart] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        """The address of its first page. Another host than Laurel's, so that each has cookies of its own."""
        return f"http://localhost:{self.port}/"

    @property
    def connection(self) -> dict[str, str]:
        """The credentials with which Laurel may keep codes in it."""
        base_url = f"http://127.0.0.1:{self.port}"
        return {"shop": "glow.myshopify.com", "access_token": self.token, "base_url": base_url}

    def join(self, api_url: str, storefront_id: str, secret: str) -> None:
        """Has the shop tell Laurel of its orders, as the storefront of that id."""
        self.hook = Hook(f"{api_url}/webhooks/{storefront_id}/shopify", secret)
        self.snippet = f'<script src="{api_url}/laurel.js" data-storefront="{storefront_id}" defer></script>'

    def answer_admin(self, path: str, token: str, body: bytes) -> Answer:
        """An answer of the Admin API."""
        if token != self.token or path != ADMIN:
            return Answer(401, b'{"errors": "Invalid API key or access token"}', "application/json")
        with self.lock:
            status, told = self.admin.answer("POST", path, {}, body)
        return Answer(status, told, "application/json")

    def cart(self, name: str) -> Cart:
        """The cart of that name; the oldest one goes where there are too many."""
        with self.lock:
            if name not in self.carts and len(self.carts) >= MOST_CARTS:
                del self.carts[next(iter(self.carts))]
            return self.carts.setdefault(name, Cart())

    def discount(self, code: str) -> Discount | None:
        """The discount that a code gives now, None for a code that gives none."""
        with self.lock:
            live = self.admin.live_terms()
        for known, (percent, amount) in live.items():
            if code and known.casefold() == code.strip().casefold():
                cents = None if amount is None else int(Decimal(amount) * 100)
                return Discount(known, None if percent is None else Decimal(str(percent)) * 100, cents)
        return None

    def buy(self, name: str, cart: Cart, email: str) -> str:
        """Makes an order of a cart, empties that, tells Laurel, and says what to show."""
        discount = self.discount(cart.code)
        with self.lock:
            number = _FIRST_ORDER + len(self.admin.sold)
            order = orders.order_of(cart, discount, email, number, clock.now())
            self.admin.sell(order)
            self.carts.pop(name, None)
        is_taken = self.hook is not None and self.hook.tell("orders/create", order)
        return pages.thanks(number, order["total_price"], is_taken=is_taken)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a browser. `address`: path and query."""

    shop: LocalShop
    address: str
    form: dict[str, str]
    cart_name: str
    cart: Cart
    consent: str

    @property
    def path(self) -> str:
        """The address without its query."""
        return urlsplit(self.address).path

    def got(self) -> Answer:
        """The answer to a GET."""
        if self.path == "/cart.js":
            return self._json()
        if self.path == "/cart":
            return self._page("Your cart", pages.basket(self.cart, self.shop.discount(self.cart.code)))
        article = ARTICLES.get(self.path.removeprefix("/products/"))
        if article is not None:
            return self._page(article.name, pages.shelf([article]))
        if self.path == "/favicon.ico":
            return Answer(204)
        is_home = self.path == "/"
        title = "For your skin" if is_home else "There is no such page, but there is this"
        return self._page(title, pages.shelf(ARTICLES.values()), 200 if is_home else 404)

    def posted(self, attributes: object) -> Answer:
        """The answer to a POST. `attributes`: those that a page notes, where it sends JSON."""
        match self.path:
            case "/cart/update.js":
                self.cart.note(attributes)
                return self._json()
            case "/cart/add":
                self.cart.put(self.form.get("id", ""))
            case "/discount":
                self.cart.code = self.form.get("code", "").strip()[:64]
            case "/checkout" if self.cart.lines:
                return self._page("Thank you", self.shop.buy(self.cart_name, self.cart, self.form.get("email", "")))
            case _:
                pass
        return Answer(303, location="/cart")

    def _json(self) -> Answer:
        told = {"attributes": self.cart.attributes, "item_count": self.cart.count}
        return Answer(200, json.dumps(told).encode(), "application/json")

    def _page(self, title: str, body: str, status: int = 200) -> Answer:
        if self.consent == "yes" and not self.cart.landing_site:
            self.cart.landing_site = self.address[:255]  # noted only of visitors who agreed
        return Answer(status, pages.page(title, body, self.cart, self.shop.snippet, self.consent).encode())


class _Handler(BaseHTTPRequestHandler):
    shop: LocalShop

    def do_GET(self) -> None:
        self._send(self._visit({}).got())

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST_BODY)
        body = self.rfile.read(length)
        if self.path.startswith("/admin/"):
            self._send(self.shop.answer_admin(self.path, self.headers.get("X-Shopify-Access-Token", ""), body))
            return
        told = _json_in(body)
        form = {} if told else {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        self._send(self._visit(form).posted(told.get("attributes")))

    def _visit(self, form: dict[str, str]) -> Visit:
        known = SimpleCookie()
        with contextlib.suppress(CookieError):
            known.load(self.headers.get("Cookie", ""))
        cookies = {name: morsel.value for name, morsel in known.items()}
        named = cookies.get("cart", "")
        self._cart = named if named.isalnum() else secrets.token_hex(16)
        consent = cookies.get("consent", "")
        cart = self.shop.cart(self._cart)
        return Visit(self.shop, self.path, form, self._cart, cart, consent)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        if answer.location is not None:
            self.send_header("Location", answer.location)
        if not self.path.startswith("/admin/"):
            self.send_header("Set-Cookie", f"cart={self._cart}; Path=/; SameSite=Lax; HttpOnly")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        """Says nothing: the terminal is the demo's."""


def _json_in(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


@contextlib.contextmanager
def local_shop(port: int | None = None) -> Iterator[LocalShop]:
    """The shop, open inside the block, at `port` or any free one."""
    shop = LocalShop(free_port() if port is None else port)
    handler = type("Handler", (_Handler,), {"shop": shop})
    server = ThreadingHTTPServer(("127.0.0.1", shop.port), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
