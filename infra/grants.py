"""Named lists of actions: no function may do anything else.

TransactWriteItems and TransactGetItems are not actions; DynamoDB asks for those of the operations inside. Nothing here
contains Scan. DeleteItem cannot be narrowed to kinds of items: a condition on leading keys sees only the partition key,
and a program's id, which starts every key, is not known to a policy. So it is kept to the functions that must have it.
"""

from collections.abc import Mapping
from typing import Final

Actions = tuple[str, ...]
Condition = Mapping[str, Mapping[str, str | list[str]]]

READ: Final[Actions] = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")
# An index can be queried and nothing else.
ON_INDEXES: Final[Actions] = ("dynamodb:Query",)
# A conversion is two reads and one conditional put; the program's first one marks the program as in use.
INGEST: Final[Actions] = (*READ, "dynamodb:PutItem", "dynamodb:UpdateItem")
# A payout is put and turned from state to state, each with the job that carries it out.
TURN: Final[Actions] = (*READ, "dynamodb:PutItem", "dynamodb:UpdateItem")
# A link is read by key and a click is put: nothing that the public can set off queries a collection.
CLICK: Final[Actions] = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
# A program is read by key, and its sender is confirmed.
CONFIRM: Final[Actions] = ("dynamodb:GetItem", "dynamodb:UpdateItem")
# The outbox item changes from state to state; mail never creates one. With a mail that asks for a sender it notes the
# hash of the link at the program, and that the address got one.
MOVE: Final[Actions] = (*READ, "dynamodb:UpdateItem")
# What became of a mail: the mail changes, and the member whom it was for, with a line of history and an event.
REPORT: Final[Actions] = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
# The day on which an API key was used last, for functions that update nothing else.
NOTE_USE: Final[Actions] = ("dynamodb:UpdateItem",)
OF_KEYS: Final = "key#*"
"""Partition keys of the doors of API keys: no program's id begins so."""
# A caller's key and program are read by their keys, in one call.
IDENTIFY: Final[Actions] = ("dynamodb:BatchGetItem",)
# A plan is put, and begun once.
PLAN: Final[Actions] = ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
OF_PLANS: Final = "plan#*"
"""Partition keys of what agents plan: no program's id begins so."""
OF_MEMBERS: Final = (
    "session#*",
    "asked#*",
    "*#mem_*",
    "*#email#*",
    "*#applications",
    "*#history#off_*",
    "link#*",
    "*#mails#*",
    "*#sign-in#*",
    "*#events#*",
    "*#idempotency#*",
    "*#jobs",
    "*#pay_*",
    "*#payouts",
)
"""Partition keys of what a member may change: what is theirs, their session, and what tells of it.

Whoever is erased or paid elsewhere leaves the drafts of payouts with that: a line of each, and its sum."""
WRITE: Final[Actions] = (*READ, "dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
WRITE_AND_DELETE: Final[Actions] = (*WRITE, "dynamodb:DeleteItem")
# What a member changes in the portal; of items only a session is deleted.
CHANGE_OWN: Final[Actions] = ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
END_SESSION: Final[Actions] = ("dynamodb:DeleteItem",)
OF_SESSIONS: Final = "session#*"

CONSUME_STREAM: Final[Actions] = (
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
)
SEND_JOB: Final[Actions] = ("sqs:SendMessage",)
CONSUME_JOBS: Final[Actions] = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
DECRYPT: Final[Actions] = ("kms:Decrypt",)
ENCRYPT: Final[Actions] = ("kms:Encrypt",)
SEND_MAIL: Final[Actions] = ("ses:SendEmail",)
WRITE_LOG: Final[Actions] = ("logs:CreateLogStream", "logs:PutLogEvents")
LIST_FAILURES: Final[Actions] = ("s3:ListBucket",)
KEEP_FAILURES: Final[Actions] = ("s3:PutObject",)
INVOKE: Final[Actions] = ("lambda:InvokeFunction",)


def of(owner: str) -> Condition:
    """What was encrypted for an `owner` of that kind, and nothing else under the same key."""
    return {"Null": {f"kms:EncryptionContext:{owner}": "false"}}


def within(*partitions: str) -> Condition:
    """Only items whose partition key is of one of those patterns."""
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(partitions)}}
