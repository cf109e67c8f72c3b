"""Endpoints: addresses that a program's events are sent to, with secrets that are sealed as they are made."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from laurel import vault
from laurel.domain.events.endpoints import (
    BOTH_SECRETS_FOR,
    MOST_ENDPOINTS,
    Endpoint,
    EndpointView,
    IssuedEndpoint,
    NewEndpoint,
    Progress,
    Rotation,
)
from laurel.domain.events.places import FeedPlace
from laurel.domain.events.signing import SECRET_BYTES, secret_of
from laurel.domain.values.errors import Conflict
from laurel.domain.values.ids import new_id
from laurel.domain.values.model import instant_text
from laurel.domain.values.patches import patched
from laurel.settings import settings
from laurel.store import event_items, event_keys, items
from laurel.store.operations import Delete, Op, Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.events.reading import keep_events
from laurel.workflows.requests import edits, idempotency, listing
from laurel.workflows.requests.access import Randomness
from laurel.workflows.requests.edits import require_version, revised, settings_of
from laurel.workflows.requests.idempotency import Request
from laurel.workflows.requests.listing import Page
from laurel.workflows.requests.optimistic import LostRace, racing, redo

NOT_FOUND = "endpoint_not_found"


def create(table: Table, request: Request, new: NewEndpoint, randomness: Randomness) -> tuple[IssuedEndpoint, int]:
    """A new endpoint, which gets what happens from now on. Its secret is in the first answer alone.

    Raises Invalid `endpoint_not_public`, Conflict `too_many_endpoints`, VaultClosed.
    """
    if (earlier := idempotency.find(table, request, IssuedEndpoint)) is not None:
        return earlier
    new.require_reachable(is_local=settings().allow_loopback)
    program_id, now = request.program.program_id, request.at
    if len(stored(table, program_id)) >= MOST_ENDPOINTS:
        raise Conflict("too_many_endpoints", f"a program has at most {MOST_ENDPOINTS} endpoints: delete one first")
    keep_events(table, request.program, now)
    endpoint = Endpoint(**dict(new), endpoint_id=new_id("end", now, randomness(10)), created_at=now, updated_at=now)
    secret = secret_of(randomness(SECRET_BYTES))
    made = [
        Put(event_items.endpoint(program_id, endpoint, [_sealed(endpoint.endpoint_id, secret)]), new=True),
        Put(_progress(program_id, endpoint, Progress(endpoint_id=endpoint.endpoint_id, place=FeedPlace.at(now)))),
    ]
    issued = IssuedEndpoint(**dict(endpoint.shown()))
    answer, status = idempotency.commit(table, request, made, issued)
    is_first = answer.endpoint_id == endpoint.endpoint_id
    return answer.model_copy(update={"secret": secret if is_first else None}), status


def page(table: Table, program_id: str, limit: int, cursor: str | None) -> Page[EndpointView]:
    """The endpoints of a program."""
    listed = [_parse(item) for item in stored(table, program_id)]
    return listing.cut(listed, lambda endpoint: endpoint.endpoint_id, limit, cursor).of(Endpoint.shown)


def stored(table: Table, program_id: str) -> list[Item]:
    """The items of a program's endpoints."""
    return [item for item in table.query(event_keys.endpoints(program_id)) if item["kind"] == "endpoint"]


def get(table: Table, program_id: str, endpoint_id: str) -> Endpoint:
    """An endpoint of the program. Raises Absent."""
    return edits.get(table, event_keys.endpoint(program_id, endpoint_id), Endpoint, NOT_FOUND, "endpoint")


def edit(
    table: Table, program_id: str, endpoint_id: str, patch: Mapping[str, Any], if_match: int | None, now: datetime
) -> EndpointView:
    """An endpoint after a merge patch. One that is enabled again goes on where it stopped.

    Raises Absent, Invalid `endpoint_not_public`, Stale.
    """

    def attempt() -> EndpointView:
        item, progress = _both(table, program_id, endpoint_id)
        current = _parse(item)
        require_version(current, if_match)
        wanted = patched(NewEndpoint, current, patch)
        wanted.require_reachable(is_local=settings().allow_loopback)
        given = {**settings_of(wanted), "reason": current.reason if not wanted.enabled else None}
        changed = revised(current, current.model_copy(update=given), now)
        if changed is not current:
            with racing():
                table.transact(_changed(program_id, current, changed, item, progress, now))
        return changed.shown()

    return redo(attempt)


def _changed(
    program_id: str, current: Endpoint, changed: Endpoint, item: Item, progress: Progress, now: datetime
) -> list[Op]:
    put = Put(event_items.endpoint(program_id, changed, item[event_items.SECRETS]), expect={"version": current.version})
    if current.enabled == changed.enabled:
        return [put]
    anew = [waiting.model_copy(update={"tries": 0, "since": now, "at": now}) for waiting in progress.aside]
    moved = progress.with_aside(anew if changed.enabled else ())
    return [put, Put(_progress(program_id, changed, moved), expect={"version": progress.version})]


def delete(table: Table, program_id: str, endpoint_id: str, if_match: int | None) -> None:
    """Deletes an endpoint: nothing is sent to it any more. Raises Absent, Stale."""

    def attempt() -> None:
        current = get(table, program_id, endpoint_id)
        require_version(current, if_match)
        with racing():
            table.transact(
                [
                    Delete(event_keys.endpoint(program_id, endpoint_id), expect={"version": current.version}),
                    Delete(event_keys.progress(program_id, endpoint_id)),
                ]
            )

    redo(attempt)


def rotate(table: Table, request: Request, endpoint_id: str, randomness: Randomness) -> tuple[Rotation, int]:
    """Another secret for an endpoint; the one before is good for a day more. Raises Absent, VaultClosed."""
    if (earlier := idempotency.find(table, request, Rotation)) is not None:
        return earlier
    program_id, now = request.program.program_id, request.at
    secret, until = secret_of(randomness(SECRET_BYTES)), now + BOTH_SECRETS_FOR
    answer = Rotation(endpoint_id=endpoint_id, secret=None, previous_good_until=until)

    def attempt() -> tuple[Rotation, int]:
        key = event_keys.endpoint(program_id, endpoint_id)
        item = edits.get_item(table, key, NOT_FOUND, "endpoint")
        current = _parse(item)
        changed = current.model_copy(update={"updated_at": now, "version": current.version + 1})
        newest = {"sealed": item[event_items.SECRETS][0]["sealed"], "until": instant_text(until)}
        secrets = [_sealed(endpoint_id, secret), newest]
        put = Put(event_items.endpoint(program_id, changed, secrets), expect={"version": current.version})
        with racing():
            return idempotency.commit(table, request, [put], answer, idempotency.OK)

    told, status = redo(attempt)
    is_first = told is answer  # that of a twin may say the same, and its secret is another
    return told.model_copy(update={"secret": secret if is_first else None}), status


def good_secrets(item: Item, now: datetime) -> list[str]:
    """The sealed secrets of an endpoint (item) that deliveries are signed with at `now`, the newest first."""
    kept = item[event_items.SECRETS]
    return [each["sealed"] for each in kept if "until" not in each or now < datetime.fromisoformat(each["until"])]


def move(table: Table, program_id: str, endpoint_id: str, change: Any, along: Iterable[Op] = ()) -> None:
    """Writes another progress of an endpoint, as `change` makes it of the one that is stored. Raises Absent."""

    def attempt() -> None:
        item, progress = _both(table, program_id, endpoint_id)
        put = Put(_progress(program_id, _parse(item), change(progress)), expect={"version": progress.version})
        with racing():
            table.transact([put, *along])

    redo(attempt)


def _both(table: Table, program_id: str, endpoint_id: str) -> tuple[Item, Progress]:
    """An endpoint's item and its progress. Raises Absent."""
    keys = event_keys.endpoint(program_id, endpoint_id), event_keys.progress(program_id, endpoint_id)
    found = table.batch_get(keys)
    if keys[0] not in found:
        edits.get_item(table, keys[0], NOT_FOUND, "endpoint")
    if len(found) < len(keys):
        raise LostRace  # it is being made, or deleted
    return found[keys[0]], items.parse(Progress, found[keys[1]])


def _progress(program_id: str, endpoint: Endpoint, progress: Progress) -> Item:
    return event_items.progress(program_id, progress, endpoint.created_at, is_on=endpoint.enabled)


def _sealed(endpoint_id: str, secret: str) -> dict[str, str]:
    return {"sealed": vault.seal(secret, **{vault.OF_ENDPOINT: endpoint_id})}


def _parse(item: Item) -> Endpoint:
    return items.parse(Endpoint, item)
