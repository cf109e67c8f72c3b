"""A shop with the snippet on its pages, which notes what was asked of it; and the API as a server's answers."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import World

PAGE = """<!doctype html><title>Shop</title>{before}
<script src="{api}/laurel.js" data-storefront="{storefront}" {attributes} defer></script>{body}"""


@dataclass
class Shop:
    """`attributes`: of the script's tag. `before`, `body`: HTML of each page. `asked`: requests to the API."""

    api: Gateway
    world: World
    api_url: str
    asked: list[tuple[str, str]]
    url: str = ""
    attributes: str = ""
    before: str = ""
    body: str = ""
    cart: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str, _: Any, body: str) -> tuple[int, dict[str, str], str]:
        self.told.append((method, path.partition("?")[0]))
        if path == "/favicon.ico":
            return 204, {}, ""
        if path == "/cart/update.js":
            self.cart.update(json.loads(body)["attributes"])
        if path.startswith("/cart"):
            return 200, {"Content-Type": "application/json"}, json.dumps({"attributes": self.cart})
        storefront, api = self.world.storefront_id, self.api_url
        page = PAGE.format(
            api=api, storefront=storefront, attributes=self.attributes, before=self.before, body=self.body
        )
        return 200, {"Content-Type": "text/html"}, page


def answer_of(api: Gateway, method: str, path: str, headers: Any, body: str) -> tuple[int, dict[str, str], str]:
    """A function's answer to a request."""
    named = {name.lower().replace("-", "_"): value for name, value in headers.items()}
    answer = api.call(method, path, body or None, key=None, **named)
    text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
    return answer.status, dict(answer.headers), text
