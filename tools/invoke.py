"""Invoke one function with one of the raw events in events/, and print what it answers.

    python -m tools.invoke conversions record

The handler is imported into this process, over a table in moto with the small program that the events belong to
(tests/functional/kit/world.py), so the answer is the one in the file beside the event. Whatever a consumer's event
reports has happened: the items are there, and so are a queue for jobs and a sender that SES knows.

With DEPLOYED=1 the event goes to the function of `make run`, through the Lambda API and with that program's admin key;
the ids in events are unknown to that program.
"""

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from tools.commands import Arguments, function_named, operate
from tools.failure import ToolError, say
from tools.places import EVENTS
from tools.running import Running, get_running

if TYPE_CHECKING:
    from laurel.store.table import Table

SENDER: Final = "rewards@laurel.example"
SENT_MAIL: Final = "mai_01m7q1jn80wz56q0hkh2j6kzvj"
"""The mail that events/bounces/ tell of."""
STREAM: Final = {"rule_evaluation", "mail"}


def main() -> int:
    """The exit status: 0, or 1 if there is no such event, or the function failed."""
    return operate(_run)


def _run() -> int:
    asked = Arguments(__doc__)
    asked.add_argument("function", help="a folder of functions/")
    asked.add_argument("event", help="a file of events/<function>/, without .json")
    given = asked.parse_args()
    event = _event(function_named(given.function), given.event)
    answer = (
        _deployed(given.function, event, get_running())
        if os.environ.get("DEPLOYED") == "1"
        else _in_process(given.function, event)
    )
    say("(no answer)" if answer is None else json.dumps(_readable(answer), indent=2, ensure_ascii=False))
    return 0


def _event(function: str, name: str) -> dict[str, Any]:
    file = EVENTS / function / f"{name}.json"
    if not file.exists():
        known = sorted(event.stem for event in file.parent.glob("*.json") if not event.stem.endswith(".response"))
        raise ToolError(f"no events/{function}/{name}.json; there are: {', '.join(known) or 'none'}")
    event: dict[str, Any] = json.loads(file.read_text())
    return event


def _deployed(function: str, event: dict[str, Any], running: Running) -> Any:
    from tools.engine import aws

    functions = aws("lambda", running.endpoint_url)
    name = _deployed_name(functions, function)
    say(f"{name} (deployed, from make run)")
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(_with_key(event, running.admin_key)).encode())
    payload = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise ToolError(f"{function} failed: {json.dumps(payload, indent=2)}")
    return payload


def _with_key(event: dict[str, Any], key: str) -> dict[str, Any]:
    """The event with `key` instead of its own, which belongs to another program."""
    if "authorization" not in event.get("headers", {}):
        return event
    return event | {"headers": event["headers"] | {"authorization": f"Bearer {key}"}}


def _deployed_name(functions: Any, folder: str) -> str:
    """The deployed name of a function, by its logical id: the folder's letters without underscores."""
    wanted = f"-service-{folder.replace('_', '')}Function"
    for page in functions.get_paginator("list_functions").paginate():
        for deployed in page["Functions"]:
            if wanted.lower() in deployed["FunctionName"].lower():
                return str(deployed["FunctionName"])
    raise ToolError(f"no deployed function for functions/{folder}")


def _in_process(function: str, event: dict[str, Any]) -> Any:
    say(f"{function} (in this process; DEPLOYED=1 asks the one of make run)")
    with _furnished_aws():
        return invoke(function, event)


def invoke(function: str, event: dict[str, Any]) -> Any:
    """The handler's answer over a furnished table, once the event has happened."""
    from laurel import clock
    from laurel.store.table import table
    from tests.kit.shop_bodies import dated

    _happen(function, event, table())
    event = dated(event, clock.now())
    return importlib.import_module(f"{function}.handler").handler(event, _Context())


def connect_outside() -> dict[str, str]:
    """Makes a jobs queue, a sender that SES knows and a key for secrets; the settings that name them."""
    import boto3

    from laurel import settings

    boto3.client("sesv2").create_email_identity(EmailIdentity=SENDER.partition("@")[2])
    boto3.client("sesv2").create_configuration_set(ConfigurationSetName="laurel")
    return {
        settings.CONFIGURATION_SET: "laurel",
        settings.DEFAULT_SENDER: SENDER,
        settings.SENDER_DOMAINS: SENDER.partition("@")[2],
        settings.SECRETS_KEY_ID: boto3.client("kms").create_key()["KeyMetadata"]["KeyId"],
        settings.JOBS_QUEUE_URL: boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"],
    }


@contextlib.contextmanager
def _furnished_aws() -> Iterator[None]:
    from moto import mock_aws  # slow, and it must come before any client

    from laurel import settings
    from laurel.store.table import connect, table
    from tests.functional.kit.world import furnished
    from tests.kit.tables import TABLE_NAME
    from tools.tables import create_table

    os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.update(
        {
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
            "POWERTOOLS_SERVICE_NAME": "laurel",
            "POWERTOOLS_METRICS_NAMESPACE": "Laurel",
            settings.TABLE_NAME: TABLE_NAME,
        }
    )
    with mock_aws():
        os.environ.update(connect_outside())
        create_table(connect(), TABLE_NAME)
        furnished(table())
        yield


def _happen(function: str, event: dict[str, Any], table: "Table") -> None:
    """Puts the items of the stream's records into the table; for the clock and for jobs, undone work."""
    from laurel.queue import queue
    from laurel.store import keys
    from laurel.workflows.kernel import closing
    from laurel.workflows.program import jobs, programs
    from tests.functional.kit.stream import happened
    from tests.functional.kit.world import AT, open_shops

    if function == "webhooks":
        (made,) = table.query(keys.registry().pk)
        open_shops(table, programs.get(table, made["sk"]))
    if function in STREAM:
        happened(table, event)
    if function == "bounces":
        _sent(table, SENT_MAIL)
    if function in {"tick", "jobs"}:
        (crossed, *_) = happened(table, _event("rule_evaluation", "crosses_threshold"))
        happened(table, _event("mail", "pending"))
        program_id = crossed["pk"].partition("#")[0]
        jobs.start(table, queue(), program_id, "settle_overdue", "2026-11-18T10:0", AT)
        jobs.start(
            table, queue(), program_id, "close_period", "2026-11-03", AT, closing.first_cursor(date(2026, 11, 3))
        )


def _sent(table: "Table", mail_id: str) -> None:
    """Puts a mail into the table that SES has taken, as that of events/mail/pending was made."""
    from laurel.domain.mail.mails import Mail
    from laurel.store import mail_items, outbox
    from laurel.store.operations import Put
    from laurel.store.values import decode_item

    image = decode_item(_event("mail", "pending")["Records"][0]["dynamodb"]["NewImage"])
    mail = outbox.parse(image)
    assert isinstance(mail, Mail)
    sent = mail.model_copy(update={"mail_id": mail_id, "status": "sent", "to": "ada@example.com"})
    table.write(Put(mail_items.mail(image["pk"].partition("#")[0], sent)))


class _Context:
    """The part of Lambda's context that Powertools reads."""

    function_name = "local"
    function_version = "$LATEST"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:local"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 15_000


def _readable(answer: Any) -> Any:
    """An HTTP answer with its JSON body unpacked."""
    if isinstance(answer, dict) and isinstance(answer.get("body"), str):
        with contextlib.suppress(ValueError):
            return answer | {"body": json.loads(answer["body"])}
    return answer


if __name__ == "__main__":
    sys.exit(main())
