"""Senders: a program asks for an address, its owner confirms by the link that was mailed, or an operator binds it."""

from datetime import datetime

from laurel.domain.program.programs import Program
from laurel.domain.program.senders import Asking, LinkToken, SenderDomains
from laurel.domain.values.errors import Conflict
from laurel.store import items, keys
from laurel.store.operations import Update
from laurel.store.table import Table
from laurel.workflows.program import programs, sender_links
from laurel.workflows.program.sender_links import HASH, MAIL
from laurel.workflows.requests import edits
from laurel.workflows.requests.edits import revised
from laurel.workflows.requests.optimistic import racing, redo


def ask_again(table: Table, program_id: str, asking: Asking, now: datetime) -> Program:
    """Mails another link, which ends the one before.

    Raises Invalid `sender_domain_refused`, Conflict `no_sender`, `sender_confirmed`.
    """

    def attempt() -> Program:
        current = programs.get(table, program_id)
        if current.sender_email is None:
            raise Conflict("no_sender", "the program has no sender_email: set one, and a link is mailed to it")
        if current.has_confirmed_sender:
            raise Conflict("sender_confirmed", "the sender is confirmed: mail comes from it")
        return programs.write(table, current, revised(current, current.asking(now), now), asking)

    return redo(attempt)


def look(table: Table, token: LinkToken, now: datetime) -> Program:
    """The program that asks by a link; nothing is changed. Raises Absent, Gone."""
    return sender_links.asked(table, token, now)[0]


def confirm(table: Table, token: LinkToken, now: datetime) -> Program:
    """The program, whose `sender_email` is its own from now on. Raises Absent, Gone."""

    def attempt() -> Program:
        current, sha256 = sender_links.asked(table, token, now)
        changed = revised(current, current.confirmed(now), now)
        confirmed = Update(
            keys.program(current.program_id),
            set={"body": items.program(changed)["body"], "version": changed.version},
            remove=(MAIL,),
            expect={"version": current.version, HASH: sha256},
        )
        with racing():
            table.write(confirmed)
        return changed

    return redo(attempt)


def bind(table: Table, program_id: str, address: str, domains: SenderDomains, now: datetime) -> Program:
    """The program with `address` as its own sender, for operators, who know that it is. Raises Absent, Invalid."""
    domains.require(address)

    def attempt() -> Program:
        key = keys.program(program_id)
        current = items.parse_program(edits.get_item(table, key, "program_not_found", "program"))
        bound = current.model_copy(update={"sender_email": address, "sender": None}).confirmed(now)
        return programs.write(table, current, revised(current, bound, now), Asking(domains))

    return redo(attempt)
