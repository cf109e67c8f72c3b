"""SQS -> a shop: brings one code there to what is wanted, or checks a connection. Alone it opens their credentials."""

import json
from functools import lru_cache
from typing import Any

from laurel import clock, connectors, consumers, metrics, vault
from laurel.connectors import Connector
from laurel.domain.program.programs import Platform
from laurel.queue import ShopMessage
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.shops import telling


def handler(event: consumers.Event, context: Any) -> consumers.Answer:  # noqa: ARG001
    """Takes the messages of one batch."""
    return consumers.each(tell, ((record["messageId"], record["body"]) for record in event["Records"]))


def tell(body: str) -> None:
    """Tells a shop what one message is about, and counts the result."""
    result = telling.take(table(), open_shop, ShopMessage.parse(body), clock.now())
    metrics.count_told(result)


def open_shop(platform: Platform, sealed: str, storefront_id: str) -> Connector:
    """The shop that sealed credentials open."""
    return connectors.connect(platform, json.loads(unsealed(sealed, storefront_id)), is_local=settings().allow_loopback)


@lru_cache(maxsize=64)
def unsealed(sealed: str, storefront_id: str) -> str:
    """The credentials, opened once for many codes of one shop."""
    return vault.unseal(sealed, **{vault.OF_CONNECTION: storefront_id})
