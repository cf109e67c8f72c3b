"""Histories of offers and members: written in the transaction of the change, listed newest first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from laurel.concurrency import together
from laurel.domain.history import Edit
from laurel.domain.members.members import Member
from laurel.domain.program.programs import ApiKey
from laurel.store import indexes, items, keys
from laurel.store.indexes import BY_MEMBER
from laurel.store.keys import Key
from laurel.store.operations import Put
from laurel.store.table import Table
from laurel.store.values import Item
from laurel.workflows.people import naming
from laurel.workflows.requests import edits, listing
from laurel.workflows.requests.listing import Page

_MACHINES: Final = {"key": keys.api_key, "rule": keys.rule}


def line(program_id: str, offer_id: str, edit: Edit, version: int | str) -> Put:
    """The write that notes an edit, for the edit's transaction. `version`: of the offer or enrollment after it.

    Or of a code in a shop, with its id.
    """
    return Put(items.offer_history(program_id, offer_id, edit, version), new=True)


def page(
    table: Table, program_id: str, offer_id: str, member_id: str | None, limit: int, cursor: str | None
) -> Page[Edit]:
    """The history of an offer, or of one member in it. Raises Absent."""
    if member_id is None:
        partition, index = keys.histories(program_id, offer_id), None
    else:
        partition, index = indexes.member_history(program_id, offer_id, member_id), BY_MEMBER
    lines = listing.page(table, [partition], _parse, limit=limit, cursor=cursor, index=index)
    if not lines.items:
        edits.get_item(table, keys.offer(program_id, offer_id), "offer_not_found", "offer")
    return naming.signed(table, program_id, lines)


def of_member(table: Table, program_id: str, member_id: str, limit: int, cursor: str | None) -> Page[Edit]:
    """The history of a member who is known to exist."""
    lines = listing.page(table, [keys.histories(program_id, member_id)], _parse, limit=limit, cursor=cursor)
    return naming.signed(table, program_id, lines)


def with_names(table: Table, program_id: str, page: Page[Edit]) -> tuple[Page[Edit], Mapping[str, str]]:
    """A page of a history, signed, and the further `names` of its edits; read side by side."""
    signed, further = together(
        lambda: naming.signed(table, program_id, page), lambda: names(table, program_id, page.items)
    )
    return signed, further


def names(table: Table, program_id: str, edits: Iterable[Edit]) -> Mapping[str, str]:
    """The names of the keys and rules that made some edits, and of the members whom they are about, read together.

    By actor (`rule:<id>`) and by member id, as far as they have one; persons among the actors are in the edits.
    """
    by_key = {key: name for edit in edits for name, key in _named(program_id, edit)}
    return {
        name: said for key, item in table.batch_get(by_key).items() for name in [by_key[key]] if (said := _name(item))
    }


def _named(program_id: str, edit: Edit) -> Iterator[tuple[str, Key]]:
    kind, _, identity = edit.actor.partition(":")
    if kind in _MACHINES:
        yield edit.actor, _MACHINES[kind](program_id, identity)
    if edit.member_id is not None:
        yield edit.member_id, keys.member(program_id, edit.member_id)


def _name(item: Item) -> str:
    match item["kind"]:
        case "member":
            member = items.parse(Member, item)
            return member.full_name or member.email
        case "rule":
            from laurel.domain.rules.rules import Rule  # few lines are by rules

            return items.parse(Rule, item).name
        case "api key":
            return items.parse(ApiKey, item).name or ""
        case _:
            return ""


def _parse(item: Item) -> Edit:
    return items.parse(Edit, item)
