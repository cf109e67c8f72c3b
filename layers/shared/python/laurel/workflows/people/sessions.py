"""Sessions of users and members: begun by a link, proven by one batched read, ended at once."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from laurel.domain.people.people import Person, User
from laurel.domain.people.sessions import SESSION_LIVES, SessionText
from laurel.domain.program.programs import Program
from laurel.domain.values.errors import Unauthenticated
from laurel.store import items, keys, people, people_keys
from laurel.store.keys import TTL_ATTRIBUTE, Key
from laurel.store.operations import Delete, Put, StoreError, Update
from laurel.store.people import USED_ON
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.people import persons
from laurel.workflows.people.persons import Somebody
from laurel.workflows.requests import access
from laurel.workflows.requests.access import Randomness


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whoever a session is of, in their program."""

    program: Program
    who: Somebody

    @property
    def person(self) -> Person:
        """They as the author of changes."""
        if isinstance(self.who, User):
            return self.who.person
        return Person(f"member:{self.who.member_id}", self.who.full_name or self.who.email)


def begun(program: Program, person_id: str, now: datetime, randomness: Randomness) -> tuple[SessionText, Put]:
    """A new session's text, which is stored nowhere, and the write that begins it."""
    session = SessionText.of(person_id, access.new_token(program.program_id, randomness))
    today = program.calendar.day_of(now).isoformat()
    kept = people.renewed(today, now + SESSION_LIVES)
    return session, Put(people.session(access.digest(session.text), person_id, now, **kept), new=True)


def identify(table: Table, text: str, now: datetime) -> SignedIn:
    """Whoever has the session of `text`, which is used with that. Raises Unauthenticated `signed_out`."""
    session = SessionText.read(text)
    if session is None:
        raise signed_out()
    door, program_key, person_key = _keys(session)
    stored = table.batch_get([door, program_key, person_key])
    if len(stored) < 3 or now.timestamp() >= stored[door][TTL_ATTRIBUTE]:
        raise signed_out()
    signed_in = SignedIn(items.parse_program(stored[program_key]), persons.parse(stored[person_key]))
    if not persons.may_go_on(signed_in.who, stored[door]["body"]["begun_at"]):
        raise signed_out()
    _use(table, stored[door], signed_in.program.calendar.day_of(now).isoformat(), now)
    return signed_in


def end(table: Table, text: str) -> None:
    """Ends the session of `text`, if there is one."""
    session = SessionText.read(text)
    if session is not None:
        table.write(Delete(_keys(session)[0]))


def signed_out() -> Unauthenticated:
    """The refusal of a session that is none, or over."""
    return Unauthenticated("signed_out", "sign in first: a session ends 30 days after it was used last")


def _keys(session: SessionText) -> tuple[Key, Key, Key]:
    """The session, the program and the person."""
    program_id, person_id = session.program_id, session.person_id
    person = persons.key(program_id, person_id)
    return people_keys.session(access.digest(session.text)), keys.program(program_id), person


def _use(table: Table, item: Item, today: str, now: datetime) -> None:
    """Makes the session last from today on, once a day. If the note fails, the next request writes it."""
    if item[USED_ON] >= today:
        return
    key = Key(item["pk"], item["sk"])
    with suppress(StoreError):
        table.write(Update(key, set=people.renewed(today, now + SESSION_LIVES), expect={USED_ON: item[USED_ON]}))
