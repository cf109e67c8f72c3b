"""Keys with a name and an end, and the day on which each was used last."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from laurel import clock
from laurel.domain.program.programs import NewApiKey
from laurel.domain.values.errors import Conflict, Unauthenticated
from laurel.store.operations import StoreError, Throttled, Unavailable
from laurel.store.table import Table
from laurel.workflows.program import api_keys
from laurel.workflows.requests import access
from tests.functional.kit.gateway import Gateway
from tests.functional.kit.world import Randomness, World, request_of
from tests.kit.interference import Interfering
from tools import keys as tool

# Berlin: 2026-11-21 begins at 23:00 UTC of the day before.
BEFORE_MIDNIGHT = datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC)
AFTER_MIDNIGHT = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
END = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Counting:
    """The table, with the number of its writes; `refusing`: what each of them ends in."""

    def __init__(self, table: Table, refusing: StoreError | None = None) -> None:
        self._table, self.writes, self._refusing = table, 0, refusing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def write(self, *args: Any) -> None:
        self.writes += 1
        if self._refusing:
            raise self._refusing
        self._table.write(*args)


def use(table: Any, secret: str, at: datetime) -> None:
    access.use(table, secret, access.identify(table, secret), at)


def noted(api: Gateway) -> dict[str, str | None]:
    """Scope -> the day of the latest use."""
    return {key["scopes"][0]: key["last_used_on"] for key in api.get("/v1/api-keys").body["items"]}


def test_the_list_shows_the_local_day_of_the_latest_use(api: Gateway, items: Table, world: World):
    assert noted(api)["read"] is None
    use(items, world.reader, BEFORE_MIDNIGHT)
    assert noted(api)["read"] == "2026-11-20"
    use(items, world.reader, AFTER_MIDNIGHT)
    assert noted(api)["read"] == "2026-11-21"


def test_a_request_uses_its_key_also_if_it_lacks_the_scope(api: Gateway, world: World):
    today = world.program.calendar.day_of(clock.now()).isoformat()
    api.get("/v1/members", key=world.reader)
    assert api.get("/v1/members", key=world.reporter).status == 403
    assert set(noted(api).values()) == {today}


def test_a_day_is_noted_once_however_many_requests_it_has(items: Table, world: World):
    counting = Counting(items)
    for minutes in (0, 1, 60, 600):
        use(counting, world.reporter, AFTER_MIDNIGHT + timedelta(minutes=minutes))
    assert counting.writes == 1


def test_a_slow_clock_does_not_bring_an_older_day_back(api: Gateway, items: Table, world: World):
    use(items, world.reader, AFTER_MIDNIGHT)
    use(items, world.reader, BEFORE_MIDNIGHT)
    assert noted(api)["read"] == "2026-11-21"


def test_of_two_first_requests_of_a_day_one_notes_it_and_both_go_on(api: Gateway, items: Table, world: World):
    racing = Interfering(items, lambda: use(items, world.reader, AFTER_MIDNIGHT))
    use(racing, world.reader, AFTER_MIDNIGHT)
    assert noted(api)["read"] == "2026-11-21"


@pytest.mark.parametrize("refusal", [Throttled("busy"), Unavailable("gone")])
def test_a_day_that_could_not_be_noted_fails_no_request(api: Gateway, items: Table, world: World, refusal: StoreError):
    use(Counting(items, refusal), world.reader, AFTER_MIDNIGHT)
    assert noted(api)["read"] is None
    use(items, world.reader, AFTER_MIDNIGHT)
    assert noted(api)["read"] == "2026-11-21"


def test_a_key_revoked_meanwhile_is_not_made_anew_by_its_note(api: Gateway, items: Table, world: World):
    reader = next(key for key in api.get("/v1/api-keys").body["items"] if key["scopes"] == ["read"])
    racing = Interfering(items, lambda: api.delete(f"/v1/api-keys/{reader['key_id']}"))
    use(racing, world.reader, AFTER_MIDNIGHT)
    assert api.get("/v1/program", key=world.reader).status == 401


def test_a_key_is_issued_with_a_name_and_an_end(api: Gateway):
    body = {"scopes": ["read"], "name": "Dashboard", "expires_at": "2090-01-01T00:00:00Z"}
    issued = api.post("/v1/api-keys", body).body
    listed = next(key for key in api.get("/v1/api-keys").body["items"] if key["key_id"] == issued["key_id"])
    assert {name: listed[name] for name in body} == body
    assert {name: issued[name] for name in body} == body


def test_a_key_opens_until_its_end_and_not_from_it_on(items: Table, world: World):
    new = NewApiKey(scopes=("read",), expires_at=END)
    secret = api_keys.issue(items, request_of(world.program), new, Randomness("ends"))[0].key or ""
    use(items, secret, END - timedelta(milliseconds=1))
    with pytest.raises(Unauthenticated, match="expired_key"):
        use(items, secret, END)


def test_an_expired_key_is_answered_as_no_key_is(api: Gateway, items: Table, world: World):
    new = NewApiKey(scopes=("admin",), expires_at=datetime(2026, 11, 3, tzinfo=UTC))
    secret = api_keys.issue(items, request_of(world.program), new, Randomness("ended"))[0].key or ""
    for answer in (api.get("/v1/program", key=secret), api.post("/v1/offers", "{", key=secret)):
        assert (answer.status, answer.code) == (401, "expired_key")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_cannot_end_before_it_begins(api: Gateway, items: Table, world: World):
    now = request_of(world.program).at
    before = api.get("/v1/api-keys").body
    with pytest.raises(Exception, match="already_expired"):
        api_keys.issue(items, request_of(world.program), NewApiKey(scopes=("read",), expires_at=now), Randomness("now"))
    assert len(api.get("/v1/api-keys").body["items"]) == len(before["items"])


def test_an_expired_admin_key_is_no_reason_to_revoke_the_last_good_one(api: Gateway, items: Table, world: World):
    new = NewApiKey(scopes=("admin",), expires_at=END)
    expiring = api_keys.issue(items, request_of(world.program), new, Randomness("ends"))[0]
    program_id = world.program.program_id
    first = next(
        key for key in api.get("/v1/api-keys").body["items"] if key["expires_at"] is None and "admin" in key["scopes"]
    )
    with pytest.raises(Conflict, match="last_admin_key"):
        api_keys.revoke(items, program_id, first["key_id"], END)
    api_keys.revoke(items, program_id, expiring.key_id, END)  # it opens nothing, so nothing is lost
    assert api.get("/v1/program").status == 200


def test_an_operator_sees_names_ends_and_days(items: Table, world: World):
    new = NewApiKey(scopes=("read",), name="Dashboard", expires_at=END)
    api_keys.issue(items, request_of(world.program), new, Randomness("ends"))
    use(items, world.reader, AFTER_MIDNIGHT)
    lines = "\n".join(tool.told(items, "list", world.program.program_id, None))
    assert "read  never used  expires 2026-12-01 12:00 UTC  Dashboard" in lines
    assert "read  used 2026-11-21" in lines
