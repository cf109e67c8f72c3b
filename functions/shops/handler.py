"""SQS -> a shop: codes, checks of connections, changed orders. Alone it opens the credentials of shops."""

import json
from functools import lru_cache
from secrets import token_bytes
from typing import Any

from laurel import clock, connectors, consumers, metrics, vault
from laurel.connectors import Connector
from laurel.domain.program.programs import Platform
from laurel.log import logger
from laurel.queue import ShopMessage
from laurel.settings import settings
from laurel.store.table import table
from laurel.workflows.shops import telling
from laurel.workflows.tracking import watching


def handler(event: consumers.Event, context: Any) -> consumers.Answer:  # noqa: ARG001
    """Takes the messages of one batch."""
    return consumers.each(take, ((record["messageId"], record["body"]) for record in event["Records"]))


def take(body: str) -> None:
    """Does what one message is about."""
    message = ShopMessage.parse(body)
    if watching.is_about(message):
        ask(message)
    else:
        tell(message)


def tell(message: ShopMessage) -> None:
    """Tells a shop what it should have, and counts the result."""
    metrics.count_told(telling.take(table(), open_shop, message, clock.now()))


def ask(message: ShopMessage) -> None:
    """Asks a shop for changed orders, and counts those that no webhook told."""
    asked = watching.take(table(), open_shop, message, clock.now(), token_bytes)
    if asked.reason is not None:
        logger.warning("shop did not tell its orders", storefront_id=message.sk, reason=asked.reason)
    metrics.count_missed_deliveries(len(asked.found))
    for refused in (taken for taken in asked.found if taken.answer.refused is not None):
        told = refused.answer.model_dump(exclude_none=True)
        logger.warning("refused", storefront_id=message.sk, delivery_id=refused.delivery_id, **told)
        metrics.count_refused_delivery()


def open_shop(platform: Platform, sealed: str, storefront_id: str) -> Connector:
    """The shop that sealed credentials open."""
    return connectors.connect(platform, json.loads(unsealed(sealed, storefront_id)), is_local=settings().allow_loopback)


@lru_cache(maxsize=64)
def unsealed(sealed: str, storefront_id: str) -> str:
    """The credentials, opened once for many codes of one shop."""
    return vault.unseal(sealed, **{vault.OF_CONNECTION: storefront_id})
