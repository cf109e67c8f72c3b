"""Functions: one row for each folder of functions/, with its size, its settings and its rights."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra import grants
from infra.grants import Actions
from laurel.settings import (
    ALLOW_LOOPBACK,
    CONFIGURATION_SET,
    DEFAULT_SENDER,
    EVENTS_QUEUE_URL,
    JOBS_QUEUE_URL,
    PUBLIC_URL,
    SECRETS_KEY_ID,
    SENDER_DOMAINS,
    SHOPS_QUEUE_URL,
    TABLE_NAME,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumes:
    """The way in which a function reads the table's stream.

    `pattern`: the value of the new image that wakes it. `batch`: records an invocation. `lanes`: concurrent batches a
    shard. `retries`: of one batch, halved on each failure, before its records go to the bucket.
    """

    pattern: tuple[str, str, str]
    batch: int
    lanes: int
    retries: int
    max_age_s: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """`folder`: under functions/. `memory_mb`: 1769 is one processor. `settings`: names of laurel.settings to set.

    `keys`: what it may do to the doors of API keys alone, beside what it may do to the whole table; `plans`, `own`,
    `sessions`: to what agents plan, to what is a member's, and to sessions alone. `secrets`: to webhook secrets;
    `connections`: to the credentials of shops; `accounts`: to those that money goes to or comes from; `signing`: to
    those that events are signed with.
    """

    folder: str
    memory_mb: int = 1024
    timeout_s: int = 15
    settings: tuple[str, ...] = (TABLE_NAME,)
    table: Actions = ()
    keys: Actions = ()
    plans: Actions = ()
    own: Actions = ()
    sessions: Actions = ()
    jobs: Actions = ()
    shops: Actions = ()
    events: Actions = ()
    secrets: Actions = ()
    connections: Actions = ()
    accounts: Actions = ()
    signing: Actions = ()
    mail: Actions = ()
    consumes: Consumes | None = None


ANSWERING: Final = (TABLE_NAME, PUBLIC_URL)
"""The settings of a function with routes: its refusals lead to the page that tells of them."""
FUNCTIONS: Final = (
    # Deletes API keys and mail templates.
    Function(
        folder="program",
        settings=(TABLE_NAME, SECRETS_KEY_ID, PUBLIC_URL, SENDER_DOMAINS, ALLOW_LOOPBACK),
        table=grants.WRITE_AND_DELETE,
        secrets=grants.ENCRYPT,
        connections=grants.ENCRYPT,
        accounts=grants.ENCRYPT,
    ),
    # Public: who has the link that was mailed confirms a sender. It reads programs by key and changes them.
    Function(folder="senders", settings=ANSWERING, memory_mb=512, table=grants.CONFIRM),
    # Makes the secrets that events are signed with, and cannot read them; deletes endpoints.
    Function(
        folder="endpoints",
        memory_mb=512,
        settings=(*ANSWERING, SECRETS_KEY_ID, EVENTS_QUEUE_URL, ALLOW_LOOPBACK),
        table=grants.WRITE_AND_DELETE,
        events=grants.SEND_JOB,
        signing=grants.ENCRYPT,
    ),
    Function(folder="offers", settings=ANSWERING, table=grants.WRITE),
    # It begins jobs over codes by putting them: tick sends their first message.
    Function(folder="codes", settings=ANSWERING, memory_mb=512, table=grants.WRITE),
    # Encrypts the accounts that members are paid at, and cannot read them.
    Function(
        folder="members",
        settings=(TABLE_NAME, SECRETS_KEY_ID, PUBLIC_URL),
        table=grants.WRITE,
        accounts=grants.ENCRYPT,
    ),
    # Deletes rules; it only begins what is asked of all members, jobs carries that out.
    Function(
        folder="rules",
        settings=(*ANSWERING, JOBS_QUEUE_URL),
        table=grants.WRITE_AND_DELETE,
        jobs=grants.SEND_JOB,
    ),
    Function(folder="conversions", settings=ANSWERING, table=grants.INGEST),
    # Apart from orders, which must not wait behind tables of thousands of rows.
    Function(folder="commissions", settings=ANSWERING, timeout_s=29, table=grants.INGEST),
    # Public: bodies signed with a webhook secret record orders and refunds. No other function reads those secrets.
    # A body may be 5 MB and name hundreds of refunds, each lot of which is a transaction.
    Function(folder="webhooks", settings=ANSWERING, timeout_s=29, table=grants.INGEST, secrets=grants.DECRYPT),
    # It applies deliveries again as webhooks did, but opens no secret; the health of a shop reads thousands of rows.
    Function(folder="deliveries", settings=ANSWERING, memory_mb=1769, timeout_s=29, table=grants.INGEST),
    # A table of thousands of rows takes seconds; the HTTP API waits for 30.
    Function(folder="reports", settings=ANSWERING, timeout_s=29, table=grants.READ, keys=grants.NOTE_USE),
    # It begins and turns payouts; jobs carries them out. Its tables are as long as those of reports. It alone reads
    # the accounts that money goes to, for files, the console's too: thousands of decryptions, side by side.
    Function(
        folder="payouts",
        memory_mb=1769,
        timeout_s=29,
        settings=(*ANSWERING, JOBS_QUEUE_URL),
        table=grants.TURN,
        jobs=grants.SEND_JOB,
        accounts=grants.DECRYPT,
    ),
    # Public: a click is one read of its link's target and one put; the program's first one marks it as in use.
    Function(folder="clicks", memory_mb=1769, timeout_s=10, settings=ANSWERING, table=grants.CLICK),
    # No batching window: while one batch is at work the next fills up, so a rush is grouped by member anyway and a
    # single sale waits for nothing. One lane: lanes split by commission, and two of one member would only conflict.
    Function(
        folder="rule_evaluation",
        memory_mb=1769,
        timeout_s=60,
        settings=(TABLE_NAME, JOBS_QUEUE_URL),
        table=grants.WRITE,
        jobs=grants.SEND_JOB,
        consumes=Consumes(pattern=("pend", "N", "1"), batch=100, lanes=1, retries=5),
    ),
    # Mails are independent of each other, and each waits for SES: small batches, several lanes.
    Function(
        folder="mail",
        memory_mb=512,
        timeout_s=60,
        settings=(TABLE_NAME, SHOPS_QUEUE_URL, EVENTS_QUEUE_URL, CONFIGURATION_SET, DEFAULT_SENDER, SENDER_DOMAINS),
        table=grants.MOVE,
        shops=grants.SEND_JOB,
        events=grants.SEND_JOB,
        mail=grants.SEND_MAIL,
        consumes=Consumes(pattern=("outbox", "S", "pending"), batch=10, lanes=2, retries=3),
    ),
    # What SES tells of mails: it changes the mail and whom it was for, and sends nothing.
    Function(folder="bounces", memory_mb=512, table=grants.REPORT),
    # It alone opens the credentials of shops. Several calls fit its time, which is below a claim's lease.
    Function(
        folder="shops",
        memory_mb=512,
        timeout_s=90,
        settings=(TABLE_NAME, ALLOW_LOOPBACK),
        table=grants.WRITE,
        shops=grants.CONSUME_JOBS,
        connections=grants.DECRYPT,
    ),
    # It alone opens the secrets that events are signed with. It goes on for 45 s, and the last answer may take 20.
    Function(
        folder="events",
        memory_mb=512,
        timeout_s=90,
        settings=(TABLE_NAME, EVENTS_QUEUE_URL, ALLOW_LOOPBACK),
        table=grants.WRITE,
        events=(*grants.CONSUME_JOBS, *grants.SEND_JOB),
        signing=grants.DECRYPT,
    ),
    # Ends before its next minute begins.
    Function(
        folder="tick",
        timeout_s=55,
        settings=(TABLE_NAME, JOBS_QUEUE_URL, EVENTS_QUEUE_URL),
        table=grants.WRITE,
        jobs=grants.SEND_JOB,
        events=grants.SEND_JOB,
    ),
    # At most 20 s of pages a message; the rest of its time is for the page under way.
    Function(
        folder="jobs",
        timeout_s=60,
        settings=(TABLE_NAME, JOBS_QUEUE_URL),
        table=grants.WRITE,
        jobs=(*grants.CONSUME_JOBS, *grants.SEND_JOB),
    ),
    # Deletes users, whose sessions end with that.
    Function(folder="users", settings=ANSWERING, memory_mb=512, table=grants.WRITE_AND_DELETE),
    # Puts and deletes a picture, and its name at the program.
    Function(folder="logos", settings=ANSWERING, memory_mb=512, timeout_s=5, table=grants.WRITE_AND_DELETE),
    # It asks the API with the caller's own key, so it may do nothing to any program itself: only keep plans.
    Function(
        folder="agents",
        timeout_s=29,
        settings=(*ANSWERING, ALLOW_LOOPBACK),
        table=grants.IDENTIFY,
        keys=grants.NOTE_USE,
        plans=grants.PLAN,
    ),
    # Pages for a merchant's people do what the API does; like it, they write secrets and accounts and read none.
    Function(
        folder="console",
        memory_mb=1769,
        timeout_s=29,
        settings=(*ANSWERING, SECRETS_KEY_ID, JOBS_QUEUE_URL, EVENTS_QUEUE_URL, SENDER_DOMAINS, ALLOW_LOOPBACK),
        table=grants.WRITE_AND_DELETE,
        jobs=grants.SEND_JOB,
        events=grants.SEND_JOB,
        secrets=grants.ENCRYPT,
        connections=grants.ENCRYPT,
        accounts=grants.ENCRYPT,
        signing=grants.ENCRYPT,
    ),
    # Pages for members read the program, and change nothing but what is theirs.
    Function(
        folder="portal",
        memory_mb=1769,
        settings=(*ANSWERING, SECRETS_KEY_ID, ALLOW_LOOPBACK),
        table=grants.READ,
        own=grants.CHANGE_OWN,
        sessions=grants.END_SESSION,
        accounts=grants.ENCRYPT,
    ),
    # Documents and refusals only: it knows no table.
    Function(folder="front", memory_mb=512, timeout_s=5, settings=(PUBLIC_URL,)),
)


def checked_against(folder: Path, functions: Iterable[Function] = FUNCTIONS) -> tuple[Function, ...]:
    """The rows, if they and the folders that hold a handler.py are the same; else ValueError with the difference."""
    on_disk = {handler.parent.name for handler in folder.glob("*/handler.py")}
    rows = {function.folder: function for function in functions}
    if on_disk != set(rows):
        msg = f"{folder} and infra/functions.py differ in {sorted(on_disk ^ set(rows))}"
        raise ValueError(msg)
    return tuple(rows.values())
