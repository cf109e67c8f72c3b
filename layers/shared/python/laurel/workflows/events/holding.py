"""Holding an endpoint: one run has it for itself until its lease ends, and writes how far it is."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from laurel.domain.events.endpoints import Endpoint, Progress
from laurel.queue import EndpointMessage
from laurel.store import event_items, event_keys, items
from laurel.store.operations import ConditionFailed, Put
from laurel.store.table import Table
from laurel.workflows.events.endpoints import good_secrets

Open = Callable[[str, str], str]
"""The secret that is sealed for an endpoint."""
LEASE: Final = timedelta(minutes=3)
"""Longer than a run can live."""


class Lost(Exception):
    """Another run holds the endpoint by now, or it was deleted."""


@dataclass(frozen=True, slots=True)
class Held:
    """An endpoint that a run holds, with the secrets to sign with."""

    endpoint: Endpoint
    secrets: list[str]
    progress: Progress


def begun(table: Table, unseal: Open, message: EndpointMessage, at: datetime) -> Held | None:
    """Claims the endpoint of a message for one run; None if it is paused or gone, or another run has it."""
    program_id, endpoint_id = message.program_id, message.endpoint_id
    keys = event_keys.endpoint(program_id, endpoint_id), event_keys.progress(program_id, endpoint_id)
    found = table.batch_get(keys)
    if len(found) < len(keys):
        return None
    endpoint, progress = items.parse(Endpoint, found[keys[0]]), items.parse(Progress, found[keys[1]])
    if not endpoint.enabled or progress.is_held(at):
        return None
    opened = [unseal(sealed, endpoint_id) for sealed in good_secrets(found[keys[0]], at)]
    mine = progress.moved(claim=secrets.token_hex(4), held_until=at + LEASE)
    try:
        table.write(written(program_id, endpoint, progress, mine))
    except ConditionFailed as failed:
        stored = failed.found[0]
        if stored is None or stored["body"].get("claim") != mine.claim:
            return None  # else the answer of our own write was lost, and its repeat met it
    return Held(endpoint, opened, mine)


def as_it_stands(table: Table, program_id: str, began: Progress) -> Progress:
    """The progress that is stored by now. Raises Lost if the run does not hold it any more."""
    item = table.get(event_keys.progress(program_id, began.endpoint_id))
    current = None if item is None else items.parse(Progress, item)
    if current is None or current.claim != began.claim:
        raise Lost
    return current


def written(program_id: str, endpoint: Endpoint, was: Progress, progress: Progress) -> Put:
    """The write of a progress, on the version that was read."""
    item = event_items.progress(program_id, progress, endpoint.created_at, is_on=endpoint.enabled)
    return Put(item, expect={"version": was.version})
