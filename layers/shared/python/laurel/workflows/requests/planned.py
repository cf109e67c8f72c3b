"""Requests that are planned now and carried out later, once: an agent shows what it would do before it does it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Literal

from laurel.domain.values import json_text
from laurel.domain.values.errors import Absent, Conflict
from laurel.store import plan_keys
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import ConditionFailed, Put, StoreError, Update
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.requests.access import Caller

KEPT_FOR: Final = timedelta(minutes=10)
State = Literal["open", "begun", "done", "refused"]


@dataclass(frozen=True)
class Planned:
    """A request that its API key may still carry out.

    `operation`: its name in the OpenAPI document. `path`: with the query. `body`: JSON, or None for none. `version`:
    of what it changes, for If-Match. `rests_on`: path -> digest of what was there. `at`: when it was planned. `state`:
    once begun, it was sent, and how that ended may be unknown.
    """

    program_id: str
    key_id: str
    operation: str
    method: str
    path: str
    body: str | None
    version: int | None
    rests_on: Mapping[str, str]
    at: str
    state: State = "open"

    @cached_property
    def hash(self) -> str:
        """The name by which its API key asks for it: the same plan at another instant has another."""
        return json_text.digest({**self._kept, "program_id": self.program_id, "key_id": self.key_id})

    @property
    def item(self) -> Item:
        """The plan as it is kept; of the key only its id."""
        expires_at = int((datetime.fromisoformat(self.at) + KEPT_FOR).timestamp())
        return {**self.key._asdict(), "kind": "plan", "state": self.state, **self._kept, TTL_ATTRIBUTE: expires_at}

    @property
    def key(self) -> Key:
        """Its place in the table."""
        return plan_keys.plan(self.program_id, self.key_id, self.hash)

    @property
    def _kept(self) -> Item:
        told = {"operation": self.operation, "method": self.method, "path": self.path, "body": self.body}
        return {**told, "version": self.version, "rests_on": dict(self.rests_on), "at": self.at}


def keep(table: Table, planned: Planned) -> None:
    """Keeps a plan for ten minutes."""
    table.write(Put(planned.item))


def get(table: Table, who: Caller, name: str, now: datetime) -> Planned:
    """The plan of that hash that the caller's own key has made. Raises Absent `plan_not_found`."""
    program_id, key_id = who.program.program_id, who.key.key_id
    item = table.get(plan_keys.plan(program_id, key_id, name))
    if item is None or item[TTL_ATTRIBUTE] < int(now.timestamp()):
        raise Absent("plan_not_found", "this key has no such plan, or had it more than ten minutes ago: plan again")
    fields = ("operation", "method", "path", "body", "version", "rests_on", "at")
    return Planned(program_id, key_id, **{name: item[name] for name in fields}, state=item["state"])


def begin(table: Table, planned: Planned) -> None:
    """Begins a plan, by this call alone. Raises Conflict `plan_begun` if another call was faster."""
    try:
        table.write(Update(planned.key, set={"state": "begun"}, expect={"state": "open"}))
    except ConditionFailed as failed:
        raise already_begun() from failed


def end(table: Table, planned: Planned, state: Literal["done", "refused"]) -> None:
    """Notes how a plan has ended. The note can fail: then the plan is one that was begun."""
    with suppress(StoreError):
        table.write(Update(planned.key, set={"state": state}))


def already_begun() -> Conflict:
    """The refusal to carry out a plan twice."""
    return Conflict("plan_begun", "this plan was carried out, or begun: read what it changes before you plan again")
