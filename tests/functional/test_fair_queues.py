"""Whose work waits in a queue is told to it, so that nobody's thousand messages hold up another's one."""

import boto3
import pytest

from laurel import queue
from laurel.queue import EndpointMessage, JobMessage, ShopMessage
from laurel.store.table import Table
from tests.functional.kit.connected import Connected
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.jobs import JobsQueue
from tests.functional.kit.shops_queue import ShopsQueue
from tests.functional.kit.stream import as_stream, everything, run
from tests.functional.kit.world import World
from tests.kit.shops.server import FakeShop
from tests.kit.shops.woocommerce import WooCommerce

Message = JobMessage | ShopMessage | EndpointMessage
GROUPS = [
    (JobMessage("prg_1", "job_1"), "prg_1"),
    (ShopMessage("prg_1", "pk", "sk", "sf_1"), "sf_1"),
    (EndpointMessage("prg_1", "end_1"), "end_1"),
]


def groups(url: str) -> set[str]:
    """The groups of the messages that wait."""
    found = boto3.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )
    return {each["Attributes"]["MessageGroupId"] for each in found["Messages"]}


@pytest.mark.parametrize(("message", "group"), GROUPS)
def test_programs_shops_and_endpoints_take_turns(message: Message, group: str, jobs_queue: JobsQueue):
    queue.queue().send(message)
    assert groups(jobs_queue.url) == {group}
    assert type(message).parse(queue.json.dumps(queue.asdict(message))) == message


def test_a_message_of_an_earlier_release_is_understood():
    assert ShopMessage.parse('{"program_id": "prg_1", "pk": "pk", "sk": "sk"}').group == "prg_1"


def test_what_a_shop_is_to_be_told_waits_in_its_own_group(
    api: Gateway, world: World, shops_queue: ShopsQueue, table: Table
):
    shop = Connected(api, world, shops_queue, table, "woocommerce", FakeShop(WooCommerce(), "http://127.0.0.1:9"))
    assert api.patch(shop.storefront, {"connection": shop.credentials}).status == 200
    waiting = [item for item in everything(table) if item["kind"] == "connection"]
    run("mail", as_stream(*waiting))
    assert groups(shops_queue.url) == {shop.storefront.rpartition("/")[2]}
