"""Deliveries as a merchant sees them, and a table whose calls a test can count and break."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from laurel.store.operations import Unavailable
from laurel.store.table import Table
from tests.functional.kit.gateway import Answer
from tests.functional.kit.shop import Shop
from tests.kit.shop_bodies import Json

_CALLS = ("get", "batch_get", "query", "write", "transact")


def path(shop: Shop, platform: str, rest: str = "deliveries") -> str:
    return f"/v1/storefronts/{shop.ids[platform]}/{rest}"


def listed(shop: Shop, platform: str, query: str = "") -> list[Json]:
    answer = shop.api.get(path(shop, platform) + query)
    assert answer.status == 200, answer
    return list(answer.body["items"])


def newest(shop: Shop, platform: str) -> Json:
    return listed(shop, platform)[0]


def look(shop: Shop, platform: str, delivery_id: str) -> Json:
    return dict(shop.api.get(path(shop, platform, f"deliveries/{delivery_id}")).body)


def retry(shop: Shop, platform: str, delivery_id: str) -> Answer:
    return shop.api.post(path(shop, platform, f"deliveries/{delivery_id}/retry"))


@contextmanager
def calls_of_the_table(monkeypatch: Any, broken: int = 0, *, after: bool = False) -> Iterator[list[str]]:
    """The calls inside the block, by name. The `broken`-th, if any, fails, or `after` its effect loses its answer."""
    made: list[str] = []

    def counted(name: str) -> Any:
        real = getattr(Table, name)

        def call(self: Table, *args: Any, **kwargs: Any) -> Any:
            made.append(name)
            if len(made) != broken:
                return real(self, *args, **kwargs)
            if after:
                real(self, *args, **kwargs)
            raise Unavailable("no answer")

        return call

    with monkeypatch.context() as patch:
        for name in _CALLS:
            patch.setattr(Table, name, counted(name))
        yield made
