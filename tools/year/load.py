"""A year for a running stack: its program is taken into memory, played there, and loaded back in one go."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any, Final

from laurel import clock, settings
from laurel.store import keys
from laurel.store.operations import Put
from laurel.store.values import Item
from tests.simulation.kit.table.fake_table import FakeTable
from tools import demo, tables
from tools.api_client import ApiClient
from tools.engine import REGION, aws
from tools.failure import Say
from tools.local_stack import Stack
from tools.shop.server import LocalShop
from tools.year import present, story
from tools.year.backstage import Backstage
from tools.year.plan import Size

SEED: Final = "a year of Glow"


def play(stack: Stack, shop: LocalShop, say: Say) -> demo.Scene:
    """Fills the stack's program with a year. Raises ToolError if a step fails."""
    client, now = aws("dynamodb", stack.endpoint_url, parameter_validation=False), clock.now()
    _find_secrets_key(stack)
    table, began = _in_memory(client, stack.table_name), time.monotonic()
    say("\nA year of orders, day by day, as the product counts them:\n")
    told = story.play(Backstage(table, stack.program_id, Random(SEED)), Size(), now, shop.url, say)
    say(f"  played in {time.monotonic() - began:5.1f} s")
    began = time.monotonic()
    tables.load(client, stack.table_name, _kept(table, stack.program_id, now))
    say(f"  loaded in {time.monotonic() - began:5.1f} s")
    return present.scene_of(told, ApiClient(stack.api_url, stack.admin_key), shop, now)


def _in_memory(client: Any, table_name: str) -> FakeTable:
    table = FakeTable()
    for item in tables.unload(client, table_name):
        table.write(Put(item))
    table.stream.clear()
    return table


def _kept(table: FakeTable, program_id: str, now: datetime) -> Iterator[Item]:
    """All that would not be forgotten by now; the program last, so that nothing works on a part of it."""
    everything = table.contents()
    program = everything.pop(keys.program(program_id))
    for item in everything.values():
        if item.get(keys.TTL_ATTRIBUTE, now.timestamp()) >= now.timestamp():
            yield item
    yield program


def _find_secrets_key(stack: Stack) -> None:
    """Has this process encrypt as the stack's functions do."""
    functions = aws("lambda", stack.endpoint_url).list_functions()["Functions"]
    known = (each.get("Environment", {}).get("Variables", {}) for each in functions)
    key_id = next(each[settings.SECRETS_KEY_ID] for each in known if each.get(settings.SECRETS_KEY_ID))
    os.environ.update(
        {
            settings.SECRETS_KEY_ID: key_id,
            "AWS_ENDPOINT_URL": stack.endpoint_url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
        }
    )
