"""Repeats of requests that create: the answer is stored in the transaction of the create, and given for 24 hours."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from pydantic import BaseModel

from laurel.domain.history import Author
from laurel.domain.people.people import Person
from laurel.domain.program.programs import ApiKey, Program
from laurel.domain.values.errors import Conflict
from laurel.store import keys
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import Check, ConditionFailed, Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests.access import Caller

KEPT_FOR: Final = timedelta(hours=24)
CREATED, ACCEPTED, OK = 201, 202, 200
"""Statuses of answers: created; accepted, and under way; and there already, or changed."""
Shown = TypeVar("Shown", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that creates, as a workflow gets it, `by` the key or the person that sent it.

    `answer_key`: the key of its stored answer, None for none.
    """

    program: Program
    by: ApiKey | Person
    answer_key: Key | None
    body_hash: str
    at: datetime

    @property
    def author(self) -> Author:
        """The author in the history of the request's changes."""
        return Author(self.by.actor, self.at)


def request(who: Caller, path: str, header: str | None, *, body_hash: str, at: datetime) -> Request:
    """The request of `who`. `header`: the Idempotency-Key, which is scoped to API key and path."""
    answer_key = None if header is None else keys.idempotency(who.program.program_id, who.key.key_id, path, header)
    return Request(who.program, who.key, answer_key, body_hash, at)


def request_of(person: Person, program: Program, path: str, once: str, *, body_hash: str, at: datetime) -> Request:
    """The request of a `person` who sent a form. `once`: what the form carries, to be carried out a single time."""
    return Request(program, person, keys.idempotency(program.program_id, person.actor, path, once), body_hash, at)


def find(table: Table, request: Request, shown: type[Shown]) -> tuple[Shown, int] | None:
    """The stored answer and its status, if there is one. Raises Conflict `idempotency_conflict` for another body."""
    if request.answer_key is None:
        return None
    item = table.get(request.answer_key)
    if item is None or item[TTL_ATTRIBUTE] < _seconds(request.at):
        return None
    return told_before(item, request, shown)


def told_before(item: Item, request: Request, shown: type[Shown]) -> tuple[Shown, int]:
    """The answer in a stored item. Raises Conflict `idempotency_conflict` for another body."""
    if item["body_hash"] != request.body_hash:
        raise Conflict("idempotency_conflict", "this Idempotency-Key was used with another body")
    nothing = {name: None for name, field in shown.model_fields.items() if field.is_required()}  # nulls are not kept
    return shown.model_validate({**nothing, **json.loads(item["answer"])}), item["status"]


def kept(request: Request, answer: BaseModel, status: int = CREATED) -> list[Put]:
    """The write of an answer (2xx, without secrets) for the create's transaction; none without the header."""
    if request.answer_key is None:
        return []
    now = _seconds(request.at)
    item = {
        **request.answer_key._asdict(),
        "kind": "idempotency",
        "body_hash": request.body_hash,
        "status": status,
        "answer": answer.model_dump_json(exclude_none=True),
        TTL_ATTRIBUTE: now + int(KEPT_FOR.total_seconds()),
    }
    return [Put(item, new=True, expired_at=now)]


def commit(
    table: Table, request: Request, ops: Sequence[Op], answer: Shown, status: int = CREATED
) -> tuple[Shown, int]:
    """Writes `ops` and the answer together. If a twin of this request was faster, gives the twin's answer.

    Raises ConditionFailed with the positions of `ops`, and Conflict `idempotency_conflict`.
    """
    memo = kept(request, answer, status)
    try:
        _write(table, [*memo, *ops])
    except ConditionFailed as failed:
        if memo and failed.found[0] is not None:
            return told_before(failed.found[0], request, type(answer))
        raise ConditionFailed(failed.found[len(memo) :], [index - len(memo) for index in failed.failed]) from failed
    return answer, status


def _write(table: Table, ops: Sequence[Op]) -> None:
    if len(ops) == 1 and not isinstance(ops[0], Check):
        table.write(ops[0])  # half the price of a transaction of one
    elif ops:
        table.transact(ops)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
