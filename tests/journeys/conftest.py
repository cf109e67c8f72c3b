import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from laurel.domain.program.programs import ProgramSettings
from laurel.store.table import Table
from tests.journeys.kit.client import Api
from tests.journeys.kit.connected import Connected, connect
from tests.journeys.kit.shop import TEN_PERCENT, Shop, open_shop
from tools import program
from tools.engine import aws
from tools.local_stack import Stack, local_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with local_stack() as running:
        yield running


@pytest.fixture(scope="session")
def admin(stack: Stack) -> Api:
    return Api(stack.api_url, stack.admin_key)


@pytest.fixture
def shop(admin: Api) -> Shop:
    return open_shop(admin)


@pytest.fixture(scope="module")
def busy_shop(admin: Api) -> Shop:
    """One that many orders of a module come to; of each subscription one renewal is paid."""
    return open_shop(admin, **TEN_PERCENT, recurring={"interval": "month", "mode": "on_payment", "limit": 1})


@pytest.fixture(scope="module")
def woocommerce(busy_shop: Shop) -> Connected:
    return connect(busy_shop, "woocommerce")


@pytest.fixture(scope="module")
def shopify(busy_shop: Shop) -> Connected:
    return connect(busy_shop, "shopify")


@pytest.fixture(scope="module")
def stripe(busy_shop: Shop) -> Connected:
    return connect(busy_shop, "stripe")


@pytest.fixture(scope="session")
def stranger(stack: Stack) -> Api:
    """The admin of another program in the same deployment."""
    return _admin_of_another(stack)


@pytest.fixture
def newcomer(stack: Stack) -> Api:
    """The admin of a program with nothing in it: a shop that is connected gets the codes of all offers."""
    return _admin_of_another(stack)


def _admin_of_another(stack: Stack) -> Api:
    table = Table(stack.table_name, aws("dynamodb", stack.endpoint_url))
    made = program.create(table, ProgramSettings(name="Another program"))
    return Api(stack.api_url, made.admin_key)


@pytest.fixture(scope="module")
def fresh(stack: Stack) -> Api:
    """The admin of a program that a module has for itself."""
    table = Table(stack.table_name, aws("dynamodb", stack.endpoint_url))
    return Api(stack.api_url, program.create(table, ProgramSettings(name="Glow Cosmetics")).admin_key)


@pytest.fixture(scope="session")
def mailbox(stack: Stack) -> "Mailbox":
    return Mailbox(stack.mailbox_url)


@pytest.fixture
def minute(stack: Stack) -> Callable[[], None]:
    """Lets a minute of the schedule run now instead of waiting for the clock."""
    lambdas = aws("lambda", stack.endpoint_url)
    (tick,) = [each["FunctionName"] for each in lambdas.list_functions()["Functions"] if "tick" in each["FunctionName"]]

    def run() -> None:
        answer = lambdas.invoke(FunctionName=tick, Payload=b"{}")
        assert "FunctionError" not in answer, answer["Payload"].read()

    return run


class Mailbox:
    """What SES took."""

    def __init__(self, url: str) -> None:
        self._url = url

    def to(self, address: str) -> list[dict[str, Any]]:
        accounts = json.loads(urllib3.request("GET", self._url).data)["messages"]
        return [mail for account in accounts.values() for mail in account if address in mail["To"]]
